//! The broadcast of frames that were serialised before: each stream is a body of its own with a line of frames and
//! one waker.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use bytes::Bytes;
use http_body::{Body, Frame};
use parking_lot::Mutex;
use slab::Slab;

/// Every open stream.
#[derive(Default)]
pub struct Broadcaster {
    streams: Mutex<Slab<Arc<Mutex<StreamQueue>>>>,
}

#[derive(Default)]
struct StreamQueue {
    frames: VecDeque<Bytes>,
    waker: Option<Waker>,
}

impl Broadcaster {
    /// Opens a stream.
    pub fn subscribe(self: &Arc<Self>) -> BroadcastBody {
        let line: Arc<Mutex<StreamQueue>> = Arc::default();
        line.lock().frames.push_back(Bytes::from_static(b"event: hello\ndata: {\"seq\":0}\n\n"));
        let key = self.streams.lock().insert(Arc::clone(&line));
        BroadcastBody { broadcaster: Arc::clone(self), key, queue: line }
    }

    /// Sends frames to every stream.
    pub fn publish(&self, frames: &[Bytes]) {
        for (_, line) in self.streams.lock().iter() {
            let mut line = line.lock();
            line.frames.extend(frames.iter().cloned());
            let waker = line.waker.take();
            drop(line);
            if let Some(waker) = waker {
                waker.wake();
            }
        }
    }
}

/// The body of an open stream.
pub struct BroadcastBody {
    broadcaster: Arc<Broadcaster>,
    key: usize,
    queue: Arc<Mutex<StreamQueue>>,
}

impl Body for BroadcastBody {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let mut line = self.queue.lock();
        if let Some(frame) = line.frames.pop_front() {
            return Poll::Ready(Some(Ok(Frame::data(frame))));
        }
        line.waker = Some(context.waker().clone());
        Poll::Pending
    }
}

impl Drop for BroadcastBody {
    fn drop(&mut self) {
        self.broadcaster.streams.lock().remove(self.key);
    }
}
