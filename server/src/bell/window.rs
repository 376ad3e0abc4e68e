//! The newest events of an account as frames, serialised once and shared by all its streams.

use std::borrow::Cow;
use std::collections::VecDeque;

use bytes::Bytes;
use tierup_common::id::{Seq, UserId};

use crate::store::{Logged, Narrow};

/// Events kept at hand, at most.
const EVENTS: usize = 1024;
/// Bytes kept at hand, at most, but for the newest event.
const BYTES: usize = 4 * 1024 * 1024;

/// A gapless run of the newest events.
#[derive(Default)]
pub(super) struct Window {
    frames: VecDeque<Framed>,
    bytes: usize,
}

/// An event as a frame, and what says for whom it is.
pub(super) struct Framed {
    /// The event, but for its text, which the frame has.
    pub(super) event: Logged,
    pub(super) frame: Bytes,
}

impl Framed {
    pub(super) fn new(mut event: Logged) -> Self {
        let frame = frame(&event);
        (event.name, event.body) = (Cow::default(), String::new());
        Self { event, frame }
    }
}

/// What a window has for a reader.
pub(super) enum Looked {
    /// The next events are older than the window: read them from the log.
    Older,
    /// What there is for this reader; everything up to here has been looked at.
    Here(Seq),
}

impl Window {
    pub(super) fn push(&mut self, event: Logged) {
        let follows = self.frames.back().is_none_or(|last| event.seq == last.event.seq.next());
        if !follows {
            // A gap would be served as if it were none; the log has everything.
            self.frames.clear();
            self.bytes = 0;
        }
        let framed = Framed::new(event);
        self.bytes += framed.frame.len();
        self.frames.push_back(framed);
        while self.frames.len() > EVENTS || (self.bytes > BYTES && self.frames.len() > 1) {
            if let Some(oldest) = self.frames.pop_front() {
                self.bytes -= oldest.frame.len();
            }
        }
    }

    /// The oldest event at hand.
    pub(super) fn oldest(&self) -> Option<Seq> {
        self.frames.front().map(|first| first.event.seq)
    }

    /// Hands the frames after a place to `take`, as far as this user's stream carries them.
    pub(super) fn after(
        &self,
        after: Seq,
        newest: Seq,
        user: UserId,
        narrow: Narrow,
        mut take: impl FnMut(Bytes),
    ) -> Looked {
        if after >= newest {
            return Looked::Here(after);
        }
        let Some(first) = self.frames.front() else { return Looked::Older };
        let first = first.event.seq;
        if first > after.next() {
            return Looked::Older;
        }
        let skip = usize::try_from(after.next().0 - first.0).unwrap_or(usize::MAX);
        let mut up_to = after;
        for framed in self.frames.iter().skip(skip) {
            up_to = framed.event.seq;
            if framed.event.is_for(user, narrow) {
                take(framed.frame.clone());
            }
        }
        Looked::Here(up_to)
    }
}

/// An event as server-sent events want it. Its JSON has no line breaks and its name is one of ours.
fn frame(event: &Logged) -> Bytes {
    Bytes::from(format!("id: {}\nevent: {}\ndata: {}\n\n", event.seq, event.name, event.body))
}
