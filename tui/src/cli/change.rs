//! `tierup change`: another priority or summary for a handoff.

use clap::Args;
use tierup_common::handoff::{ChangeHandoff, Priority};
use tierup_common::id::HandoffRef;

use crate::cli::context::CommandContext;
use crate::cli::reference::parse_handoff_ref;
use crate::error::CliError;
use crate::runtime::api::requests;

#[derive(Args)]
#[command(group = clap::ArgGroup::new("details").required(true).multiple(true))]
pub(super) struct ChangeArgs {
    /// Handoff: its number or id
    #[arg(value_parser = parse_handoff_ref)]
    handoff: HandoffRef,
    /// New priority: low, normal, high or urgent
    #[arg(long, value_name = "PRIORITY", group = "details")]
    priority: Option<Priority>,
    /// New summary: the problem in one line
    #[arg(long, value_name = "TEXT", group = "details", allow_hyphen_values = true)]
    summary: Option<String>,
}

pub(super) async fn run(context: &CommandContext, arguments: &ChangeArgs) -> Result<(), CliError> {
    let problem_summary = arguments.summary.as_deref().map(|text| context.read_text(text)).transpose()?;
    let body = ChangeHandoff { priority: arguments.priority, problem_summary };
    let handoff = context.api.send(requests::change_handoff(arguments.handoff, &body)).await?;
    let item = &handoff.item;
    context.output.print(&handoff, &format!("#{} {}: {}", item.number, item.priority, item.problem_summary))
}
