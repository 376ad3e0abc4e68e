//! Who a caller is, by their token: looked up once, remembered until something about users or tokens changes.

mod attempts;

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use tierup_common::problem::Code;

use crate::clock::Clock;
use crate::domain::Caller;
use crate::error::{ApiError, ApiResult};
use crate::store::Store;
use crate::token;

pub use attempts::Attempts;

/// Callers remembered, at most; beyond that the memory starts anew.
const REMEMBERED: usize = 10_000;

/// Callers by the hash of their token. Unknown tokens are not remembered: one that is made later works at once.
#[derive(Default)]
pub struct Tokens {
    known: RwLock<HashMap<[u8; 32], Arc<Caller>>>,
}

impl Tokens {
    /// The caller with this `Authorization` header.
    pub async fn caller(
        &self,
        store: &Store,
        clock: &Clock,
        authorization: Option<&str>,
    ) -> ApiResult<Arc<Caller>> {
        let secret = authorization
            .ok_or_else(|| unauthenticated("send a token as `Authorization: Bearer tup_…`"))?
            .split_once(' ')
            .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"))
            .map(|(_, secret)| secret.trim())
            .ok_or_else(|| unauthenticated("the Authorization header must be `Bearer tup_…`"))?;
        let hash = token::hash(secret)
            .ok_or_else(|| unauthenticated("this is not a tierup token, or it is mistyped"))?;
        let caller = match self.remembered(&hash) {
            Some(caller) => caller,
            None => self.look_up(store, hash).await?,
        };
        if caller.expires_at.is_some_and(|at| at <= clock.now()) {
            return Err(unauthenticated("this token has expired; ask an admin for a new one, or log in"));
        }
        Ok(caller)
    }

    /// Forgets every caller: something about users or tokens changed.
    pub fn forget(&self) {
        self.known.write().unwrap_or_else(PoisonError::into_inner).clear();
    }

    fn remembered(&self, hash: &[u8; 32]) -> Option<Arc<Caller>> {
        self.known.read().unwrap_or_else(PoisonError::into_inner).get(hash).cloned()
    }

    async fn look_up(&self, store: &Store, hash: [u8; 32]) -> ApiResult<Arc<Caller>> {
        let found = store.read_system(move |system| system.caller(&hash)).await?;
        let caller = Arc::new(found.ok_or_else(|| {
            unauthenticated("this token does not work: it was revoked, or its user is inactive")
        })?);
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= REMEMBERED {
            known.clear();
        }
        known.insert(hash, Arc::clone(&caller));
        Ok(caller)
    }
}

fn unauthenticated(detail: &str) -> ApiError {
    ApiError::new(Code::Unauthenticated, detail)
}
