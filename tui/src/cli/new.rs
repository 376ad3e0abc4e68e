//! `tierup new`: a session about a problem.

use clap::Args;
use tierup_common::route;
use tierup_common::session::{CreateSession, IntakeContent, IntakeType, Session};

use crate::cli::context::CommandContext;
use crate::cli::error::CliError;

#[derive(Args)]
pub(super) struct NewArgs {
    /// What happens, since when, and what the exact error says; - reads it from standard input
    #[arg(allow_hyphen_values = true)]
    problem: String,
    /// The problem in one line
    #[arg(long, short, value_name = "LINE", allow_hyphen_values = true)]
    summary: Option<String>,
}

pub(super) async fn run(context: &CommandContext, arguments: &NewArgs) -> Result<(), CliError> {
    let body = CreateSession {
        intake_type: IntakeType::FreeText,
        intake_content: IntakeContent { text: context.read_text(&arguments.problem)? },
        problem_summary: arguments.summary.clone(),
    };
    let session: Session = context.post(&route::SESSIONS.path(&[]), Some(&body)).await?;
    let words = format!("session {}: {}", session.item.number, session.item.title());
    context.output.print(&session, &words)
}
