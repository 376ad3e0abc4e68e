//! Reads from the log what the index does not know yet.

use std::collections::BTreeSet;

use tierup_common::id::{AccountId, Seq, SessionId};
use tierup_common::limit;
use tierup_common::session::SessionStatus;

use crate::search::batch::{Document, IndexBatch, RebuildProgress};
use crate::store::{self, AccountScope};

/// Log entries read in one step.
const LOG_BATCH_SIZE: u32 = 256;
/// Sessions read in one step when an account is taken in from the beginning: with what each may hold, so many MiB.
const REBUILD_BATCH_SIZE: u32 = 16;
/// The place of the problem among the messages of a session.
const INTAKE_SEQ: u32 = 1;

/// Events that change no word of a session. Whatever is not among them has its session read again.
const EVENTS_WITHOUT_TEXT: &[&str] = &[
    "handoff_assessment_ready",
    "handoff_assessment_failed",
    "handoff_claimed",
    "handoff_released",
    "handoff_assigned",
    "handoff_step_updated",
    "handoff_reminder",
];

/// Reads the next step of an account's log; nothing if it has all been read.
pub(super) fn next_batch(
    scope: &AccountScope<'_>,
    account: AccountId,
    after: Option<Seq>,
) -> store::Result<Option<IndexBatch>> {
    let ends = scope.log_bounds()?;
    let reaches_back = after.is_some_and(|after| after.next() >= ends.oldest);
    let Some(after) = after.filter(|_| reaches_back) else {
        return rebuild_batch(scope, RebuildProgress { newest_seq: ends.newest, cursor: None }).map(Some);
    };
    let page = scope.log_page_after(after, LOG_BATCH_SIZE)?;
    if page.events.is_empty() {
        return Ok(None);
    }
    debug_assert!(page.events.iter().all(|event| event.account == account));
    let telling = page.events.iter().filter(|event| !EVENTS_WITHOUT_TEXT.contains(&event.kind.as_ref()));
    let touched: BTreeSet<SessionId> = telling.map(|event| event.session).collect();
    let documents = touched.into_iter().map(|id| Ok((id, load_document(scope, id)?)));
    let documents = documents.collect::<store::Result<_>>()?;
    Ok(Some(IndexBatch { clear_first: false, documents, up_to_seq: page.up_to, rebuild: None }))
}

/// Reads the next sessions of an account that is taken in from the beginning, the newest first. What changes meanwhile
/// comes from the log afterwards.
pub(super) fn rebuild_batch(
    scope: &AccountScope<'_>,
    RebuildProgress { newest_seq: newest, cursor }: RebuildProgress,
) -> store::Result<IndexBatch> {
    let anew = cursor.is_none();
    let query = store::SessionQuery { limit: REBUILD_BATCH_SIZE, cursor, ..store::SessionQuery::default() };
    let page = scope.sessions(&query)?;
    let cursor = page.last().map(|last| store::SessionCursor(last.id));
    let documents = page.into_iter().map(|session| Ok((session.id, load_document(scope, session.id)?)));
    let documents = documents.collect::<store::Result<_>>()?;
    let rest = cursor.map(|cursor| RebuildProgress { newest_seq: newest, cursor: Some(cursor) });
    Ok(IndexBatch { clear_first: anew, documents, up_to_seq: newest, rebuild: rest })
}

fn load_document(scope: &AccountScope<'_>, id: SessionId) -> store::Result<Document> {
    let session = scope.session(id)?;
    let mut talk = String::new();
    // The newest that a page has room for: who grows a session must not have all of it read again with each message.
    for message in scope.messages_before(id, None, limit::SESSION_MESSAGES)? {
        if message.seq > INTAKE_SEQ {
            talk.push_str(&message.content);
            talk.push('\n');
        }
    }
    for branch in scope.branches(id)? {
        talk.push_str(&branch.hypothesis);
        talk.push('\n');
    }
    // The notes of a park are its owner's alone.
    if let Some(escalation) = session.latest_escalation {
        talk.push_str(&scope.handoff(escalation)?.notes);
    }
    Ok(Document {
        title: session.title,
        problem: scope.intake(id)?,
        transcript: talk,
        resolution: session.resolution.filter(|_| session.status == SessionStatus::Resolved),
    })
}
