//! Reads and discards the rest of a body that was not needed for the response: a bad token, a wrong path, too large.
//!
//! Closing the connection while the client still sends would reset it, and the client would lose the response.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use http_body_util::BodyExt;
use hyper::body::Incoming;
use parking_lot::Mutex;

use crate::serve::limits::{DRAIN_TIMEOUT, MAX_DRAINED_BYTES};

/// Gets a body back when it was not read to its end.
#[derive(Clone, Default)]
pub(super) struct UnreadBody(Arc<Mutex<Option<Incoming>>>);

impl UnreadBody {
    /// Wraps a body. A client that waits for `100 Continue` sends nothing until the body is polled.
    pub(super) fn track(&self, body: Incoming, awaits_continue: bool) -> TrackedBody {
        TrackedBody { body: Some(body), awaits_continue, unread: self.clone() }
    }

    /// Reads and discards the rest of the body, within the limits.
    pub(super) async fn drain(&self) {
        let unread = self.0.lock().take();
        let Some(mut unread) = unread.filter(|body| body.size_hint().lower() <= MAX_DRAINED_BYTES) else {
            return;
        };
        let drain = async {
            let mut bytes = 0;
            while let Some(Ok(frame)) = unread.frame().await {
                bytes += frame.data_ref().map_or(0, Bytes::len) as u64;
                if bytes > MAX_DRAINED_BYTES {
                    return;
                }
            }
        };
        // Give up on a slower client.
        let _ = tokio::time::timeout(DRAIN_TIMEOUT, drain).await;
    }
}

/// A body that returns itself when it is dropped unread.
pub(super) struct TrackedBody {
    body: Option<Incoming>,
    awaits_continue: bool,
    unread: UnreadBody,
}

impl Body for TrackedBody {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        self.awaits_continue = false;
        match &mut self.body {
            Some(body) => Pin::new(body).poll_frame(context),
            None => Poll::Ready(None),
        }
    }

    fn is_end_stream(&self) -> bool {
        self.body.as_ref().is_none_or(Body::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        self.body.as_ref().map_or_else(SizeHint::default, Body::size_hint)
    }
}

impl Drop for TrackedBody {
    fn drop(&mut self) {
        let unread = self.body.take().filter(|body| !self.awaits_continue && !body.is_end_stream());
        if unread.is_some() {
            *self.unread.0.lock() = unread;
        }
    }
}
