//! Adding and updating a branch of a session.

use tierup_common::id::BranchId;
use tierup_common::limit;
use tierup_common::session::{Branch, BranchStatus, ConfidenceTier, PutBranch};
use tierup_common::time::Timestamp;

use crate::domain::access;
use crate::domain::caller::Caller;
use crate::domain::decision::{Change, Decision};
use crate::domain::refusal::{CapacityLimit, Refusal};
use crate::domain::session::Session;

/// Adds or updates a branch. `branches` are all branches of the session.
pub fn put_branch(
    session: &Session,
    branches: &[Branch],
    id: BranchId,
    request: &PutBranch,
    caller: &Caller,
    now: Timestamp,
) -> Result<(Branch, Decision), Refusal> {
    access::ensure_can_write(session, caller)?;
    let branch = Branch {
        id,
        hypothesis: request.hypothesis.clone(),
        status: request.status,
        evidence: request.evidence.clone(),
        updated_at: now,
    };
    let text_bytes = ensure_branch_fits(session, branches, &branch)?;
    let others = branches.iter().filter(|other| other.id != id);
    let statuses = others.map(|other| other.status).chain([branch.status]);
    let session =
        Session { confidence_tier: confidence_tier(statuses), text_bytes, ..session.with_updated_at(now) };
    let updated = session.updated_event(caller.person(), Some(branch.clone()), None);
    let decision = Decision::default()
        .with_change(Change::PutBranch(session.id, branch.clone()))
        .with_change(Change::UpdateSession(session))
        .with_event(updated);
    Ok((branch, decision))
}

/// Checks that a new or updated branch fits. Returns the text of the session with it, in bytes.
fn ensure_branch_fits(session: &Session, branches: &[Branch], branch: &Branch) -> Result<u64, Refusal> {
    let old = branches.iter().find(|old| old.id == branch.id);
    if old.is_none() && branches.len() >= limit::MAX_BRANCHES {
        let message = format!("a session has at most {} branches", limit::MAX_BRANCHES);
        return Err(Refusal::invalid_field("branch_id", message));
    }
    let (added, removed) = (branch_text_bytes(branch), old.map_or(0, branch_text_bytes));
    // An update that makes the branch shorter always fits.
    if added > removed {
        session.ensure_room_for(0, added - removed)?;
        if branches.iter().map(branch_text_bytes).sum::<u64>() + added - removed > limit::MAX_BRANCH_BYTES {
            return Err(Refusal::SessionFull(CapacityLimit::Branches));
        }
    }
    Ok((session.text_bytes + added).saturating_sub(removed))
}

/// The text of a branch, in bytes.
pub fn branch_text_bytes(branch: &Branch) -> u64 {
    (branch.hypothesis.len() + branch.evidence.as_ref().map_or(0, String::len)) as u64
}

/// How far the search for the cause has come, by the statuses of all branches.
fn confidence_tier(branches: impl Iterator<Item = BranchStatus>) -> ConfidenceTier {
    branches
        .map(|status| match status {
            BranchStatus::Open => ConfidenceTier::Discovery,
            BranchStatus::RuledOut => ConfidenceTier::Narrowing,
            BranchStatus::Confirmed => ConfidenceTier::Confirmed,
        })
        .max()
        .unwrap_or(ConfidenceTier::Discovery)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::tests::{at, caller, session};

    fn put(session: &Session, branches: &[Branch], bytes: usize) -> Result<(Branch, Session), Refusal> {
        let request = PutBranch { hypothesis: "x".repeat(bytes), status: BranchStatus::Open, evidence: None };
        let id = BranchId::from_bytes([1; 16]);
        let (branch, decision) = put_branch(session, branches, id, &request, &caller("Sam Ortiz"), at(1))?;
        Ok((branch, decision.session_after().unwrap().clone()))
    }

    /// Mutant seen to fail: text that is not counted.
    #[test]
    fn the_text_of_branches_counts_and_has_its_own_limit() {
        let empty = session(&caller("Sam Ortiz"));
        let (branch, next) = put(&empty, &[], 100).unwrap();
        assert_eq!(next.text_bytes, 100);
        let (_, next) = put(&next, std::slice::from_ref(&branch), 40).unwrap();
        assert_eq!(next.text_bytes, 40, "an update replaces the text");

        let max = usize::try_from(limit::MAX_BRANCH_BYTES).unwrap();
        let other = Branch { id: BranchId::from_bytes([2; 16]), hypothesis: "x".repeat(max - 100), ..branch };
        assert!(put(&next, std::slice::from_ref(&other), 100).is_ok());
        let refused = put(&next, &[other], 101);
        assert_eq!(refused, Err(Refusal::SessionFull(CapacityLimit::Branches)));
        let full = Session { text_bytes: limit::MAX_SESSION_BYTES, ..empty };
        assert_eq!(put(&full, &[], 1), Err(Refusal::SessionFull(CapacityLimit::Session)));
    }

    #[test]
    fn the_tier_follows_from_the_statuses_of_all_branches() {
        use BranchStatus::{Confirmed, Open, RuledOut};
        let tier = |statuses: &[BranchStatus]| confidence_tier(statuses.iter().copied());
        assert_eq!(tier(&[]), ConfidenceTier::Discovery);
        assert_eq!(tier(&[Open, Open]), ConfidenceTier::Discovery);
        assert_eq!(tier(&[Open, RuledOut]), ConfidenceTier::Narrowing);
        assert_eq!(tier(&[RuledOut, Confirmed, Open]), ConfidenceTier::Confirmed);
    }
}
