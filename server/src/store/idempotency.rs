//! Answers of requests with an `Idempotency-Key`, stored for a day: a repeated request has one effect and one answer.

use std::time::Duration;

use rusqlite::params;
use serde::Serialize;
use serde::de::DeserializeOwned;
use tierup_common::id::UserId;
use tierup_common::time::Timestamp;
use tierup_common::user::{NewToken, User};

use crate::domain::Refusal;
use crate::store::error::Result;
use crate::store::tx::{AccountScope, AccountTx, SystemTx};

/// How long an answer is stored.
const RETENTION: Duration = Duration::from_hours(24);

/// A request with an `Idempotency-Key`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct IdempotencyKey {
    /// The caller.
    pub user: UserId,
    /// The key that the caller chose.
    pub key: String,
    /// A digest of method, path and body. A key with another fingerprint is refused.
    pub fingerprint: [u8; 32],
}

/// An answer with a JSON body.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct JsonResponse {
    /// The HTTP status.
    pub status: u16,
    /// The JSON body.
    pub body: String,
}

/// A stored answer.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum StoredResponse {
    /// The whole answer: a problem, or an answer of an older version.
    Complete(JsonResponse),
    /// The status, and the JSON of the outline that the body is restored from.
    Outline(u16, String),
}

/// An answer that can be restored from an outline. The outline leaves out long texts that are in rows that never change.
pub trait Replayable: Sized + Send + 'static {
    /// The stored response.
    type Outline: Serialize + DeserializeOwned;

    /// The outline of this answer.
    fn outline(&self) -> Self::Outline;

    /// The same answer again.
    fn restore(outline: Self::Outline, scope: &AccountScope<'_>) -> Result<Self>;
}

/// Implements [`Replayable`] for short answers, which are stored whole.
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
    /// The stored answer to a request, if it was answered before.
    pub fn stored_response(&self, key: &IdempotencyKey, now: Timestamp) -> Result<Option<StoredResponse>> {
        let found: Option<([u8; 32], StoredResponse)> = self.query_first(
            "SELECT fingerprint, status, body, outlined FROM idempotency
             WHERE account_id = ?1 AND user_id = ?2 AND key = ?3 AND created_at > ?4",
            params![self.account, key.user, key.key, now.minus(RETENTION)],
            |row| {
                let (status, body) = (row.get(1)?, row.get(2)?);
                let response = if row.get(3)? {
                    StoredResponse::Outline(status, body)
                } else {
                    StoredResponse::Complete(JsonResponse { status, body })
                };
                Ok((row.get(0)?, response))
            },
        )?;
        match found {
            Some((fingerprint, _)) if fingerprint != key.fingerprint => {
                Err(Refusal::IdempotencyKeyReused.into())
            }
            Some((_, response)) => Ok(Some(response)),
            None => Ok(None),
        }
    }

    /// Stores the answer to a request.
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
    /// Deletes answers that are too old to be replayed.
    pub fn delete_old_responses(&self, now: Timestamp) -> Result<usize> {
        let sql = "DELETE FROM idempotency WHERE created_at <= ?1";
        Ok(self.connection.execute(sql, [now.minus(RETENTION)])?)
    }
}
