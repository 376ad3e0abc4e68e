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
    subscribers: Mutex<Subscribers>,
}

#[derive(Default)]
struct Subscribers {
    queues: Slab<Arc<Mutex<StreamQueue>>>,
    /// The number of frames published so far, which is the number of the newest event.
    newest_seq: usize,
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
        let mut subscribers = self.subscribers.lock();
        let hello = format!("event: hello\ndata: {{\"seq\":{}}}\n\n", subscribers.newest_seq);
        queue.lock().frames.push_back(Bytes::from(hello));
        let key = subscribers.queues.insert(Arc::clone(&queue));
        drop(subscribers);
        BroadcastBody { broadcaster: Arc::clone(self), key, queue }
    }

    /// Sends the frames of the next events to all streams.
    pub fn publish(&self, frames: &[Bytes]) {
        let mut subscribers = self.subscribers.lock();
        subscribers.newest_seq += frames.len();
        for (_, queue) in &subscribers.queues {
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
        self.broadcaster.subscribers.lock().queues.remove(self.key);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hello_of_a_stream_names_the_newest_event() {
        let broadcaster = Arc::new(Broadcaster::default());
        broadcaster.publish(&["id: 1\n\n".into(), "id: 2\n\n".into()]);
        let stream = broadcaster.subscribe();
        broadcaster.publish(&["id: 3\n\n".into()]);
        let expected = ["event: hello\ndata: {\"seq\":2}\n\n", "id: 3\n\n"];
        assert_eq!(Vec::from(stream.queue.lock().frames.clone()), expected);
    }
}
