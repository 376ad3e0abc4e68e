//! The console's log: a file, because the screen is in use. It is about the machine and the connection, without tokens
//! and without anything that people wrote.

use std::fs::OpenOptions;
use std::io;
use std::sync::Mutex;

use tierup_common::log::OwnCrateFilter;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

use crate::runtime::data_dir::DataDir;

/// The name of the log file in the data folder.
pub const FILE_NAME: &str = "tierup.log";
/// A larger file is renamed when the console opens, in bytes.
const MAX_BYTES: u64 = 1024 * 1024;

/// Starts the log at the levels of `TIERUP_LOG`, by default warnings and errors.
pub fn init(files: &DataDir) -> io::Result<()> {
    let path = files.path(FILE_NAME);
    files.create_dir()?;
    if std::fs::metadata(&path).is_ok_and(|meta| meta.len() > MAX_BYTES) {
        std::fs::rename(&path, files.path("tierup.log.old"))?;
    }
    let mut options = OpenOptions::new();
    options.create(true).append(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let file = options.open(path)?;
    let filter = std::env::var("TIERUP_LOG").ok().and_then(|filter| EnvFilter::try_new(filter).ok());
    let filter = filter.unwrap_or_else(|| EnvFilter::new("tierup=warn"));
    let subscriber = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_ansi(false)
        // Otherwise an error of the log, such as a full disk, is printed on the screen.
        .log_internal_errors(false)
        .with_writer(Mutex::new(file));
    // It fails only for a second console in one process.
    let _ = subscriber.finish().with(OwnCrateFilter).try_init();
    Ok(())
}
