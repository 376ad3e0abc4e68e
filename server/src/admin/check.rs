//! Checks the data: the database file, and the rules of the store.

use std::path::Path;

use crate::admin::error::AdminError;
use crate::store::{self, CheckReport};

/// Checks the database of a folder, whether a server uses it or not.
pub fn check(folder: &Path) -> Result<CheckReport, AdminError> {
    Ok(store::check_integrity(&store::open_folder_read_only(folder)?)?)
}

/// Checks a single database file.
pub(super) fn check_file(path: &Path) -> Result<CheckReport, AdminError> {
    Ok(store::check_integrity(&store::open_file_read_only(path)?)?)
}
