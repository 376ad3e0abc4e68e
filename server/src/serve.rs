//! Connections: accepted, timed, and let go gently.
//!
//! Not `axum::serve`: that keeps a client which sends half a request, or half a body, for ever.

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
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::extract::PeerAddr;
use crate::serve::detached::DetachedStream;
use crate::serve::limits::HEADER_TIMEOUT;
use crate::serve::socket::{Handover, HttpSocket, handle_request};

pub use detached::EndlessBody;

/// A client that takes nothing for so long is cut: its stream resumes when it is back.
const STALL_TIMEOUT: Duration = Duration::from_secs(30);
/// What a connection keeps of what came in and was not taken yet: a head is smaller, and a body is taken as it comes.
/// Without a token one can hold as much for as long as a head may take, on each connection.
const MAX_BUFFER_SIZE: usize = 32 * 1024;
/// What is in flight when the server stops has this long. Five seconds is the promise for the whole, on a busy machine too.
const SHUTDOWN_GRACE: Duration = Duration::from_secs(3);
/// Connections at a time; more wait in the kernel's line.
const MAX_CONNECTIONS: usize = 20_000;

/// Serves until told to stop; then takes nothing new, finishes what is in flight and returns.
pub async fn serve(listener: TcpListener, router: Router, stop: CancellationToken) {
    let permits = Arc::new(Semaphore::new(MAX_CONNECTIONS));
    let connections = TaskTracker::new();
    let cut = CancellationToken::new();
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
                // Out of descriptors, mostly: the others go on, and closing ones make room.
                tracing::warn!(%error, "cannot accept a connection");
                tokio::time::sleep(Duration::from_millis(100)).await;
                continue;
            }
        };
        configure_socket(&stream);
        let (http, router, stop, streams) = (http.clone(), router.clone(), stop.clone(), connections.clone());
        let (cut, cut_stream) = (cut.clone(), cut.clone());
        connections.spawn(cut.run_until_cancelled_owned(async move {
            if let Some((stream, answer)) = serve_connection(&http, stream, router, remote, stop).await {
                // A task of its own: this one has room for a whole conversation.
                streams.spawn(cut_stream.run_until_cancelled_owned(async move {
                    DetachedStream::new(stream, answer).await;
                    drop(permit);
                }));
            }
        }));
    }
    drop(listener);
    connections.close();
    if tokio::time::timeout(SHUTDOWN_GRACE, connections.wait()).await.is_err() {
        tracing::warn!("some connections did not end in time and were cut");
        cut.cancel();
    }
}

/// Answers request after request, until the connection ends or an answer begins that has no end.
async fn serve_connection(
    http: &Builder,
    stream: TcpStream,
    router: Router,
    remote: PeerAddr,
    stop: CancellationToken,
) -> Option<(TcpStream, Response)> {
    let exit = Arc::new(Handover::default());
    let line = HttpSocket { stream, handover: Arc::clone(&exit) };
    let leaving = Arc::clone(&exit);
    let service =
        service_fn(move |request| handle_request(router.clone(), remote, Arc::clone(&leaving), request));
    let mut connection = http.serve_connection(TokioIo::new(line), service);
    // Clients break off all the time; it is their business.
    let ended = tokio::select! {
        biased;
        answer = exit.wait_for_response() => return Some((connection.into_parts().io.into_inner().stream, answer)),
        ended = &mut connection => Some(ended),
        () = stop.cancelled() => None,
    };
    let ended = if let Some(ended) = ended {
        ended
    } else {
        Pin::new(&mut connection).graceful_shutdown();
        (&mut connection).await
    };
    if let Some(word) = ended.err().and_then(|error| exit.protocol_error(&error)) {
        word.send(connection.into_parts().io.into_inner().stream).await;
    }
    None
}

/// Small answers go out at once, and a peer that is gone or stands still does not hold its connection for ever.
fn configure_socket(stream: &TcpStream) {
    let _ = stream.set_nodelay(true);
    let socket = SockRef::from(stream);
    let _ = socket.set_tcp_keepalive(&TcpKeepalive::new().with_time(STALL_TIMEOUT));
    #[cfg(target_os = "linux")]
    let _ = socket.set_tcp_user_timeout(Some(STALL_TIMEOUT));
}
