//! `tierup park` and `tierup escalate`: a session put aside, or passed to the queue.

use std::time::Duration;

use chrono::DateTime;
use clap::Args;
use tierup_common::handoff::{Handoff, Intent, Priority};
use tierup_common::route;
use tierup_common::session::HandOff;
use tierup_common::time::Timestamp;

use crate::cli::errand::{Errand, SessionName};
use crate::cli::exit::Exit;

#[derive(Args)]
pub(super) struct Park {
    /// Its number, its id, or h42 for the session of handoff 42
    session: SessionName,
    /// What you are waiting for; only you see this; - reads it from standard input
    #[arg(allow_hyphen_values = true)]
    notes: String,
    /// When to be reminded: 30m, 4h, 2d, or a moment like 2026-11-22T09:30:00Z
    #[arg(long, value_name = "WHEN")]
    wake: Option<Wake>,
}

#[derive(Args)]
pub(super) struct Escalate {
    /// Its number, its id, or h42 for the session of handoff 42
    session: SessionName,
    /// Where you are stuck, and what you ruled out; - reads it from standard input
    #[arg(allow_hyphen_values = true)]
    notes: String,
    /// How long it can wait: low, normal, high or urgent
    #[arg(long, value_name = "PRIORITY", default_value = "normal")]
    priority: Priority,
}

/// When to be reminded.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Wake {
    In(Duration),
    At(Timestamp),
}

pub(super) async fn park(errand: &Errand, arguments: &Park) -> Result<(), Exit> {
    let wake_at = arguments.wake.map(|wake| match wake {
        Wake::In(span) => errand.api.server_now().plus(span),
        Wake::At(moment) => moment,
    });
    let handoff = hand_off(errand, arguments.session, Intent::Park, &arguments.notes, None, wake_at).await?;
    let until = handoff.item.wake_at.map(|at| format!(", until {at}")).unwrap_or_default();
    errand.out.tell(&handoff, &format!("parked: {}{until}", handoff.item.problem_summary))
}

pub(super) async fn escalate(errand: &Errand, arguments: &Escalate) -> Result<(), Exit> {
    let priority = Some(arguments.priority);
    let handoff =
        hand_off(errand, arguments.session, Intent::Escalate, &arguments.notes, priority, None).await?;
    let words = format!("escalated as #{}: {}", handoff.item.number, handoff.item.problem_summary);
    errand.out.tell(&handoff, &words)
}

async fn hand_off(
    errand: &Errand,
    session: SessionName,
    intent: Intent,
    notes: &str,
    priority: Option<Priority>,
    wake_at: Option<Timestamp>,
) -> Result<Handoff, Exit> {
    let body = HandOff { intent, engineer_notes: errand.text(notes)?, priority, wake_at };
    let session = errand.session(session).await?;
    errand.post(&route::HAND_OFF.path(&[&session]), Some(&body)).await
}

impl std::str::FromStr for Wake {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let span = |letter, seconds: u64| {
            let count: u64 = text.strip_suffix(letter)?.parse().ok()?;
            Some(Duration::from_secs(count.checked_mul(seconds)?))
        };
        if let Some(span) = span('m', 60).or_else(|| span('h', 3_600)).or_else(|| span('d', 86_400)) {
            return Ok(Self::In(span));
        }
        let moment = DateTime::parse_from_rfc3339(text);
        moment
            .map(|moment| Self::At(moment.to_utc().into()))
            .map_err(|_| "write it like 30m, 4h, 2d or 2026-11-22T09:30:00Z")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reminder_comes_after_a_span_or_at_a_moment() {
        assert_eq!("90m".parse(), Ok(Wake::In(Duration::from_mins(90))));
        assert_eq!("4h".parse(), Ok(Wake::In(Duration::from_hours(4))));
        assert_eq!("2d".parse(), Ok(Wake::In(Duration::from_hours(48))));
        let moment = Timestamp::from_millis(1_795_339_800_000);
        assert_eq!("2026-11-22T09:30:00Z".parse(), Ok(Wake::At(moment)));
        assert_eq!("2026-11-22T10:30:00+01:00".parse(), Ok(Wake::At(moment)));
        for text in ["", "h", "-4h", "soon", "4", "99999999999999999999d"] {
            assert!(text.parse::<Wake>().is_err(), "{text:?}");
        }
    }
}
