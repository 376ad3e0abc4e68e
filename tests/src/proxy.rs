//! Proxies in front of the server that lose, swallow or hold back its responses.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// A proxy that loses the first response to a request that contains this text.
pub struct LossyProxy {
    proxy: TcpProxy,
    lost_responses: Arc<AtomicUsize>,
}

impl LossyProxy {
    /// In front of the server at this address.
    pub async fn start(server: &str, pattern: &'static str) -> Self {
        let lost = Arc::<AtomicUsize>::default();
        let counter = Arc::clone(&lost);
        let proxy = TcpProxy::start(server, move |client, server| {
            forward_until_lost(client, server, pattern, Arc::clone(&counter))
        });
        Self { proxy: proxy.await, lost_responses: lost }
    }

    /// Its URL.
    pub fn url(&self) -> &str {
        &self.proxy.url
    }

    /// The number of lost responses.
    pub fn lost(&self) -> usize {
        self.lost_responses.load(Ordering::SeqCst)
    }
}

/// Forwards one connection until its response is lost.
async fn forward_until_lost(
    client: TcpStream,
    server: TcpStream,
    pattern: &'static str,
    lost: Arc<AtomicUsize>,
) {
    let (mut from_client, mut to_client) = client.into_split();
    let (mut from_server, mut to_server) = server.into_split();
    let loses_response = Arc::<AtomicBool>::default();
    let pattern_seen = Arc::clone(&loses_response);
    let up = async {
        let mut buffer = vec![0; 64 * 1024];
        while let Ok(count @ 1..) = from_client.read(&mut buffer).await {
            let matches = buffer[..count].windows(pattern.len()).any(|part| part == pattern.as_bytes());
            if matches && lost.load(Ordering::SeqCst) == 0 {
                pattern_seen.store(true, Ordering::SeqCst);
            }
            if to_server.write_all(&buffer[..count]).await.is_err() {
                return;
            }
        }
    };
    let down = async {
        if copy_until_dropped(&mut from_server, &mut to_client, || loses_response.load(Ordering::SeqCst))
            .await
        {
            lost.fetch_add(1, Ordering::SeqCst);
        }
    };
    tokio::select! {
        () = up => {}
        () = down => {}
    }
}

/// A proxy that can swallow responses while connections stay open.
pub struct BlackholeProxy {
    proxy: TcpProxy,
    forwards_responses: watch::Sender<bool>,
}

impl BlackholeProxy {
    /// In front of the server at this address. It forwards everything at first.
    pub async fn start(server: &str) -> Self {
        let (forwards_responses, forwards) = watch::channel(true);
        let proxy = TcpProxy::start(server, move |client, server| {
            forward_while_open(client, server, forwards.clone())
        });
        Self { proxy: proxy.await, forwards_responses }
    }

    /// Its URL.
    pub fn url(&self) -> &str {
        &self.proxy.url
    }

    /// Swallows every response from now on.
    pub fn drop_responses(&self) {
        self.forwards_responses.send_replace(false);
    }

    /// Forwards everything again. Connections that lost something are closed.
    pub fn forward_responses(&self) {
        self.forwards_responses.send_replace(true);
    }
}

/// Forwards one connection while responses are forwarded.
async fn forward_while_open(
    client: TcpStream,
    server: TcpStream,
    mut forwards_responses: watch::Receiver<bool>,
) {
    let (mut from_client, mut to_client) = client.into_split();
    let (mut from_server, mut to_server) = server.into_split();
    let up = async {
        // Either side may close at any time.
        let _ = tokio::io::copy(&mut from_client, &mut to_server).await;
    };
    let forwards = forwards_responses.clone();
    let down = async {
        if copy_until_dropped(&mut from_server, &mut to_client, || !*forwards.borrow()).await {
            // The proxy is dropped with its test.
            let _ = forwards_responses.wait_for(|open| *open).await;
        }
    };
    tokio::select! {
        () = up => {}
        () = down => {}
    }
}

/// Forwards responses until one is swallowed. Returns whether one was.
async fn copy_until_dropped(
    from: &mut OwnedReadHalf,
    to: &mut OwnedWriteHalf,
    drops_responses: impl Fn() -> bool,
) -> bool {
    let mut buffer = vec![0; 64 * 1024];
    while let Ok(count @ 1..) = from.read(&mut buffer).await {
        if drops_responses() {
            return true;
        }
        if to.write_all(&buffer[..count]).await.is_err() {
            return false;
        }
    }
    false
}

/// A proxy that holds requests that contain a text back until it is released.
pub struct HoldingProxy {
    proxy: TcpProxy,
    is_released: watch::Sender<bool>,
}

impl HoldingProxy {
    /// In front of the server at this address. It holds requests back at first.
    pub async fn start(server: &str, pattern: &'static str) -> Self {
        let (is_released, released) = watch::channel(false);
        let proxy = TcpProxy::start(server, move |client, server| {
            hold_requests(client, server, pattern, released.clone())
        });
        Self { proxy: proxy.await, is_released }
    }

    /// Its URL.
    pub fn url(&self) -> &str {
        &self.proxy.url
    }

    /// Passes all requests on from now on.
    pub fn release(&self) {
        self.is_released.send_replace(true);
    }

    /// Holds them back again.
    pub fn hold(&self) {
        self.is_released.send_replace(false);
    }
}

async fn hold_requests(
    client: TcpStream,
    server: TcpStream,
    pattern: &'static str,
    mut released: watch::Receiver<bool>,
) {
    let (mut from_client, mut to_client) = client.into_split();
    let (mut from_server, mut to_server) = server.into_split();
    let up = async {
        let mut buffer = vec![0; 64 * 1024];
        while let Ok(count @ 1..) = from_client.read(&mut buffer).await {
            let matches = buffer[..count].windows(pattern.len()).any(|part| part == pattern.as_bytes());
            if matches && released.wait_for(|released| *released).await.is_err() {
                return;
            }
            if to_server.write_all(&buffer[..count]).await.is_err() {
                return;
            }
        }
    };
    let down = async {
        // Either side may close at any time.
        let _ = tokio::io::copy(&mut from_server, &mut to_client).await;
    };
    tokio::select! {
        () = up => {}
        () = down => {}
    }
}

/// A proxy that passes nothing of an event stream on until it is released.
pub struct BufferingProxy {
    proxy: TcpProxy,
    is_released: watch::Sender<bool>,
}

impl BufferingProxy {
    /// In front of the server at this address.
    pub async fn start(server: &str) -> Self {
        let (is_released, released) = watch::channel(false);
        let proxy =
            TcpProxy::start(server, move |client, server| hold_streams(client, server, released.clone()));
        Self { proxy: proxy.await, is_released }
    }

    /// Its URL.
    pub fn url(&self) -> &str {
        &self.proxy.url
    }

    /// Passes streams on from now on.
    pub fn release(&self) {
        self.is_released.send_replace(true);
    }
}

async fn hold_streams(client: TcpStream, server: TcpStream, released: watch::Receiver<bool>) {
    let (mut from_client, mut to_client) = client.into_split();
    let (mut from_server, mut to_server) = server.into_split();
    let (stream_requested, mut is_stream) = watch::channel(false);
    let up = async {
        let mut buffer = vec![0; 64 * 1024];
        while let Ok(count @ 1..) = from_client.read(&mut buffer).await {
            let pattern = b"/escalations/stream";
            let matches = buffer[..count].windows(pattern.len()).any(|part| part == pattern);
            stream_requested.send_replace(matches);
            if to_server.write_all(&buffer[..count]).await.is_err() {
                return;
            }
        }
    };
    let down = async {
        let mut buffer = vec![0; 64 * 1024];
        while let Ok(count @ 1..) = from_server.read(&mut buffer).await {
            if *is_stream.borrow_and_update()
                && released.clone().wait_for(|released| *released).await.is_err()
            {
                return;
            }
            if to_client.write_all(&buffer[..count]).await.is_err() {
                return;
            }
        }
    };
    tokio::select! {
        () = up => {}
        () = down => {}
    }
}

/// The accept loop of every proxy.
struct TcpProxy {
    url: String,
    accept_task: JoinHandle<()>,
}

impl TcpProxy {
    async fn start<F>(server: &str, forward: impl Fn(TcpStream, TcpStream) -> F + Send + 'static) -> Self
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let server = server.trim_start_matches("http://").to_owned();
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let serving = tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                if let Ok(server) = TcpStream::connect(&server).await {
                    tokio::spawn(forward(client, server));
                }
            }
        });
        Self { url, accept_task: serving }
    }
}

impl Drop for TcpProxy {
    fn drop(&mut self) {
        self.accept_task.abort();
    }
}
