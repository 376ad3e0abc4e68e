//! `tierup new`: a session about a problem.

use clap::Args;
use tierup_common::route;
use tierup_common::session::{CreateSession, IntakeContent, IntakeType, Session};

use crate::cli::errand::Errand;
use crate::cli::exit::Exit;

#[derive(Args)]
pub(super) struct Arguments {
    /// What happens, since when, and what the exact error says; - reads it from standard input
    #[arg(allow_hyphen_values = true)]
    problem: String,
    /// The problem in one line
    #[arg(long, short, value_name = "LINE", allow_hyphen_values = true)]
    summary: Option<String>,
}

pub(super) async fn run(errand: &Errand, arguments: &Arguments) -> Result<(), Exit> {
    let body = CreateSession {
        intake_type: IntakeType::FreeText,
        intake_content: IntakeContent { text: errand.text(&arguments.problem)? },
        problem_summary: arguments.summary.clone(),
    };
    let session: Session = errand.post(&route::SESSIONS.path(&[]), Some(&body)).await?;
    let words = format!("session {}: {}", session.item.number, session.item.title());
    errand.out.tell(&session, &words)
}
