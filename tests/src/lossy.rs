//! Links that lose answers: what was asked for is done, and whoever asked never hears of it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// A link to a server that loses the first answer to a request with these words in it.
pub struct Lossy {
    link: Link,
    lost: Arc<AtomicUsize>,
}

impl Lossy {
    /// Lies before the server at this address.
    pub async fn before(server: &str, words: &'static str) -> Self {
        let lost = Arc::<AtomicUsize>::default();
        let counted = Arc::clone(&lost);
        let link =
            Link::before(server, move |client, server| carry(client, server, words, Arc::clone(&counted)));
        Self { link: link.await, lost }
    }

    /// Where it is.
    pub fn url(&self) -> &str {
        &self.link.url
    }

    /// How many answers it has lost.
    pub fn lost(&self) -> usize {
        self.lost.load(Ordering::SeqCst)
    }
}

/// Carries one connection, until its answer is lost.
async fn carry(client: TcpStream, server: TcpStream, words: &'static str, lost: Arc<AtomicUsize>) {
    let (mut from_client, mut to_client) = client.into_split();
    let (mut from_server, mut to_server) = server.into_split();
    let loses = Arc::<AtomicBool>::default();
    let asked = Arc::clone(&loses);
    let up = async {
        let mut bytes = vec![0; 64 * 1024];
        while let Ok(count @ 1..) = from_client.read(&mut bytes).await {
            let is_it = bytes[..count].windows(words.len()).any(|part| part == words.as_bytes());
            if is_it && lost.load(Ordering::SeqCst) == 0 {
                asked.store(true, Ordering::SeqCst);
            }
            if to_server.write_all(&bytes[..count]).await.is_err() {
                return;
            }
        }
    };
    let down = async {
        if answers(&mut from_server, &mut to_client, || loses.load(Ordering::SeqCst)).await {
            lost.fetch_add(1, Ordering::SeqCst);
        }
    };
    tokio::select! {
        () = up => {}
        () = down => {}
    }
}

/// A link whose way back can become a hole: connections stay open, and nothing comes over them.
pub struct Hole {
    link: Link,
    is_open: watch::Sender<bool>,
}

impl Hole {
    /// Lies before the server at this address, and carries everything at first.
    pub async fn before(server: &str) -> Self {
        let (is_open, seen) = watch::channel(true);
        let link = Link::before(server, move |client, server| carry_unless(client, server, seen.clone()));
        Self { link: link.await, is_open }
    }

    /// Where it is.
    pub fn url(&self) -> &str {
        &self.link.url
    }

    /// Swallows every answer from now on.
    pub fn swallows(&self) {
        self.is_open.send_replace(false);
    }

    /// Carries everything again. Connections of which something was swallowed are cut.
    pub fn opens(&self) {
        self.is_open.send_replace(true);
    }
}

/// Carries one connection while its link is open.
async fn carry_unless(client: TcpStream, server: TcpStream, mut is_open: watch::Receiver<bool>) {
    let (mut from_client, mut to_client) = client.into_split();
    let (mut from_server, mut to_server) = server.into_split();
    let up = async {
        // Either side may go when it likes.
        let _ = tokio::io::copy(&mut from_client, &mut to_server).await;
    };
    let seen = is_open.clone();
    let down = async {
        if answers(&mut from_server, &mut to_client, || !*seen.borrow()).await {
            // The link is dropped with its test.
            let _ = is_open.wait_for(|open| *open).await;
        }
    };
    tokio::select! {
        () = up => {}
        () = down => {}
    }
}

/// Carries what a server answers, until something of it is swallowed; whether it was.
async fn answers(from: &mut OwnedReadHalf, to: &mut OwnedWriteHalf, swallows: impl Fn() -> bool) -> bool {
    let mut bytes = vec![0; 64 * 1024];
    while let Ok(count @ 1..) = from.read(&mut bytes).await {
        if swallows() {
            return true;
        }
        if to.write_all(&bytes[..count]).await.is_err() {
            return false;
        }
    }
    false
}

/// What lies before a server.
struct Link {
    url: String,
    serving: JoinHandle<()>,
}

impl Link {
    async fn before<F>(server: &str, carry: impl Fn(TcpStream, TcpStream) -> F + Send + 'static) -> Self
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let server = server.trim_start_matches("http://").to_owned();
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let serving = tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                if let Ok(server) = TcpStream::connect(&server).await {
                    tokio::spawn(carry(client, server));
                }
            }
        });
        Self { url, serving }
    }
}

impl Drop for Link {
    fn drop(&mut self) {
        self.serving.abort();
    }
}
