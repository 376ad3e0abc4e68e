//! The database file, the lock of its folder, and the settings of every connection.

use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};
use rusqlite_migration::{M, MigrationDefinitionError, Migrations};

/// Marks a database as tierup's: "tup1".
const APPLICATION_ID: i32 = 0x7475_7031;

/// The size of the write-ahead log that starts a checkpoint, in pages: 16 MiB.
const CHECKPOINT_PAGES: i32 = 4096;
/// The page cache of the writer, in KiB.
const CACHE_KIB: i32 = 8 * 1024;

const MIGRATION_STEPS: &[M<'static>] = &[
    M::up(include_str!("../../migrations/0001_init.sql")),
    M::up(include_str!("../../migrations/0002_session_text.sql")),
    M::up(include_str!("../../migrations/0003_upkeep.sql")),
    M::up(include_str!("../../migrations/0004_assessment_error_detail.sql")),
    M::up(include_str!("../../migrations/0005_step_outcome.sql")),
    M::up(include_str!("../../migrations/0006_concern.sql")),
    M::up(include_str!("../../migrations/0007_links.sql")),
    M::up(include_str!("../../migrations/0008_due_at.sql")),
];
pub(super) const MIGRATIONS: Migrations<'static> = Migrations::from_slice(MIGRATION_STEPS);

/// Why a folder cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The folder has no database.
    #[error("no tierup data in {folder}\nhint: create it with `tierup-server init --data {folder} --account … --owner-email … --owner-name …`", folder = .0.display())]
    NotFound(PathBuf),
    /// Another server uses it.
    #[error("another tierup-server serves {}\nhint: stop that server, or use another --data folder", .0.display())]
    Locked(PathBuf),
    /// The folder has a database already.
    #[error("{} already contains tierup data\nhint: restore into a new folder, and pass that to `serve`", .0.display())]
    NotEmpty(PathBuf),
    /// One of the files is a link or has several names.
    #[error("{} is a link or has several names\nhint: one database with two names has two locks and two logs, and loses data; keep one name, and link to the folder instead", .0.display())]
    HardLinked(PathBuf),
    /// The file is not a database of tierup.
    #[error("{} is not a tierup database\nhint: use a folder that `tierup-server init` created", .0.display())]
    ForeignDatabase(PathBuf),
    /// A newer version has written the database.
    #[error("this data was written by a newer tierup-server\nhint: install that version or a later one")]
    NewerSchema,
    /// The folder or its files cannot be used.
    #[error("cannot use {path}: {1}\nhint: check that it exists and that this user may write to it", path = .0.display())]
    Io(PathBuf, std::io::Error),
    /// SQLite failed.
    #[error("database: {0}")]
    Sqlite(rusqlite::Error),
    /// The schema cannot be migrated.
    #[error("migration: {0}")]
    Migration(rusqlite_migration::Error),
}

/// The lock of a folder, held by the one server that uses it.
#[derive(Debug)]
pub struct FolderLock {
    _file: File,
}

impl FolderLock {
    /// Takes the lock, or fails if another server has it.
    pub fn acquire(folder: &Path) -> Result<Self, OpenError> {
        let path = lock_path(folder);
        if !folder.is_dir() {
            return Err(OpenError::NotFound(folder.into()));
        }
        ensure_single_link(&path)?;
        let mut options = File::options();
        options.create(true).truncate(false).write(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let file = options.open(&path).map_err(|error| OpenError::Io(path.clone(), error))?;
        match file.try_lock() {
            Ok(()) => Ok(Self { _file: file }),
            Err(TryLockError::WouldBlock) => Err(OpenError::Locked(folder.into())),
            Err(TryLockError::Error(error)) => Err(OpenError::Io(path, error)),
        }
    }
}

pub(super) fn database_path(folder: &Path) -> PathBuf {
    folder.join("tierup.db")
}

pub(super) fn lock_path(folder: &Path) -> PathBuf {
    folder.join("tierup.lock")
}

/// Refuses a link and a file with several names: each name would have its own lock and its own write-ahead log.
fn ensure_single_link(path: &Path) -> Result<(), OpenError> {
    match std::fs::symlink_metadata(path) {
        Ok(meta) if meta.is_symlink() || link_count(&meta) > 1 => Err(OpenError::HardLinked(path.into())),
        // A missing file is created, or reported when it is opened.
        Ok(_) | Err(_) => Ok(()),
    }
}

#[cfg(unix)]
fn link_count(meta: &std::fs::Metadata) -> u64 {
    std::os::unix::fs::MetadataExt::nlink(meta)
}

#[cfg(not(unix))]
fn link_count(_: &std::fs::Metadata) -> u64 {
    1
}

/// Opens the database of a folder; creates folder and database if there are none. Other users of the machine cannot read
/// them.
pub fn create_database(folder: &Path) -> Result<Connection, OpenError> {
    create_private_folder(folder).map_err(|error| OpenError::Io(folder.into(), error))?;
    let path = database_path(folder);
    ensure_single_link(&path)?;
    // SQLite gives the files next to it the same permissions.
    let is_new = match create_private_file(&path) {
        Ok(_) => true,
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => false,
        Err(error) => return Err(OpenError::Io(path, error)),
    };
    let connection =
        open_connection(&path, OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE)?;
    if is_new {
        connection.pragma_update(None, "application_id", APPLICATION_ID).map_err(OpenError::Sqlite)?;
    }
    configure(&connection, &path)?;
    Ok(connection)
}

/// Opens the existing database of a folder for reading and writing.
pub fn open_existing(folder: &Path) -> Result<Connection, OpenError> {
    let path = database_path(folder);
    ensure_single_link(&path)?;
    if !path.exists() {
        return Err(OpenError::NotFound(folder.into()));
    }
    let connection = open_connection(&path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    configure(&connection, &path)?;
    Ok(connection)
}

/// Opens the database of a folder for reading only.
pub(super) fn open_read_only(folder: &Path) -> Result<Connection, OpenError> {
    ensure_single_link(&database_path(folder))?;
    let connection = open_connection(&database_path(folder), OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    connection.pragma_update(None, "query_only", true).map_err(OpenError::Sqlite)?;
    Ok(connection)
}

/// Migrates the schema to the latest version.
pub fn migrate(connection: &mut Connection) -> Result<(), OpenError> {
    const NEWER: rusqlite_migration::Error =
        rusqlite_migration::Error::MigrationDefinition(MigrationDefinitionError::DatabaseTooFarAhead);
    MIGRATIONS
        .to_latest(connection)
        .map_err(|error| if error == NEWER { OpenError::NewerSchema } else { OpenError::Migration(error) })
}

fn open_connection(path: &Path, flags: OpenFlags) -> Result<Connection, OpenError> {
    let flags = flags | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags).map_err(OpenError::Sqlite)?;
    connection.set_prepared_statement_cache_capacity(128);
    // Without it SQLite prepares some statements again forevery bound value.
    let stable_plans = DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG;
    connection.set_db_config(stable_plans, true).map_err(OpenError::Sqlite)?;
    // Another process may write at the same time: `user add`.
    connection.busy_timeout(Duration::from_secs(5)).map_err(OpenError::Sqlite)?;
    Ok(connection)
}

/// Refuses a database of another program.
pub(super) fn ensure_tierup_database(connection: &Connection, path: &Path) -> Result<(), OpenError> {
    let application: Result<i32, _> = connection.pragma_query_value(None, "application_id", |row| row.get(0));
    if matches!(application, Ok(APPLICATION_ID)) {
        Ok(())
    } else {
        Err(OpenError::ForeignDatabase(path.into()))
    }
}

/// Refuses a database of another program, and makes commits durable: a change is on the disk before it is answered.
fn configure(connection: &Connection, path: &Path) -> Result<(), OpenError> {
    ensure_tierup_database(connection, path)?;
    let set = || {
        connection.pragma_update(None, "journal_mode", "WAL")?;
        connection.pragma_update(None, "synchronous", "FULL")?;
        connection.pragma_update(None, "foreign_keys", true)?;
        connection.pragma_update(None, "trusted_schema", false)?;
        connection.pragma_update(None, "journal_size_limit", 64 * 1024 * 1024)?;
        // Savepoints are in memory; a file for them would be opened and written in each large group.
        connection.pragma_update(None, "temp_store", "MEMORY")?;
        // Pages that many commits change, like the end of the queue, are written to the file once.
        connection.pragma_update(None, "wal_autocheckpoint", CHECKPOINT_PAGES)?;
        connection.pragma_update(None, "cache_size", -CACHE_KIB)
    };
    set().map_err(OpenError::Sqlite)
}

/// Creates a file that other users of the machine cannot read. Fails if the path exists, even as a link.
pub(crate) fn create_private_file(path: &Path) -> std::io::Result<File> {
    let mut options = File::options();
    options.create_new(true).write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

#[cfg(unix)]
pub(super) fn create_private_folder(folder: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::DirBuilderExt;
    std::fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)
}

#[cfg(not(unix))]
pub(super) fn create_private_folder(folder: &Path) -> std::io::Result<()> {
    std::fs::create_dir_all(folder)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_migrations_are_valid() {
        MIGRATIONS.validate().unwrap();
    }

    /// Mutant seen to fail: a session that begins with no text.
    #[test]
    fn a_migration_counts_the_text_of_older_sessions() {
        let mut connection = Connection::open_in_memory().unwrap();
        MIGRATIONS.to_version(&mut connection, 1).unwrap();
        connection
            .execute_batch(
                "INSERT INTO account (id, name, created_at) VALUES (zeroblob(16), 'Acme', 0);
                 INSERT INTO session (account_id, id, number, title, summarised, status, tier, opener_id, assignee_id,
                   handoff_count, message_count, created_at, updated_at, version)
                 VALUES (zeroblob(16), zeroblob(16), 1, 't', 1, 'active', 'discovery', x'01', x'01', 0, 2, 0, 0, 1),
                        (zeroblob(16), randomblob(16), 2, 't', 1, 'active', 'discovery', x'01', x'01', 0, 0, 0, 0, 1);
                 INSERT INTO message (account_id, session_id, seq, id, role, author_id, content, created_at)
                 VALUES (zeroblob(16), zeroblob(16), 1, randomblob(16), 'user', x'01', 'héllo', 0),
                        (zeroblob(16), zeroblob(16), 2, randomblob(16), 'assistant', NULL, 'abc', 0);
                 INSERT INTO branch (account_id, session_id, id, position, hypothesis, status, evidence, updated_at)
                 VALUES (zeroblob(16), zeroblob(16), randomblob(16), 0, 'dns', 'open', NULL, 0),
                        (zeroblob(16), zeroblob(16), randomblob(16), 1, 'mtu', 'open', 'ping', 0);",
            )
            .unwrap();
        migrate(&mut connection).unwrap();
        let mut counted = connection.prepare("SELECT text_bytes FROM session ORDER BY number").unwrap();
        let counted: Vec<i64> =
            counted.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect();
        assert_eq!(counted, [6 + 3 + 3 + 3 + 4, 0]);
    }

    /// The value of a pragma.
    fn pragma_value<T: rusqlite::types::FromSql>(connection: &Connection, pragma: &str) -> T {
        connection.pragma_query_value(None, pragma, |row| row.get(0)).unwrap()
    }

    /// Mutants seen to fail: `synchronous=NORMAL`, no foreign keys, a reader that may write.
    #[test]
    fn writers_are_durable_and_readers_cannot_write() {
        let folder = tempfile::tempdir().unwrap();
        let mut created = create_database(folder.path()).unwrap();
        migrate(&mut created).unwrap();
        for writer in [created, open_existing(folder.path()).unwrap()] {
            assert_eq!(pragma_value::<String>(&writer, "journal_mode"), "wal");
            assert_eq!(pragma_value::<i64>(&writer, "synchronous"), 2, "FULL");
            assert_eq!(pragma_value::<i64>(&writer, "foreign_keys"), 1);
            assert_eq!(pragma_value::<i64>(&writer, "trusted_schema"), 0);
        }
        let reader = open_read_only(folder.path()).unwrap();
        assert_eq!(pragma_value::<i64>(&reader, "query_only"), 1);
        assert!(reader.execute("DELETE FROM account", []).is_err());
    }

    #[test]
    fn a_folder_is_used_by_one_server_at_a_time() {
        let folder = tempfile::tempdir().unwrap();
        let first = FolderLock::acquire(folder.path()).unwrap();
        assert!(matches!(FolderLock::acquire(folder.path()), Err(OpenError::Locked(_))));
        drop(first);
        FolderLock::acquire(folder.path()).unwrap();
    }

    /// Mutants seen to fail: a link that is followed, a file whose names are not counted.
    #[cfg(unix)]
    #[test]
    fn a_database_linked_into_two_folders_is_refused_in_both() {
        let folder = tempfile::tempdir().unwrap();
        let (one, other) = (folder.path().join("one"), folder.path().join("other"));
        drop(create_database(&one).unwrap());
        std::fs::create_dir(&other).unwrap();
        let link_to: [fn(PathBuf, PathBuf) -> std::io::Result<()>; 2] =
            [|from, to| std::fs::hard_link(from, to), |from, to| std::os::unix::fs::symlink(from, to)];
        for link in link_to {
            link(database_path(&one), database_path(&other)).unwrap();
            assert!(matches!(open_existing(&other), Err(OpenError::HardLinked(_))));
            assert!(matches!(create_database(&other), Err(OpenError::HardLinked(_))));
            assert!(matches!(open_read_only(&other), Err(OpenError::HardLinked(_))));
            std::fs::remove_file(database_path(&other)).unwrap();
        }
        link_to[0](database_path(&one), database_path(&other)).unwrap();
        assert!(
            matches!(open_existing(&one), Err(OpenError::HardLinked(_))),
            "the original has two names, too"
        );
        std::fs::remove_file(database_path(&other)).unwrap();
        open_existing(&one).unwrap();
        link_to[1](lock_path(&one), lock_path(&other)).unwrap();
        assert!(matches!(FolderLock::acquire(&other), Err(OpenError::HardLinked(_))));
        // A link to the folder is fine: there is one lock in it.
        let named = folder.path().join("named");
        std::os::unix::fs::symlink(&one, &named).unwrap();
        let _held = FolderLock::acquire(&one).unwrap();
        assert!(matches!(FolderLock::acquire(&named), Err(OpenError::Locked(_))));
    }

    #[cfg(unix)]
    #[test]
    fn database_files_are_private_in_a_folder_that_others_can_enter() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        std::fs::set_permissions(folder.path(), PermissionsExt::from_mode(0o755)).unwrap();
        let _lock = FolderLock::acquire(folder.path()).unwrap();
        let mut created = create_database(folder.path()).unwrap();
        migrate(&mut created).unwrap();
        let _search = crate::search::Search::open(folder.path(), None).unwrap();
        let entries: Vec<_> = std::fs::read_dir(folder.path()).unwrap().map(Result::unwrap).collect();
        assert!(entries.len() >= 7, "{entries:?}");
        for entry in entries {
            let permissions = entry.metadata().unwrap().permissions().mode();
            assert_eq!(permissions & 0o777, 0o600, "{}", entry.path().display());
        }
    }

    #[test]
    fn a_database_of_another_program_is_refused_and_left_as_it_was() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("tierup.db");
        Connection::open(&path).unwrap().execute_batch("CREATE TABLE theirs (x)").unwrap();
        let before = std::fs::read(&path).unwrap();
        assert!(matches!(open_existing(folder.path()), Err(OpenError::ForeignDatabase(_))));
        assert!(matches!(create_database(folder.path()), Err(OpenError::ForeignDatabase(_))));
        assert_eq!(std::fs::read(&path).unwrap(), before);
    }

    #[test]
    fn a_database_of_a_newer_server_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let mut connection = create_database(folder.path()).unwrap();
        migrate(&mut connection).unwrap();
        connection.pragma_update(None, "user_version", 1_000).unwrap();
        assert!(matches!(migrate(&mut connection), Err(OpenError::NewerSchema)));
    }
}
