//! What the index takes in at a time.

use tierup_common::id::{Seq, SessionId};

use crate::store::SessionCursor;

/// A session as the index takes it in.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Document {
    /// The problem in one line.
    pub(super) title: String,
    /// The problem as it came in.
    pub(super) problem: String,
    /// What was said.
    pub(super) transcript: String,
    /// How it ended, if it has.
    pub(super) resolution: Option<String>,
}

/// A step of reading the log: the sessions it touched as they are now, and how far it went.
#[derive(Debug)]
pub(super) struct IndexBatch {
    /// Forget the account first: the log no longer reaches back to the cursor.
    pub(super) clear_first: bool,
    pub(super) documents: Vec<(SessionId, Document)>,
    pub(super) up_to_seq: Seq,
    /// What is still to be taken in before the account is known up to there.
    pub(super) rebuild: Option<RebuildProgress>,
}

/// How far an account has been taken in from the beginning.
#[derive(Clone, Copy, Debug)]
pub(super) struct RebuildProgress {
    /// Where its log was when that began.
    pub(super) newest_seq: Seq,
    /// The last session that was taken in; none before the first.
    pub(super) cursor: Option<SessionCursor>,
}
