//! Links that lose answers: what was asked for is done, and whoever asked never hears of it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// A link to a server that loses the first answer to a request with these words in it.
pub struct Lossy {
    url: String,
    lost: Arc<AtomicUsize>,
    serving: JoinHandle<()>,
}

impl Lossy {
    /// Lies before the server at this address.
    pub async fn before(server: &str, words: &'static str) -> Self {
        let server = server.trim_start_matches("http://").to_owned();
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let lost = Arc::<AtomicUsize>::default();
        let counted = Arc::clone(&lost);
        let serving = tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                tokio::spawn(carry(client, server.clone(), words, Arc::clone(&counted)));
            }
        });
        Self { url, lost, serving }
    }

    /// Where it is.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// How many answers it has lost.
    pub fn lost(&self) -> usize {
        self.lost.load(Ordering::SeqCst)
    }
}

impl Drop for Lossy {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

/// Carries one connection, until its answer is lost.
async fn carry(client: TcpStream, server: String, words: &'static str, lost: Arc<AtomicUsize>) {
    let Ok(server) = TcpStream::connect(server).await else { return };
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
        let mut bytes = vec![0; 64 * 1024];
        while let Ok(count @ 1..) = from_server.read(&mut bytes).await {
            if loses.load(Ordering::SeqCst) {
                lost.fetch_add(1, Ordering::SeqCst);
                return;
            }
            if to_client.write_all(&bytes[..count]).await.is_err() {
                return;
            }
        }
    };
    tokio::select! {
        () = up => {}
        () = down => {}
    }
}

/// A link whose way back can become a hole: connections stay open, and nothing comes over them.
pub struct Hole {
    url: String,
    is_open: watch::Sender<bool>,
    serving: JoinHandle<()>,
}

impl Hole {
    /// Lies before the server at this address, and carries everything at first.
    pub async fn before(server: &str) -> Self {
        let server = server.trim_start_matches("http://").to_owned();
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let (is_open, seen) = watch::channel(true);
        let serving = tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                tokio::spawn(carry_unless(client, server.clone(), seen.clone()));
            }
        });
        Self { url, is_open, serving }
    }

    /// Where it is.
    pub fn url(&self) -> &str {
        &self.url
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

impl Drop for Hole {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

/// Carries one connection while its link is open.
async fn carry_unless(client: TcpStream, server: String, mut is_open: watch::Receiver<bool>) {
    let Ok(server) = TcpStream::connect(server).await else { return };
    let (mut from_client, mut to_client) = client.into_split();
    let (mut from_server, mut to_server) = server.into_split();
    let up = async {
        // Either side may go when it likes.
        let _ = tokio::io::copy(&mut from_client, &mut to_server).await;
    };
    let down = async {
        let mut bytes = vec![0; 64 * 1024];
        while let Ok(count @ 1..) = from_server.read(&mut bytes).await {
            if !*is_open.borrow() {
                // The link is dropped with its test.
                let _ = is_open.wait_for(|open| *open).await;
                return;
            }
            if to_client.write_all(&bytes[..count]).await.is_err() {
                return;
            }
        }
    };
    tokio::select! {
        () = up => {}
        () = down => {}
    }
}
