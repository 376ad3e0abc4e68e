//! Exports a session as JSON: its head, then its messages in chunks.
//!
//! Only the head and one chunk are in memory, and no reader thread waits for a slow client. The chunks together are the
//! session at one time: the head has the names of the authors, and messages never change and are never deleted.

use std::collections::BTreeMap;

use rusqlite::params;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use tierup_common::handoff::Priority;
use tierup_common::id::{HandoffId, SessionId, UserId};
use tierup_common::session::{Message, SessionItem};

use crate::domain::Caller;
use crate::store::chunk::{CHUNK_BYTES, json_list_items};
use crate::store::error::Result;
use crate::store::idempotency::Replayable;
use crate::store::messages::mentions_from_json;
use crate::store::tx::AccountScope;

/// A session to send.
#[derive(Clone, Debug)]
pub struct SessionExport {
    outline: SessionOutline,
    /// Its JSON up to some message. More chunks follow, then [`Self::JSON_SUFFIX`].
    pub head: Vec<u8>,
    /// Where the next chunk starts; `None` if all messages are in the head.
    pub next_cursor: Option<ExportCursor>,
}

/// Where the next chunk of messages starts, with what is needed to read it.
#[derive(Clone, Debug)]
pub struct ExportCursor {
    session: SessionId,
    after_seq: u32,
    last_seq: u32,
    author_names: BTreeMap<UserId, String>,
}

/// A session at one time, without the texts that can be loaded again. The JSON is stored: see [`Replayable`].
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct SessionOutline {
    item: SessionItem,
    escalation: Option<(HandoffId, Priority)>,
    /// The handoff whose snapshot has the same branches; `None` if they are in `item`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    tried_as_in: Option<HandoffId>,
    /// The `seq` before the first message.
    after: u32,
    /// The `seq` of the last message.
    last: u32,
    /// The names of the authors at that time.
    names: BTreeMap<UserId, String>,
}

/// A session on the wire; a part of its messages.
#[derive(Serialize)]
struct SessionHead<'s> {
    #[serde(flatten)]
    item: &'s SessionItem,
    escalation_package: Option<RawEscalationPackage<'s>>,
    conversation_messages: &'s [Message],
}

/// What the latest escalation handed over, as the stored JSON, which is sent without being parsed.
#[derive(Serialize)]
struct RawEscalationPackage<'s> {
    handoff_id: HandoffId,
    priority: Priority,
    engineer_notes: &'s str,
    snapshot: &'s RawValue,
    branch_map: &'s RawValue,
}

/// The branches of a snapshot, which the package repeats.
#[derive(Deserialize)]
struct SnapshotBranches<'s> {
    #[serde(borrow)]
    branch_map: &'s RawValue,
}

impl SessionExport {
    /// The end of the JSON, after the last chunk.
    pub const JSON_SUFFIX: &'static [u8] = b"]}";

    /// Notes that the branches have not changed since this handoff, so that the outline can leave them out.
    #[must_use]
    pub fn with_branches_of(mut self, handoff: Option<HandoffId>) -> Self {
        self.outline.tried_as_in = handoff;
        self
    }
}

impl Replayable for SessionExport {
    type Outline = SessionOutline;

    fn outline(&self) -> SessionOutline {
        let mut outline = self.outline.clone();
        outline.item.intake_content.text.clear();
        if let Some(resolution) = &mut outline.item.resolution {
            resolution.clear();
        }
        if outline.tried_as_in.is_some() {
            outline.item.branch_map.clear();
        }
        outline
    }

    fn restore(mut outline: SessionOutline, scope: &AccountScope<'_>) -> Result<Self> {
        let id = outline.item.id;
        outline.item.intake_content.text = scope.intake(id)?;
        if outline.item.resolution.is_some() {
            outline.item.resolution =
                scope.session(id)?.state.resolution().map(|resolution| resolution.text.clone());
        }
        if let Some(handoff) = outline.tried_as_in {
            outline.item.branch_map = scope.snapshot(handoff)?.branch_map;
        }
        scope.start_export(outline)
    }
}

impl AccountScope<'_> {
    /// Exports a session with all messages, or with only the newest.
    pub fn session_export(
        &self,
        id: SessionId,
        caller: &Caller,
        newest: Option<u32>,
    ) -> Result<SessionExport> {
        let session = self.session(id)?;
        let last = session.message_count;
        let escalation = match session.latest_escalation {
            Some(handoff) => Some((handoff, self.handoff(handoff)?.priority)),
            None => None,
        };
        self.start_export(SessionOutline {
            item: self.session_item(session, caller)?,
            escalation,
            tried_as_in: None,
            after: newest.map_or(0, |newest| last.saturating_sub(newest)),
            last,
            names: self.author_names(id)?,
        })
    }

    fn start_export(&self, outline: SessionOutline) -> Result<SessionExport> {
        let (session, after) = (outline.item.id, outline.after);
        let first = ExportCursor {
            session,
            after_seq: after,
            last_seq: outline.last,
            author_names: outline.names.clone(),
        };
        let (messages, next) = self.read_chunk(first)?;
        let escalation = match outline.escalation {
            Some((id, priority)) => Some((id, priority, self.handoff(id)?.notes, self.snapshot_json(id)?)),
            None => None,
        };
        let package = match &escalation {
            Some((handoff_id, priority, notes, snapshot)) => Some(RawEscalationPackage {
                handoff_id: *handoff_id,
                priority: *priority,
                engineer_notes: notes,
                snapshot: serde_json::from_str(snapshot)?,
                branch_map: serde_json::from_str::<SnapshotBranches<'_>>(snapshot)?.branch_map,
            }),
            None => None,
        };
        let head = SessionHead {
            item: &outline.item,
            escalation_package: package,
            conversation_messages: &messages,
        };
        let mut head = serde_json::to_vec(&head)?;
        head.truncate(head.len() - SessionExport::JSON_SUFFIX.len());
        Ok(SessionExport { outline, head, next_cursor: next })
    }

    /// The next chunk of messages, as the continuation of the JSON list, and where the one after it starts.
    pub fn next_chunk(&self, cursor: ExportCursor) -> Result<(Vec<u8>, Option<ExportCursor>)> {
        let (messages, next) = self.read_chunk(cursor)?;
        Ok((json_list_items(&messages)?, next))
    }

    fn read_chunk(&self, cursor: ExportCursor) -> Result<(Vec<Message>, Option<ExportCursor>)> {
        let mut text = 0;
        let (messages, has_more) = self.query_until(
            "SELECT id, seq, role, author_id, content, created_at, mentions FROM message
             WHERE account_id = ?1 AND session_id = ?2 AND seq > ?3 AND seq <= ?4 ORDER BY seq",
            params![self.account, cursor.session, cursor.after_seq, cursor.last_seq],
            |row| {
                let author_id: Option<UserId> = row.get(3)?;
                Ok(Message {
                    id: row.get(0)?,
                    seq: row.get(1)?,
                    role: row.get(2)?,
                    author_id,
                    author_name: author_id.and_then(|author| cursor.author_names.get(&author).cloned()),
                    content: row.get(4)?,
                    created_at: row.get(5)?,
                    mentions: mentions_from_json(row.get(6)?)?,
                })
            },
            |message| {
                text += message.content.len();
                text >= CHUNK_BYTES
            },
        )?;
        let after_seq = messages.last().map_or(cursor.last_seq, |last| last.seq);
        Ok((messages, has_more.then_some(ExportCursor { after_seq, ..cursor })))
    }

    /// The names of the authors of a session.
    fn author_names(&self, session: SessionId) -> Result<BTreeMap<UserId, String>> {
        let authors = self.query_all(
            "SELECT id, name FROM user WHERE account_id = ?1 AND id IN
               (SELECT author_id FROM message WHERE account_id = ?1 AND session_id = ?2)",
            params![self.account, session],
            |row| Ok((row.get(0)?, row.get(1)?)),
        )?;
        Ok(authors.into_iter().collect())
    }
}
