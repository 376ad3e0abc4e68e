//! How far long work on the data is, for whoever waits for it.

/// What is being done.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Progress {
    /// The data is being copied.
    Copying {
        /// Pages or bytes so far.
        done: u64,
        /// All of them.
        total: u64,
    },
    /// The data is being checked.
    Checking,
}

/// Is told how far the work is.
pub type OnProgress<'a> = &'a dyn Fn(Progress);
