//! Sends endless responses (event streams) outside hyper's connection.
//!
//! Buffers, timers and the router's future are only of use to a next request, which never comes on an event stream.
//! Without them, a stream keeps the socket, the body and the current chunk: about 3 KiB instead of 15.

use std::fmt::Write;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use axum::body::Body;
use axum::response::Response;
use bytes::{Buf, Bytes, BytesMut};
use http_body::Body as _;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// Clients of a stream send nothing. One that sends more than this is disconnected, so that it cannot keep the server
/// reading.
const MAX_CLIENT_BYTES: usize = 4 * 1024;

/// Marks a response whose body has no end.
#[derive(Clone, Copy, Debug)]
pub struct EndlessBody;

/// A response without an end being sent. Resolves when the body ends or the client is gone.
pub struct DetachedStream<S> {
    socket: S,
    body: Body,
    /// What is being sent: the head, or a chunk.
    outgoing: bytes::buf::Chain<bytes::buf::Chain<Bytes, Bytes>, Bytes>,
    has_ended: bool,
    /// Bytes received from the client so far.
    client_bytes: usize,
}

impl<S: AsyncRead + AsyncWrite + Unpin> DetachedStream<S> {
    /// Takes over a socket on which hyper has sent everything before this response.
    pub fn new(socket: S, response: Response) -> Self {
        let (parts, body) = response.into_parts();
        let mut head = BytesMut::with_capacity(512);
        // Writing to a growing buffer cannot fail.
        let _ = write!(head, "HTTP/1.1 {}\r\n", parts.status);
        for (name, value) in &parts.headers {
            head.extend_from_slice(name.as_str().as_bytes());
            head.extend_from_slice(b": ");
            head.extend_from_slice(value.as_bytes());
            head.extend_from_slice(b"\r\n");
        }
        head.extend_from_slice(b"transfer-encoding: chunked\r\nconnection: close\r\n\r\n");
        Self {
            socket,
            body,
            outgoing: chain_bytes(head.freeze(), Bytes::new(), b""),
            has_ended: false,
            client_bytes: 0,
        }
    }

    /// Polls the body for the next chunk; pending if it has none yet.
    fn poll_next_chunk(&mut self, context: &mut Context<'_>) -> Poll<()> {
        match Pin::new(&mut self.body).poll_frame(context) {
            Poll::Pending => return Poll::Pending,
            Poll::Ready(Some(Ok(frame))) => {
                // An empty chunk would end the body.
                if let Some(data) = frame.into_data().ok().filter(|data| !data.is_empty()) {
                    self.outgoing = chain_bytes(Bytes::from(format!("{:x}\r\n", data.len())), data, b"\r\n");
                }
            }
            Poll::Ready(None) => {
                self.has_ended = true;
                self.outgoing = chain_bytes(Bytes::new(), Bytes::new(), b"0\r\n\r\n");
            }
            // Without the last chunk, the client notices that the body is incomplete.
            Poll::Ready(Some(Err(_))) => self.has_ended = true,
        }
        Poll::Ready(())
    }

    /// Resolves when the client has disconnected, or has sent more than [`MAX_CLIENT_BYTES`].
    fn poll_client_gone(&mut self, context: &mut Context<'_>) -> Poll<()> {
        let mut buffer = [0; 64];
        while self.client_bytes <= MAX_CLIENT_BYTES {
            let mut read = ReadBuf::new(&mut buffer);
            match Pin::new(&mut self.socket).poll_read(context, &mut read) {
                Poll::Pending => return Poll::Pending,
                Poll::Ready(Ok(())) if !read.filled().is_empty() => self.client_bytes += read.filled().len(),
                Poll::Ready(Ok(()) | Err(_)) => return Poll::Ready(()),
            }
        }
        Poll::Ready(())
    }
}

fn chain_bytes(
    first: Bytes,
    second: Bytes,
    last: &'static [u8],
) -> bytes::buf::Chain<bytes::buf::Chain<Bytes, Bytes>, Bytes> {
    first.chain(second).chain(Bytes::from_static(last))
}

impl<S: AsyncRead + AsyncWrite + Unpin> Future for DetachedStream<S> {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let this = &mut *self;
        loop {
            while this.outgoing.has_remaining() {
                match ready!(tokio_util::io::poll_write_buf(
                    Pin::new(&mut this.socket),
                    context,
                    &mut this.outgoing
                )) {
                    Ok(written) if written > 0 => {}
                    Ok(_) | Err(_) => return Poll::Ready(()),
                }
            }
            if this.has_ended {
                // The client may be gone already; it has the whole body.
                let _ = ready!(Pin::new(&mut this.socket).poll_shutdown(context));
                return Poll::Ready(());
            }
            if this.poll_next_chunk(context).is_pending() {
                return this.poll_client_gone(context);
            }
        }
    }
}
