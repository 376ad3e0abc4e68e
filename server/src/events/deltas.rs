//! Texts that are still being written. Streams send the part that they have not sent yet.
//!
//! The event that completes a text contains all of it. A stream that is before that event sends the rest of the text
//! first; one that is past it sends nothing.

use std::collections::{HashMap, VecDeque};

use tierup_common::event::{Kind, Signal};
use tierup_common::id::{HandoffId, MessageId, Seq, SessionId};

use crate::store::{AppendedEvent, StreamFilter};

/// Identifies a text that is being written.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum DeltaTarget {
    /// The assessment of a handoff.
    Assessment(HandoffId),
    /// A reply of the assistant.
    Message(SessionId, MessageId),
}

impl DeltaTarget {
    /// The filter of the streams that show it.
    pub(super) const fn filter(self) -> StreamFilter {
        match self {
            Self::Assessment(handoff) => StreamFilter::Handoff(handoff),
            Self::Message(session, _) => StreamFilter::Session(session),
        }
    }

    /// What an event ends, if it ends a text.
    fn completed_by(event: &AppendedEvent) -> Option<Self> {
        let visibility = &event.entry.visibility;
        match event.entry.kind {
            Kind::HandoffAssessmentReady | Kind::HandoffAssessmentFailed => {
                visibility.handoff.map(Self::Assessment)
            }
            Kind::MessageAdded => event.message.map(|message| Self::Message(visibility.session, message)),
            Kind::HandoffCreated
            | Kind::HandoffChanged
            | Kind::HandoffClaimed
            | Kind::HandoffReleased
            | Kind::HandoffAssigned
            | Kind::HandoffSentBack
            | Kind::HandoffWithdrawn
            | Kind::HandoffStepUpdated
            | Kind::HandoffReminder
            | Kind::HandoffResolved
            | Kind::SessionCreated
            | Kind::SessionUpdated
            | Kind::SessionResolved => None,
        }
    }

    fn delta_signal(self, offset: usize, text: String) -> Signal {
        match self {
            Self::Assessment(handoff_id) => Signal::HandoffAssessmentDelta { handoff_id, offset, text },
            Self::Message(session_id, message_id) => {
                Signal::MessageDelta { session_id, message_id, offset, text }
            }
        }
    }
}

/// The texts of an account that are being written, or were completed by a recent event.
#[derive(Default)]
pub(super) struct PartialTexts {
    by_filter: HashMap<StreamFilter, Vec<PartialText>>,
    /// Completed texts with the completing event, in order.
    completed: VecDeque<(Seq, DeltaTarget)>,
    last_generation: u64,
}

struct PartialText {
    key: DeltaTarget,
    /// Unique per start of a text: a restarted text is sent again.
    generation: u64,
    content: String,
    /// The event that completed it.
    completed_at: Option<Seq>,
}

/// How much of each text a stream has sent, by generation.
#[derive(Default)]
pub(super) struct SentOffsets(Vec<(u64, usize)>);

impl PartialTexts {
    pub(super) fn start(&mut self, key: DeltaTarget) -> u64 {
        self.last_generation += 1;
        let texts = self.by_filter.entry(key.filter()).or_default();
        texts.retain(|text| text.key != key);
        texts.push(PartialText {
            key,
            generation: self.last_generation,
            content: String::new(),
            completed_at: None,
        });
        self.last_generation
    }

    pub(super) fn append(&mut self, key: DeltaTarget, generation: u64, addition: &str) {
        let texts = self.by_filter.get_mut(&key.filter()).into_iter().flatten();
        for text in texts.filter(|text| text.generation == generation) {
            text.content.push_str(addition);
        }
    }

    pub(super) fn discard(&mut self, key: DeltaTarget, generation: u64) {
        self.remove_matching(key, |text| text.generation == generation && text.completed_at.is_none());
    }

    /// Marks the text that an event completes.
    pub(super) fn mark_completed(&mut self, event: &AppendedEvent) {
        let Some(key) = DeltaTarget::completed_by(event) else { return };
        let texts = self.by_filter.get_mut(&key.filter()).into_iter().flatten();
        for text in texts.filter(|text| text.key == key) {
            text.completed_at = Some(event.entry.seq);
            self.completed.push_back((event.entry.seq, key));
        }
    }

    /// Drops the texts that were completed by events before this one.
    pub(super) fn prune_before(&mut self, oldest: Seq) {
        while let Some((_, key)) = self.completed.pop_front_if(|(seq, _)| *seq < oldest) {
            self.remove_matching(key, |text| text.completed_at.is_some_and(|seq| seq < oldest));
        }
    }

    fn remove_matching(&mut self, key: DeltaTarget, matches: impl Fn(&PartialText) -> bool) {
        let filter = key.filter();
        let Some(texts) = self.by_filter.get_mut(&filter) else { return };
        texts.retain(|text| text.key != key || !matches(text));
        if texts.is_empty() {
            self.by_filter.remove(&filter);
        }
    }

    /// The unsent rest of texts that were completed after a cursor: goes out before the completing event.
    pub(super) fn final_deltas(
        &self,
        filter: StreamFilter,
        after: Seq,
        sent: &mut SentOffsets,
    ) -> Vec<Signal> {
        self.unsent_deltas(filter, sent, |text| text.completed_at.is_some_and(|seq| seq > after))
    }

    /// The unsent part of texts that are still being written.
    pub(super) fn live_deltas(&self, filter: StreamFilter, sent: &mut SentOffsets) -> Vec<Signal> {
        self.unsent_deltas(filter, sent, |text| text.completed_at.is_none())
    }

    fn unsent_deltas(
        &self,
        filter: StreamFilter,
        sent: &mut SentOffsets,
        matches: impl Fn(&PartialText) -> bool,
    ) -> Vec<Signal> {
        let Some(texts) = self.by_filter.get(&filter) else {
            sent.0.clear();
            return Vec::new();
        };
        sent.0.retain(|(generation, _)| texts.iter().any(|text| text.generation == *generation));
        let mut signals = Vec::new();
        for text in texts.iter().filter(|text| matches(text)) {
            let entry = sent.0.iter_mut().find(|(generation, _)| *generation == text.generation);
            let offset = entry.as_ref().map_or(0, |(_, offset)| *offset);
            if text.content.len() == offset {
                continue;
            }
            signals.push(text.key.delta_signal(offset, text.content[offset..].to_owned()));
            match entry {
                Some((_, offset)) => *offset = text.content.len(),
                None => sent.0.push((text.generation, text.content.len())),
            }
        }
        signals
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tierup_common::id::AccountId;

    use super::*;
    use crate::domain::tests::at;
    use crate::store::{LogEntry, Visibility};

    fn offsets_and_texts(signals: &[Signal]) -> Vec<(usize, &str)> {
        signals
            .iter()
            .map(|signal| match signal {
                Signal::HandoffAssessmentDelta { offset, text, .. }
                | Signal::MessageDelta { offset, text, .. } => (*offset, text.as_str()),
                Signal::Hello { .. }
                | Signal::Reset { .. }
                | Signal::CaughtUp { .. }
                | Signal::Presence { .. } => {
                    panic!("{signal:?} is no delta")
                }
            })
            .collect()
    }

    fn assessment() -> (HandoffId, DeltaTarget, StreamFilter) {
        let handoff = HandoffId::new(at(0));
        (handoff, DeltaTarget::Assessment(handoff), StreamFilter::Handoff(handoff))
    }

    fn event(kind: Kind, seq: u64, handoff: HandoffId) -> AppendedEvent {
        let visibility = Visibility {
            session: SessionId::from_bytes([2; 16]),
            handoff: Some(handoff),
            recipient: None,
            audience: kind.audience(),
            concerned: None,
        };
        AppendedEvent {
            account: AccountId::from_bytes([1; 16]),
            entry: LogEntry { seq: Seq(seq), kind, visibility, json: String::new() },
            message: None,
            handoff_age: Duration::ZERO,
            is_overdue: None,
        }
    }

    #[test]
    fn a_late_stream_gets_the_whole_text_so_far_and_then_new_deltas() {
        let (_, what, filter) = assessment();
        let mut all = PartialTexts::default();
        let first = all.start(what);
        all.append(what, first, "The certificate ");
        all.append(what, first, "has ");
        let mut sent = SentOffsets::default();
        assert_eq!(offsets_and_texts(&all.live_deltas(filter, &mut sent)), [(0, "The certificate has ")]);
        assert!(all.live_deltas(filter, &mut sent).is_empty());
        all.append(what, first, "expired.");
        assert_eq!(offsets_and_texts(&all.live_deltas(filter, &mut sent)), [(20, "expired.")]);
    }

    #[test]
    fn a_restarted_text_is_sent_from_its_beginning() {
        let (_, what, filter) = assessment();
        let mut all = PartialTexts::default();
        let mut sent = SentOffsets::default();
        let first = all.start(what);
        all.append(what, first, "First try");
        let _ = all.live_deltas(filter, &mut sent);
        let second = all.start(what);
        all.append(what, first, "from one who was too late");
        all.discard(what, first);
        all.append(what, second, "Second");
        assert_eq!(offsets_and_texts(&all.live_deltas(filter, &mut sent)), [(0, "Second")]);
    }

    #[test]
    fn a_stream_carries_only_the_text_that_matches_its_filter() {
        let ((_, one, _), (other, ..)) = (assessment(), assessment());
        let mut all = PartialTexts::default();
        let first = all.start(one);
        all.append(one, first, "text");
        for filter in
            [StreamFilter::Team, StreamFilter::Handoff(other), StreamFilter::Session(SessionId::new(at(0)))]
        {
            assert!(all.live_deltas(filter, &mut SentOffsets::default()).is_empty(), "{filter:?}");
        }
    }

    #[test]
    fn final_deltas_go_only_to_streams_before_the_completing_event() {
        let (handoff, what, filter) = assessment();
        let mut all = PartialTexts::default();
        let first = all.start(what);
        all.append(what, first, "All at once");
        all.mark_completed(&event(Kind::HandoffClaimed, 6, handoff));
        all.mark_completed(&event(Kind::HandoffAssessmentReady, 7, handoff));
        all.discard(what, first);
        let mut sent = SentOffsets::default();
        assert_eq!(offsets_and_texts(&all.final_deltas(filter, Seq(6), &mut sent)), [(0, "All at once")]);
        assert!(all.final_deltas(filter, Seq(6), &mut sent).is_empty(), "once");
        assert!(all.final_deltas(filter, Seq(7), &mut SentOffsets::default()).is_empty());
        assert!(all.live_deltas(filter, &mut SentOffsets::default()).is_empty());
        all.prune_before(Seq(7));
        assert!(!all.by_filter.is_empty());
        all.prune_before(Seq(8));
        assert!(all.by_filter.is_empty() && all.completed.is_empty());
    }

    #[test]
    fn a_discarded_text_without_a_completing_event_is_removed() {
        let (_, what, filter) = assessment();
        let mut all = PartialTexts::default();
        let first = all.start(what);
        all.append(what, first, "half a sen");
        all.discard(what, first);
        assert!(all.live_deltas(filter, &mut SentOffsets::default()).is_empty() && all.by_filter.is_empty());
    }
}
