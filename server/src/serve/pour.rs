//! Streams without an end, taken over from HTTP's machinery once their head is known.
//!
//! What a connection needs for the next request (buffers, timers, the way through the router) is of no use to a
//! stream that stays open for days. What is left is the socket, the body, and the chunk on its way: a fifth of the
//! memory, and less to do for each event.

use std::fmt::Write;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use axum::body::Body;
use axum::response::Response;
use bytes::{Buf, Bytes, BytesMut};
use http_body::Body as _;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;

/// Whoever listens has nothing to say but that they go. A stream on which more comes than this is cut: to take it in would
/// be work without an end.
const SAID: usize = 4 * 1024;

/// Marks an answer whose body has no end.
#[derive(Clone, Copy, Debug)]
pub struct Endless;

/// An endless answer on its way. Resolves when the body ends or the client is gone.
pub struct Pour {
    stream: TcpStream,
    body: Body,
    /// What goes out now: the head, or a chunk.
    out: bytes::buf::Chain<bytes::buf::Chain<Bytes, Bytes>, Bytes>,
    has_ended: bool,
    /// Bytes that came from the client since.
    said: usize,
}

impl Pour {
    /// Answers over this socket, on which HTTP has nothing left to say.
    pub fn new(stream: TcpStream, answer: Response) -> Self {
        let (parts, body) = answer.into_parts();
        let mut head = BytesMut::with_capacity(512);
        // Writing to a buffer that grows cannot fail.
        let _ = write!(head, "HTTP/1.1 {}\r\n", parts.status);
        for (name, value) in &parts.headers {
            head.extend_from_slice(name.as_str().as_bytes());
            head.extend_from_slice(b": ");
            head.extend_from_slice(value.as_bytes());
            head.extend_from_slice(b"\r\n");
        }
        head.extend_from_slice(b"transfer-encoding: chunked\r\nconnection: close\r\n\r\n");
        Self { stream, body, out: piece(head.freeze(), Bytes::new(), b""), has_ended: false, said: 0 }
    }

    /// Looks for something to send; true if the body has none for now.
    fn waits(&mut self, context: &mut Context<'_>) -> bool {
        match Pin::new(&mut self.body).poll_frame(context) {
            Poll::Pending => return true,
            Poll::Ready(Some(Ok(frame))) => {
                // A chunk without bytes would say that the body has ended.
                if let Some(data) = frame.into_data().ok().filter(|data| !data.is_empty()) {
                    self.out = piece(Bytes::from(format!("{:x}\r\n", data.len())), data, b"\r\n");
                }
            }
            Poll::Ready(None) => {
                self.has_ended = true;
                self.out = piece(Bytes::new(), Bytes::new(), b"0\r\n\r\n");
            }
            // Without the last chunk the client knows that something is missing.
            Poll::Ready(Some(Err(_))) => self.has_ended = true,
        }
        false
    }

    /// Reads what the client has to say, which is nothing but that it goes; true if it has gone, or goes on and on.
    fn is_left(&mut self, context: &mut Context<'_>) -> bool {
        let mut room = [0; 64];
        while self.said <= SAID {
            let mut read = ReadBuf::new(&mut room);
            match Pin::new(&mut self.stream).poll_read(context, &mut read) {
                Poll::Pending => return false,
                Poll::Ready(Ok(())) if !read.filled().is_empty() => self.said += read.filled().len(),
                Poll::Ready(Ok(()) | Err(_)) => return true,
            }
        }
        true
    }
}

fn piece(
    first: Bytes,
    second: Bytes,
    last: &'static [u8],
) -> bytes::buf::Chain<bytes::buf::Chain<Bytes, Bytes>, Bytes> {
    first.chain(second).chain(Bytes::from_static(last))
}

impl Future for Pour {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let this = &mut *self;
        loop {
            while this.out.has_remaining() {
                match ready!(tokio_util::io::poll_write_buf(
                    Pin::new(&mut this.stream),
                    context,
                    &mut this.out
                )) {
                    Ok(written) if written > 0 => {}
                    Ok(_) | Err(_) => return Poll::Ready(()),
                }
            }
            if this.has_ended {
                // A client that is gone already has its answer.
                let _ = ready!(Pin::new(&mut this.stream).poll_shutdown(context));
                return Poll::Ready(());
            }
            if this.waits(context) {
                return if this.is_left(context) { Poll::Ready(()) } else { Poll::Pending };
            }
        }
    }
}
