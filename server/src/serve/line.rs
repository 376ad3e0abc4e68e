//! The socket under HTTP's machinery, and how an endless answer gets out from under it.

use std::convert::Infallible;
use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, AtomicU16, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};

use axum::http::{Method, Request, Version, header};
use axum::response::Response;
use axum::{Router, body::Body};
use hyper::body::Incoming;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::sync::Notify;
use tower::ServiceExt;

use crate::extract::Remote;
use crate::serve::last::{self, Word};
use crate::serve::pour::Endless;
use crate::serve::rest::Rest;

/// What a connection and its requests have in common.
#[derive(Default)]
pub(super) struct Exit {
    /// The socket takes nothing more just now, so something of an earlier answer may still be on its way.
    is_blocked: AtomicBool,
    /// Something came that has not been answered yet.
    is_asked: AtomicBool,
    /// The status with which HTTP's machinery refused what it could not read; 0 if it did not. It is not sent.
    refused: AtomicU16,
    taken: Mutex<Option<Response>>,
    left: Notify,
}

impl Exit {
    /// Waits until an endless answer leaves.
    pub(super) async fn taken(&self) -> Response {
        loop {
            let taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner).take();
            if let Some(answer) = taken {
                return answer;
            }
            self.left.notified().await;
        }
    }

    /// What is to be said to a client after its connection ended so.
    pub(super) fn last_word(&self, error: &hyper::Error) -> Option<Word> {
        match self.refused.load(Ordering::Relaxed) {
            // What is still on its way must not be cut into.
            0 if self.is_blocked.load(Ordering::Relaxed) => None,
            0 => Word::of_error(error, self.is_asked.load(Ordering::Relaxed)),
            status => Some(Word::of_refusal(status, error)),
        }
    }

    fn take(&self, answer: Response) {
        *self.taken.lock().unwrap_or_else(PoisonError::into_inner) = Some(answer);
        self.left.notify_one();
    }
}

/// Answers a request; an endless answer leaves by the exit, and this never resolves.
pub(super) async fn answer(
    router: Router,
    remote: Remote,
    exit: Arc<Exit>,
    mut request: Request<Incoming>,
) -> Result<Response<Body>, Infallible> {
    request.extensions_mut().insert(remote);
    let has_chunks = request.version() == Version::HTTP_11 && request.method() == Method::GET;
    let client_waits = request.headers().contains_key(header::EXPECT);
    let rest = Rest::default();
    let answer = router.oneshot(request.map(|body| rest.lend(body, client_waits))).await?;
    rest.drain().await;
    let is_endless = answer.extensions().get::<Endless>().is_some();
    if is_endless && has_chunks && !exit.is_blocked.load(Ordering::Relaxed) {
        exit.take(answer);
        return std::future::pending().await;
    }
    Ok(answer)
}

/// The socket of a connection.
pub(super) struct Line {
    pub(super) stream: TcpStream,
    pub(super) exit: Arc<Exit>,
}

impl Line {
    fn note<T>(&self, wrote: Poll<T>) -> Poll<T> {
        self.exit.is_blocked.store(wrote.is_pending(), Ordering::Relaxed);
        self.exit.is_asked.fetch_and(wrote.is_pending(), Ordering::Relaxed);
        wrote
    }

    /// Whether this is no answer of ours: it is kept back, and a better one given when the connection has ended.
    fn keeps_back(&self, bytes: &[u8]) -> bool {
        let refused = last::refusal(bytes);
        self.exit.refused.fetch_max(refused.unwrap_or_default(), Ordering::Relaxed);
        refused.is_some()
    }
}

impl AsyncRead for Line {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        room: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = room.filled().len();
        let read = Pin::new(&mut self.stream).poll_read(context, room);
        self.exit.is_asked.fetch_or(room.filled().len() > before, Ordering::Relaxed);
        read
    }
}

impl AsyncWrite for Line {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        if self.keeps_back(bytes) {
            return Poll::Ready(Ok(bytes.len()));
        }
        let wrote = Pin::new(&mut self.stream).poll_write(context, bytes);
        self.note(wrote)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        if let [only] = bytes
            && self.keeps_back(only)
        {
            return Poll::Ready(Ok(only.len()));
        }
        let wrote = Pin::new(&mut self.stream).poll_write_vectored(context, bytes);
        self.note(wrote)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.exit.refused.load(Ordering::Relaxed) > 0 {
            return Poll::Ready(Ok(()));
        }
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}
