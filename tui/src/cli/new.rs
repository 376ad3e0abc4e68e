//! `tierup new`: opens a session.

use clap::Args;
use tierup_common::session::{CreateSession, IntakeContent, IntakeType};

use crate::cli::context::CommandContext;
use crate::cli::diagnostics::warn_about_secret;
use crate::error::CliError;
use crate::runtime::api::requests;

#[derive(Args)]
pub(super) struct NewArgs {
    /// What is going wrong, since when, and the exact error; use - to read it from standard input
    #[arg(allow_hyphen_values = true)]
    problem: String,
    /// Summary of the problem in one line
    #[arg(long, short, value_name = "LINE", allow_hyphen_values = true)]
    summary: Option<String>,
}

pub(super) async fn run(context: &CommandContext, arguments: &NewArgs) -> Result<(), CliError> {
    arguments.summary.as_deref().map(warn_about_secret);
    let body = CreateSession {
        intake_type: IntakeType::FreeText,
        intake_content: IntakeContent { text: context.read_text(&arguments.problem)? },
        problem_summary: arguments.summary.clone(),
    };
    let session = context.api.send(requests::create_session(&body)).await?;
    let text = format!("opened session {}: {}", session.item.number, session.item.title());
    context.output.print(&session, &text)
}
