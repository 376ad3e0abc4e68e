//! Pages of the queue as they were last sent: each is read and serialised once, and kept until something in its
//! account changes.
//!
//! All of it has a bound: what is kept, what it is found by, and for how many.

use std::collections::HashMap;

use bytes::Bytes;
use parking_lot::Mutex;
use tierup_common::handoff::{Priority, QueueState};
use tierup_common::id::{AccountId, UserId};

use crate::store::QueueCursor;

/// Bytes kept for an account, at most, keys included; beyond that its rack is emptied.
const MAX_ACCOUNT_BYTES: usize = 2 * 1024 * 1024;
/// The same for all accounts together; beyond that everything is forgotten.
const MAX_TOTAL_BYTES: usize = 32 * 1024 * 1024;
/// Accounts whose changes are remembered, at most; beyond that everything is forgotten.
const MAX_ACCOUNTS: usize = 10_000;

/// The kept pages of all accounts.
#[derive(Default)]
pub struct QueueCache(Mutex<CacheState>);

#[derive(Default)]
struct CacheState {
    /// How many changes there were, of any account.
    version: u64,
    /// The change after which everything was last forgotten: nobody knows what changed before.
    cleared_version: u64,
    accounts: HashMap<AccountId, Entries>,
    bytes: usize,
}

#[derive(Default)]
struct Entries {
    /// The last change of the account: a page that was begun before it is not kept after it.
    changed_version: u64,
    pages: HashMap<PageKey, CachedPage>,
    bytes: usize,
}

/// Whose page, and what they asked for: not the query as it came, of which there is no end of forms.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct PageKey {
    /// The caller: pages count what is theirs.
    pub user: UserId,
    /// Where the handoffs stand.
    pub state: QueueState,
    /// Only those so urgent.
    pub priority: Option<Priority>,
    /// Rows, as many as are given.
    pub limit: u32,
    /// Where the page begins.
    pub cursor: Option<QueueCursor>,
}

/// A page as it is sent.
#[derive(Clone, Debug)]
pub struct CachedPage {
    /// The version of who reads what that it tells of.
    pub presence_version: u64,
    /// Its `ETag`.
    pub etag: String,
    /// Its JSON.
    pub body: Bytes,
}

/// How many changes there had been when a page was not found: what is read from now on may be kept as of then.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct CacheVersion(u64);

impl QueueCache {
    /// Something of these accounts was committed. Called before anybody hears of it.
    pub fn invalidate(&self, accounts: &[AccountId]) {
        let mut all = self.0.lock();
        for account in accounts {
            all.invalidate(*account);
        }
    }

    /// The page that was asked for, if it is still as it was.
    pub fn get(
        &self,
        account: AccountId,
        key: &PageKey,
        presence_version: u64,
    ) -> Result<CachedPage, CacheVersion> {
        let all = self.0.lock();
        let page = all.accounts.get(&account).and_then(|rack| rack.pages.get(key));
        page.filter(|page| page.presence_version == presence_version)
            .cloned()
            .ok_or(CacheVersion(all.version))
    }

    /// Keeps a page, unless its account has changed meanwhile.
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
        let changed =
            self.accounts.get(&account).map_or(0, |rack| rack.changed_version).max(self.cleared_version);
        if changed > version.0 || size > MAX_ACCOUNT_BYTES {
            return;
        }
        let rack = self.accounts.entry(account).or_default();
        if rack.bytes + size > MAX_ACCOUNT_BYTES {
            self.bytes -= rack.bytes;
            *rack = Entries { changed_version: rack.changed_version, ..Entries::default() };
        }
        rack.bytes += size;
        self.bytes += size;
        if let Some(old) = rack.pages.insert(key, page) {
            rack.bytes -= old.memory_size();
            self.bytes -= old.memory_size();
        }
    }

    /// Forgets everything if there is no room for so many bytes more, or for another account.
    fn evict_if_full(&mut self, account: AccountId, bytes: usize) {
        let is_new = !self.accounts.contains_key(&account);
        if self.bytes + bytes > MAX_TOTAL_BYTES || (is_new && self.accounts.len() >= MAX_ACCOUNTS) {
            (self.accounts, self.bytes, self.cleared_version) = (HashMap::new(), 0, self.version);
        }
    }
}

impl CachedPage {
    /// What it takes up with what it is found by. A table has room for twice what is in it.
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
    fn a_page_is_kept_until_its_account_changes() {
        let (pages, account, other) = (QueueCache::default(), AccountId::new(at(0)), AccountId::new(at(0)));
        let as_of = pages.get(account, &key(50), 0).unwrap_err();
        pages.insert(account, key(50), as_of, page("one"));
        pages.invalidate(&[other]);
        assert_eq!(pages.get(account, &key(50), 0).unwrap().body, "one");
        assert!(pages.get(other, &key(50), 0).is_err(), "one account's page is nobody else's");
        assert!(pages.get(account, &key(50), 1).is_err(), "somebody else reads now");
        pages.invalidate(&[account]);
        assert!(pages.get(account, &key(50), 0).is_err());
    }

    #[test]
    fn a_page_that_was_read_before_a_change_is_not_kept_after_it() {
        let (pages, account) = (QueueCache::default(), AccountId::new(at(0)));
        let as_of = pages.get(account, &key(50), 0).unwrap_err();
        pages.invalidate(&[account]);
        pages.insert(account, key(50), as_of, page("old"));
        assert!(pages.get(account, &key(50), 0).is_err());
    }

    #[test]
    fn a_page_is_not_kept_after_a_change_that_was_forgotten_meanwhile() {
        let (pages, account) = (QueueCache::default(), AccountId::new(at(0)));
        let as_of = pages.get(account, &key(50), 0).unwrap_err();
        let others = (0..MAX_ACCOUNTS).map(|_| AccountId::new(at(0)));
        pages.invalidate(&std::iter::once(account).chain(others).collect::<Vec<_>>());
        assert!(!pages.0.lock().accounts.contains_key(&account), "it is not forgotten");
        pages.insert(account, key(50), as_of, page("old"));
        assert!(pages.get(account, &key(50), 0).is_err());
    }

    #[test]
    fn what_is_kept_has_an_end() {
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
        let all = pages.0.lock();
        let rack = &all.accounts[&account];
        assert!(rack.bytes <= MAX_ACCOUNT_BYTES && rack.pages.len() <= 10);
        assert_eq!(rack.bytes, rack.pages.values().map(CachedPage::memory_size).sum::<usize>());
    }

    #[test]
    fn pages_with_nothing_on_them_have_an_end_too_and_so_have_accounts() {
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
        let all = pages.0.lock();
        assert!(all.accounts.len() <= MAX_ACCOUNTS && all.accounts[&account].pages.len() < most as usize / 2);
        assert_eq!(all.bytes, all.accounts.values().map(|rack| rack.bytes).sum::<usize>());
    }

    #[test]
    fn many_accounts_together_keep_no_more_than_all_may() {
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
            let all = pages.0.lock();
            assert!(all.bytes <= MAX_TOTAL_BYTES && all.accounts.contains_key(&account));
            assert_eq!(all.bytes, all.accounts.values().map(|rack| rack.bytes).sum::<usize>());
        }
    }
}
