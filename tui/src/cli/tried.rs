//! `tierup tried`: what might be the cause, and what became of it.

use clap::{Args, ValueEnum};
use tierup_common::id::BranchId;
use tierup_common::route;
use tierup_common::session::{Branch, BranchStatus, PutBranch};

use crate::cli::context::{CommandContext, SessionRef};
use crate::cli::error::CliError;

#[derive(Args)]
pub(super) struct TriedArgs {
    /// Its number, its id, or h42 for the session of handoff 42
    session: SessionRef,
    /// What might be the cause, in one line; one that is noted already is changed; - reads it from standard input
    #[arg(allow_hyphen_values = true)]
    hypothesis: String,
    /// What became of it
    #[arg(long, value_name = "STATUS", default_value = "open")]
    status: BranchStatusArg,
    /// Why: what you saw
    #[arg(long, value_name = "EVIDENCE", allow_hyphen_values = true)]
    why: Option<String>,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
enum BranchStatusArg {
    /// Not settled
    Open,
    /// It was not that
    RuledOut,
    /// It was that
    Confirmed,
}

pub(super) async fn run(context: &CommandContext, arguments: &TriedArgs) -> Result<(), CliError> {
    let hypothesis = context.read_text(&arguments.hypothesis)?;
    let session = context.fetch_session(arguments.session).await?;
    let branches = &session.item.branch_map;
    let known = branches.iter().find(|branch| branch.hypothesis.to_lowercase() == hypothesis.to_lowercase());
    let id = known.map_or_else(|| BranchId::new(context.api.server_now()), |known| known.id);
    let status = match arguments.status {
        BranchStatusArg::Open => BranchStatus::Open,
        BranchStatusArg::RuledOut => BranchStatus::RuledOut,
        BranchStatusArg::Confirmed => BranchStatus::Confirmed,
    };
    let evidence = arguments.why.clone().or_else(|| known.and_then(|known| known.evidence.clone()));
    let path = route::BRANCH.path(&[&session.item.id, &id]);
    let branch: Branch = context.put(&path, &PutBranch { hypothesis, status, evidence }).await?;
    let word = match branch.status {
        BranchStatus::Open => "open",
        BranchStatus::RuledOut => "ruled out",
        BranchStatus::Confirmed => "confirmed",
    };
    context.output.print(&branch, &format!("{word}: {}", branch.hypothesis))
}
