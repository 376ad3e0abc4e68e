//! A handoff in ten seconds: what happened, and what the assessment says of it.

use tierup_common::assessment::{Assessment, AssessmentStatus, Evidence, Step};
use tierup_common::handoff::{QueueItem, Snapshot};
use tierup_common::time::Timestamp;

use crate::state::request::Request;
use crate::state::wrap_cache::WrapCache;

/// The briefing of one handoff.
#[derive(Clone, PartialEq, Debug)]
pub struct Briefing {
    /// The handoff, as it is now.
    pub item: QueueItem,
    /// What was handed over, once it is here.
    pub snapshot: Option<Snapshot>,
    /// The fetch of the snapshot.
    pub fetch: Request,
    /// The assessment as far as it has been written.
    pub partial_assessment: Option<String>,
    /// Which half the keys scroll.
    pub pane: Pane,
    /// When something of the assessment came last, or was last asked for.
    pub last_progress_at: Timestamp,
    /// The piece of evidence that one has jumped to, by its place.
    pub evidence_index: Option<usize>,
    /// Where what happened is shown from.
    pub history_anchor: ScrollAnchor,
    /// Messages broken into rows.
    pub wrap_cache: WrapCache,
    /// The first row shown of the assessment.
    pub assessment_scroll: usize,
}

/// Where a text is shown from.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ScrollAnchor {
    /// This row at the top.
    Row(usize),
    /// The message with this `seq` on the screen.
    Message(u32),
}

/// The halves of a briefing.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Pane {
    /// What happened.
    History,
    /// What the assessment says.
    #[default]
    Assessment,
}

impl Briefing {
    /// The briefing of a handoff, with as much as is known of it.
    pub fn new(
        item: QueueItem,
        snapshot: Option<Snapshot>,
        partial_assessment: Option<String>,
        now: Timestamp,
    ) -> Self {
        Self {
            item,
            snapshot,
            fetch: Request::Idle,
            partial_assessment,
            pane: Pane::default(),
            last_progress_at: now,
            evidence_index: None,
            history_anchor: ScrollAnchor::Row(0),
            wrap_cache: WrapCache::default(),
            assessment_scroll: 0,
        }
    }

    /// The assessment, if there is one.
    pub fn assessment(&self) -> Option<&Assessment> {
        self.item.ai_assessment_data.as_deref()
    }

    /// The piece of evidence that one has jumped to.
    pub fn marked_evidence(&self) -> Option<&Evidence> {
        self.assessment()?.evidence.get(self.evidence_index?)
    }

    /// Marks the next piece of evidence, or the one before, round and round; which message it is in.
    pub fn mark_evidence(&mut self, forward: bool) -> Option<u32> {
        let count = self.assessment().map_or(0, |assessment| assessment.evidence.len());
        let last = count.checked_sub(1)?;
        self.evidence_index = Some(match (self.evidence_index, forward) {
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
        self.marked_evidence().map(|evidence| evidence.message_seq)
    }
}

/// Whether the assessment of a handoff is being written, or waits to be.
pub fn is_being_assessed(item: &QueueItem) -> bool {
    matches!(item.assessment_status, AssessmentStatus::Pending | AssessmentStatus::Running)
}

/// Replaces a suggested step by its newer version.
pub fn replace_step(item: &mut QueueItem, step: &Step) {
    let steps = item.ai_assessment_data.iter_mut().flat_map(|data| &mut data.suggested_steps);
    for known in steps.filter(|known| known.id == step.id) {
        known.clone_from(step);
    }
}
