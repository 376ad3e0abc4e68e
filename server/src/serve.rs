//! Connections: accepted, timed, and let go gently.
//!
//! Not `axum::serve`: that keeps a client which sends half a request, or half a body, for ever.

use std::io;
use std::pin::pin;
use std::time::Duration;

use axum::Router;
use axum::http::Request;
use hyper::body::Incoming;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use socket2::{SockRef, TcpKeepalive};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use tower::ServiceExt;

use crate::extract::Remote;

/// Headers arrive within this time, or the connection is cut.
const HEADER_TIME: Duration = Duration::from_secs(10);
/// A client that takes nothing for so long is cut: its stream resumes when it is back.
const STALLED: Duration = Duration::from_secs(30);
/// What is in flight when the server stops has this long.
const GRACE: Duration = Duration::from_secs(4);
/// Connections at a time; more wait in the kernel's line.
const CONNECTIONS: usize = 20_000;

/// Serves until told to stop; then takes nothing new, finishes what is in flight and returns.
pub async fn serve(listener: TcpListener, router: Router, stop: CancellationToken) {
    let permits = std::sync::Arc::new(Semaphore::new(CONNECTIONS));
    let graceful = GracefulShutdown::new();
    let mut http = hyper::server::conn::http1::Builder::new();
    http.timer(TokioTimer::new()).header_read_timeout(HEADER_TIME);
    loop {
        let accept = async {
            let permit = permits.clone().acquire_owned().await.map_err(io::Error::other)?;
            let (stream, remote) = listener.accept().await?;
            Ok::<_, io::Error>((permit, stream, Remote(remote)))
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
        set_up(&stream);
        let service = router.clone().map_request(move |mut request: Request<Incoming>| {
            request.extensions_mut().insert(remote);
            request
        });
        let service = TowerToHyperService::new(service);
        let connection = http.serve_connection(TokioIo::new(stream), service);
        let connection = graceful.watch(connection);
        tokio::spawn(async move {
            // Clients break off all the time; it is their business.
            let _ = connection.await;
            drop(permit);
        });
    }
    drop(listener);
    if tokio::time::timeout(GRACE, pin!(graceful.shutdown())).await.is_err() {
        tracing::warn!("some connections did not end in time and were cut");
    }
}

/// Small answers go out at once, and a peer that is gone or stands still does not hold its connection for ever.
fn set_up(stream: &TcpStream) {
    let _ = stream.set_nodelay(true);
    let socket = SockRef::from(stream);
    let _ = socket.set_tcp_keepalive(&TcpKeepalive::new().with_time(STALLED));
    #[cfg(target_os = "linux")]
    let _ = socket.set_tcp_user_timeout(Some(STALLED));
}
