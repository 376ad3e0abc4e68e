//! `tierup tried`: records a hypothesis, or its result.

use clap::{Args, ValueEnum};
use clap_complete::ArgValueCandidates;
use tierup_common::id::BranchId;
use tierup_common::session::{BranchStatus, PutBranch};

use crate::cli::candidates;
use crate::cli::context::CommandContext;
use crate::cli::diagnostics::warn_about_secret;
use crate::cli::reference::SessionRef;
use crate::error::CliError;
use crate::runtime::api::requests;

#[derive(Args)]
pub(super) struct TriedArgs {
    /// Session: its number or id, or h42 for the session of handoff 42
    #[arg(add = ArgValueCandidates::new(candidates::sessions))]
    session: SessionRef,
    /// Possible cause in one line; an existing one is updated. Use - to read it from standard input
    #[arg(allow_hyphen_values = true)]
    hypothesis: String,
    /// Its status
    #[arg(long, value_name = "STATUS", default_value = "open")]
    status: BranchStatusArg,
    /// Evidence: what you saw
    #[arg(long, value_name = "EVIDENCE", allow_hyphen_values = true)]
    why: Option<String>,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
enum BranchStatusArg {
    /// Not settled
    Open,
    /// Not the cause
    RuledOut,
    /// The cause
    Confirmed,
}

impl From<BranchStatusArg> for BranchStatus {
    fn from(status: BranchStatusArg) -> Self {
        match status {
            BranchStatusArg::Open => Self::Open,
            BranchStatusArg::RuledOut => Self::RuledOut,
            BranchStatusArg::Confirmed => Self::Confirmed,
        }
    }
}

pub(super) async fn run(context: &CommandContext, arguments: &TriedArgs) -> Result<(), CliError> {
    let hypothesis = context.read_text(&arguments.hypothesis)?;
    let session = context.fetch_session(arguments.session).await?;
    let branches = &session.item.branch_map;
    let known = branches.iter().find(|branch| branch.hypothesis.to_lowercase() == hypothesis.to_lowercase());
    let id = known.map_or_else(|| BranchId::new(context.api.server_now()), |known| known.id);
    arguments.why.as_deref().map(warn_about_secret);
    let evidence = arguments.why.clone().or_else(|| known.and_then(|known| known.evidence.clone()));
    let body = PutBranch { hypothesis, status: arguments.status.into(), evidence };
    let branch = context.api.send(requests::put_branch(session.item.id, id, &body)).await?;
    context.output.print(&branch, &format!("{}: {}", status_text(branch.status), branch.hypothesis))
}

/// The status of a branch in words.
pub(super) const fn status_text(status: BranchStatus) -> &'static str {
    match status {
        BranchStatus::Open => "open",
        BranchStatus::RuledOut => "ruled out",
        BranchStatus::Confirmed => "confirmed",
    }
}
