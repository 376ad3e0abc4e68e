//! The input of an engine: what it reads of a session. The briefing on the screen is `tui/src/state/briefing.rs`.

use tierup_common::handoff::{ChangesSince, StepOutcome};
use tierup_common::session::{Branch, Message};

/// A problem as an engine reads it: the session as it is now.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Briefing {
    /// The problem in one line.
    pub title: String,
    /// The problem as it was described first.
    pub intake: String,
    /// What the engineer wrote at the handoff; empty before the first one.
    pub notes: String,
    /// All branches.
    pub branches: Vec<Branch>,
    /// The last messages, oldest first.
    pub messages: Vec<Message>,
    /// The steps suggested earlier, over all handoffs of the session, that have an outcome.
    pub earlier_steps: Vec<StepOutcome>,
    /// What changed since the escalation before, if the session is escalated again.
    pub changes_since: Option<ChangesSince>,
}
