//! Reads from the log what the index does not know yet.

use std::collections::BTreeSet;

use tierup_common::id::{AccountId, Seq, SessionId};
use tierup_common::limit;
use tierup_common::session::SessionStatus;

use crate::search::index::Document;
use crate::search::{Rebuild, Step};
use crate::store::{self, Scope};

/// Log entries read in one step.
const ENTRIES: u32 = 256;
/// Sessions read in one step when an account is taken in from the beginning: with what each may hold, so many MiB.
const SESSIONS: u32 = 16;
/// The place of the problem among the messages of a session.
const INTAKE: u32 = 1;

/// Events that change no word of a session. Whatever is not among them has its session read again.
const WORDLESS: &[&str] = &[
    "handoff_assessment_ready",
    "handoff_assessment_failed",
    "handoff_claimed",
    "handoff_released",
    "handoff_assigned",
    "handoff_step_updated",
    "handoff_reminder",
];

/// Reads the next step of an account's log; nothing if it has all been read.
pub(super) fn gather(
    scope: &Scope<'_>,
    account: AccountId,
    after: Option<Seq>,
) -> store::Result<Option<Step>> {
    let ends = scope.log_ends()?;
    let reaches_back = after.is_some_and(|after| after.next() >= ends.oldest);
    let Some(after) = after.filter(|_| reaches_back) else {
        return rebuild(scope, Rebuild { newest: ends.newest, cursor: None }).map(Some);
    };
    let page = scope.log_after(after, ENTRIES)?;
    if page.events.is_empty() {
        return Ok(None);
    }
    debug_assert!(page.events.iter().all(|event| event.account == account));
    let telling = page.events.iter().filter(|event| !WORDLESS.contains(&event.name.as_ref()));
    let touched: BTreeSet<SessionId> = telling.map(|event| event.session).collect();
    let documents = touched.into_iter().map(|id| Ok((id, document(scope, id)?)));
    let documents = documents.collect::<store::Result<_>>()?;
    Ok(Some(Step { anew: false, documents, up_to: page.up_to, rest: None }))
}

/// Reads the next sessions of an account that is taken in from the beginning, the newest first. What changes meanwhile
/// comes from the log afterwards.
pub(super) fn rebuild(scope: &Scope<'_>, Rebuild { newest, cursor }: Rebuild) -> store::Result<Step> {
    let anew = cursor.is_none();
    let query = store::SessionQuery { limit: SESSIONS, cursor, ..store::SessionQuery::default() };
    let page = scope.sessions(&query)?;
    let cursor = page.last().map(|last| store::SessionCursor(last.id));
    let documents = page.into_iter().map(|session| Ok((session.id, document(scope, session.id)?)));
    let documents = documents.collect::<store::Result<_>>()?;
    let rest = cursor.map(|cursor| Rebuild { newest, cursor: Some(cursor) });
    Ok(Step { anew, documents, up_to: newest, rest })
}

fn document(scope: &Scope<'_>, id: SessionId) -> store::Result<Document> {
    let session = scope.session(id)?;
    let mut talk = String::new();
    // The newest that a page has room for: who grows a session must not have all of it read again with each message.
    for message in scope.messages_before(id, None, limit::SESSION_MESSAGES)? {
        if message.seq > INTAKE {
            talk.push_str(&message.content);
            talk.push('\n');
        }
    }
    for branch in scope.branches(id)? {
        talk.push_str(&branch.hypothesis);
        talk.push('\n');
    }
    // The notes of a park are its owner's alone.
    if let Some(escalation) = session.escalation {
        talk.push_str(&scope.handoff(escalation)?.notes);
    }
    Ok(Document {
        title: session.title,
        problem: scope.intake(id)?,
        talk,
        resolution: session.resolution.filter(|_| session.status == SessionStatus::Resolved),
    })
}
