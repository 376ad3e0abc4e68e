//! Looks whether what is kept is whole, and consistent with the rules.

use std::path::Path;

use serde::Serialize;

use crate::admin::AdminError;
use crate::store;

/// What a check found.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct CheckReport {
    /// Accounts in it.
    pub accounts: u64,
    /// Users in it.
    pub users: u64,
    /// Sessions in it.
    pub sessions: u64,
    /// Handoffs in it.
    pub handoffs: u64,
    /// Events in it.
    pub events: u64,
    /// What is wrong, a line each; nothing if all is well.
    pub problems: Vec<String>,
}

impl CheckReport {
    /// Whether all is well.
    pub const fn is_sound(&self) -> bool {
        self.problems.is_empty()
    }
}

impl std::fmt::Display for CheckReport {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { accounts, users, sessions, handoffs, events, problems: _ } = self;
        write!(
            f,
            "{accounts} account(s), {users} user(s), {sessions} session(s), {handoffs} handoff(s), {events} event(s)"
        )
    }
}

/// Checks the database of a folder, whether a server runs on it or not.
pub fn check_folder(folder: &Path) -> Result<CheckReport, AdminError> {
    Ok(store::check_integrity(&store::open_folder_read_only(folder)?)?)
}

/// Checks a database that is a file by itself.
pub(super) fn check_file(path: &Path) -> Result<CheckReport, AdminError> {
    Ok(store::check_integrity(&store::open_file_read_only(path)?)?)
}
