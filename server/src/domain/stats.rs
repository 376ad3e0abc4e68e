//! Statistics of escalations: a pure function of their times.

use std::collections::BTreeMap;

use chrono::{DateTime, FixedOffset, NaiveDate, Timelike};
use tierup_common::handoff::{HandoffStatus, Priority};
use tierup_common::stats::{DayFigures, Figures, Percentiles, PersonFigures, PriorityFigures, StatsReport};
use tierup_common::time::Timestamp;
use tierup_common::user::Person;

/// What an escalation contributes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct EscalationTimes {
    /// Its priority.
    pub priority: Priority,
    /// Its status.
    pub status: HandoffStatus,
    /// Since when it has that status.
    pub state_since: Timestamp,
    /// When it was escalated.
    pub created_at: Timestamp,
    /// When it was claimed, if it was.
    pub claimed_at: Option<Timestamp>,
    /// By when it should have been claimed, if there was a target.
    pub due_at: Option<Timestamp>,
}

/// The period of a report.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Period {
    /// Its beginning.
    pub since: Timestamp,
    /// Its end.
    pub until: Timestamp,
    /// The offset of local time.
    pub offset: FixedOffset,
}

/// Collects escalations for a report.
#[derive(Debug)]
pub struct StatsBuilder {
    period: Period,
    all: Sums,
    by_priority: [Sums; Priority::ALL.len()],
    by_person: BTreeMap<(String, [u8; 16]), (Person, Sums)>,
    arrivals_by_hour: [u64; 24],
    days: BTreeMap<NaiveDate, (u64, Vec<u32>)>,
}

/// The sums of some escalations, with the seconds of each.
#[derive(Clone, Debug, Default)]
struct Sums {
    escalated: u64,
    missed: u64,
    to_claim: Vec<u32>,
    to_resolve: Vec<u32>,
}

impl StatsBuilder {
    /// Without escalations.
    pub fn new(period: Period) -> Self {
        Self {
            period,
            all: Sums::default(),
            by_priority: Default::default(),
            by_person: BTreeMap::new(),
            arrivals_by_hour: [0; 24],
            days: BTreeMap::new(),
        }
    }

    /// Adds an escalation, with its claimer.
    pub fn add(&mut self, times: EscalationTimes, claimer: Option<Person>) {
        let until = self.period.until;
        self.all.add(times, until);
        self.by_priority[times.priority as usize].add(times, until);
        if let Some(person) = claimer {
            let key = (person.name.to_lowercase(), *person.id.as_bytes());
            self.by_person.entry(key).or_insert_with(|| (person, Sums::default())).1.add(times, until);
        }
        let local = self.local(times.created_at);
        if let Some(count) = self.arrivals_by_hour.get_mut(local.hour() as usize) {
            *count += 1;
        }
        let (count, to_claim) = self.days.entry(local.date_naive()).or_default();
        *count += 1;
        to_claim.extend(times.seconds_to_claim());
    }

    /// The report.
    pub fn finish(mut self, is_complete: bool) -> StatsReport {
        let Period { since, until, .. } = self.period;
        let by_priority = Priority::ALL.iter().rev().map(|priority| PriorityFigures {
            priority: *priority,
            figures: std::mem::take(&mut self.by_priority[*priority as usize]).figures(),
        });
        let by_priority = by_priority.filter(|row| row.figures.escalated > 0).collect();
        let by_person = std::mem::take(&mut self.by_person).into_values();
        let days = self.days();
        StatsReport {
            since,
            until,
            is_complete,
            all: self.all.figures(),
            by_priority,
            by_person: by_person
                .map(|(person, sums)| PersonFigures { person, figures: sums.figures() })
                .collect(),
            arrivals_by_hour: self.arrivals_by_hour.to_vec(),
            days,
        }
    }

    /// Every day of the period, also those without escalations.
    fn days(&mut self) -> Vec<DayFigures> {
        let (first, last) = (self.local(self.period.since), self.local(self.period.until));
        let all = first.date_naive().iter_days().take_while(|day| *day <= last.date_naive());
        let days = all.map(|day| {
            let (escalated, mut to_claim) = self.days.remove(&day).unwrap_or_default();
            let p50 = percentiles(&mut to_claim).map(|percentiles| percentiles.p50_seconds);
            DayFigures { date: day.to_string(), escalated, p50_seconds_to_claim: p50 }
        });
        days.collect()
    }

    fn local(&self, at: Timestamp) -> DateTime<FixedOffset> {
        at.to_datetime().with_timezone(&self.period.offset)
    }
}

impl EscalationTimes {
    fn seconds_to_claim(&self) -> Option<u32> {
        self.claimed_at.map(|at| seconds_between(self.created_at, at))
    }

    fn is_missed(&self, now: Timestamp) -> bool {
        let waits_until = match (self.claimed_at, self.status) {
            (Some(at), _) => at,
            (None, HandoffStatus::Open) => now,
            // It was taken back or resolved without a claim.
            (None, _) => self.state_since,
        };
        self.due_at.is_some_and(|due| waits_until > due)
    }
}

impl Sums {
    fn add(&mut self, times: EscalationTimes, now: Timestamp) {
        self.escalated += 1;
        self.missed += u64::from(times.is_missed(now));
        self.to_claim.extend(times.seconds_to_claim());
        if times.status == HandoffStatus::Resolved {
            self.to_resolve.push(seconds_between(times.created_at, times.state_since));
        }
    }

    fn figures(mut self) -> Figures {
        Figures {
            escalated: self.escalated,
            claimed: self.to_claim.len() as u64,
            resolved: self.to_resolve.len() as u64,
            missed: self.missed,
            to_claim: percentiles(&mut self.to_claim),
            to_resolve: percentiles(&mut self.to_resolve),
        }
    }
}

fn seconds_between(from: Timestamp, to: Timestamp) -> u32 {
    u32::try_from(to.since(from).as_secs()).unwrap_or(u32::MAX)
}

/// The nearest rank of each percentile; none without values.
fn percentiles(seconds: &mut [u32]) -> Option<Percentiles> {
    seconds.sort_unstable();
    let rank = |percent: usize| {
        let index = (seconds.len() * percent).div_ceil(100).max(1) - 1;
        seconds.get(index).copied().map(u64::from)
    };
    Some(Percentiles { p50_seconds: rank(50)?, p95_seconds: rank(95)? })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::tests::{at, caller};

    fn escalation(created: i64, claimed: Option<i64>) -> EscalationTimes {
        EscalationTimes {
            priority: Priority::High,
            status: if claimed.is_some() { HandoffStatus::Claimed } else { HandoffStatus::Open },
            state_since: at(claimed.unwrap_or(created)),
            created_at: at(created),
            claimed_at: claimed.map(at),
            due_at: Some(at(created + 600)),
        }
    }

    fn builder(offset_hours: i32) -> StatsBuilder {
        let offset = FixedOffset::east_opt(offset_hours * 3600).unwrap();
        StatsBuilder::new(Period { since: at(0), until: at(86_400), offset })
    }

    #[test]
    fn percentiles_are_the_nearest_rank() {
        let of = |mut seconds: Vec<u32>| percentiles(&mut seconds).map(|p| (p.p50_seconds, p.p95_seconds));
        assert_eq!(of(vec![]), None);
        assert_eq!(of(vec![7]), Some((7, 7)));
        assert_eq!(of(vec![30, 10]), Some((10, 30)));
        assert_eq!(of((1..=100).rev().collect()), Some((50, 95)));
    }

    #[test]
    fn escalations_are_counted_by_priority_person_and_hour() {
        let mut stats = builder(0);
        let dana = caller("Dana Wu").person();
        stats.add(escalation(0, Some(60)), Some(dana.clone()));
        stats.add(escalation(10, Some(1_000)), Some(dana));
        stats.add(escalation(20, None), None);
        let resolved = EscalationTimes {
            status: HandoffStatus::Resolved,
            state_since: at(500),
            priority: Priority::Low,
            ..escalation(0, Some(100))
        };
        stats.add(resolved, Some(caller("Ana Ruiz").person()));
        let report = stats.finish(true);
        // Dana's second claim was late, and the open one still waits a day later.
        assert_eq!((report.all.escalated, report.all.claimed, report.all.missed), (4, 3, 2));
        assert_eq!(report.all.to_resolve, Some(Percentiles { p50_seconds: 500, p95_seconds: 500 }));
        let priorities: Vec<_> = report.by_priority.iter().map(|row| row.priority).collect();
        assert_eq!(priorities, [Priority::High, Priority::Low]);
        let people: Vec<_> =
            report.by_person.iter().map(|row| (row.person.name.as_str(), row.figures.claimed)).collect();
        assert_eq!(people, [("Ana Ruiz", 1), ("Dana Wu", 2)]);
        assert_eq!(report.arrivals_by_hour.iter().sum::<u64>(), 4);
    }

    #[test]
    fn days_and_hours_are_those_of_local_time() {
        // at(0) is 2026-09-21T14:13:20Z.
        let report = |offset| {
            let mut stats = builder(offset);
            stats.add(escalation(0, Some(90)), None);
            stats.finish(true)
        };
        let hour = |report: &StatsReport| report.arrivals_by_hour.iter().position(|count| *count > 0);
        assert_eq!(hour(&report(0)), Some(14));
        let east = report(10);
        assert_eq!(hour(&east), Some(0));
        let days: Vec<_> = east.days.iter().map(|day| (day.date.as_str(), day.escalated)).collect();
        assert_eq!(days, [("2026-09-22", 1), ("2026-09-23", 0)]);
        assert_eq!(east.days[0].p50_seconds_to_claim, Some(90));
    }
}
