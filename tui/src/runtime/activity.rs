//! What is under way in the console: requests without an answer, streams that have not caught up, files being written,
//! what happened and is not painted yet. Whoever drives a console waits here until it rests, instead of guessing from
//! the screen.

use std::sync::{Arc, Mutex, PoisonError};

use tierup_common::event::{Frame, Signal};
use tokio::sync::mpsc::{self, UnboundedReceiver, UnboundedSender};
use tokio::sync::watch;

use crate::event::{Connection, Event};

/// How much is under way. Clones count together.
#[derive(Clone, Debug, Default)]
pub struct Activity {
    count: Arc<watch::Sender<usize>>,
}

/// Something under way, until this goes.
#[derive(Debug)]
pub struct UnderWay {
    count: Arc<watch::Sender<usize>>,
}

impl Activity {
    /// Something begins.
    #[must_use]
    pub fn begin(&self) -> UnderWay {
        self.count.send_modify(|count| *count += 1);
        UnderWay { count: Arc::clone(&self.count) }
    }

    /// How many things are under way, now and from now on. While it is 0, only the user, the server or the clock can
    /// change the screen.
    pub fn watch(&self) -> watch::Receiver<usize> {
        self.count.subscribe()
    }
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        self.count.send_modify(|count| *count -= 1);
    }
}

/// What tasks tell the loop. It is under way until the loop has taken it.
#[derive(Clone, Debug)]
pub(super) struct News {
    line: UnboundedSender<(Event, UnderWay)>,
    activity: Activity,
}

impl News {
    /// A line to the loop, and its other end.
    pub(super) fn new(activity: Activity) -> (Self, UnboundedReceiver<(Event, UnderWay)>) {
        let (line, heard) = mpsc::unbounded_channel();
        (Self { line, activity }, heard)
    }

    /// Tells the loop; whether it still listens. It does not when the console is being left.
    pub(super) fn send(&self, event: Event) -> bool {
        self.line.send((event, self.activity.begin())).is_ok()
    }

    /// Something begins that will be told, or is done without a word.
    pub(super) fn begin(&self) -> UnderWay {
        self.activity.begin()
    }
}

/// How far a stream is: it is under way until it has caught up, and again from the next try to connect on. While it
/// pauses between tries, nothing is.
pub(super) struct CatchingUp {
    activity: Activity,
    state: Mutex<Place>,
}

struct Place {
    /// There while it has not caught up.
    under_way: Option<UnderWay>,
    /// Whether it resumes from somewhere: then its greeting is not the end of what it missed.
    resumes: bool,
}

impl CatchingUp {
    /// A stream that is about to be opened, to resume from somewhere or to begin now.
    pub(super) fn new(news: &News, resumes: bool) -> Self {
        let activity = news.activity.clone();
        let state = Mutex::new(Place { under_way: Some(activity.begin()), resumes });
        Self { activity, state }
    }

    /// Hears what came; call it when it was told, so that nothing seems at rest in between.
    pub(super) fn hears(&self, is: Heard) {
        let mut place = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        match is {
            Heard::Connecting => _ = place.under_way.get_or_insert_with(|| self.activity.begin()),
            Heard::Greeting => {
                if !std::mem::replace(&mut place.resumes, true) {
                    place.under_way = None;
                }
            }
            Heard::End => place.under_way = None,
            Heard::Else => {}
        }
    }
}

/// What becomes of a stream, as far as it matters here.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Heard {
    /// It is being opened.
    Connecting,
    /// It says hello.
    Greeting,
    /// It has caught up, or nobody tries any more for now.
    End,
    /// It carries something.
    Else,
}

impl From<&Frame> for Heard {
    fn from(frame: &Frame) -> Self {
        match frame {
            Frame::Signal(Signal::Hello { .. }) => Self::Greeting,
            Frame::Signal(Signal::CaughtUp { .. } | Signal::Reset { .. }) => Self::End,
            Frame::Signal(
                Signal::HandoffAssessmentDelta { .. } | Signal::MessageDelta { .. } | Signal::Presence { .. },
            )
            | Frame::Event(_)
            | Frame::Unknown { .. } => Self::Else,
        }
    }
}

impl From<&Connection> for Heard {
    fn from(connection: &Connection) -> Self {
        match connection {
            Connection::Connecting => Self::Connecting,
            // Held back, it may never catch up: what it would tell is asked for meanwhile.
            Connection::Late { .. }
            | Connection::Lost { .. }
            | Connection::LoggedOut(_)
            | Connection::Refused(_) => Self::End,
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
        let (news, mut heard) = News::new(activity.clone());
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
        let (news, _heard) = News::new(activity);
        let stream = CatchingUp::new(&news, false);
        let mut after = Vec::new();
        for is in [
            Heard::Connecting,
            Heard::Greeting,
            Heard::Else,
            Heard::End,
            Heard::Connecting,
            Heard::Greeting,
            Heard::Else,
            Heard::End,
        ] {
            stream.hears(is);
            after.push(*watch.borrow());
        }
        assert_eq!(after, [1, 0, 0, 0, 1, 1, 1, 0], "the second time it resumes");
    }
}
