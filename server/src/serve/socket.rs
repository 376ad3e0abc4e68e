//! The socket under HTTP's machinery, and how an endless answer gets out from under it.

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
use tokio::net::TcpStream;
use tokio::sync::Notify;
use tower::ServiceExt;

use crate::extract::PeerAddr;
use crate::serve::detached::EndlessBody;
use crate::serve::drain::UnreadBody;
use crate::serve::protocol_error::{self, ProtocolError};

/// What a connection and its requests have in common.
#[derive(Default)]
pub(super) struct Handover {
    /// The socket takes nothing more just now, so something of an earlier answer may still be on its way.
    is_write_blocked: AtomicBool,
    /// Something came that has not been answered yet.
    has_pending_request: AtomicBool,
    /// The status with which HTTP's machinery refused what it could not read; 0 if it did not. It is not sent.
    rejected_status: AtomicU16,
    response: Mutex<Option<Response>>,
    notify: Notify,
}

impl Handover {
    /// Waits until an endless answer leaves.
    pub(super) async fn wait_for_response(&self) -> Response {
        loop {
            let taken = self.response.lock().take();
            if let Some(answer) = taken {
                return answer;
            }
            self.notify.notified().await;
        }
    }

    /// What is to be said to a client after its connection ended so.
    pub(super) fn protocol_error(&self, error: &hyper::Error) -> Option<ProtocolError> {
        match self.rejected_status.load(Ordering::Relaxed) {
            // What is still on its way must not be cut into.
            0 if self.is_write_blocked.load(Ordering::Relaxed) => None,
            0 => ProtocolError::from_hyper(error, self.has_pending_request.load(Ordering::Relaxed)),
            status => Some(ProtocolError::from_status(status, error)),
        }
    }

    fn hand_over(&self, response: Response) {
        *self.response.lock() = Some(response);
        self.notify.notify_one();
    }
}

/// Answers a request; an endless answer leaves by the exit, and this never resolves.
pub(super) async fn handle_request(
    router: Router,
    remote: PeerAddr,
    handover: Arc<Handover>,
    mut request: Request<Incoming>,
) -> Result<Response<Body>, Infallible> {
    request.extensions_mut().insert(remote);
    let has_chunks = request.version() == Version::HTTP_11 && request.method() == Method::GET;
    let client_waits = request.headers().contains_key(header::EXPECT);
    let rest = UnreadBody::default();
    let answer = router.oneshot(request.map(|body| rest.track(body, client_waits))).await?;
    rest.drain().await;
    let is_endless = answer.extensions().get::<EndlessBody>().is_some();
    if is_endless && has_chunks && !handover.is_write_blocked.load(Ordering::Relaxed) {
        handover.hand_over(answer);
        return std::future::pending().await;
    }
    Ok(answer)
}

/// The socket of a connection.
pub(super) struct HttpSocket {
    pub(super) stream: TcpStream,
    pub(super) handover: Arc<Handover>,
}

impl HttpSocket {
    fn record_write<T>(&self, result: Poll<T>) -> Poll<T> {
        self.handover.is_write_blocked.store(result.is_pending(), Ordering::Relaxed);
        self.handover.has_pending_request.fetch_and(result.is_pending(), Ordering::Relaxed);
        result
    }

    /// Whether this is no answer of ours: it is kept back, and a better one given when the connection has ended.
    fn intercept_rejection(&self, bytes: &[u8]) -> bool {
        let refused = protocol_error::rejected_status(bytes);
        self.handover.rejected_status.fetch_max(refused.unwrap_or_default(), Ordering::Relaxed);
        refused.is_some()
    }
}

impl AsyncRead for HttpSocket {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        room: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = room.filled().len();
        let read = Pin::new(&mut self.stream).poll_read(context, room);
        self.handover.has_pending_request.fetch_or(room.filled().len() > before, Ordering::Relaxed);
        read
    }
}

impl AsyncWrite for HttpSocket {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        if self.intercept_rejection(bytes) {
            return Poll::Ready(Ok(bytes.len()));
        }
        let wrote = Pin::new(&mut self.stream).poll_write(context, bytes);
        self.record_write(wrote)
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
        let wrote = Pin::new(&mut self.stream).poll_write_vectored(context, bytes);
        self.record_write(wrote)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.handover.rejected_status.load(Ordering::Relaxed) > 0 {
            return Poll::Ready(Ok(()));
        }
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}
