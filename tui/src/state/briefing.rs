//! A handoff in ten seconds: what happened, and what the assessment says of it.

use tierup_common::handoff::{QueueItem, Snapshot};

use crate::effect::Ticket;

/// The briefing of one handoff.
#[derive(Clone, PartialEq, Debug)]
pub struct Briefing {
    /// The handoff, as it is now.
    pub item: QueueItem,
    /// What was handed over, once it is here.
    pub snapshot: Option<Snapshot>,
    /// The request for it.
    pub asked: Option<Ticket>,
    /// Why it could not be fetched.
    pub failed: Option<String>,
    /// The assessment as far as it has been written.
    pub growing: Option<String>,
    /// Which half the keys scroll.
    pub pane: Pane,
    /// The first row shown of what happened.
    pub happened_top: usize,
    /// The first row shown of the assessment.
    pub assessment_top: usize,
}

/// The halves of a briefing.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Pane {
    /// What happened.
    Happened,
    /// What the assessment says.
    #[default]
    Assessment,
}

impl Briefing {
    /// The briefing of a handoff, with as much as is known of it.
    pub fn new(item: QueueItem, snapshot: Option<Snapshot>, growing: Option<String>) -> Self {
        Self {
            item,
            snapshot,
            asked: None,
            failed: None,
            growing,
            pane: Pane::default(),
            happened_top: 0,
            assessment_top: 0,
        }
    }

    /// The first row shown of the half that the keys scroll.
    pub fn top_mut(&mut self) -> &mut usize {
        match self.pane {
            Pane::Happened => &mut self.happened_top,
            Pane::Assessment => &mut self.assessment_top,
        }
    }
}
