//! Backups: a copy of the database at one moment, taken while the server goes on writing, checked before it counts.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use serde::Serialize;
use tempfile::{TempDir, TempPath};

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
/// at all. It is made in a new folder beside its place, which nobody else can guess or enter.
pub fn backup(folder: &Path, to: &Path) -> Result<BackedUp, AdminError> {
    if to.symlink_metadata().is_ok() {
        return Err(AdminError::Exists(to.into()));
    }
    let parent = parent(to);
    let aside = private_folder_in(parent).map_err(|error| io(parent, error))?;
    let copied = aside.path().join("backup");
    let holds = copy(folder, &copied)?;
    File::open(&copied).and_then(|file| file.sync_all()).map_err(|error| io(&copied, error))?;
    let bytes = std::fs::metadata(&copied).map_err(|error| io(&copied, error))?.len();
    put_in_place(&copied, to)?;
    // The name of the file is durable too, where the system lets a folder be synced.
    let _ = File::open(parent).and_then(|folder| folder.sync_all());
    Ok(BackedUp { file: to.display().to_string(), bytes, holds })
}

fn copy(folder: &Path, to: &Path) -> Result<Checked, AdminError> {
    store::copy(folder, to)?;
    let holds = check::file(to)?;
    holds.is_sound().then_some(holds).ok_or(AdminError::Unsound)
}

/// Gives a file its name, unless something has that name by now.
fn put_in_place(file: &Path, to: &Path) -> Result<(), AdminError> {
    let file = TempPath::try_from_path(file).map_err(|error| io(file, error))?;
    file.persist_noclobber(to).map_err(|failed| {
        if failed.error.kind() == std::io::ErrorKind::AlreadyExists {
            AdminError::Exists(to.into())
        } else {
            io(to, failed.error)
        }
    })
}

fn private_folder_in(parent: &Path) -> std::io::Result<TempDir> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(".tierup-backup-");
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o700));
    builder.tempdir_in(parent)
}

/// Makes a new folder out of a backup.
pub fn restore(file: &Path, folder: &Path) -> Result<Checked, AdminError> {
    if !file.is_file() {
        return Err(AdminError::NoBackup(file.into()));
    }
    if is_in_use(file).map_err(|error| io(file, error))? {
        return Err(AdminError::NotABackup(file.into()));
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

/// Whether a file is a database that a server works on, or a copy of one: its newest changes are in a log beside it, and
/// it says so in its header. What `backup` writes needs no log (<https://www.sqlite.org/fileformat2.html>, 1.3.3).
fn is_in_use(file: &Path) -> std::io::Result<bool> {
    const WRITE_VERSION: usize = 18;
    const WITH_A_LOG: u8 = 2;
    let mut header = [0; WRITE_VERSION + 1];
    match File::open(file)?.read_exact(&mut header) {
        Ok(()) => Ok(header[WRITE_VERSION] == WITH_A_LOG),
        // Too short for a database: what it is instead is said where it is opened.
        Err(error) if error.kind() == std::io::ErrorKind::UnexpectedEof => Ok(false),
        Err(error) => Err(error),
    }
}

fn io(path: &Path, error: std::io::Error) -> AdminError {
    OpenError::Io(path.into(), error).into()
}

fn parent(path: &Path) -> &Path {
    path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."))
}
