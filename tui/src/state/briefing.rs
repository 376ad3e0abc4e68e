//! A handoff in ten seconds: what happened, and what the assessment says of it.

use tierup_common::assessment::{Assessment, Evidence};
use tierup_common::handoff::{QueueItem, Snapshot};
use tierup_common::time::Timestamp;

use crate::effect::Ticket;
use crate::state::wraps::Wraps;

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
    /// When something of the assessment came last, or was last asked for.
    pub quiet_since: Timestamp,
    /// The piece of evidence that one has jumped to, by its place.
    pub evidence: Option<usize>,
    /// Where what happened is shown from.
    pub happened: Place,
    /// Messages broken into rows.
    pub wraps: Wraps,
    /// The first row shown of the assessment.
    pub assessment_top: usize,
}

/// Where a text is shown from.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Place {
    /// This row at the top.
    Row(usize),
    /// The message with this `seq` on the screen.
    Message(u32),
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
    pub fn new(item: QueueItem, snapshot: Option<Snapshot>, growing: Option<String>, now: Timestamp) -> Self {
        Self {
            item,
            snapshot,
            asked: None,
            failed: None,
            growing,
            pane: Pane::default(),
            quiet_since: now,
            evidence: None,
            happened: Place::Row(0),
            wraps: Wraps::default(),
            assessment_top: 0,
        }
    }

    /// The assessment, if there is one.
    pub fn assessment(&self) -> Option<&Assessment> {
        self.item.ai_assessment_data.as_deref()
    }

    /// The piece of evidence that one has jumped to.
    pub fn marked(&self) -> Option<&Evidence> {
        self.assessment()?.evidence.get(self.evidence?)
    }

    /// Marks the next piece of evidence, or the one before, round and round; which message it is in.
    pub fn mark_evidence(&mut self, forward: bool) -> Option<u32> {
        let count = self.assessment().map_or(0, |assessment| assessment.evidence.len());
        let last = count.checked_sub(1)?;
        self.evidence = Some(match (self.evidence, forward) {
            (None, true) => 0,
            (None, false) => last,
            (Some(at), true) => {
                if at >= last {
                    0
                } else {
                    at + 1
                }
            }
            (Some(at), false) => at.checked_sub(1).unwrap_or(last),
        });
        self.marked().map(|evidence| evidence.message_seq)
    }
}
