//! The briefing of a handoff: what happened, beside the assessment.

use tierup_common::assessment::{Assessment, AssessmentStatus, Evidence, Step};
use tierup_common::handoff::{HandoffStatus, QueueItem, Snapshot};
use tierup_common::id::UserId;
use tierup_common::session::Message;
use tierup_common::time::Timestamp;

use crate::state::request::Request;
use crate::state::story::Story;
use crate::state::wrap_cache::WrapCache;

/// The briefing of one handoff.
#[derive(Clone, PartialEq, Debug)]
pub struct Briefing {
    /// The handoff.
    pub item: QueueItem,
    /// Whether the handoff waited when it was opened.
    pub was_open: bool,
    /// What was handed over, once it is fetched.
    pub snapshot: Option<Snapshot>,
    /// The fetch of the snapshot.
    pub fetch: Request,
    /// The text of an assessment that is being written.
    pub partial_assessment: Option<String>,
    /// The pane that the keys scroll.
    pub pane: Pane,
    /// When the last part of the assessment arrived, or the assessment was requested.
    pub last_progress_at: Timestamp,
    /// The index of the evidence that is shown.
    pub evidence_index: Option<usize>,
    /// The scroll position of the history.
    pub history_anchor: ScrollAnchor,
    /// Messages broken into rows.
    pub wrap_cache: WrapCache,
    /// The first visible row of the assessment.
    pub assessment_scroll: usize,
    /// What happened after the snapshot was taken, if the briefing is a screen of its own.
    pub news: BriefingNews,
}

/// What happened in the session of a briefing after its snapshot was taken.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct BriefingNews {
    /// The newest messages, in order; some may be in the snapshot too.
    pub messages: Vec<Message>,
    /// Whether they were fetched: then the briefing has all messages.
    pub is_fetched: bool,
    /// The events between them.
    pub story: Story,
}

impl BriefingNews {
    /// Adds a message by its `seq`, once.
    pub fn insert_message(&mut self, message: Message) {
        let place = self.messages.partition_point(|known| known.seq < message.seq);
        if self.messages.get(place).is_none_or(|known| known.seq != message.seq) {
            self.messages.insert(place, message);
        }
    }
}

/// A scroll position.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ScrollAnchor {
    /// This row is the first one.
    Row(usize),
    /// The message with this `seq` is visible.
    Message(u32),
}

/// The panes of a briefing.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Pane {
    /// The messages and notes.
    History,
    /// The assessment.
    #[default]
    Assessment,
}

impl Briefing {
    /// The briefing of a handoff, with as much of it as is known.
    pub fn new(
        item: QueueItem,
        snapshot: Option<Snapshot>,
        partial_assessment: Option<String>,
        now: Timestamp,
    ) -> Self {
        Self {
            was_open: item.status == HandoffStatus::Open,
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
            news: BriefingNews::default(),
        }
    }

    /// The assessment, if there is one.
    pub fn assessment(&self) -> Option<&Assessment> {
        self.item.ai_assessment_data.as_deref()
    }

    /// Who else claimed the handoff while the user was reading it, and when.
    pub fn claim_while_reading(&self, me: Option<UserId>) -> Option<(&str, Timestamp)> {
        let item = &self.item;
        if !self.was_open || item.status != HandoffStatus::Claimed || item.claimed_by == me {
            return None;
        }
        Some((item.claimed_by_name.as_deref()?, item.claimed_at?))
    }

    /// The evidence that is shown.
    pub fn marked_evidence(&self) -> Option<&Evidence> {
        self.assessment()?.evidence.get(self.evidence_index?)
    }

    /// Moves to the next or previous evidence, around the ends. Returns the `seq` of its message.
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
