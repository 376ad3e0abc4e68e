//! Accepts connections, enforces their timeouts, and shuts them down gracefully.
//!
//! `axum::serve` would not do: it keeps a client that sends half a request, or half a body, forever.

mod detached;
mod drain;
mod limits;
mod protocol_error;
mod socket;

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::response::Response;
use hyper::server::conn::http1::Builder;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use socket2::{SockRef, TcpKeepalive};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::extract::PeerAddr;
use crate::serve::detached::DetachedStream;
use crate::serve::limits::HEADER_TIMEOUT;
use crate::serve::socket::{ConnectionState, HttpSocket, handle_request};

pub use detached::EndlessBody;

/// A client that accepts no data for this time is disconnected; its stream resumes when it reconnects.
const STALL_TIMEOUT: Duration = Duration::from_secs(30);
/// The read buffer of a connection: larger than any head; bodies are read as they arrive. Without a token, a client can
/// occupy this much for [`HEADER_TIMEOUT`] on each connection.
const MAX_BUFFER_SIZE: usize = 32 * 1024;
/// Requests in flight have this long to finish when the server stops: the whole stop must take at most five seconds.
const SHUTDOWN_GRACE: Duration = Duration::from_secs(3);
/// Connections at a time; more wait in the kernel's backlog.
const MAX_CONNECTIONS: usize = 20_000;

/// Serves until `stop` is cancelled; then accepts nothing new, finishes requests in flight and returns.
pub async fn serve(listener: TcpListener, router: Router, stop: CancellationToken) {
    let permits = Arc::new(Semaphore::new(MAX_CONNECTIONS));
    let connections = TaskTracker::new();
    let abort = CancellationToken::new();
    let mut http = Builder::new();
    http.timer(TokioTimer::new()).header_read_timeout(HEADER_TIMEOUT).max_buf_size(MAX_BUFFER_SIZE);
    loop {
        let accept = async {
            let permit = permits.clone().acquire_owned().await.map_err(io::Error::other)?;
            let (stream, remote) = listener.accept().await?;
            Ok::<_, io::Error>((permit, stream, PeerAddr(remote)))
        };
        let accepted = tokio::select! {
            biased;
            () = stop.cancelled() => break,
            accepted = accept => accepted,
        };
        let (permit, stream, remote) = match accepted {
            Ok(accepted) => accepted,
            Err(error) => {
                // Usually out of file descriptors: keep serving the others, whose ends free some.
                tracing::warn!(%error, "cannot accept a connection");
                tokio::time::sleep(Duration::from_millis(100)).await;
                continue;
            }
        };
        configure_socket(&stream);
        let (http, router, stop, streams) = (http.clone(), router.clone(), stop.clone(), connections.clone());
        let (abort, abort_stream) = (abort.clone(), abort.clone());
        // Not supervised: a panic ends its own connection only.
        connections.spawn(abort.run_until_cancelled_owned(async move {
            if let Some((socket, response)) = serve_connection(&http, stream, router, remote, stop).await {
                // A separate task: this one is large enough for a whole HTTP connection.
                streams.spawn(abort_stream.run_until_cancelled_owned(async move {
                    DetachedStream::new(socket, response).await;
                    drop(permit);
                }));
            }
        }));
    }
    drop(listener);
    connections.close();
    if tokio::time::timeout(SHUTDOWN_GRACE, connections.wait()).await.is_err() {
        tracing::warn!("some connections did not end in time and were aborted");
        abort.cancel();
    }
}

/// Serves requests until the connection ends, or until a response without an end is handed over.
async fn serve_connection<S: AsyncRead + AsyncWrite + Unpin + Send + 'static>(
    http: &Builder,
    socket: S,
    router: Router,
    remote: PeerAddr,
    stop: CancellationToken,
) -> Option<(S, Response)> {
    let handover = Arc::new(ConnectionState::default());
    let socket = HttpSocket { inner: socket, handover: Arc::clone(&handover) };
    let service_handover = Arc::clone(&handover);
    let service = service_fn(move |request| {
        handle_request(router.clone(), remote, Arc::clone(&service_handover), request)
    });
    let mut connection = http.serve_connection(TokioIo::new(socket), service);
    // Errors are expected: clients disconnect all the time.
    let ended = tokio::select! {
        biased;
        response = handover.wait_for_response() => {
            return Some((connection.into_parts().io.into_inner().inner, response));
        }
        ended = &mut connection => Some(ended),
        () = stop.cancelled() => None,
    };
    let ended = if let Some(ended) = ended {
        ended
    } else {
        Pin::new(&mut connection).graceful_shutdown();
        (&mut connection).await
    };
    if let Some(error) = ended.err().and_then(|error| handover.protocol_error(&error)) {
        error.send(connection.into_parts().io.into_inner().inner).await;
    }
    None
}

/// Sends small responses at once, and detects clients that are gone or accept no data.
fn configure_socket(stream: &TcpStream) {
    let _ = stream.set_nodelay(true);
    let socket = SockRef::from(stream);
    let _ = socket.set_tcp_keepalive(&TcpKeepalive::new().with_time(STALL_TIMEOUT));
    #[cfg(target_os = "linux")]
    let _ = socket.set_tcp_user_timeout(Some(STALL_TIMEOUT));
}
