//! Pages of the queue as they were last sent: each is read and serialised once, and kept until something in its
//! account changes.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use tierup_common::id::{AccountId, UserId};

/// Bytes kept for an account, at most; beyond that its rack is emptied.
const BYTES: usize = 2 * 1024 * 1024;

/// The kept pages of all accounts.
#[derive(Default)]
pub struct Pages(Mutex<HashMap<AccountId, Rack>>);

#[derive(Default)]
struct Rack {
    /// How often the account has changed: a page that was begun before a change is not kept after it.
    changes: u64,
    kept: HashMap<Asked, Page>,
    bytes: usize,
}

/// Whose page, and what they asked for.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Asked {
    /// The caller: pages count what is theirs.
    pub user: UserId,
    /// The query, as it came.
    pub query: String,
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

/// How often an account had changed when a page was not found: what is read from now on may be kept as of then.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct AsOf(u64);

impl Pages {
    /// Something of these accounts was committed. Called before anybody hears of it.
    pub fn turn(&self, accounts: &[AccountId]) {
        let mut all = self.lock();
        for account in accounts {
            let rack = all.entry(*account).or_default();
            *rack = Rack { changes: rack.changes + 1, ..Rack::default() };
        }
    }

    /// The page that was asked for, if it is still as it was.
    pub fn find(&self, account: AccountId, asked: &Asked, presence: u64) -> Result<Page, AsOf> {
        let mut all = self.lock();
        let rack = all.entry(account).or_default();
        let page = rack.kept.get(asked).filter(|page| page.presence == presence);
        page.cloned().ok_or(AsOf(rack.changes))
    }

    /// Keeps a page, unless its account has changed meanwhile.
    pub fn keep(&self, account: AccountId, asked: Asked, as_of: AsOf, page: Page) {
        let mut all = self.lock();
        let Some(rack) = all.get_mut(&account).filter(|rack| rack.changes == as_of.0) else { return };
        if rack.bytes + page.body.len() > BYTES {
            rack.kept.clear();
            rack.bytes = 0;
        }
        rack.bytes += page.body.len();
        if let Some(old) = rack.kept.insert(asked, page) {
            rack.bytes -= old.body.len();
        }
    }

    /// Nothing in here is left half done by a panic: a poisoned lock is taken as it is.
    fn lock(&self) -> MutexGuard<'_, HashMap<AccountId, Rack>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::tests::at;

    fn page(text: &'static str) -> Page {
        Page { presence: 0, etag: String::new(), body: Bytes::from_static(text.as_bytes()) }
    }

    #[test]
    fn a_page_is_kept_until_its_account_changes() {
        let (pages, account, other) = (Pages::default(), AccountId::new(at(0)), AccountId::new(at(0)));
        let asked = Asked { user: UserId::new(at(0)), query: "limit=50".into() };
        let as_of = pages.find(account, &asked, 0).unwrap_err();
        pages.keep(account, asked.clone(), as_of, page("one"));
        pages.turn(&[other]);
        assert_eq!(pages.find(account, &asked, 0).unwrap().body, "one");
        assert!(pages.find(other, &asked, 0).is_err(), "one account's page is nobody else's");
        assert!(pages.find(account, &asked, 1).is_err(), "somebody else reads now");
        pages.turn(&[account]);
        assert!(pages.find(account, &asked, 0).is_err());
    }

    #[test]
    fn a_page_that_was_read_before_a_change_is_not_kept_after_it() {
        let (pages, account) = (Pages::default(), AccountId::new(at(0)));
        let asked = Asked { user: UserId::new(at(0)), query: String::new() };
        let as_of = pages.find(account, &asked, 0).unwrap_err();
        pages.turn(&[account]);
        pages.keep(account, asked.clone(), as_of, page("old"));
        assert!(pages.find(account, &asked, 0).is_err());
    }

    #[test]
    fn what_is_kept_has_an_end() {
        let (pages, account, user) = (Pages::default(), AccountId::new(at(0)), UserId::new(at(0)));
        for number in 0..100 {
            let asked = Asked { user, query: number.to_string() };
            let as_of = pages.find(account, &asked, 0).unwrap_err();
            let body = Bytes::from(vec![b' '; BYTES / 10]);
            pages.keep(account, asked, as_of, Page { presence: 0, etag: String::new(), body });
        }
        let all = pages.lock();
        let rack = &all[&account];
        assert!(rack.bytes <= BYTES && rack.kept.len() <= 10);
        assert_eq!(rack.bytes, rack.kept.values().map(|page| page.body.len()).sum::<usize>());
    }
}
