//! Texts that are being written: a stream sends of them what it has not sent yet.

use std::collections::HashMap;

use tierup_common::event::Signal;
use tierup_common::id::{HandoffId, MessageId, SessionId};

use crate::store::Narrow;

/// Something that is being written.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Growing {
    /// The assessment of a handoff.
    Assessment(HandoffId),
    /// An answer of the assistant.
    Message(SessionId, MessageId),
}

impl Growing {
    pub(super) fn is_for(self, narrow: Narrow) -> bool {
        match (self, narrow) {
            (Self::Assessment(handoff), Narrow::Handoff(wanted)) => handoff == wanted,
            (Self::Message(session, _), Narrow::Session(wanted)) => session == wanted,
            (Self::Assessment(_), Narrow::Team | Narrow::Session(_))
            | (Self::Message(..), Narrow::Team | Narrow::Handoff(_)) => false,
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

/// Every text of an account that is being written.
#[derive(Default)]
pub(super) struct GrowingTexts {
    texts: HashMap<Growing, Text>,
    beginnings: u64,
}

struct Text {
    /// Which beginning this is: a text that begins anew is sent anew.
    beginning: u64,
    text: String,
}

/// How much of each text a stream has sent.
#[derive(Default)]
pub(super) struct Sent(Vec<(Growing, u64, usize)>);

impl GrowingTexts {
    pub(super) fn begin(&mut self, what: Growing) {
        self.beginnings += 1;
        self.texts.insert(what, Text { beginning: self.beginnings, text: String::new() });
    }

    pub(super) fn grow(&mut self, what: Growing, more: &str) {
        if let Some(text) = self.texts.get_mut(&what) {
            text.text.push_str(more);
        }
    }

    pub(super) fn settle(&mut self, what: Growing) {
        self.texts.remove(&what);
    }

    /// What a stream has not sent yet.
    pub(super) fn unsent(&self, narrow: Narrow, sent: &mut Sent) -> Vec<Signal> {
        if narrow == Narrow::Team {
            return Vec::new();
        }
        sent.0.retain(|(what, beginning, _)| {
            self.texts.get(what).is_some_and(|text| text.beginning == *beginning)
        });
        let mut signals = Vec::new();
        for (what, text) in self.texts.iter().filter(|(what, _)| what.is_for(narrow)) {
            let known = sent.0.iter_mut().find(|(known, ..)| known == what);
            let offset = known.as_ref().map_or(0, |(.., offset)| *offset);
            if text.text.len() == offset {
                continue;
            }
            signals.push(what.delta(offset, text.text[offset..].to_owned()));
            match known {
                Some((.., offset)) => *offset = text.text.len(),
                None => sent.0.push((*what, text.beginning, text.text.len())),
            }
        }
        signals
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::tests::at;

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

    #[test]
    fn a_late_joiner_gets_all_so_far_and_then_what_comes() {
        let handoff = HandoffId::new(at(0));
        let (what, narrow) = (Growing::Assessment(handoff), Narrow::Handoff(handoff));
        let mut all = GrowingTexts::default();
        all.begin(what);
        all.grow(what, "The certificate ");
        all.grow(what, "has ");
        let mut sent = Sent::default();
        assert_eq!(texts(&all.unsent(narrow, &mut sent)), [(0, "The certificate has ")]);
        assert!(all.unsent(narrow, &mut sent).is_empty());
        all.grow(what, "expired.");
        assert_eq!(texts(&all.unsent(narrow, &mut sent)), [(20, "expired.")]);
    }

    #[test]
    fn a_text_that_begins_anew_is_sent_anew() {
        let handoff = HandoffId::new(at(0));
        let (what, narrow) = (Growing::Assessment(handoff), Narrow::Handoff(handoff));
        let mut all = GrowingTexts::default();
        let mut sent = Sent::default();
        all.begin(what);
        all.grow(what, "First try");
        let _ = all.unsent(narrow, &mut sent);
        all.begin(what);
        all.grow(what, "Second");
        assert_eq!(texts(&all.unsent(narrow, &mut sent)), [(0, "Second")]);
    }

    #[test]
    fn a_stream_carries_only_the_text_it_is_narrowed_to() {
        let (one, other) = (HandoffId::new(at(0)), HandoffId::new(at(0)));
        let mut all = GrowingTexts::default();
        all.begin(Growing::Assessment(one));
        all.grow(Growing::Assessment(one), "text");
        for narrow in [Narrow::Team, Narrow::Handoff(other), Narrow::Session(SessionId::new(at(0)))] {
            assert!(all.unsent(narrow, &mut Sent::default()).is_empty(), "{narrow:?}");
        }
    }
}
