//! Backups: a copy of the database at one moment, taken while the server goes on writing, checked before it counts.

use std::fs::File;
use std::path::Path;

use serde::Serialize;

use crate::admin::AdminError;
use crate::admin::check::{self, Checked};
use crate::store::{self, OpenError};

/// What `backup` wrote.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct BackedUp {
    /// Where.
    pub file: String,
    /// Its size.
    pub bytes: u64,
    /// What is in it.
    #[serde(flatten)]
    pub holds: Checked,
}

/// Copies the database of a folder into a file, as it is at one moment. The file appears whole and checked, or not
/// at all.
pub fn backup(folder: &Path, to: &Path) -> Result<BackedUp, AdminError> {
    if to.exists() {
        return Err(AdminError::Exists(to.into()));
    }
    let partial = to.with_extension("partial");
    let made = copy(folder, &partial).and_then(|holds| {
        File::open(&partial).and_then(|file| file.sync_all()).map_err(|error| io(&partial, error))?;
        // A link, unlike a rename, does not replace a file that somebody made meanwhile.
        std::fs::hard_link(&partial, to).map_err(|error| io(to, error))?;
        Ok(holds)
    });
    let _ = std::fs::remove_file(&partial);
    let holds = made?;
    sync_parent(to);
    let bytes = std::fs::metadata(to).map_err(|error| io(to, error))?.len();
    Ok(BackedUp { file: to.display().to_string(), bytes, holds })
}

fn copy(folder: &Path, to: &Path) -> Result<Checked, AdminError> {
    store::copy(folder, to)?;
    let holds = check::file(to)?;
    holds.is_sound().then_some(holds).ok_or(AdminError::Unsound)
}

/// Makes a new folder out of a backup.
pub fn restore(file: &Path, folder: &Path) -> Result<Checked, AdminError> {
    if !file.is_file() {
        return Err(AdminError::NoBackup(file.into()));
    }
    let found = check::file(file)?;
    if !found.is_sound() {
        return Err(AdminError::Unsound);
    }
    store::adopt(file, folder)?;
    let mut connection = store::existing(folder)?;
    store::migrate(&mut connection)?;
    check::folder(folder)
}

fn io(path: &Path, error: std::io::Error) -> AdminError {
    OpenError::Io(path.into(), error).into()
}

/// The name of the file is durable too, where the system lets a folder be synced.
fn sync_parent(path: &Path) {
    let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let _ = File::open(parent).and_then(|folder| folder.sync_all());
}
