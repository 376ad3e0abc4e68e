//! Resolves tokens to callers, with a cache that any change to users or tokens clears. A caller who changes something
//! is authorized again inside the transaction.

mod login_throttle;

use std::collections::HashMap;
use std::ops::Deref;
use std::sync::Arc;

use parking_lot::RwLock;
use tierup_common::problem::Code;
use tierup_common::time::Timestamp;
use tierup_common::user::Role;

use crate::clock::Clock;
use crate::domain::{Caller, Refusal, access};
use crate::error::{ApiError, ApiResult};
use crate::store::{self, AccountScope, Store};
use crate::token;

pub use login_throttle::LoginThrottle;

/// The cache is cleared when it is full.
const MAX_CACHED_CALLERS: usize = 10_000;

/// A caller whom the guard authorized for a route's role. Only [`Authenticator::authenticate`] makes one.
#[derive(Clone, Debug)]
pub struct AuthorizedCaller {
    caller: Arc<Caller>,
    required_role: Role,
}

impl AuthorizedCaller {
    /// The caller as of a transaction, if still authorized. The token may have been revoked while the body arrived, or
    /// earlier in the same commit.
    pub fn recheck(&self, scope: &AccountScope<'_>, now: Timestamp) -> store::Result<Caller> {
        let caller = scope.caller_by_token(self.caller.token)?;
        access::authorize(caller.as_ref(), self.required_role, now)?;
        Ok(caller.ok_or(Refusal::InvalidToken)?)
    }
}

impl Deref for AuthorizedCaller {
    type Target = Arc<Caller>;

    fn deref(&self) -> &Arc<Caller> {
        &self.caller
    }
}

/// Caches callers by the hash of their token. Unknown tokens are not cached, so that a new one works at once.
#[derive(Default)]
pub struct Authenticator {
    cache: RwLock<CallerCache>,
}

#[derive(Default)]
struct CallerCache {
    callers: HashMap<[u8; 32], Arc<Caller>>,
    /// Incremented by each clear. A lookup that began before a clear is not cached after it.
    generation: u64,
}

impl Authenticator {
    /// Authorizes the caller of this `Authorization` header for a role.
    pub async fn authenticate(
        &self,
        store: &Store,
        clock: &Clock,
        authorization: Option<&str>,
        required_role: Role,
    ) -> ApiResult<AuthorizedCaller> {
        let hash = token::hash(bearer_token(authorization)?)
            .ok_or_else(|| unauthenticated("not a tierup token, or mistyped"))?;
        let caller = match self.cached(&hash) {
            Some(caller) => caller,
            None => self.load(store, hash).await?,
        };
        access::authorize(Some(&caller), required_role, clock.now())?;
        Ok(AuthorizedCaller { caller, required_role })
    }

    /// Clears the cache after a change to users or tokens. Runs on the writer thread, before the commit is answered.
    pub fn invalidate(&self) {
        let mut cache = self.cache.write();
        cache.callers.clear();
        cache.generation += 1;
    }

    fn cached(&self, hash: &[u8; 32]) -> Option<Arc<Caller>> {
        self.cache.read().callers.get(hash).cloned()
    }

    async fn load(&self, store: &Store, hash: [u8; 32]) -> ApiResult<Arc<Caller>> {
        let generation = self.cache.read().generation;
        let found = store.read_system(move |system| system.caller_by_token_hash(&hash)).await?;
        let caller = Arc::new(found.ok_or(Refusal::InvalidToken)?);
        self.insert_if_current(hash, &caller, generation);
        Ok(caller)
    }

    /// Caches a caller, unless the cache was cleared since `generation`.
    fn insert_if_current(&self, hash: [u8; 32], caller: &Arc<Caller>, generation: u64) {
        let mut cache = self.cache.write();
        if cache.generation != generation {
            return;
        }
        if cache.callers.len() >= MAX_CACHED_CALLERS {
            cache.callers.clear();
        }
        cache.callers.insert(hash, Arc::clone(caller));
    }
}

/// The token of an `Authorization` header.
pub fn bearer_token(authorization: Option<&str>) -> ApiResult<&str> {
    authorization
        .ok_or_else(|| unauthenticated("send a token as `Authorization: Bearer tup_…`"))?
        .split_once(' ')
        .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"))
        .map(|(_, secret)| secret.trim())
        .ok_or_else(|| unauthenticated("the Authorization header must be `Bearer tup_…`"))
}

fn unauthenticated(detail: &str) -> ApiError {
    ApiError::new(Code::Unauthenticated, detail)
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use tierup_common::id::TokenId;
    use tierup_common::user::ChangeUser;
    use tokio::sync::oneshot;

    use super::*;
    use crate::admin::tests::NewAccount;
    use crate::domain::tests::{at, caller};
    use crate::domain::{TokenRecord, user};
    use crate::store::{AccountTx, StoreError};

    /// A change to the caller that is committed before the caller's own change.
    type AccessChangeFn = fn(&mut AccountTx<'_>, &Caller) -> store::Result<()>;

    /// Changes a user, as an owner with another token.
    fn change_user(
        tx: &mut AccountTx<'_>,
        who: &Caller,
        request: &ChangeUser,
        hash: Option<&str>,
    ) -> store::Result<()> {
        let owner = Caller { token: TokenId::from_bytes([1; 16]), role: Role::Owner, ..who.clone() };
        let user = tx.user(who.id)?.unwrap();
        let (_, decision) = user::update(request, &user, true, hash.map(Into::into), &owner)?;
        tx.apply(decision, at(0))
    }

    fn unchanged() -> ChangeUser {
        ChangeUser::default()
    }

    #[tokio::test]
    async fn a_caller_who_is_revoked_earlier_in_the_same_commit_changes_nothing() {
        let cases: [(AccessChangeFn, &str); 5] = [
            (|tx, who| tx.apply(user::log_out(who), at(0)), "was revoked"),
            (
                |tx, who| change_user(tx, who, &ChangeUser { active: Some(false), ..unchanged() }, None),
                "was revoked",
            ),
            (|tx, who| change_user(tx, who, &unchanged(), Some("hash")), "was revoked"),
            (
                |tx, who| change_user(tx, who, &ChangeUser { role: Some(Role::Admin), ..unchanged() }, None),
                "needs the role owner",
            ),
            (
                |tx, who| change_user(tx, who, &ChangeUser { name: Some("Ana".into()), ..unchanged() }, None),
                "",
            ),
        ];
        for (change, expected_refusal) in cases {
            let (clock, tokens) = (Clock::system(), Authenticator::default());
            let (group_sender, groups) = mpsc::channel();
            let on_commit =
                move |effects: store::CommitEffects| group_sender.send(effects.group_size).unwrap();
            let acme = NewAccount::with_commit_hook(on_commit).await;
            let (store, bearer) = (&acme.store, format!("Bearer {}", acme.token));
            let ana = tokens.authenticate(store, &clock, Some(&bearer), Role::Owner).await.unwrap();
            let (account, who) = (ana.account, ana.clone());
            let (begins, begun) = oneshot::channel();
            let (release, released) = mpsc::channel();
            // Block the writer until the others are queued, so that they share a commit.
            let first = store.commit(account, move |_| {
                begins.send(()).unwrap();
                released.recv().unwrap();
                Ok(())
            });
            let others = async {
                begun.await.unwrap();
                let ends = store.commit(account, move |tx| change(tx, &who));
                let acts = store.commit(account, move |tx| ana.recheck(tx, clock.now()));
                let release_writer = async { release.send(()).unwrap() };
                tokio::join!(ends, acts, release_writer)
            };
            let (first, (ends, acts, ())) = tokio::join!(first, others);
            first.unwrap();
            ends.unwrap();
            assert_eq!(groups.try_iter().collect::<Vec<_>>(), [1, 2]);
            match acts {
                Ok(caller) => assert_eq!((caller.name.as_str(), expected_refusal), ("Ana", "")),
                Err(StoreError::Refused(refusal)) => {
                    assert!(
                        !expected_refusal.is_empty() && refusal.to_string().contains(expected_refusal),
                        "{refusal}"
                    );
                }
                Err(other) => panic!("{other}"),
            }
        }
    }

    #[tokio::test]
    async fn a_login_gets_no_token_if_its_password_changes_meanwhile() {
        let acme = NewAccount::create().await;
        let (clock, tokens) = (Clock::system(), Authenticator::default());
        let (store, bearer) = (&acme.store, format!("Bearer {}", acme.token));
        let ana = tokens.authenticate(store, &clock, Some(&bearer), Role::Viewer).await.unwrap();
        let (account, user) = (ana.account, ana.id);
        let sets = async |hash: &'static str, active: bool| {
            let who = ana.clone();
            let request = ChangeUser { active: Some(active), ..unchanged() };
            let set = store.commit(account, move |tx| change_user(tx, &who, &request, Some(hash)));
            set.await.unwrap();
        };
        let logs_in = async |hash: &'static str, number: u8| {
            let token = TokenRecord {
                id: TokenId::from_bytes([number; 16]),
                user,
                hash: [number; 32],
                name: "log-in".into(),
                created_at: clock.now(),
                expires_at: None,
            };
            let done = store.commit(account, move |tx| {
                let verified = tx.user_with_password(user, hash)?;
                if verified.is_some() {
                    tx.apply(user::issue_token(token), at(0))?;
                }
                Ok((verified, tx.tokens(user, at(0))?.len()))
            });
            let (who, tokens) = done.await.unwrap();
            (who.is_some(), tokens)
        };
        sets("old", true).await;
        assert_eq!(logs_in("old", 2).await, (true, 1));
        sets("new", true).await;
        assert_eq!(logs_in("old", 3).await, (false, 0));
        assert_eq!(logs_in("new", 4).await, (true, 1));
        sets("new", false).await;
        assert_eq!(logs_in("new", 5).await, (false, 0));
    }

    #[test]
    fn a_caller_looked_up_before_the_cache_was_invalidated_is_not_cached() {
        let (tokens, priya, hash) = (Authenticator::default(), Arc::new(caller("Priya Nair")), [7; 32]);
        let looked_up = tokens.cache.read().generation;
        tokens.invalidate();
        tokens.insert_if_current(hash, &priya, looked_up);
        assert_eq!(tokens.cached(&hash), None);
        let looked_up = tokens.cache.read().generation;
        tokens.insert_if_current(hash, &priya, looked_up);
        assert_eq!(tokens.cached(&hash), Some(priya));
    }
}
