//! The console's log: a file, because the screen is taken. What stands there is about the machine and the connection;
//! never a token, and nothing that people wrote.

use std::fs::OpenOptions;
use std::io;
use std::sync::Mutex;

use tierup_common::log::OwnTargets;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

use crate::runtime::files::Files;

/// The file's name.
pub const FILE: &str = "tierup.log";
/// A larger one is set aside when the console opens, in bytes.
const LARGEST: u64 = 1024 * 1024;

/// Begins to write: what `TIERUP_LOG` names, as the server's log does, or warnings and errors.
pub fn begin(files: &Files) -> io::Result<()> {
    let path = files.path(FILE);
    files.make_folder()?;
    if std::fs::metadata(&path).is_ok_and(|meta| meta.len() > LARGEST) {
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
    let _ = subscriber.finish().with(OwnTargets).try_init();
    Ok(())
}
