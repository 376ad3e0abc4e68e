//! The newest events of an account as frames, serialized once and shared by all its streams.

use std::collections::VecDeque;

use bytes::Bytes;
use tierup_common::id::{Seq, UserId};

use crate::events::frame::encode_event;
use crate::store::{LogEntry, StreamFilter, Visibility};

/// The most events kept.
const MAX_EVENTS: usize = 1024;
/// The most bytes kept, not counting the newest event.
const MAX_BYTES: usize = 4 * 1024 * 1024;

/// The newest events, without gaps.
#[derive(Default)]
pub(super) struct RecentEvents {
    frames: VecDeque<EventFrame>,
    bytes: usize,
}

/// An event's frame, and its metadata, which decides who sees it.
pub(super) struct EventFrame {
    pub(super) seq: Seq,
    pub(super) visibility: Visibility,
    pub(super) frame: Bytes,
}

impl EventFrame {
    pub(super) fn new(entry: &LogEntry) -> Self {
        Self { seq: entry.seq, visibility: entry.visibility.clone(), frame: encode_event(entry) }
    }
}

/// The result of [`RecentEvents::emit_after`].
pub(super) enum RecentLookup {
    /// The next event is no longer kept: read it from the log.
    TooOld,
    /// Everything visible up to here was emitted.
    CaughtUpTo(Seq),
}

impl RecentEvents {
    pub(super) fn push(&mut self, entry: &LogEntry) {
        let follows = self.frames.back().is_none_or(|last| entry.seq == last.seq.next());
        if !follows {
            // A gap would go unnoticed: start over, and let streams read the log.
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

    /// The oldest event kept.
    pub(super) fn oldest_seq(&self) -> Option<Seq> {
        self.frames.front().map(|first| first.seq)
    }

    /// Emits the frames after a cursor that this user's stream with this filter includes.
    pub(super) fn emit_after(
        &self,
        after: Seq,
        newest_seq: Seq,
        user: UserId,
        filter: StreamFilter,
        mut emit: impl FnMut(Bytes),
    ) -> RecentLookup {
        if after >= newest_seq {
            return RecentLookup::CaughtUpTo(after);
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
        RecentLookup::CaughtUpTo(up_to)
    }
}
