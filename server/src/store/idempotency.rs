//! First answers, kept for a day, so that a request that is sent again has one effect and one answer.

use std::time::Duration;

use rusqlite::params;
use serde::Serialize;
use serde::de::DeserializeOwned;
use tierup_common::id::UserId;
use tierup_common::time::Timestamp;
use tierup_common::user::{NewToken, User};

use crate::domain::Refusal;
use crate::store::Result;
use crate::store::tx::{AccountScope, AccountTx, SystemTx};

/// How long a first answer is replayed.
const RETENTION: Duration = Duration::from_hours(24);

/// Which request this is, by the caller's own key.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct IdempotencyKey {
    /// The caller.
    pub user: UserId,
    /// Their key.
    pub key: String,
    /// A digest of method, path and body: another one is another request.
    pub fingerprint: [u8; 32],
}

/// An answer as it is sent: a status and a JSON body.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct JsonResponse {
    /// The HTTP status.
    pub status: u16,
    /// The JSON body.
    pub body: String,
}

/// What is kept of a first answer.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum StoredResponse {
    /// All of it: a problem, or what was kept before there were outlines.
    Complete(JsonResponse),
    /// Its status, and the outline that its body is made of again.
    Outline(u16, String),
}

/// What an answer to a request with a key says. Kept is its outline, without the bodies that it repeats: they stand in
/// rows that never change, and the same answer is made of both again.
pub trait Replayable: Sized + Send + 'static {
    /// What is kept of it.
    type Outline: Serialize + DeserializeOwned;

    /// What is kept of this one.
    fn outline(&self) -> Self::Outline;

    /// The same answer once more.
    fn restore(outline: Self::Outline, scope: &AccountScope<'_>) -> Result<Self>;
}

/// Answers that repeat nothing: all of them is kept.
macro_rules! replay_whole {
    ($($Small:ty)*) => {$(
        impl Replayable for $Small {
            type Outline = Self;

            fn outline(&self) -> Self {
                self.clone()
            }

            fn restore(outline: Self, _: &AccountScope<'_>) -> Result<Self> {
                Ok(outline)
            }
        }
    )*};
}

replay_whole! { User NewToken }

impl AccountTx<'_> {
    /// What is kept of the first answer to this request, if it was answered before.
    pub fn stored_response(&self, key: &IdempotencyKey, now: Timestamp) -> Result<Option<StoredResponse>> {
        let found: Option<([u8; 32], StoredResponse)> = self.query_one(
            "SELECT fingerprint, status, body, outlined FROM idempotency
             WHERE account_id = ?1 AND user_id = ?2 AND key = ?3 AND created_at > ?4",
            params![self.account, key.user, key.key, now.minus(RETENTION)],
            |row| {
                let (status, body) = (row.get(1)?, row.get(2)?);
                let first = if row.get(3)? {
                    StoredResponse::Outline(status, body)
                } else {
                    StoredResponse::Complete(JsonResponse { status, body })
                };
                Ok((row.get(0)?, first))
            },
        )?;
        match found {
            Some((fingerprint, _)) if fingerprint != key.fingerprint => {
                Err(Refusal::IdempotencyKeyReused.into())
            }
            Some((_, first)) => Ok(Some(first)),
            None => Ok(None),
        }
    }

    /// Keeps of the first answer to this request what is to be kept.
    pub fn store_response(
        &self,
        key: &IdempotencyKey,
        response: &StoredResponse,
        now: Timestamp,
    ) -> Result<()> {
        let (status, body, outlined) = match response {
            StoredResponse::Complete(JsonResponse { status, body }) => (status, body, false),
            StoredResponse::Outline(status, outline) => (status, outline, true),
        };
        self.execute(
            "INSERT OR REPLACE INTO idempotency
               (account_id, user_id, key, fingerprint, status, body, created_at, outlined)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
            params![self.account, key.user, key.key, key.fingerprint, status, body, now, outlined],
        )?;
        Ok(())
    }
}

impl SystemTx<'_> {
    /// Forgets first answers that are no longer replayed.
    pub fn delete_old_responses(&self, now: Timestamp) -> Result<usize> {
        let sql = "DELETE FROM idempotency WHERE created_at <= ?1";
        Ok(self.connection.execute(sql, [now.minus(RETENTION)])?)
    }
}
