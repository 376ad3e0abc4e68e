//! A batch for the index: the sessions that a part of the log changed.

use tierup_common::id::{Seq, SessionId};

use crate::store::SessionCursor;

/// A session's text.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Document {
    /// The problem in one line.
    pub(super) title: String,
    /// The original request.
    pub(super) problem: String,
    /// Messages, hypotheses and notes.
    pub(super) transcript: String,
    /// The resolution, if there is one.
    pub(super) resolution: Option<String>,
    /// The cause of the problem, if it is solved.
    pub(super) cause: Option<String>,
}

/// A part of the log: the sessions it touches as they are now, and how far it goes.
#[derive(Debug)]
pub(super) struct IndexBatch {
    /// Delete the account's documents first: the log no longer goes back to the cursor.
    pub(super) clear_first: bool,
    pub(super) documents: Vec<(SessionId, Document)>,
    pub(super) up_to_seq: Seq,
    /// What remains of a rebuild.
    pub(super) rebuild: Option<RebuildProgress>,
}

/// The progress of indexing all of an account's sessions.
#[derive(Clone, Copy, Debug)]
pub(super) struct RebuildProgress {
    /// The newest event when the rebuild began.
    pub(super) newest_seq: Seq,
    /// The last session indexed; none at first.
    pub(super) cursor: Option<SessionCursor>,
}
