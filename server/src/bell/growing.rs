//! Texts that are being written: a stream sends of them what it has not sent yet.
//!
//! The event that ends a text says all of it. Who has not come so far gets the rest of the text before that event; who
//! has come past it gets nothing of the text any more.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use tierup_common::event::Signal;
use tierup_common::id::{HandoffId, MessageId, Seq, SessionId};

use crate::bell::{Channel, State};
use crate::store::{Logged, Narrow};

/// Something that is being written.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Growing {
    /// The assessment of a handoff.
    Assessment(HandoffId),
    /// An answer of the assistant.
    Message(SessionId, MessageId),
}

impl Growing {
    /// The streams that carry it are narrowed so.
    const fn narrow(self) -> Narrow {
        match self {
            Self::Assessment(handoff) => Narrow::Handoff(handoff),
            Self::Message(session, _) => Narrow::Session(session),
        }
    }

    /// What an event ends, if it ends a text.
    fn ended_by(event: &Logged) -> Option<Self> {
        match (event.name.as_ref(), event.handoff, event.message) {
            ("handoff_assessment_ready" | "handoff_assessment_failed", Some(handoff), _) => {
                Some(Self::Assessment(handoff))
            }
            (_, _, Some(message)) => Some(Self::Message(event.session, message)),
            _ => None,
        }
    }

    fn delta(self, offset: usize, text: String) -> Signal {
        match self {
            Self::Assessment(handoff_id) => Signal::HandoffAssessmentDelta { handoff_id, offset, text },
            Self::Message(session_id, message_id) => {
                Signal::MessageDelta { session_id, message_id, offset, text }
            }
        }
    }
}

/// Somebody who writes a text. When they go, so does the text, unless an event has ended it.
pub struct Writing {
    channel: Arc<Channel>,
    what: Growing,
    beginning: u64,
}

impl Writing {
    pub(super) fn begin(channel: Arc<Channel>, what: Growing) -> Self {
        let beginning = channel.lock().growing.begin(what);
        Self { channel, what, beginning }
    }

    /// The text grew by this much.
    pub fn grow(&self, more: &str) {
        let grow = |state: &mut State| state.growing.grow(self.what, self.beginning, more);
        self.channel.change(self.what.narrow(), grow);
    }
}

impl Drop for Writing {
    fn drop(&mut self) {
        self.channel.lock().growing.leave(self.what, self.beginning);
    }
}

/// Every text of an account that is being written, or was ended by an event that is still at hand.
#[derive(Default)]
pub(super) struct GrowingTexts {
    texts: HashMap<Narrow, Vec<Text>>,
    /// What was ended, by which event, in order.
    ended: VecDeque<(Seq, Growing)>,
    beginnings: u64,
}

struct Text {
    what: Growing,
    /// Which beginning this is: a text that begins anew is sent anew.
    beginning: u64,
    so_far: String,
    /// The event that ends it, once there is one.
    end: Option<Seq>,
}

/// How much of each text a stream has sent.
#[derive(Default)]
pub(super) struct Sent(Vec<(u64, usize)>);

impl GrowingTexts {
    fn begin(&mut self, what: Growing) -> u64 {
        self.beginnings += 1;
        let texts = self.texts.entry(what.narrow()).or_default();
        texts.retain(|text| text.what != what);
        texts.push(Text { what, beginning: self.beginnings, so_far: String::new(), end: None });
        self.beginnings
    }

    fn grow(&mut self, what: Growing, beginning: u64, more: &str) {
        let texts = self.texts.get_mut(&what.narrow()).into_iter().flatten();
        for text in texts.filter(|text| text.beginning == beginning) {
            text.so_far.push_str(more);
        }
    }

    fn leave(&mut self, what: Growing, beginning: u64) {
        self.forget(what, |text| text.beginning == beginning && text.end.is_none());
    }

    /// Notes what an event ends.
    pub(super) fn end(&mut self, event: &Logged) {
        let Some(what) = Growing::ended_by(event) else { return };
        let texts = self.texts.get_mut(&what.narrow()).into_iter().flatten();
        for text in texts.filter(|text| text.what == what) {
            text.end = Some(event.seq);
            self.ended.push_back((event.seq, what));
        }
    }

    /// Forgets the texts that were ended by events older than this one.
    pub(super) fn forget_before(&mut self, oldest: Seq) {
        while let Some((_, what)) = self.ended.pop_front_if(|(seq, _)| *seq < oldest) {
            self.forget(what, |text| text.end.is_some_and(|end| end < oldest));
        }
    }

    fn forget(&mut self, what: Growing, which: impl Fn(&Text) -> bool) {
        let narrow = what.narrow();
        let Some(texts) = self.texts.get_mut(&narrow) else { return };
        texts.retain(|text| text.what != what || !which(text));
        if texts.is_empty() {
            self.texts.remove(&narrow);
        }
    }

    /// The rest of what has ended after a place: it is sent before the event that ends it.
    pub(super) fn last_words(&self, narrow: Narrow, after: Seq, sent: &mut Sent) -> Vec<Signal> {
        self.unsent(narrow, sent, |text| text.end.is_some_and(|end| end > after))
    }

    /// What a stream has not sent yet of what is still being written.
    pub(super) fn growing(&self, narrow: Narrow, sent: &mut Sent) -> Vec<Signal> {
        self.unsent(narrow, sent, |text| text.end.is_none())
    }

    fn unsent(&self, narrow: Narrow, sent: &mut Sent, which: impl Fn(&Text) -> bool) -> Vec<Signal> {
        let Some(texts) = self.texts.get(&narrow) else {
            sent.0.clear();
            return Vec::new();
        };
        sent.0.retain(|(beginning, _)| texts.iter().any(|text| text.beginning == *beginning));
        let mut signals = Vec::new();
        for text in texts.iter().filter(|text| which(text)) {
            let known = sent.0.iter_mut().find(|(known, _)| *known == text.beginning);
            let offset = known.as_ref().map_or(0, |(_, offset)| *offset);
            if text.so_far.len() == offset {
                continue;
            }
            signals.push(text.what.delta(offset, text.so_far[offset..].to_owned()));
            match known {
                Some((_, offset)) => *offset = text.so_far.len(),
                None => sent.0.push((text.beginning, text.so_far.len())),
            }
        }
        signals
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::tests::at;
    use tierup_common::event::Reach;
    use tierup_common::id::AccountId;

    fn texts(signals: &[Signal]) -> Vec<(usize, &str)> {
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

    fn assessment() -> (HandoffId, Growing, Narrow) {
        let handoff = HandoffId::new(at(0));
        (handoff, Growing::Assessment(handoff), Narrow::Handoff(handoff))
    }

    fn event(name: &'static str, seq: u64, handoff: HandoffId) -> Logged {
        Logged {
            account: AccountId::from_bytes([1; 16]),
            seq: Seq(seq),
            age: None,
            name: name.into(),
            session: SessionId::from_bytes([2; 16]),
            handoff: Some(handoff),
            message: None,
            only: None,
            reach: Reach::Team,
            body: String::new(),
        }
    }

    #[test]
    fn a_late_joiner_gets_all_so_far_and_then_what_comes() {
        let (_, what, narrow) = assessment();
        let mut all = GrowingTexts::default();
        let first = all.begin(what);
        all.grow(what, first, "The certificate ");
        all.grow(what, first, "has ");
        let mut sent = Sent::default();
        assert_eq!(texts(&all.growing(narrow, &mut sent)), [(0, "The certificate has ")]);
        assert!(all.growing(narrow, &mut sent).is_empty());
        all.grow(what, first, "expired.");
        assert_eq!(texts(&all.growing(narrow, &mut sent)), [(20, "expired.")]);
    }

    #[test]
    fn a_text_that_begins_anew_is_sent_anew() {
        let (_, what, narrow) = assessment();
        let mut all = GrowingTexts::default();
        let mut sent = Sent::default();
        let first = all.begin(what);
        all.grow(what, first, "First try");
        let _ = all.growing(narrow, &mut sent);
        let second = all.begin(what);
        all.grow(what, first, "from one who was too late");
        all.leave(what, first);
        all.grow(what, second, "Second");
        assert_eq!(texts(&all.growing(narrow, &mut sent)), [(0, "Second")]);
    }

    #[test]
    fn a_stream_carries_only_the_text_it_is_narrowed_to() {
        let ((_, one, _), (other, ..)) = (assessment(), assessment());
        let mut all = GrowingTexts::default();
        let first = all.begin(one);
        all.grow(one, first, "text");
        for narrow in [Narrow::Team, Narrow::Handoff(other), Narrow::Session(SessionId::new(at(0)))] {
            assert!(all.growing(narrow, &mut Sent::default()).is_empty(), "{narrow:?}");
        }
    }

    #[test]
    fn the_last_words_are_for_those_who_have_not_come_to_the_end() {
        let (handoff, what, narrow) = assessment();
        let mut all = GrowingTexts::default();
        let first = all.begin(what);
        all.grow(what, first, "All at once");
        all.end(&event("handoff_claimed", 6, handoff));
        all.end(&event("handoff_assessment_ready", 7, handoff));
        all.leave(what, first);
        let mut sent = Sent::default();
        assert_eq!(texts(&all.last_words(narrow, Seq(6), &mut sent)), [(0, "All at once")]);
        assert!(all.last_words(narrow, Seq(6), &mut sent).is_empty(), "once");
        assert!(all.last_words(narrow, Seq(7), &mut Sent::default()).is_empty());
        assert!(all.growing(narrow, &mut Sent::default()).is_empty());
        all.forget_before(Seq(7));
        assert!(!all.texts.is_empty());
        all.forget_before(Seq(8));
        assert!(all.texts.is_empty() && all.ended.is_empty());
    }

    #[test]
    fn a_text_that_no_event_ends_goes_with_its_writer() {
        let (_, what, narrow) = assessment();
        let mut all = GrowingTexts::default();
        let first = all.begin(what);
        all.grow(what, first, "half a sen");
        all.leave(what, first);
        assert!(all.growing(narrow, &mut Sent::default()).is_empty() && all.texts.is_empty());
    }
}
