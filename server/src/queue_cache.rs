//! A cache of the queue's pages: each is read and serialized once, until something in its account changes.
//!
//! Pages, keys and accounts are all limited.

use std::collections::HashMap;

use bytes::Bytes;
use parking_lot::Mutex;
use tierup_common::handoff::{Priority, QueueState};
use tierup_common::id::{AccountId, UserId};

use crate::store::QueueCursor;

/// The most bytes per account, with keys; an account that needs more is emptied.
const MAX_ACCOUNT_BYTES: usize = 2 * 1024 * 1024;
/// The most bytes of all accounts together; the cache is cleared beyond.
const MAX_TOTAL_BYTES: usize = 32 * 1024 * 1024;
/// The most accounts whose changes are remembered; the cache is cleared beyond.
const MAX_ACCOUNTS: usize = 10_000;

/// The cache of all accounts.
#[derive(Default)]
pub struct QueueCache(Mutex<CacheState>);

#[derive(Default)]
struct CacheState {
    /// The number of changes so far, of any account.
    version: u64,
    /// The version at the last clear: changes before it are unknown.
    cleared_version: u64,
    accounts: HashMap<AccountId, Entries>,
    bytes: usize,
}

#[derive(Default)]
struct Entries {
    /// The version of the account's last change: a page that was read before is not cached.
    changed_version: u64,
    pages: HashMap<PageKey, CachedPage>,
    bytes: usize,
}

/// A user's query, parsed: raw query strings could vary without end.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct PageKey {
    /// The caller: pages contain counts of their own handoffs.
    pub user: UserId,
    /// The state of the handoffs.
    pub state: QueueState,
    /// Only this priority.
    pub priority: Option<Priority>,
    /// The number of rows.
    pub limit: u32,
    /// Where the page starts.
    pub cursor: Option<QueueCursor>,
}

/// A page, serialized.
#[derive(Clone, Debug)]
pub struct CachedPage {
    /// The presence version that it shows.
    pub presence_version: u64,
    /// Its `ETag`.
    pub etag: String,
    /// Its JSON.
    pub body: Bytes,
}

/// The version at a cache miss. A page read afterwards may be cached as of then.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct CacheVersion(u64);

impl QueueCache {
    /// Drops the pages of these accounts, which a commit changed. Runs before anybody learns of the commit.
    pub fn invalidate(&self, accounts: &[AccountId]) {
        let mut state = self.0.lock();
        for account in accounts {
            state.invalidate(*account);
        }
    }

    /// The cached page, or the version to pass to [`Self::insert`].
    pub fn get(
        &self,
        account: AccountId,
        key: &PageKey,
        presence_version: u64,
    ) -> Result<CachedPage, CacheVersion> {
        let state = self.0.lock();
        let page = state.accounts.get(&account).and_then(|entries| entries.pages.get(key));
        page.filter(|page| page.presence_version == presence_version)
            .cloned()
            .ok_or(CacheVersion(state.version))
    }

    /// Caches a page, unless its account has changed since `version`.
    pub fn insert(&self, account: AccountId, key: PageKey, version: CacheVersion, page: CachedPage) {
        self.0.lock().insert(account, key, version, page);
    }
}

impl CacheState {
    fn invalidate(&mut self, account: AccountId) {
        self.version += 1;
        self.evict_if_full(account, 0);
        let changed = Entries { changed_version: self.version, ..Entries::default() };
        let old = self.accounts.insert(account, changed).unwrap_or_default();
        self.bytes -= old.bytes;
    }

    fn insert(&mut self, account: AccountId, key: PageKey, version: CacheVersion, page: CachedPage) {
        let size = page.memory_size();
        self.evict_if_full(account, size);
        let changed = self
            .accounts
            .get(&account)
            .map_or(0, |entries| entries.changed_version)
            .max(self.cleared_version);
        if changed > version.0 || size > MAX_ACCOUNT_BYTES {
            return;
        }
        let entries = self.accounts.entry(account).or_default();
        if entries.bytes + size > MAX_ACCOUNT_BYTES {
            self.bytes -= entries.bytes;
            *entries = Entries { changed_version: entries.changed_version, ..Entries::default() };
        }
        entries.bytes += size;
        self.bytes += size;
        if let Some(old) = entries.pages.insert(key, page) {
            entries.bytes -= old.memory_size();
            self.bytes -= old.memory_size();
        }
    }

    /// Clears the cache if this many bytes more, or a new account, would exceed a limit.
    fn evict_if_full(&mut self, account: AccountId, bytes: usize) {
        let is_new = !self.accounts.contains_key(&account);
        if self.bytes + bytes > MAX_TOTAL_BYTES || (is_new && self.accounts.len() >= MAX_ACCOUNTS) {
            (self.accounts, self.bytes, self.cleared_version) = (HashMap::new(), 0, self.version);
        }
    }
}

impl CachedPage {
    /// The memory it takes, with its key. A hash table may be half empty.
    fn memory_size(&self) -> usize {
        self.body.len() + self.etag.len() + 2 * size_of::<(PageKey, Self)>()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::tests::at;

    fn page(text: &'static str) -> CachedPage {
        CachedPage { presence_version: 0, etag: String::new(), body: Bytes::from_static(text.as_bytes()) }
    }

    fn key(limit: u32) -> PageKey {
        let user = UserId::from_bytes([7; 16]);
        PageKey { user, state: QueueState::Open, priority: None, limit, cursor: None }
    }

    #[test]
    fn a_page_is_cached_until_its_account_changes() {
        let (pages, account, other) = (QueueCache::default(), AccountId::new(at(0)), AccountId::new(at(0)));
        let as_of = pages.get(account, &key(50), 0).unwrap_err();
        pages.insert(account, key(50), as_of, page("one"));
        pages.invalidate(&[other]);
        assert_eq!(pages.get(account, &key(50), 0).unwrap().body, "one");
        assert!(pages.get(other, &key(50), 0).is_err(), "another account has its own pages");
        assert!(pages.get(account, &key(50), 1).is_err(), "the viewers have changed");
        pages.invalidate(&[account]);
        assert!(pages.get(account, &key(50), 0).is_err());
    }

    #[test]
    fn a_page_read_before_a_change_is_not_cached_after_it() {
        let (pages, account) = (QueueCache::default(), AccountId::new(at(0)));
        let as_of = pages.get(account, &key(50), 0).unwrap_err();
        pages.invalidate(&[account]);
        pages.insert(account, key(50), as_of, page("old"));
        assert!(pages.get(account, &key(50), 0).is_err());
    }

    #[test]
    fn a_stale_page_is_not_cached_even_if_its_account_was_evicted() {
        let (pages, account) = (QueueCache::default(), AccountId::new(at(0)));
        let as_of = pages.get(account, &key(50), 0).unwrap_err();
        let others = (0..MAX_ACCOUNTS).map(|_| AccountId::new(at(0)));
        pages.invalidate(&std::iter::once(account).chain(others).collect::<Vec<_>>());
        assert!(!pages.0.lock().accounts.contains_key(&account), "it was not evicted");
        pages.insert(account, key(50), as_of, page("old"));
        assert!(pages.get(account, &key(50), 0).is_err());
    }

    #[test]
    fn cached_pages_of_an_account_are_bounded() {
        let (pages, account) = (QueueCache::default(), AccountId::new(at(0)));
        for number in 0..100 {
            let as_of = pages.get(account, &key(number), 0).unwrap_err();
            let body = Bytes::from(vec![b' '; MAX_ACCOUNT_BYTES / 10]);
            pages.insert(
                account,
                key(number),
                as_of,
                CachedPage { presence_version: 0, etag: String::new(), body },
            );
        }
        let state = pages.0.lock();
        let entries = &state.accounts[&account];
        assert!(entries.bytes <= MAX_ACCOUNT_BYTES && entries.pages.len() <= 10);
        assert_eq!(entries.bytes, entries.pages.values().map(CachedPage::memory_size).sum::<usize>());
    }

    #[test]
    fn empty_pages_and_accounts_in_the_cache_are_bounded() {
        let pages = QueueCache::default();
        let most = u32::try_from(MAX_ACCOUNT_BYTES / size_of::<PageKey>()).unwrap();
        for account in (0..MAX_ACCOUNTS + 10).map(|_| AccountId::new(at(0))) {
            let as_of = pages.get(account, &key(0), 0).unwrap_err();
            pages.insert(account, key(0), as_of, page(""));
        }
        let account = AccountId::new(at(0));
        for number in 0..most {
            let as_of = pages.get(account, &key(number), 0).unwrap_err();
            pages.insert(account, key(number), as_of, page(""));
        }
        let state = pages.0.lock();
        assert!(
            state.accounts.len() <= MAX_ACCOUNTS && state.accounts[&account].pages.len() < most as usize / 2
        );
        assert_eq!(state.bytes, state.accounts.values().map(|entries| entries.bytes).sum::<usize>());
    }

    #[test]
    fn cached_pages_of_all_accounts_together_are_bounded() {
        let pages = QueueCache::default();
        for account in (0..50).map(|_| AccountId::new(at(0))) {
            let as_of = pages.get(account, &key(0), 0).unwrap_err();
            let body = Bytes::from(vec![b' '; MAX_ACCOUNT_BYTES / 2]);
            pages.insert(
                account,
                key(0),
                as_of,
                CachedPage { presence_version: 0, etag: String::new(), body },
            );
            let state = pages.0.lock();
            assert!(state.bytes <= MAX_TOTAL_BYTES && state.accounts.contains_key(&account));
            assert_eq!(state.bytes, state.accounts.values().map(|entries| entries.bytes).sum::<usize>());
        }
    }
}
