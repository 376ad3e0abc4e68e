//! Backups: a checked copy of the database, made while the server writes, and new folders from them.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use serde::Serialize;
use tempfile::{TempDir, TempPath};

use crate::admin::check;
use crate::admin::error::AdminError;
use crate::progress::{OnProgress, Progress};
use crate::store::{self, CheckReport, OpenError};

/// The result of `backup`.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct BackupReport {
    /// The path of the file.
    pub file: String,
    /// The size of the file.
    pub bytes: u64,
    /// The contents of the file.
    #[serde(flatten)]
    pub contents: CheckReport,
}

/// Copies the database of a folder to a file. The file appears when it is complete and checked, or not at all. It is
/// written in a private temporary folder next to it.
pub fn backup(folder: &Path, to: &Path) -> Result<BackupReport, AdminError> {
    backup_with_progress(folder, to, &|_| {})
}

/// The same, and says how far it is.
pub fn backup_with_progress(
    folder: &Path,
    to: &Path,
    on_progress: OnProgress<'_>,
) -> Result<BackupReport, AdminError> {
    if to.symlink_metadata().is_ok() {
        return Err(AdminError::FileExists(to.into()));
    }
    let parent = parent_folder(to);
    let temp_dir = private_temp_dir(parent).map_err(|error| io_error(parent, error))?;
    let copy = temp_dir.path().join("backup");
    let contents = copy_and_verify(folder, &copy, on_progress)?;
    File::open(&copy).and_then(|file| file.sync_all()).map_err(|error| io_error(&copy, error))?;
    let bytes = std::fs::metadata(&copy).map_err(|error| io_error(&copy, error))?.len();
    persist_as(&copy, to)?;
    // Makes the file name durable, too, if the system can sync a folder.
    let _ = File::open(parent).and_then(|folder| folder.sync_all());
    Ok(BackupReport { file: to.display().to_string(), bytes, contents })
}

fn copy_and_verify(folder: &Path, to: &Path, on_progress: OnProgress<'_>) -> Result<CheckReport, AdminError> {
    store::back_up(folder, to, on_progress)?;
    on_progress(Progress::Checking);
    let report = check::check_file(to)?;
    if report.is_sound() { Ok(report) } else { Err(AdminError::IntegrityCheckFailed) }
}

/// Renames a file, unless the new name is taken by now.
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

/// Creates a folder from a backup.
pub fn restore(file: &Path, folder: &Path) -> Result<CheckReport, AdminError> {
    restore_with_progress(file, folder, &|_| {})
}

/// The same, and says how far it is.
pub fn restore_with_progress(
    file: &Path,
    folder: &Path,
    on_progress: OnProgress<'_>,
) -> Result<CheckReport, AdminError> {
    if !file.is_file() {
        return Err(AdminError::BackupNotFound(file.into()));
    }
    if is_wal_database(file).map_err(|error| io_error(file, error))? {
        return Err(AdminError::InvalidBackup(file.into()));
    }
    on_progress(Progress::Checking);
    if !check::check_file(file)?.is_sound() {
        return Err(AdminError::IntegrityCheckFailed);
    }
    store::restore(file, folder, on_progress)?;
    on_progress(Progress::Checking);
    let mut connection = store::open_existing(folder)?;
    store::migrate(&mut connection)?;
    check::check(folder)
}

/// Whether a file is the database of a server, or a plain copy of one: its header says that its newest changes are in a
/// write-ahead log. A backup has no such log (<https://www.sqlite.org/fileformat2.html>, 1.3.3).
fn is_wal_database(file: &Path) -> std::io::Result<bool> {
    const WRITE_VERSION: usize = 18;
    const WAL: u8 = 2;
    let mut header = [0; WRITE_VERSION + 1];
    match File::open(file)?.read_exact(&mut header) {
        Ok(()) => Ok(header[WRITE_VERSION] == WAL),
        // Too short for a database; opening it reports that.
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
