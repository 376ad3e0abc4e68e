//! What is left of a body when a request is answered before it is read: refused for its token, its size, its path.
//!
//! A client that is still sending must come to read the answer. Were the connection closed on what it sends, its
//! machine would throw the answer away.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use http_body_util::BodyExt;
use hyper::body::Incoming;
use parking_lot::Mutex;

use crate::serve::limits::{DRAIN_TIMEOUT, MAX_DRAINED_BYTES};

/// Where what is left of a body is handed back.
#[derive(Clone, Default)]
pub(super) struct UnreadBody(Arc<Mutex<Option<Incoming>>>);

impl UnreadBody {
    /// Lends a body out. A client that waits for a `100 Continue` sends nothing before somebody reads.
    pub(super) fn track(&self, body: Incoming, awaits_continue: bool) -> TrackedBody {
        TrackedBody { body: Some(body), awaits_continue, unread: self.clone() }
    }

    /// Takes in what was left, as far as it may be waited for.
    pub(super) async fn drain(&self) {
        let left = self.0.lock().take();
        let Some(mut left) = left.filter(|left| left.size_hint().lower() <= MAX_DRAINED_BYTES) else {
            return;
        };
        let drain = async {
            let mut taken = 0;
            while let Some(Ok(frame)) = left.frame().await {
                taken += frame.data_ref().map_or(0, Bytes::len) as u64;
                if taken > MAX_DRAINED_BYTES {
                    return;
                }
            }
        };
        // Whoever is slower has had their time.
        let _ = tokio::time::timeout(DRAIN_TIMEOUT, drain).await;
    }
}

/// A body that hands back what nobody read of it.
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
        let left = self.body.take().filter(|body| !self.awaits_continue && !body.is_end_stream());
        if left.is_some() {
            *self.unread.0.lock() = left;
        }
    }
}
