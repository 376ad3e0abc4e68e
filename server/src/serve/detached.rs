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
const MAX_CLIENT_BYTES: usize = 4 * 1024;

/// Marks an answer whose body has no end.
#[derive(Clone, Copy, Debug)]
pub struct EndlessBody;

/// An endless answer on its way. Resolves when the body ends or the client is gone.
pub struct DetachedStream {
    stream: TcpStream,
    body: Body,
    /// What goes out now: the head, or a chunk.
    outgoing: bytes::buf::Chain<bytes::buf::Chain<Bytes, Bytes>, Bytes>,
    has_ended: bool,
    /// Bytes that came from the client since.
    client_bytes: usize,
}

impl DetachedStream {
    /// Answers over this socket, on which HTTP has nothing left to say.
    pub fn new(stream: TcpStream, response: Response) -> Self {
        let (parts, body) = response.into_parts();
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
        Self {
            stream,
            body,
            outgoing: chain_bytes(head.freeze(), Bytes::new(), b""),
            has_ended: false,
            client_bytes: 0,
        }
    }

    /// Looks for something to send; true if the body has none for now.
    fn poll_next_chunk(&mut self, context: &mut Context<'_>) -> bool {
        match Pin::new(&mut self.body).poll_frame(context) {
            Poll::Pending => return true,
            Poll::Ready(Some(Ok(frame))) => {
                // A chunk without bytes would say that the body has ended.
                if let Some(data) = frame.into_data().ok().filter(|data| !data.is_empty()) {
                    self.outgoing = chain_bytes(Bytes::from(format!("{:x}\r\n", data.len())), data, b"\r\n");
                }
            }
            Poll::Ready(None) => {
                self.has_ended = true;
                self.outgoing = chain_bytes(Bytes::new(), Bytes::new(), b"0\r\n\r\n");
            }
            // Without the last chunk the client knows that something is missing.
            Poll::Ready(Some(Err(_))) => self.has_ended = true,
        }
        false
    }

    /// Reads what the client has to say, which is nothing but that it goes; true if it has gone, or goes on and on.
    fn poll_client_gone(&mut self, context: &mut Context<'_>) -> bool {
        let mut room = [0; 64];
        while self.client_bytes <= MAX_CLIENT_BYTES {
            let mut read = ReadBuf::new(&mut room);
            match Pin::new(&mut self.stream).poll_read(context, &mut read) {
                Poll::Pending => return false,
                Poll::Ready(Ok(())) if !read.filled().is_empty() => self.client_bytes += read.filled().len(),
                Poll::Ready(Ok(()) | Err(_)) => return true,
            }
        }
        true
    }
}

fn chain_bytes(
    first: Bytes,
    second: Bytes,
    last: &'static [u8],
) -> bytes::buf::Chain<bytes::buf::Chain<Bytes, Bytes>, Bytes> {
    first.chain(second).chain(Bytes::from_static(last))
}

impl Future for DetachedStream {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let this = &mut *self;
        loop {
            while this.outgoing.has_remaining() {
                match ready!(tokio_util::io::poll_write_buf(
                    Pin::new(&mut this.stream),
                    context,
                    &mut this.outgoing
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
            if this.poll_next_chunk(context) {
                return if this.poll_client_gone(context) { Poll::Ready(()) } else { Poll::Pending };
            }
        }
    }
}
