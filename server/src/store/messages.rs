//! Messages and branches as rows.

use rusqlite::types::Type;
use rusqlite::{Row, params};
use serde::Serialize;
use tierup_common::id::{SessionId, UserId};
use tierup_common::limit;
use tierup_common::session::{Branch, Message};

use crate::domain::Refusal;
use crate::store::error::Result;
use crate::store::idempotency::Replayable;
use crate::store::tx::{AccountScope, AccountTx};

/// The author's name is joined in: a renamed user has the new name everywhere except in snapshots and events.
macro_rules! message_sql {
    ($rest:literal) => {
        concat!(
            "SELECT m.id, m.seq, m.role, m.author_id,
               (SELECT name FROM user WHERE account_id = m.account_id AND id = m.author_id),
               m.content, m.created_at, m.mentions
             FROM message m WHERE m.account_id = ?1 AND m.session_id = ?2 ",
            $rest
        )
    };
}

impl AccountScope<'_> {
    /// The last messages of a session, at most `limit`, oldest first.
    pub fn last_messages(&self, session: SessionId, limit: usize) -> Result<Vec<Message>> {
        let sql = message_sql!("ORDER BY m.seq DESC LIMIT ?3");
        let mut messages = self.query_all(sql, params![self.account, session, limit], message_from_row)?;
        messages.reverse();
        Ok(messages)
    }

    /// The messages before one of them, or the last ones, oldest first: at most `limit`, and at most a page of text.
    pub fn messages_before(
        &self,
        session: SessionId,
        before: Option<u32>,
        limit: u32,
    ) -> Result<Vec<Message>> {
        let mut text = 0;
        let (mut messages, _) = self.query_until(
            message_sql!("AND m.seq < ?3 ORDER BY m.seq DESC LIMIT ?4"),
            params![self.account, session, before.unwrap_or(u32::MAX), limit],
            message_from_row,
            |message| {
                text += message.content.len();
                text >= limit::MAX_PAGE_BYTES
            },
        )?;
        messages.reverse();
        Ok(messages)
    }

    /// The text of message 1; empty if there is none.
    pub fn intake(&self, session: SessionId) -> Result<String> {
        let text = self.query_first(
            "SELECT content FROM message WHERE account_id = ?1 AND session_id = ?2 AND seq = 1",
            params![self.account, session],
            |row| row.get(0),
        )?;
        Ok(text.unwrap_or_default())
    }

    /// The branches of a session, in the order they were added.
    pub fn branches(&self, session: SessionId) -> Result<Vec<Branch>> {
        self.query_all(
            "SELECT id, hypothesis, status, evidence, updated_at FROM branch
             WHERE account_id = ?1 AND session_id = ?2 ORDER BY position",
            params![self.account, session],
            |row| {
                Ok(Branch {
                    id: row.get(0)?,
                    hypothesis: row.get(1)?,
                    status: row.get(2)?,
                    evidence: row.get(3)?,
                    updated_at: row.get(4)?,
                })
            },
        )
    }
}

/// A message that was just posted: the answer to its request.
#[derive(Clone, Debug, Serialize)]
#[serde(transparent)]
pub struct PostedMessage {
    /// The message.
    pub message: Message,
    /// Its session.
    #[serde(skip)]
    pub session: SessionId,
}

impl Replayable for PostedMessage {
    type Outline = (SessionId, Message);

    fn outline(&self) -> Self::Outline {
        (self.session, Message { content: String::new(), ..self.message.clone() })
    }

    fn restore((session, outline): Self::Outline, scope: &AccountScope<'_>) -> Result<Self> {
        let content = scope.query_first(
            "SELECT content FROM message WHERE account_id = ?1 AND session_id = ?2 AND seq = ?3",
            params![scope.account, session, outline.seq],
            |row| row.get(0),
        )?;
        let content = content.ok_or(Refusal::NotFound)?;
        Ok(Self { message: Message { content, ..outline }, session })
    }
}

impl AccountTx<'_> {
    pub(super) fn insert_message(&self, session: SessionId, message: &Message) -> Result<()> {
        self.execute(
            "INSERT INTO message (account_id, session_id, seq, id, role, author_id, content, created_at, mentions)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
            params![
                self.account,
                session,
                message.seq,
                message.id,
                message.role,
                message.author_id,
                message.content,
                message.created_at,
                mentions_to_json(&message.mentions)?
            ],
        )?;
        message.mentions.iter().try_for_each(|user| self.add_concerned_user(session, *user))
    }

    pub(super) fn put_branch(&self, session: SessionId, branch: &Branch) -> Result<()> {
        self.execute(
            "INSERT INTO branch (account_id, session_id, id, position, hypothesis, status, evidence, updated_at)
             VALUES (?1, ?2, ?3,
               (SELECT COUNT(*) FROM branch WHERE account_id = ?1 AND session_id = ?2), ?4, ?5, ?6, ?7)
             ON CONFLICT DO UPDATE SET hypothesis = excluded.hypothesis, status = excluded.status,
               evidence = excluded.evidence, updated_at = excluded.updated_at",
            params![
                self.account,
                session,
                branch.id,
                branch.hypothesis,
                branch.status,
                branch.evidence,
                branch.updated_at
            ],
        )?;
        Ok(())
    }
}

fn message_from_row(row: &Row<'_>) -> rusqlite::Result<Message> {
    Ok(Message {
        id: row.get(0)?,
        seq: row.get(1)?,
        role: row.get(2)?,
        author_id: row.get(3)?,
        author_name: row.get(4)?,
        content: row.get(5)?,
        created_at: row.get(6)?,
        mentions: mentions_from_json(row.get(7)?)?,
    })
}

fn mentions_to_json(mentions: &[UserId]) -> Result<Option<String>> {
    Ok((!mentions.is_empty()).then(|| serde_json::to_string(mentions)).transpose()?)
}

/// The users whom a message mentions, from its column.
pub(super) fn mentions_from_json(json: Option<String>) -> rusqlite::Result<Vec<UserId>> {
    let Some(json) = json else { return Ok(Vec::new()) };
    serde_json::from_str(&json)
        .map_err(|error| rusqlite::Error::FromSqlConversionFailure(7, Type::Text, error.into()))
}
