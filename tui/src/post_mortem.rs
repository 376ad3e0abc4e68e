//! A session as a post-mortem: what happened, when, who took part, what was tried, what worked and how long it took.
//!
//! Everybody may read it: nothing that is for one user only (a park) is in it.

use std::fmt::Write as _;

use chrono::NaiveDate;
use serde::Serialize;
use tierup_common::assessment::{Outcome, Step};
use tierup_common::event::{Event, EventBody, Kind};
use tierup_common::id::Number;
use tierup_common::session::{BranchStatus, Message, MessageRole, SessionItem, SessionStatus};
use tierup_common::text::truncate_to_line;
use tierup_common::time::Timestamp;
use tierup_common::timeline::TimelineEntry;

use crate::local_zone::LocalZone;
use crate::runbook_draft::escape_line;
use crate::story;
use crate::text::safe;

/// The longest text of one line of the timeline, in characters.
const MAX_LINE_CHARS: usize = 400;

/// Something that happened.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Happening {
    /// When.
    pub at: Timestamp,
    /// Who did it.
    pub who: String,
    /// What they did.
    pub what: String,
    /// What they wrote; empty if they wrote nothing.
    pub text: String,
}

/// A possible cause.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct TriedCause {
    cause: String,
    status: BranchStatus,
    evidence: Option<String>,
}

/// A suggested step that was tried.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct TriedStep {
    text: String,
    outcome: Outcome,
}

/// A post-mortem.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct PostMortem {
    session: Number,
    title: String,
    status: SessionStatus,
    opened_by: String,
    opened_at: Timestamp,
    escalated_at: Option<Timestamp>,
    claimed_at: Option<Timestamp>,
    resolved_at: Option<Timestamp>,
    /// From the first escalation to the first claim.
    seconds_to_claim: Option<u64>,
    /// From the opening to the resolution.
    seconds_to_resolve: Option<u64>,
    /// Everybody who did or wrote something, in the order in which they came.
    people: Vec<String>,
    problem: String,
    tried: Vec<TriedCause>,
    steps: Vec<TriedStep>,
    resolution: Option<String>,
    /// The number of the handoff of the same problem.
    duplicate_of: Option<Number>,
    /// The numbers of sessions that were resolved as duplicates.
    duplicates: Vec<Number>,
    timeline: Vec<Happening>,
}

/// The messages and events of a session in one order.
pub fn happenings(messages: &[Message], events: &[TimelineEntry]) -> Vec<Happening> {
    let mut all = Vec::new();
    let mut rest = events;
    let mut push_until = |all: &mut Vec<Happening>, before: u32| {
        let end = rest.partition_point(|entry| entry.after_message.unwrap_or(u32::MAX) < before);
        let (now, later) = rest.split_at(end);
        all.extend(now.iter().filter_map(|entry| happening(&entry.event)));
        rest = later;
    };
    for message in messages {
        push_until(&mut all, message.seq);
        let event = EventBody::MessageAdded {
            session_id: tierup_common::id::SessionId::from_bytes([0; 16]),
            message: message.clone(),
            session_number: None,
            problem_summary: None,
        };
        all.extend(story::describe(&event).map(|line| Happening {
            at: message.created_at,
            who: line.who,
            what: line.what,
            text: line.detail,
        }));
    }
    push_until(&mut all, u32::MAX);
    all.extend(rest.iter().filter_map(|entry| happening(&entry.event)));
    all
}

fn happening(event: &Event) -> Option<Happening> {
    let mut line = story::describe(&event.body)?;
    if event.body.kind() == Kind::HandoffSentBack {
        // The question is the message before it.
        line.detail.clear();
    }
    Some(Happening { at: event.at, who: line.who, what: line.what, text: line.detail })
}

impl PostMortem {
    /// The post-mortem of a session. `steps` are those of its latest assessment.
    pub fn new(
        session: &SessionItem,
        messages: &[Message],
        events: &[TimelineEntry],
        steps: &[Step],
    ) -> Self {
        let events: Vec<TimelineEntry> =
            events.iter().filter(|entry| !story::is_private(&entry.event.body)).cloned().collect();
        // What the assistant wrote is long, and not what people did.
        let of_people = messages.iter().filter(|message| message.role == MessageRole::User);
        let of_people: Vec<Message> = of_people.cloned().collect();
        let timeline = happenings(&of_people, &events);
        let first_at = |is_it: fn(&EventBody) -> bool| {
            events.iter().find(|entry| is_it(&entry.event.body)).map(|entry| entry.event.at)
        };
        let escalated_at = first_at(|body| matches!(body, EventBody::HandoffCreated { .. }));
        let claimed_at = first_at(|body| {
            matches!(body, EventBody::HandoffClaimed { .. } | EventBody::HandoffAssigned { .. })
        });
        let to_claim = escalated_at.zip(claimed_at).map(|(from, to)| to.since(from).as_secs());
        let branches = session.branch_map.iter();
        Self {
            session: session.number,
            title: session.title(),
            status: session.status,
            opened_by: session.user_name.clone(),
            opened_at: session.created_at,
            escalated_at,
            claimed_at,
            resolved_at: session.resolved_at,
            seconds_to_claim: to_claim,
            seconds_to_resolve: session.resolved_at.map(|at| at.since(session.created_at).as_secs()),
            people: people(session, &timeline),
            problem: session.intake_content.text.clone(),
            tried: branches
                .map(|branch| TriedCause {
                    cause: branch.hypothesis.clone(),
                    status: branch.status,
                    evidence: branch.evidence.clone(),
                })
                .collect(),
            steps: tried_steps(&events, steps),
            resolution: session.resolution.clone(),
            duplicate_of: session.duplicate_of.map(|original| original.number),
            duplicates: session.duplicates.iter().map(|duplicate| duplicate.number).collect(),
            timeline,
        }
    }

    /// The draft as Markdown, with local times.
    pub fn markdown(&self, zone: &LocalZone) -> String {
        let mut text = String::new();
        let line = |text: &str| escape_line(&one_line(text));
        // Writing to a String cannot fail.
        let _ = writeln!(text, "# Post-mortem: {}\n", line(&self.title));
        let offset = zone.to_local(self.opened_at).format("%:z").to_string();
        let _ = writeln!(text, "Session {}. Times are local (UTC{offset}).\n", self.session);
        self.push_facts(&mut text, zone);
        let _ = writeln!(text, "\n## Problem\n\n{}\n", line(&self.problem));
        text.push_str("## Timeline\n");
        let mut day = None;
        for Happening { at, who, what, text: detail } in &self.timeline {
            begin_day(&mut text, &mut day, zone.to_local(*at).date_naive());
            let time = zone.to_local(*at).format("%H:%M");
            let _ = write!(text, "- {time} **{}** {}", line(who), line(what));
            let _ = match line(detail).as_str() {
                "" => writeln!(text),
                detail => writeln!(text, ": {detail}"),
            };
        }
        text.push_str("\n## Tried\n\n");
        self.push_tried(&mut text);
        let worked = self.worked();
        text.push_str("\n## What worked\n\n");
        for cause in &worked {
            let _ = writeln!(text, "- {}", line(cause));
        }
        if worked.is_empty() {
            text.push_str("<!-- Nothing is marked as confirmed or as worked. -->\n");
        }
        let resolution = self.resolution.as_deref().unwrap_or("Not resolved yet.");
        let _ = writeln!(text, "\n## Resolution\n\n{}\n", line(resolution));
        text.push_str("## Follow-up\n\n<!-- What keeps this from happening again, and who does it. -->\n");
        text
    }

    fn push_facts(&self, text: &mut String, zone: &LocalZone) {
        let moment = |at: Timestamp| zone.to_local(at).format("%a %-d %b %Y %H:%M").to_string();
        let mut fact = |name: &str, value: Option<String>| {
            if let Some(value) = value {
                // Writing to a String cannot fail.
                let _ = writeln!(text, "- {name}: {}", escape_line(&one_line(&value)));
            }
        };
        fact("Opened", Some(format!("{} by {}", moment(self.opened_at), self.opened_by)));
        fact("Escalated", self.escalated_at.map(moment));
        fact("Claimed", self.claimed_at.map(moment));
        fact("Resolved", self.resolved_at.map(moment));
        fact("Time to claim", self.seconds_to_claim.map(format_seconds));
        fact("Time to resolve", self.seconds_to_resolve.map(format_seconds));
        fact("People", Some(self.people.join(", ")));
        fact("Duplicate of", self.duplicate_of.map(|number| format!("handoff {number}")));
        let duplicates: Vec<String> =
            self.duplicates.iter().map(|number| format!("session {number}")).collect();
        fact("Duplicates", Some(duplicates.join(", ")).filter(|_| !duplicates.is_empty()));
    }

    fn push_tried(&self, text: &mut String) {
        let line = |text: &str| escape_line(&one_line(text));
        for TriedCause { cause, status, evidence } in &self.tried {
            let status = match status {
                BranchStatus::Open => "open",
                BranchStatus::RuledOut => "ruled out",
                BranchStatus::Confirmed => "confirmed",
            };
            let evidence = evidence.as_deref().map(|evidence| format!(" ({})", line(evidence)));
            // Writing to a String cannot fail.
            let _ = writeln!(text, "- {status}: {}{}", line(cause), evidence.unwrap_or_default());
        }
        for TriedStep { text: step, outcome } in &self.steps {
            let _ = writeln!(text, "- {outcome}: {}", line(step));
        }
        if self.tried.is_empty() && self.steps.is_empty() {
            text.push_str("<!-- Nothing was recorded. -->\n");
        }
    }

    /// The confirmed causes, and the steps that worked.
    fn worked(&self) -> Vec<&str> {
        let causes = self.tried.iter().filter(|tried| tried.status == BranchStatus::Confirmed);
        let steps = self.steps.iter().filter(|step| step.outcome == Outcome::Worked);
        causes.map(|tried| tried.cause.as_str()).chain(steps.map(|step| step.text.as_str())).collect()
    }
}

/// Adds the heading of a day where it begins.
fn begin_day(text: &mut String, last: &mut Option<NaiveDate>, day: NaiveDate) {
    if last.replace(day) != Some(day) {
        // Writing to a String cannot fail.
        let _ = writeln!(text, "\n### {}\n", day.format("%a %-d %b %Y"));
    }
}

/// Who took part, in the order in which they came.
fn people(session: &SessionItem, timeline: &[Happening]) -> Vec<String> {
    let mut people = vec![session.user_name.clone()];
    for Happening { who, .. } in timeline {
        // These are no people.
        if !people.contains(who) && !matches!(who.as_str(), "assistant" | "tierup") {
            people.push(who.clone());
        }
    }
    people
}

/// The steps with an outcome: as the log has them, and those of the latest assessment.
fn tried_steps(events: &[TimelineEntry], latest: &[Step]) -> Vec<TriedStep> {
    let mut tried: Vec<(&Step, Option<Outcome>)> = Vec::new();
    let logged = events.iter().filter_map(|entry| match &entry.event.body {
        EventBody::HandoffStepUpdated { step, .. } => Some(step),
        EventBody::HandoffCreated { .. }
        | EventBody::HandoffChanged { .. }
        | EventBody::HandoffAssessmentReady { .. }
        | EventBody::HandoffAssessmentFailed { .. }
        | EventBody::HandoffClaimed { .. }
        | EventBody::HandoffReleased { .. }
        | EventBody::HandoffAssigned { .. }
        | EventBody::HandoffSentBack { .. }
        | EventBody::HandoffWithdrawn { .. }
        | EventBody::HandoffReminder { .. }
        | EventBody::HandoffResolved { .. }
        | EventBody::SessionCreated { .. }
        | EventBody::SessionUpdated { .. }
        | EventBody::SessionResolved { .. }
        | EventBody::MessageAdded { .. } => None,
    });
    for step in logged.chain(latest) {
        match tried.iter_mut().find(|(known, _)| known.id == step.id) {
            Some((_, outcome)) => *outcome = step.outcome,
            None => tried.push((step, step.outcome)),
        }
    }
    let with_outcome = tried
        .into_iter()
        .filter_map(|(step, outcome)| outcome.map(|outcome| TriedStep { text: step.text.clone(), outcome }));
    with_outcome.collect()
}

/// A duration in its two largest units: `3 h 20 min`.
fn format_seconds(seconds: u64) -> String {
    let units = [
        (seconds / 86_400, "d"),
        (seconds / 3_600 % 24, "h"),
        (seconds / 60 % 60, "min"),
        (seconds % 60, "s"),
    ];
    let begin = units.iter().position(|(count, _)| *count > 0).unwrap_or(units.len() - 1);
    let shown = units[begin..].iter().take(2).filter(|(count, _)| *count > 0 || seconds == 0);
    let words: Vec<String> = shown.map(|(count, unit)| format!("{count} {unit}")).collect();
    words.join(" ")
}

/// A text in one line of bounded length, without anything invisible.
pub fn one_line(text: &str) -> String {
    safe::sanitize_line(&truncate_to_line(text, MAX_LINE_CHARS)).trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_duration_has_its_two_largest_units() {
        for (seconds, text) in [
            (0, "0 s"),
            (59, "59 s"),
            (60, "1 min"),
            (12_000, "3 h 20 min"),
            (3_600, "1 h"),
            (90_000, "1 d 1 h"),
        ] {
            assert_eq!(format_seconds(seconds), text, "{seconds}");
        }
    }
}
