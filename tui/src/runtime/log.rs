//! The console's log: a file, because the screen is taken. What stands there is about the machine and the connection;
//! never a token, and nothing that people wrote.

use std::fs::OpenOptions;
use std::io;
use std::sync::Mutex;

use tierup_common::log::OwnCrateFilter;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

use crate::runtime::data_dir::DataDir;

/// The file's name.
pub const FILE_NAME: &str = "tierup.log";
/// A larger one is set aside when the console opens, in bytes.
const MAX_BYTES: u64 = 1024 * 1024;

/// Begins to write: what `TIERUP_LOG` names, as the server's log does, or warnings and errors.
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
        // A line that the disk has no room for would be told on the terminal, in the middle of the screen.
        .log_internal_errors(false)
        .with_writer(Mutex::new(file));
    // Only a second console in one process finds one that has begun already.
    let _ = subscriber.finish().with(OwnCrateFilter).try_init();
    Ok(())
}
