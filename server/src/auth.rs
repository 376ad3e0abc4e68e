//! Who a caller is, by their token: looked up once, remembered until something about users or tokens changes.

mod attempts;

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard};

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
    known: RwLock<Known>,
}

#[derive(Default)]
struct Known {
    callers: HashMap<[u8; 32], Arc<Caller>>,
    /// Counts the times that everybody was forgotten: who was looked up before is not remembered after.
    forgotten: u64,
}

impl Tokens {
    /// The caller with this `Authorization` header.
    pub async fn caller(
        &self,
        store: &Store,
        clock: &Clock,
        authorization: Option<&str>,
    ) -> ApiResult<Arc<Caller>> {
        let hash = token::hash(bearer(authorization)?)
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
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        known.callers.clear();
        known.forgotten += 1;
    }

    fn read(&self) -> RwLockReadGuard<'_, Known> {
        self.known.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn remembered(&self, hash: &[u8; 32]) -> Option<Arc<Caller>> {
        self.read().callers.get(hash).cloned()
    }

    async fn look_up(&self, store: &Store, hash: [u8; 32]) -> ApiResult<Arc<Caller>> {
        let forgotten = self.read().forgotten;
        let found = store.read_system(move |system| system.caller(&hash)).await?;
        let caller = Arc::new(found.ok_or_else(revoked)?);
        self.remember(hash, &caller, forgotten);
        Ok(caller)
    }

    /// Remembers a caller who was looked up when everybody had been forgotten so often.
    fn remember(&self, hash: [u8; 32], caller: &Arc<Caller>, forgotten: u64) {
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        if known.forgotten != forgotten {
            return;
        }
        if known.callers.len() >= REMEMBERED {
            known.callers.clear();
        }
        known.callers.insert(hash, Arc::clone(caller));
    }
}

/// The token in an `Authorization` header.
pub fn bearer(authorization: Option<&str>) -> ApiResult<&str> {
    authorization
        .ok_or_else(|| unauthenticated("send a token as `Authorization: Bearer tup_…`"))?
        .split_once(' ')
        .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"))
        .map(|(_, secret)| secret.trim())
        .ok_or_else(|| unauthenticated("the Authorization header must be `Bearer tup_…`"))
}

/// What comes with a token that has ended.
pub fn revoked() -> ApiError {
    unauthenticated("this token does not work: it was revoked, or its user is inactive")
}

fn unauthenticated(detail: &str) -> ApiError {
    ApiError::new(Code::Unauthenticated, detail)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::tests::caller;

    #[test]
    fn who_was_looked_up_before_everybody_was_forgotten_is_not_remembered_after() {
        let (tokens, priya, hash) = (Tokens::default(), Arc::new(caller("Priya Nair")), [7; 32]);
        let looked_up = tokens.read().forgotten;
        tokens.forget();
        tokens.remember(hash, &priya, looked_up);
        assert_eq!(tokens.remembered(&hash), None);
        let looked_up = tokens.read().forgotten;
        tokens.remember(hash, &priya, looked_up);
        assert_eq!(tokens.remembered(&hash), Some(priya));
    }
}
