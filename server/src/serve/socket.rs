//! The socket under hyper. It suppresses hyper's own error responses, and hands endless responses to `detached.rs`.

use std::convert::Infallible;
use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU16, Ordering};
use std::task::{Context, Poll};

use axum::http::{Method, Request, Version, header};
use axum::response::Response;
use axum::{Router, body::Body};
use hyper::body::Incoming;
use parking_lot::Mutex;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::sync::Notify;
use tower::ServiceExt;

use crate::extract::PeerAddr;
use crate::serve::detached::EndlessBody;
use crate::serve::drain::UnreadBody;
use crate::serve::protocol_error::{self, ProtocolError};

/// State that a connection shares with its requests.
#[derive(Default)]
pub(super) struct ConnectionState {
    /// The last write was not accepted: part of an earlier response may still be unsent.
    is_write_blocked: AtomicBool,
    /// Something was received that has not been answered yet.
    has_pending_request: AtomicBool,
    /// The status that hyper wanted to send for a request it could not parse; 0 if none. It is not sent.
    rejected_status: AtomicU16,
    response: Mutex<Option<Response>>,
    notify: Notify,
}

impl ConnectionState {
    /// Waits for a response without an end.
    pub(super) async fn wait_for_response(&self) -> Response {
        loop {
            let response = self.response.lock().take();
            if let Some(response) = response {
                return response;
            }
            self.notify.notified().await;
        }
    }

    /// The problem to send after the connection ended with this error.
    pub(super) fn protocol_error(&self, error: &hyper::Error) -> Option<ProtocolError> {
        match self.rejected_status.load(Ordering::Relaxed) {
            // Part of a response is still unsent: anything more would corrupt it.
            0 if self.is_write_blocked.load(Ordering::Relaxed) => None,
            0 => ProtocolError::from_hyper(error, self.has_pending_request.load(Ordering::Relaxed)),
            status => Some(ProtocolError::from_status(status, error)),
        }
    }

    fn put_response(&self, response: Response) {
        *self.response.lock() = Some(response);
        self.notify.notify_one();
    }
}

/// Runs a request. A response without an end is handed over, and then this never resolves.
pub(super) async fn handle_request(
    router: Router,
    remote: PeerAddr,
    handover: Arc<ConnectionState>,
    mut request: Request<Incoming>,
) -> Result<Response<Body>, Infallible> {
    request.extensions_mut().insert(remote);
    let is_chunkable = request.version() == Version::HTTP_11 && request.method() == Method::GET;
    let awaits_continue = request.headers().contains_key(header::EXPECT);
    let unread = UnreadBody::default();
    let response = router.oneshot(request.map(|body| unread.track(body, awaits_continue))).await?;
    unread.drain().await;
    let is_endless = response.extensions().get::<EndlessBody>().is_some();
    if is_endless && is_chunkable && !handover.is_write_blocked.load(Ordering::Relaxed) {
        handover.put_response(response);
        return std::future::pending().await;
    }
    Ok(response)
}

/// The socket of a connection, seen by hyper.
pub(super) struct HttpSocket<S> {
    pub(super) inner: S,
    pub(super) handover: Arc<ConnectionState>,
}

impl<S> HttpSocket<S> {
    fn record_write<T>(&self, result: Poll<T>) -> Poll<T> {
        self.handover.is_write_blocked.store(result.is_pending(), Ordering::Relaxed);
        self.handover.has_pending_request.fetch_and(result.is_pending(), Ordering::Relaxed);
        result
    }

    /// Drops a response that hyper made itself: a problem is sent instead once the connection has ended.
    fn intercept_rejection(&self, bytes: &[u8]) -> bool {
        let status = protocol_error::rejected_status(bytes);
        self.handover.rejected_status.fetch_max(status.unwrap_or_default(), Ordering::Relaxed);
        status.is_some()
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for HttpSocket<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let read = Pin::new(&mut self.inner).poll_read(context, buffer);
        self.handover.has_pending_request.fetch_or(buffer.filled().len() > before, Ordering::Relaxed);
        read
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for HttpSocket<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        if self.intercept_rejection(bytes) {
            return Poll::Ready(Ok(bytes.len()));
        }
        let result = Pin::new(&mut self.inner).poll_write(context, bytes);
        self.record_write(result)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        if let [only] = bytes
            && self.intercept_rejection(only)
        {
            return Poll::Ready(Ok(only.len()));
        }
        let result = Pin::new(&mut self.inner).poll_write_vectored(context, bytes);
        self.record_write(result)
    }

    fn is_write_vectored(&self) -> bool {
        self.inner.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.handover.rejected_status.load(Ordering::Relaxed) > 0 {
            return Poll::Ready(Ok(()));
        }
        Pin::new(&mut self.inner).poll_shutdown(context)
    }
}
