//! Whom a session concerns: its opener, its assignee, those who handed it off, and those who are mentioned in it. The
//! team's streams of these users carry its messages.

use std::sync::Arc;

use rusqlite::params;
use tierup_common::id::{SessionId, UserId};
use tierup_common::limit;
use tierup_common::mention::{mentioned_names, resolve_mentions};

use crate::store::error::Result;
use crate::store::tx::{AccountScope, AccountTx};

impl AccountScope<'_> {
    /// The active users whom a text of `author` mentions, except the author.
    pub fn mentioned_users(&self, text: &str, author: UserId) -> Result<Vec<UserId>> {
        if mentioned_names(text).next().is_none() {
            return Ok(Vec::new());
        }
        let users: Vec<(UserId, String)> = self.query_all(
            "SELECT id, email FROM user WHERE account_id = ?1 AND active = 1",
            [self.account],
            |row| Ok((row.get(0)?, row.get(1)?)),
        )?;
        let mut mentioned = resolve_mentions(text, users.iter().map(|(id, email)| (*id, email.as_str())));
        mentioned.retain(|user| *user != author);
        Ok(mentioned)
    }

    /// Whom a session concerns now.
    pub(super) fn concerned_users(&self, session: SessionId) -> Result<Arc<[UserId]>> {
        let users: Vec<UserId> = self.query_all(
            "SELECT opener_id FROM session WHERE account_id = ?1 AND id = ?2
             UNION SELECT assignee_id FROM session WHERE account_id = ?1 AND id = ?2
             UNION SELECT user_id FROM
               (SELECT user_id FROM concern WHERE account_id = ?1 AND session_id = ?2 LIMIT ?3)",
            params![self.account, session, limit::MAX_CONCERNED_USERS],
            |row| row.get(0),
        )?;
        Ok(users.into())
    }
}

impl AccountTx<'_> {
    /// From now on a session concerns this user, too. Beyond [`limit::MAX_CONCERNED_USERS`] nobody is added.
    pub(super) fn add_concerned_user(&self, session: SessionId, user: UserId) -> Result<()> {
        self.execute(
            "INSERT OR IGNORE INTO concern (account_id, session_id, user_id) SELECT ?1, ?2, ?3
             WHERE (SELECT count(*) FROM concern WHERE account_id = ?1 AND session_id = ?2) < ?4",
            params![self.account, session, user, limit::MAX_CONCERNED_USERS],
        )?;
        Ok(())
    }
}

/// User ids as one value, in this order.
pub(super) fn ids_to_blob(ids: &[UserId]) -> Vec<u8> {
    ids.iter().flat_map(|id| *id.as_bytes()).collect()
}

/// The user ids of such a value.
pub(super) fn ids_from_blob(blob: &[u8]) -> Arc<[UserId]> {
    blob.as_chunks().0.iter().map(|id| UserId::from_bytes(*id)).collect()
}
