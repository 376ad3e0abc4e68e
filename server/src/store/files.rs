//! Checks that the files of an open store are still in its folder. If the folder is moved or deleted, or a file replaced,
//! the server would go on writing to files that nobody finds again.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

use crate::store::database::{self, OpenError};

/// Device and inode: they tell a file from another one with the same name.
#[cfg(unix)]
type FileIdentity = (u64, u64);
#[cfg(not(unix))]
type FileIdentity = ();

/// The files of an open store.
#[derive(Debug)]
pub(super) struct StoreFiles {
    files: Vec<(PathBuf, FileIdentity)>,
    is_lost: AtomicBool,
}

impl StoreFiles {
    /// Remembers the files of a folder: the lock, the database, and the files that SQLite has next to it while it is open.
    pub(super) fn open(folder: &Path) -> Result<Self, OpenError> {
        let database = database::database_path(folder);
        let sqlite_files = ["-wal", "-shm"].map(|suffix| {
            let mut path = database.clone().into_os_string();
            path.push(suffix);
            PathBuf::from(path)
        });
        let mut files = Vec::new();
        for path in [database::lock_path(folder), database].into_iter().chain(sqlite_files) {
            match file_identity(&path) {
                Ok(identity) => files.push((path, identity)),
                // SQLite may not have created them.
                Err(error) if error.kind() == io::ErrorKind::NotFound && files.len() > 1 => {}
                Err(error) => return Err(OpenError::Io(path, error)),
            }
        }
        Ok(Self { files, is_lost: AtomicBool::new(false) })
    }

    /// Checks that all files are in place. Takes a few microseconds.
    pub(super) fn verify_in_place(&self) -> bool {
        let missing = self.files.iter().find(|(path, known)| file_identity(path).ok() != Some(*known));
        let was_lost = self.is_lost.swap(missing.is_some(), Ordering::Relaxed);
        match missing {
            Some((path, _)) if !was_lost => tracing::error!(
                path = %path.display(),
                "the server's folder was moved, deleted or replaced; nothing is written until it is back"
            ),
            None if was_lost => tracing::warn!("the server's folder is back"),
            Some(_) | None => {}
        }
        missing.is_none()
    }

    /// Whether the last check failed.
    pub(super) fn is_known_lost(&self) -> bool {
        self.is_lost.load(Ordering::Relaxed)
    }
}

#[cfg(unix)]
fn file_identity(path: &Path) -> io::Result<FileIdentity> {
    use std::os::unix::fs::MetadataExt;
    let meta = std::fs::symlink_metadata(path)?;
    Ok((meta.dev(), meta.ino()))
}

#[cfg(not(unix))]
fn file_identity(path: &Path) -> io::Result<FileIdentity> {
    std::fs::symlink_metadata(path).map(drop)
}
