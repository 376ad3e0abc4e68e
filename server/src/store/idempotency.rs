//! First answers, kept for a day, so that a request that is sent again has one effect and one answer.

use rusqlite::params;
use std::time::Duration;
use tierup_common::id::UserId;
use tierup_common::time::Timestamp;

use crate::domain::Refusal;
use crate::store::Result;
use crate::store::tx::{System, Tx};

/// How long a first answer is replayed.
const KEPT: Duration = Duration::from_hours(24);

/// Which request this is, by the caller's own key.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Key {
    /// The caller.
    pub user: UserId,
    /// Their key.
    pub key: String,
    /// A digest of method, path and body: another one is another request.
    pub fingerprint: [u8; 32],
}

/// An answer as it is sent: a status and a JSON body.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// The JSON body.
    pub body: String,
}

impl Tx<'_> {
    /// The first answer to this request, if it was answered before.
    pub fn recall(&self, key: &Key, now: Timestamp) -> Result<Option<Answer>> {
        let found: Option<([u8; 32], Answer)> = self.one(
            "SELECT fingerprint, status, body FROM idempotency
             WHERE account_id = ?1 AND user_id = ?2 AND key = ?3 AND created_at > ?4",
            params![self.account, key.user, key.key, now.minus(KEPT)],
            |row| Ok((row.get(0)?, Answer { status: row.get(1)?, body: row.get(2)? })),
        )?;
        match found {
            Some((fingerprint, _)) if fingerprint != key.fingerprint => Err(Refusal::KeyReused.into()),
            Some((_, answer)) => Ok(Some(answer)),
            None => Ok(None),
        }
    }

    /// Keeps the first answer to this request.
    pub fn remember(&self, key: &Key, answer: &Answer, now: Timestamp) -> Result<()> {
        self.run(
            "INSERT OR REPLACE INTO idempotency
               (account_id, user_id, key, fingerprint, status, body, created_at)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
            params![self.account, key.user, key.key, key.fingerprint, answer.status, answer.body, now],
        )?;
        Ok(())
    }
}

impl System<'_> {
    /// Forgets first answers that are no longer replayed.
    pub fn forget_answers(&self, now: Timestamp) -> Result<usize> {
        let sql = "DELETE FROM idempotency WHERE created_at <= ?1";
        Ok(self.connection.execute(sql, [now.minus(KEPT)])?)
    }
}
