//! The newest events of an account as frames, serialised once and shared by all its streams.

use std::collections::VecDeque;

use bytes::Bytes;
use tierup_common::id::{Seq, UserId};

use crate::store::{LogEntry, StreamFilter, Visibility};

/// Events kept at hand, at most.
const MAX_EVENTS: usize = 1024;
/// Bytes kept at hand, at most, but for the newest event.
const MAX_BYTES: usize = 4 * 1024 * 1024;

/// A gapless run of the newest events.
#[derive(Default)]
pub(super) struct RecentEvents {
    frames: VecDeque<EventFrame>,
    bytes: usize,
}

/// An event as a frame, and what says for whom it is.
pub(super) struct EventFrame {
    pub(super) seq: Seq,
    pub(super) visibility: Visibility,
    pub(super) frame: Bytes,
}

impl EventFrame {
    pub(super) fn new(entry: &LogEntry) -> Self {
        Self { seq: entry.seq, visibility: entry.visibility, frame: encode_event(entry) }
    }
}

/// What a window has for a reader.
pub(super) enum RecentLookup {
    /// The next events are older than the window: read them from the log.
    TooOld,
    /// What there is for this reader; everything up to here has been looked at.
    ReadTo(Seq),
}

impl RecentEvents {
    pub(super) fn push(&mut self, entry: &LogEntry) {
        let follows = self.frames.back().is_none_or(|last| entry.seq == last.seq.next());
        if !follows {
            // A gap would be served as if it were none; the log has everything.
            self.frames.clear();
            self.bytes = 0;
        }
        let framed = EventFrame::new(entry);
        self.bytes += framed.frame.len();
        self.frames.push_back(framed);
        while self.frames.len() > MAX_EVENTS || (self.bytes > MAX_BYTES && self.frames.len() > 1) {
            if let Some(oldest) = self.frames.pop_front() {
                self.bytes -= oldest.frame.len();
            }
        }
    }

    /// The oldest event at hand.
    pub(super) fn oldest_seq(&self) -> Option<Seq> {
        self.frames.front().map(|first| first.seq)
    }

    /// Hands the frames after a place to `take`, as far as this user's stream carries them.
    pub(super) fn emit_after(
        &self,
        after: Seq,
        newest_seq: Seq,
        user: UserId,
        filter: StreamFilter,
        mut emit: impl FnMut(Bytes),
    ) -> RecentLookup {
        if after >= newest_seq {
            return RecentLookup::ReadTo(after);
        }
        let Some(first) = self.frames.front() else { return RecentLookup::TooOld };
        let first = first.seq;
        if first > after.next() {
            return RecentLookup::TooOld;
        }
        let skip = usize::try_from(after.next().0 - first.0).unwrap_or(usize::MAX);
        let mut up_to = after;
        for framed in self.frames.iter().skip(skip) {
            up_to = framed.seq;
            if framed.visibility.includes(user, filter) {
                emit(framed.frame.clone());
            }
        }
        RecentLookup::ReadTo(up_to)
    }
}

/// An event as server-sent events want it. Its JSON has no line breaks and its name is one of ours.
fn encode_event(entry: &LogEntry) -> Bytes {
    Bytes::from(format!("id: {}\nevent: {}\ndata: {}\n\n", entry.seq, entry.kind, entry.json))
}
