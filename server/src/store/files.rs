//! Whether the files of an open store are still the ones that its folder has: a folder can be moved or deleted, and a
//! file put in another's place, while the server has the old ones open and writes into nothing.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

use crate::store::database::{self, OpenError};

/// What tells a file from another of the same name.
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
    /// The files that are there now: the lock, the database, and what SQLite keeps beside it while it is open.
    pub(super) fn open(folder: &Path) -> Result<Self, OpenError> {
        let database = database::database_path(folder);
        let beside = ["-wal", "-shm"].map(|end| {
            let mut path = database.clone().into_os_string();
            path.push(end);
            PathBuf::from(path)
        });
        let mut files = Vec::new();
        for path in [database::lock_path(folder), database].into_iter().chain(beside) {
            match file_identity(&path) {
                Ok(identity) => files.push((path, identity)),
                // Without a log beside it there is none to be lost.
                Err(error) if error.kind() == io::ErrorKind::NotFound && files.len() > 1 => {}
                Err(error) => return Err(OpenError::Io(path, error)),
            }
        }
        Ok(Self { files, is_lost: AtomicBool::new(false) })
    }

    /// Looks whether all of them are where they were: a few microseconds.
    pub(super) fn verify_in_place(&self) -> bool {
        let other = self.files.iter().find(|(path, known)| file_identity(path).ok() != Some(*known));
        let was_lost = self.is_lost.swap(other.is_some(), Ordering::Relaxed);
        match other {
            Some((path, _)) if !was_lost => tracing::error!(
                path = %path.display(),
                "the server's folder was moved, deleted or replaced: nothing is written until it is back"
            ),
            None if was_lost => tracing::warn!("the server's folder is back"),
            Some(_) | None => {}
        }
        other.is_none()
    }

    /// What the last look saw.
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
