//! Reads the part of the log that is not indexed yet.

use std::collections::BTreeSet;

use tierup_common::event::Kind;
use tierup_common::id::{Seq, SessionId};
use tierup_common::limit;
use tierup_common::session::BranchStatus;

use crate::search::batch::{Document, IndexBatch, RebuildProgress};
use crate::store::{self, AccountScope};

/// Events per batch.
const LOG_BATCH_SIZE: u32 = 256;
/// Sessions per batch of a rebuild: each may hold several MiB.
const REBUILD_BATCH_SIZE: u32 = 16;
/// The message that holds the original request.
const INTAKE_SEQ: u32 = 1;

/// The next batch of an account's log; none at its end.
pub(super) fn next_batch(scope: &AccountScope<'_>, after: Option<Seq>) -> store::Result<Option<IndexBatch>> {
    let bounds = scope.log_bounds()?;
    let reaches_back = after.is_some_and(|after| after.next() >= bounds.oldest);
    let Some(after) = after.filter(|_| reaches_back) else {
        return rebuild_batch(scope, RebuildProgress { newest_seq: bounds.newest, cursor: None }).map(Some);
    };
    let page = scope.log_page_after(after, LOG_BATCH_SIZE)?;
    if page.events.is_empty() {
        return Ok(None);
    }
    let changed = page.events.iter().filter(|event| changes_text(event.kind));
    let changed: BTreeSet<SessionId> = changed.map(|event| event.visibility.session).collect();
    let documents = changed.into_iter().map(|id| Ok((id, load_document(scope, id)?)));
    let documents = documents.collect::<store::Result<_>>()?;
    Ok(Some(IndexBatch { clear_first: false, documents, up_to_seq: page.up_to, rebuild: None }))
}

/// Whether an event changes the indexed text of its session.
const fn changes_text(kind: Kind) -> bool {
    match kind {
        Kind::HandoffCreated
        | Kind::HandoffChanged
        | Kind::HandoffSentBack
        | Kind::HandoffWithdrawn
        | Kind::HandoffResolved
        | Kind::SessionCreated
        | Kind::SessionUpdated
        | Kind::SessionResolved
        | Kind::MessageAdded => true,
        Kind::HandoffAssessmentReady
        | Kind::HandoffAssessmentFailed
        | Kind::HandoffClaimed
        | Kind::HandoffReleased
        | Kind::HandoffAssigned
        | Kind::HandoffStepUpdated
        | Kind::HandoffReminder => false,
    }
}

/// The next batch of a rebuild, newest sessions first. Changes made meanwhile come from the log afterwards.
pub(super) fn rebuild_batch(
    scope: &AccountScope<'_>,
    RebuildProgress { newest_seq: newest, cursor }: RebuildProgress,
) -> store::Result<IndexBatch> {
    let is_first = cursor.is_none();
    let query = store::SessionQuery { limit: REBUILD_BATCH_SIZE, cursor, ..store::SessionQuery::default() };
    let page = scope.sessions(&query)?;
    let cursor = page.last().map(|last| store::SessionCursor(last.id));
    let documents = page.into_iter().map(|session| Ok((session.id, load_document(scope, session.id)?)));
    let documents = documents.collect::<store::Result<_>>()?;
    let rebuild = cursor.map(|cursor| RebuildProgress { newest_seq: newest, cursor: Some(cursor) });
    Ok(IndexBatch { clear_first: is_first, documents, up_to_seq: newest, rebuild })
}

fn load_document(scope: &AccountScope<'_>, id: SessionId) -> store::Result<Document> {
    let session = scope.session(id)?;
    let mut transcript = String::new();
    // Only the newest messages: otherwise each message of an ever growing session would index all of it again.
    for message in scope.messages_before(id, None, limit::MAX_SESSION_MESSAGES)? {
        if message.seq > INTAKE_SEQ {
            transcript.push_str(&message.content);
            transcript.push('\n');
        }
    }
    // A duplicate teaches nothing that its original does not.
    let solved = session.state.resolution().filter(|resolution| resolution.duplicate_of.is_none());
    let mut cause = solved.map(|resolution| resolution.text.clone());
    for branch in scope.branches(id)? {
        transcript.push_str(&branch.hypothesis);
        transcript.push('\n');
        if let Some(cause) = cause.as_mut().filter(|_| branch.status == BranchStatus::Confirmed) {
            cause.push('\n');
            cause.push_str(&branch.hypothesis);
        }
    }
    // The notes of a parked handoff are visible to its owner only.
    if let Some(escalation) = session.latest_escalation {
        transcript.push_str(&scope.handoff(escalation)?.notes);
    }
    Ok(Document {
        title: session.title,
        problem: scope.intake(id)?,
        transcript,
        resolution: session.state.resolution().map(|resolution| resolution.text.clone()),
        cause,
    })
}
