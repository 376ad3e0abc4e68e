//! `tierup park` and `tierup escalate`: hands a session off, to its owner or to the queue.

use clap::Args;
use clap_complete::ArgValueCandidates;
use tierup_common::handoff::{Handoff, Intent, Priority};
use tierup_common::session::HandOff;
use tierup_common::time::Timestamp;

use crate::cli::candidates;
use crate::cli::context::CommandContext;
use crate::cli::reference::SessionRef;
use crate::error::CliError;
use crate::runtime::api::requests;
use crate::runtime::clock;
use crate::wake_time::{self, WakeTimeError};

#[derive(Args)]
pub(super) struct ParkArgs {
    /// Session: its number or id, or h42 for the session of handoff 42
    #[arg(add = ArgValueCandidates::new(candidates::sessions))]
    session: SessionRef,
    /// What you are waiting for; only you can see this. Use - to read it from standard input
    #[arg(allow_hyphen_values = true)]
    notes: String,
    /// When to be reminded: 30m, 2d, "tomorrow 9:00", "fri 14:30", or 2026-11-22T09:30:00Z
    #[arg(long, value_name = "WHEN")]
    wake: Option<String>,
}

#[derive(Args)]
pub(super) struct EscalateArgs {
    /// Session: its number or id, or h42 for the session of handoff 42
    #[arg(add = ArgValueCandidates::new(candidates::sessions))]
    session: SessionRef,
    /// Where you are stuck, and what you ruled out; use - to read it from standard input
    #[arg(allow_hyphen_values = true)]
    notes: String,
    /// Priority: low, normal, high or urgent
    #[arg(long, value_name = "PRIORITY", default_value = "normal", value_parser = candidates::one_of(Priority::ALL, Priority::as_str), hide_possible_values = true)]
    priority: Priority,
}

pub(super) async fn park(context: &CommandContext, arguments: &ParkArgs) -> Result<(), CliError> {
    let wake_at = match &arguments.wake {
        Some(text) => parse_wake_time(text, context.api.server_now())?,
        None => None,
    };
    let handoff = hand_off(context, arguments.session, Intent::Park, &arguments.notes, None, wake_at).await?;
    let until = handoff.item.wake_at.map(|at| format!(", until {at}")).unwrap_or_default();
    context.output.print(&handoff, &format!("parked: {}{until}", handoff.item.problem_summary))
}

pub(super) async fn escalate(context: &CommandContext, arguments: &EscalateArgs) -> Result<(), CliError> {
    let priority = Some(arguments.priority);
    let handoff =
        hand_off(context, arguments.session, Intent::Escalate, &arguments.notes, priority, None).await?;
    let text = format!("escalated as #{}: {}", handoff.item.number, handoff.item.problem_summary);
    context.output.print(&handoff, &text)
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
    Ok(context.api.send(requests::hand_off(session, &body)).await?)
}

/// A wake time as the console's dialog reads it: times of day are those of this machine.
fn parse_wake_time(text: &str, now: Timestamp) -> Result<Option<Timestamp>, CliError> {
    let parsed = wake_time::parse(text, now, &clock::local_zone());
    parsed.map(|moment| moment.map(|moment| moment.timestamp())).map_err(|error| match error {
        WakeTimeError::Unparsable => CliError::usage(format!("invalid wake time {text:?}")).with_hint(
            "write it like 2h, \"tomorrow 9:00\", \"fri 14:30\", \"2026-12-01 8:00\" or 2026-12-01T08:00:00Z",
        ),
        // The statuses that the server's own refusals end with.
        WakeTimeError::InThePast => CliError::error(format!("wake time {text:?} is in the past")),
        WakeTimeError::TooFar => CliError::error(format!("wake time {text:?} is more than a year away")),
    })
}
