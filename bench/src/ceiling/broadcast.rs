//! Broadcasts frames that are serialized once: each stream has a queue of frames and a waker.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use bytes::Bytes;
use http_body::{Body, Frame};
use parking_lot::Mutex;
use slab::Slab;

/// All open streams.
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
        let queue: Arc<Mutex<StreamQueue>> = Arc::default();
        queue.lock().frames.push_back(Bytes::from_static(b"event: hello\ndata: {\"seq\":0}\n\n"));
        let key = self.streams.lock().insert(Arc::clone(&queue));
        BroadcastBody { broadcaster: Arc::clone(self), key, queue }
    }

    /// Sends frames to all streams.
    pub fn publish(&self, frames: &[Bytes]) {
        for (_, queue) in self.streams.lock().iter() {
            let mut queue = queue.lock();
            queue.frames.extend(frames.iter().cloned());
            let waker = queue.waker.take();
            drop(queue);
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
        let mut queue = self.queue.lock();
        if let Some(frame) = queue.frames.pop_front() {
            return Poll::Ready(Some(Ok(Frame::data(frame))));
        }
        queue.waker = Some(context.waker().clone());
        Poll::Pending
    }
}

impl Drop for BroadcastBody {
    fn drop(&mut self) {
        self.broadcaster.streams.lock().remove(self.key);
    }
}
