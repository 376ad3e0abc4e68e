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

/// How far the search index is, while it is built from the sessions.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct IndexProgress {
    /// Sessions in the index.
    pub done: u64,
    /// Sessions when the server started.
    pub total: u64,
}

/// Is told how far the work is.
pub type OnProgress<'a> = &'a dyn Fn(Progress);
