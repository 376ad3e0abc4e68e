//! What is under way in the console: requests without an answer, streams that have not caught up, files being written,
//! what happened and is not painted yet. Whoever drives a console waits here until it rests, instead of guessing from
//! the screen.

use std::sync::{Arc, Mutex, PoisonError};

use tierup_common::event::{Signal, StreamFrame};
use tokio::sync::mpsc::{self, UnboundedReceiver, UnboundedSender};
use tokio::sync::watch;

use crate::event::{ConnectionEvent, Event};

/// How much is under way. Clones count together.
#[derive(Clone, Debug, Default)]
pub struct Activity {
    count: Arc<watch::Sender<usize>>,
}

/// Something under way, until this goes.
#[derive(Debug)]
pub struct ActivityGuard {
    count: Arc<watch::Sender<usize>>,
}

impl Activity {
    /// Something begins.
    #[must_use]
    pub fn begin(&self) -> ActivityGuard {
        self.count.send_modify(|count| *count += 1);
        ActivityGuard { count: Arc::clone(&self.count) }
    }

    /// How many things are under way, now and from now on. While it is 0, only the user, the server or the clock can
    /// change the screen.
    pub fn watch(&self) -> watch::Receiver<usize> {
        self.count.subscribe()
    }
}

impl Drop for ActivityGuard {
    fn drop(&mut self) {
        self.count.send_modify(|count| *count -= 1);
    }
}

/// What tasks tell the loop. It is under way until the loop has taken it.
#[derive(Clone, Debug)]
pub(super) struct EventSender {
    sender: UnboundedSender<(Event, ActivityGuard)>,
    activity: Activity,
}

impl EventSender {
    /// A line to the loop, and its other end.
    pub(super) fn new(activity: Activity) -> (Self, UnboundedReceiver<(Event, ActivityGuard)>) {
        let (line, heard) = mpsc::unbounded_channel();
        (Self { sender: line, activity }, heard)
    }

    /// Tells the loop; whether it still listens. It does not when the console is being left.
    pub(super) fn send(&self, event: Event) -> bool {
        self.sender.send((event, self.activity.begin())).is_ok()
    }

    /// Something begins that will be told, or is done without a word.
    pub(super) fn begin(&self) -> ActivityGuard {
        self.activity.begin()
    }
}

/// How far a stream is: it is under way until it has caught up, and again from the next try to connect on. While it
/// pauses between tries, nothing is.
pub(super) struct CatchUpTracker {
    activity: Activity,
    state: Mutex<CatchUpState>,
}

struct CatchUpState {
    /// There while it has not caught up.
    guard: Option<ActivityGuard>,
    /// Whether it resumes from somewhere: then its greeting is not the end of what it missed.
    resumes: bool,
}

impl CatchUpTracker {
    /// A stream that is about to be opened, to resume from somewhere or to begin now.
    pub(super) fn new(news: &EventSender, resumes: bool) -> Self {
        let activity = news.activity.clone();
        let state = Mutex::new(CatchUpState { guard: Some(activity.begin()), resumes });
        Self { activity, state }
    }

    /// Hears what came; call it when it was told, so that nothing seems at rest in between.
    pub(super) fn observe(&self, progress: StreamProgress) {
        let mut place = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        match progress {
            StreamProgress::Connecting => _ = place.guard.get_or_insert_with(|| self.activity.begin()),
            StreamProgress::Hello => {
                if !std::mem::replace(&mut place.resumes, true) {
                    place.guard = None;
                }
            }
            StreamProgress::Settled => place.guard = None,
            StreamProgress::Other => {}
        }
    }
}

/// What becomes of a stream, as far as it matters here.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum StreamProgress {
    /// It is being opened.
    Connecting,
    /// It says hello.
    Hello,
    /// It has caught up, or nobody tries any more for now.
    Settled,
    /// It carries something.
    Other,
}

impl From<&StreamFrame> for StreamProgress {
    fn from(frame: &StreamFrame) -> Self {
        match frame {
            StreamFrame::Signal(Signal::Hello { .. }) => Self::Hello,
            StreamFrame::Signal(Signal::CaughtUp { .. } | Signal::Reset { .. }) => Self::Settled,
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
            // Held back, it may never catch up: what it would tell is asked for meanwhile.
            ConnectionEvent::EventsStalled { .. }
            | ConnectionEvent::Lost { .. }
            | ConnectionEvent::LoggedOut(_)
            | ConnectionEvent::Refused(_) => Self::Settled,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_under_way_counts_until_it_goes_wherever_it_went() {
        let activity = Activity::default();
        let watch = activity.watch();
        let (news, mut heard) = EventSender::new(activity.clone());
        let asked = news.begin();
        assert!(news.send(Event::Focus(true)));
        drop(asked);
        assert_eq!(*watch.borrow(), 1, "the answer is on its way");
        let taken = heard.try_recv().unwrap();
        assert_eq!(*watch.borrow(), 1, "it is taken and not done with");
        drop(taken);
        assert_eq!(*watch.borrow(), 0);
    }

    #[test]
    fn a_stream_is_under_way_until_it_has_what_it_missed() {
        let activity = Activity::default();
        let watch = activity.watch();
        let (news, _heard) = EventSender::new(activity);
        let stream = CatchUpTracker::new(&news, false);
        let mut after = Vec::new();
        for is in [
            StreamProgress::Connecting,
            StreamProgress::Hello,
            StreamProgress::Other,
            StreamProgress::Settled,
            StreamProgress::Connecting,
            StreamProgress::Hello,
            StreamProgress::Other,
            StreamProgress::Settled,
        ] {
            stream.observe(is);
            after.push(*watch.borrow());
        }
        assert_eq!(after, [1, 0, 0, 0, 1, 1, 1, 0], "the second time it resumes");
    }
}
