//! `tierup park` and `tierup escalate`: a session put aside, or passed to the queue.

use std::time::Duration;

use chrono::DateTime;
use clap::Args;
use tierup_common::handoff::{Handoff, Intent, Priority};
use tierup_common::route;
use tierup_common::session::HandOff;
use tierup_common::time::Timestamp;

use crate::cli::context::{CommandContext, SessionRef};
use crate::cli::error::CliError;

#[derive(Args)]
pub(super) struct ParkArgs {
    /// Its number, its id, or h42 for the session of handoff 42
    session: SessionRef,
    /// What you are waiting for; only you see this; - reads it from standard input
    #[arg(allow_hyphen_values = true)]
    notes: String,
    /// When to be reminded: 30m, 4h, 2d, or a moment like 2026-11-22T09:30:00Z
    #[arg(long, value_name = "WHEN")]
    wake: Option<WakeTime>,
}

#[derive(Args)]
pub(super) struct EscalateArgs {
    /// Its number, its id, or h42 for the session of handoff 42
    session: SessionRef,
    /// Where you are stuck, and what you ruled out; - reads it from standard input
    #[arg(allow_hyphen_values = true)]
    notes: String,
    /// How long it can wait: low, normal, high or urgent
    #[arg(long, value_name = "PRIORITY", default_value = "normal")]
    priority: Priority,
}

/// When to be reminded.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum WakeTime {
    In(Duration),
    At(Timestamp),
}

pub(super) async fn park(context: &CommandContext, arguments: &ParkArgs) -> Result<(), CliError> {
    let wake_at = arguments.wake.map(|wake| match wake {
        WakeTime::In(span) => context.api.server_now().plus(span),
        WakeTime::At(moment) => moment,
    });
    let handoff = hand_off(context, arguments.session, Intent::Park, &arguments.notes, None, wake_at).await?;
    let until = handoff.item.wake_at.map(|at| format!(", until {at}")).unwrap_or_default();
    context.output.print(&handoff, &format!("parked: {}{until}", handoff.item.problem_summary))
}

pub(super) async fn escalate(context: &CommandContext, arguments: &EscalateArgs) -> Result<(), CliError> {
    let priority = Some(arguments.priority);
    let handoff =
        hand_off(context, arguments.session, Intent::Escalate, &arguments.notes, priority, None).await?;
    let words = format!("escalated as #{}: {}", handoff.item.number, handoff.item.problem_summary);
    context.output.print(&handoff, &words)
}

async fn hand_off(
    context: &CommandContext,
    session: SessionRef,
    intent: Intent,
    notes: &str,
    priority: Option<Priority>,
    wake_at: Option<Timestamp>,
) -> Result<Handoff, CliError> {
    let body = HandOff { intent, engineer_notes: context.read_text(notes)?, priority, wake_at };
    let session = context.resolve_session_id(session).await?;
    context.post(&route::HAND_OFF.path(&[&session]), Some(&body)).await
}

impl std::str::FromStr for WakeTime {
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
        assert_eq!("90m".parse(), Ok(WakeTime::In(Duration::from_mins(90))));
        assert_eq!("4h".parse(), Ok(WakeTime::In(Duration::from_hours(4))));
        assert_eq!("2d".parse(), Ok(WakeTime::In(Duration::from_hours(48))));
        let moment = Timestamp::from_millis(1_795_339_800_000);
        assert_eq!("2026-11-22T09:30:00Z".parse(), Ok(WakeTime::At(moment)));
        assert_eq!("2026-11-22T10:30:00+01:00".parse(), Ok(WakeTime::At(moment)));
        for text in ["", "h", "-4h", "soon", "4", "99999999999999999999d"] {
            assert!(text.parse::<WakeTime>().is_err(), "{text:?}");
        }
    }
}
