//! Backups: a copy of the database at one moment, taken while the server goes on writing, checked before it counts.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use serde::Serialize;
use tempfile::{TempDir, TempPath};

use crate::admin::AdminError;
use crate::admin::check::{self, CheckReport};
use crate::store::{self, OpenError};

/// What `backup` wrote.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct BackupReport {
    /// Where.
    pub file: String,
    /// Its size.
    pub bytes: u64,
    /// What is in it.
    #[serde(flatten)]
    pub contents: CheckReport,
}

/// Copies the database of a folder into a file, as it is at one moment. The file appears whole and checked, or not
/// at all. It is made in a new folder beside its place, which nobody else can guess or enter.
pub fn backup(folder: &Path, to: &Path) -> Result<BackupReport, AdminError> {
    if to.symlink_metadata().is_ok() {
        return Err(AdminError::FileExists(to.into()));
    }
    let parent = parent_folder(to);
    let aside = private_temp_dir(parent).map_err(|error| io_error(parent, error))?;
    let copied = aside.path().join("backup");
    let holds = copy_checked(folder, &copied)?;
    File::open(&copied).and_then(|file| file.sync_all()).map_err(|error| io_error(&copied, error))?;
    let bytes = std::fs::metadata(&copied).map_err(|error| io_error(&copied, error))?.len();
    persist_as(&copied, to)?;
    // The name of the file is durable too, where the system lets a folder be synced.
    let _ = File::open(parent).and_then(|folder| folder.sync_all());
    Ok(BackupReport { file: to.display().to_string(), bytes, contents: holds })
}

fn copy_checked(folder: &Path, to: &Path) -> Result<CheckReport, AdminError> {
    store::back_up(folder, to)?;
    let holds = check::check_file(to)?;
    holds.is_sound().then_some(holds).ok_or(AdminError::Unsound)
}

/// Gives a file its name, unless something has that name by now.
fn persist_as(file: &Path, to: &Path) -> Result<(), AdminError> {
    let file = TempPath::try_from_path(file).map_err(|error| io_error(file, error))?;
    file.persist_noclobber(to).map_err(|failed| {
        if failed.error.kind() == std::io::ErrorKind::AlreadyExists {
            AdminError::FileExists(to.into())
        } else {
            io_error(to, failed.error)
        }
    })
}

fn private_temp_dir(parent: &Path) -> std::io::Result<TempDir> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(".tierup-backup-");
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o700));
    builder.tempdir_in(parent)
}

/// Makes a new folder out of a backup.
pub fn restore(file: &Path, folder: &Path) -> Result<CheckReport, AdminError> {
    if !file.is_file() {
        return Err(AdminError::NoBackup(file.into()));
    }
    if is_live_database(file).map_err(|error| io_error(file, error))? {
        return Err(AdminError::NotABackup(file.into()));
    }
    let found = check::check_file(file)?;
    if !found.is_sound() {
        return Err(AdminError::Unsound);
    }
    store::restore(file, folder)?;
    let mut connection = store::open_existing(folder)?;
    store::migrate(&mut connection)?;
    check::check_folder(folder)
}

/// Whether a file is a database that a server works on, or a copy of one: its newest changes are in a log beside it, and
/// it says so in its header. What `backup` writes needs no log (<https://www.sqlite.org/fileformat2.html>, 1.3.3).
fn is_live_database(file: &Path) -> std::io::Result<bool> {
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

fn io_error(path: &Path, error: std::io::Error) -> AdminError {
    OpenError::Io(path.into(), error).into()
}

fn parent_folder(path: &Path) -> &Path {
    path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."))
}
