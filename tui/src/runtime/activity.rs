//! Counts what is under way: requests, streams that have not caught up, file jobs, and events that are not drawn yet.
//! A test waits here until nothing is under way, instead of guessing from the screen.

use std::sync::Arc;

use parking_lot::Mutex;
use tierup_common::event::{Signal, StreamFrame};
use tokio::sync::mpsc::{self, UnboundedReceiver, UnboundedSender};
use tokio::sync::watch;

use crate::event::{ConnectionEvent, Event};

/// The number of pending operations. Clones share it.
#[derive(Clone, Debug, Default)]
pub struct Activity {
    count: Arc<watch::Sender<usize>>,
}

/// A pending operation, until this is dropped.
#[derive(Debug)]
pub struct ActivityGuard {
    count: Arc<watch::Sender<usize>>,
}

impl Activity {
    /// Counts something that begins.
    #[must_use]
    pub fn begin(&self) -> ActivityGuard {
        self.count.send_modify(|count| *count += 1);
        ActivityGuard { count: Arc::clone(&self.count) }
    }

    /// The count, and its changes. While it is 0, only the user, the server or the clock can change the screen.
    pub fn watch(&self) -> watch::Receiver<usize> {
        self.count.subscribe()
    }
}

impl Drop for ActivityGuard {
    fn drop(&mut self) {
        self.count.send_modify(|count| *count -= 1);
    }
}

/// Sends events of tasks to the event loop. An event is under way until the loop has applied it.
#[derive(Clone, Debug)]
pub(super) struct EventSender {
    sender: UnboundedSender<(Event, ActivityGuard)>,
    activity: Activity,
}

impl EventSender {
    /// A channel to the event loop.
    pub(super) fn new(activity: Activity) -> (Self, UnboundedReceiver<(Event, ActivityGuard)>) {
        let (sender, receiver) = mpsc::unbounded_channel();
        (Self { sender, activity }, receiver)
    }

    /// Sends an event; `false` when the console is closing.
    pub(super) fn send(&self, event: Event) -> bool {
        self.sender.send((event, self.activity.begin())).is_ok()
    }

    /// Counts something that begins.
    pub(super) fn begin(&self) -> ActivityGuard {
        self.activity.begin()
    }
}

/// Whether a stream has caught up. It is under way until then, and again from the next attempt to connect; the delay
/// between attempts does not count.
pub(super) struct CatchUpTracker {
    events: EventSender,
    state: Mutex<CatchUpState>,
}

struct CatchUpState {
    /// Held until it has caught up.
    guard: Option<ActivityGuard>,
    /// Whether it resumes after an event: then what it missed follows its hello.
    resumes: bool,
}

impl CatchUpTracker {
    /// A stream that is about to be opened.
    pub(super) fn new(events: EventSender, resumes: bool) -> Self {
        let state = Mutex::new(CatchUpState { guard: Some(events.begin()), resumes });
        Self { events, state }
    }

    /// Sends an event of the stream; `false` when the console is closing. What the event says about catching up counts
    /// afterwards, so that the count does not drop to 0 in between.
    pub(super) fn send(&self, progress: StreamProgress, event: Event) -> bool {
        let continues = self.events.send(event);
        self.observe(progress);
        continues
    }

    /// Observes what is not sent as an event.
    pub(super) fn observe(&self, progress: StreamProgress) {
        let mut state = self.state.lock();
        match progress {
            StreamProgress::Connecting => _ = state.guard.get_or_insert_with(|| self.events.begin()),
            StreamProgress::Hello => {
                if !std::mem::replace(&mut state.resumes, true) {
                    state.guard = None;
                }
            }
            StreamProgress::CaughtUp => state.guard = None,
            StreamProgress::Other => {}
        }
    }
}

/// What a frame or a change of the connection says about catching up.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum StreamProgress {
    Connecting,
    Hello,
    /// It has caught up, or there is no attempt for now.
    CaughtUp,
    Other,
}

impl From<&StreamFrame> for StreamProgress {
    fn from(frame: &StreamFrame) -> Self {
        match frame {
            StreamFrame::Signal(Signal::Hello { .. }) => Self::Hello,
            StreamFrame::Signal(Signal::CaughtUp { .. } | Signal::Reset { .. }) => Self::CaughtUp,
            StreamFrame::Signal(
                Signal::HandoffAssessmentDelta { .. } | Signal::MessageDelta { .. } | Signal::Presence { .. },
            )
            | StreamFrame::Event(_)
            | StreamFrame::Unknown { .. } => Self::Other,
        }
    }
}

impl From<&ConnectionEvent> for StreamProgress {
    fn from(connection: &ConnectionEvent) -> Self {
        match connection {
            ConnectionEvent::Connecting => Self::Connecting,
            // A stalled stream may never catch up: the console polls meanwhile.
            ConnectionEvent::EventsStalled { .. }
            | ConnectionEvent::Lost { .. }
            | ConnectionEvent::LoggedOut(_)
            | ConnectionEvent::Refused(_) => Self::CaughtUp,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_and_events_count_as_activity_until_they_are_dropped() {
        let activity = Activity::default();
        let watch = activity.watch();
        let (sender, mut receiver) = EventSender::new(activity.clone());
        let request = sender.begin();
        assert!(sender.send(Event::Focus(true)));
        drop(request);
        assert_eq!(*watch.borrow(), 1, "the event is queued");
        let event = receiver.try_recv().unwrap();
        assert_eq!(*watch.borrow(), 1, "it is received, but not applied");
        drop(event);
        assert_eq!(*watch.borrow(), 0);
    }

    #[test]
    fn a_stream_counts_as_activity_until_it_has_caught_up() {
        let activity = Activity::default();
        let watch = activity.watch();
        let (sender, _receiver) = EventSender::new(activity);
        let tracker = CatchUpTracker::new(sender, false);
        let mut counts = Vec::new();
        for progress in [
            StreamProgress::Connecting,
            StreamProgress::Hello,
            StreamProgress::Other,
            StreamProgress::CaughtUp,
            StreamProgress::Connecting,
            StreamProgress::Hello,
            StreamProgress::Other,
            StreamProgress::CaughtUp,
        ] {
            tracker.observe(progress);
            counts.push(*watch.borrow());
        }
        assert_eq!(counts, [1, 0, 0, 0, 1, 1, 1, 0], "the second time, it resumes");
    }
}
