//! The input of an engine: what it reads of a session. The briefing on the screen is `tui/src/state/briefing.rs`.

use tierup_common::handoff::Snapshot;
use tierup_common::session::{Branch, Message};

/// A problem as an engine reads it.
#[derive(Clone, PartialEq, Debug)]
pub struct Briefing {
    /// The problem in one line.
    pub title: String,
    /// The problem as it was described first.
    pub intake: String,
    /// What the engineer wrote at hand-off; empty before the first one.
    pub notes: String,
    /// All branches.
    pub branches: Vec<Branch>,
    /// The last messages, oldest first.
    pub messages: Vec<Message>,
}

impl Briefing {
    /// The briefing of a handoff.
    pub fn from_handoff(title: String, notes: String, snapshot: Snapshot) -> Self {
        Self {
            title,
            intake: snapshot.intake_content.text,
            notes,
            branches: snapshot.branch_map,
            messages: snapshot.messages,
        }
    }
}
