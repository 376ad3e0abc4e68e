//! Pages of the queue as they were last sent: each is read and serialised once, and kept until something in its
//! account changes.
//!
//! All of it has a bound: what is kept, what it is found by, and for how many.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use tierup_common::handoff::{Priority, QueueState};
use tierup_common::id::{AccountId, UserId};

use crate::store::QueueCursor;

/// Bytes kept for an account, at most, keys included; beyond that its rack is emptied.
const BYTES: usize = 2 * 1024 * 1024;
/// The same for all accounts together; beyond that everything is forgotten.
const ALL_BYTES: usize = 32 * 1024 * 1024;
/// Accounts whose changes are remembered, at most; beyond that everything is forgotten.
const ACCOUNTS: usize = 10_000;

/// The kept pages of all accounts.
#[derive(Default)]
pub struct Pages(Mutex<Kept>);

#[derive(Default)]
struct Kept {
    /// How many changes there were, of any account.
    changes: u64,
    /// The change after which everything was last forgotten: nobody knows what changed before.
    forgotten: u64,
    accounts: HashMap<AccountId, Rack>,
    bytes: usize,
}

#[derive(Default)]
struct Rack {
    /// The last change of the account: a page that was begun before it is not kept after it.
    changed: u64,
    kept: HashMap<Asked, Page>,
    bytes: usize,
}

/// Whose page, and what they asked for: not the query as it came, of which there is no end of forms.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Asked {
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
pub struct Page {
    /// The version of who reads what that it tells of.
    pub presence: u64,
    /// Its `ETag`.
    pub etag: String,
    /// Its JSON.
    pub body: Bytes,
}

/// How many changes there had been when a page was not found: what is read from now on may be kept as of then.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct AsOf(u64);

impl Pages {
    /// Something of these accounts was committed. Called before anybody hears of it.
    pub fn turn(&self, accounts: &[AccountId]) {
        let mut all = self.lock();
        for account in accounts {
            all.turn(*account);
        }
    }

    /// The page that was asked for, if it is still as it was.
    pub fn find(&self, account: AccountId, asked: &Asked, presence: u64) -> Result<Page, AsOf> {
        let all = self.lock();
        let page = all.accounts.get(&account).and_then(|rack| rack.kept.get(asked));
        page.filter(|page| page.presence == presence).cloned().ok_or(AsOf(all.changes))
    }

    /// Keeps a page, unless its account has changed meanwhile.
    pub fn keep(&self, account: AccountId, asked: Asked, as_of: AsOf, page: Page) {
        self.lock().keep(account, asked, as_of, page);
    }

    /// Nothing in here is left half done by a panic: a poisoned lock is taken as it is.
    fn lock(&self) -> MutexGuard<'_, Kept> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Kept {
    fn turn(&mut self, account: AccountId) {
        self.changes += 1;
        self.make_room(account, 0);
        let changed = Rack { changed: self.changes, ..Rack::default() };
        let old = self.accounts.insert(account, changed).unwrap_or_default();
        self.bytes -= old.bytes;
    }

    fn keep(&mut self, account: AccountId, asked: Asked, as_of: AsOf, page: Page) {
        let size = page.size();
        self.make_room(account, size);
        let changed = self.accounts.get(&account).map_or(0, |rack| rack.changed).max(self.forgotten);
        if changed > as_of.0 || size > BYTES {
            return;
        }
        let rack = self.accounts.entry(account).or_default();
        if rack.bytes + size > BYTES {
            self.bytes -= rack.bytes;
            *rack = Rack { changed: rack.changed, ..Rack::default() };
        }
        rack.bytes += size;
        self.bytes += size;
        if let Some(old) = rack.kept.insert(asked, page) {
            rack.bytes -= old.size();
            self.bytes -= old.size();
        }
    }

    /// Forgets everything if there is no room for so many bytes more, or for another account.
    fn make_room(&mut self, account: AccountId, bytes: usize) {
        let is_new = !self.accounts.contains_key(&account);
        if self.bytes + bytes > ALL_BYTES || (is_new && self.accounts.len() >= ACCOUNTS) {
            (self.accounts, self.bytes, self.forgotten) = (HashMap::new(), 0, self.changes);
        }
    }
}

impl Page {
    /// What it takes up with what it is found by. A table has room for twice what is in it.
    fn size(&self) -> usize {
        self.body.len() + self.etag.len() + 2 * size_of::<(Asked, Self)>()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::tests::at;

    fn page(text: &'static str) -> Page {
        Page { presence: 0, etag: String::new(), body: Bytes::from_static(text.as_bytes()) }
    }

    fn asked(limit: u32) -> Asked {
        let user = UserId::from_bytes([7; 16]);
        Asked { user, state: QueueState::Open, priority: None, limit, cursor: None }
    }

    #[test]
    fn a_page_is_kept_until_its_account_changes() {
        let (pages, account, other) = (Pages::default(), AccountId::new(at(0)), AccountId::new(at(0)));
        let as_of = pages.find(account, &asked(50), 0).unwrap_err();
        pages.keep(account, asked(50), as_of, page("one"));
        pages.turn(&[other]);
        assert_eq!(pages.find(account, &asked(50), 0).unwrap().body, "one");
        assert!(pages.find(other, &asked(50), 0).is_err(), "one account's page is nobody else's");
        assert!(pages.find(account, &asked(50), 1).is_err(), "somebody else reads now");
        pages.turn(&[account]);
        assert!(pages.find(account, &asked(50), 0).is_err());
    }

    #[test]
    fn a_page_that_was_read_before_a_change_is_not_kept_after_it() {
        let (pages, account) = (Pages::default(), AccountId::new(at(0)));
        let as_of = pages.find(account, &asked(50), 0).unwrap_err();
        pages.turn(&[account]);
        pages.keep(account, asked(50), as_of, page("old"));
        assert!(pages.find(account, &asked(50), 0).is_err());
    }

    #[test]
    fn a_page_is_not_kept_after_a_change_that_was_forgotten_meanwhile() {
        let (pages, account) = (Pages::default(), AccountId::new(at(0)));
        let as_of = pages.find(account, &asked(50), 0).unwrap_err();
        let others = (0..ACCOUNTS).map(|_| AccountId::new(at(0)));
        pages.turn(&std::iter::once(account).chain(others).collect::<Vec<_>>());
        assert!(!pages.lock().accounts.contains_key(&account), "it is not forgotten");
        pages.keep(account, asked(50), as_of, page("old"));
        assert!(pages.find(account, &asked(50), 0).is_err());
    }

    #[test]
    fn what_is_kept_has_an_end() {
        let (pages, account) = (Pages::default(), AccountId::new(at(0)));
        for number in 0..100 {
            let as_of = pages.find(account, &asked(number), 0).unwrap_err();
            let body = Bytes::from(vec![b' '; BYTES / 10]);
            pages.keep(account, asked(number), as_of, Page { presence: 0, etag: String::new(), body });
        }
        let all = pages.lock();
        let rack = &all.accounts[&account];
        assert!(rack.bytes <= BYTES && rack.kept.len() <= 10);
        assert_eq!(rack.bytes, rack.kept.values().map(Page::size).sum::<usize>());
    }

    #[test]
    fn pages_with_nothing_on_them_have_an_end_too_and_so_have_accounts() {
        let pages = Pages::default();
        let most = u32::try_from(BYTES / size_of::<Asked>()).unwrap();
        for account in (0..ACCOUNTS + 10).map(|_| AccountId::new(at(0))) {
            let as_of = pages.find(account, &asked(0), 0).unwrap_err();
            pages.keep(account, asked(0), as_of, page(""));
        }
        let account = AccountId::new(at(0));
        for number in 0..most {
            let as_of = pages.find(account, &asked(number), 0).unwrap_err();
            pages.keep(account, asked(number), as_of, page(""));
        }
        let all = pages.lock();
        assert!(all.accounts.len() <= ACCOUNTS && all.accounts[&account].kept.len() < most as usize / 2);
        assert_eq!(all.bytes, all.accounts.values().map(|rack| rack.bytes).sum::<usize>());
    }

    #[test]
    fn many_accounts_together_keep_no_more_than_all_may() {
        let pages = Pages::default();
        for account in (0..50).map(|_| AccountId::new(at(0))) {
            let as_of = pages.find(account, &asked(0), 0).unwrap_err();
            let body = Bytes::from(vec![b' '; BYTES / 2]);
            pages.keep(account, asked(0), as_of, Page { presence: 0, etag: String::new(), body });
            let all = pages.lock();
            assert!(all.bytes <= ALL_BYTES && all.accounts.contains_key(&account));
            assert_eq!(all.bytes, all.accounts.values().map(|rack| rack.bytes).sum::<usize>());
        }
    }
}
