//! A server from its start to its end.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::app::{App, Parts};
use crate::auth::{Attempts, Tokens};
use crate::bell::Bell;
use crate::clock::Clock;
use crate::config::Config;
use crate::metrics::Metrics;
use crate::pages::Pages;
use crate::password;
use crate::router::router;
use crate::search::{Search, SearchError};
use crate::serve::serve;
use crate::store::{self, News, OpenError, Store};
use crate::supervise::{Failure, Supervisor};
use crate::webhook::{Hooks, WhoseError};
use crate::worker;

/// Tasks that were cut have let go of everything within this time.
const LETTING_GO: Duration = Duration::from_millis(500);

/// Why a server did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The folder cannot be served from.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// The search index cannot be made, or the runbooks read.
    #[error(transparent)]
    Search(#[from] SearchError),
    /// A webhook is of no account.
    #[error(transparent)]
    Webhooks(#[from] WhoseError),
    /// The store does not answer.
    #[error(transparent)]
    Store(#[from] store::Error),
    /// The address cannot be listened on.
    #[error("cannot listen on {0}: {1}\nhint: another program may have it; choose one with --listen")]
    Listen(SocketAddr, std::io::Error),
}

/// A server that runs.
pub struct Server {
    address: SocketAddr,
    stop: CancellationToken,
    supervisor: Supervisor,
    changes: watch::Receiver<u64>,
    running: JoinHandle<()>,
}

impl Server {
    /// Starts a server on a folder that `init` made. It accepts connections when this returns.
    pub async fn start(folder: &Path, config: Config, clock: Clock) -> Result<Self, StartError> {
        let stop = CancellationToken::new();
        let supervisor = Supervisor::new(stop.clone());
        let bell = Bell::default();
        let (rung, changes) = (bell.clone(), bell.changes());
        let metrics = Arc::new(Metrics::new(bell.sent()));
        let counting = Arc::clone(&metrics);
        let pages = Arc::new(Pages::default());
        let turned = Arc::clone(&pages);
        let tokens = Arc::new(Tokens::default());
        let known = Arc::clone(&tokens);
        let on_commit = move |news: News| {
            if !news.rights.is_empty() {
                known.forget();
            }
            turned.turn(&news.touched);
            counting.committed(&news);
            rung.ring(news);
        };
        let store = Store::open(folder, on_commit, &supervisor)?;
        let accounts = store.read_system(|system| system.accounts()).await?;
        let hooks = Hooks::of(config.hooks, &accounts)?;
        let search = Search::open(folder, config.runbooks)?;
        let listener = TcpListener::bind(config.listen)
            .await
            .map_err(|error| StartError::Listen(config.listen, error))?;
        let address = listener.local_addr().map_err(|error| StartError::Listen(config.listen, error))?;
        let (alive, gone) = mpsc::channel(1);
        let app = App::new(Parts {
            clock,
            store,
            bell,
            pages,
            tokens,
            attempts: Attempts::default(),
            behind_proxy: config.behind_proxy,
            metrics,
            limits: config.limits,
            search,
            engine: config.engine,
            mailer: config.mailer,
            hooks,
            event_retention: config.event_retention,
            remind_after: config.remind_after,
            stale_after: config.stale_after,
            public_url: config.public_url,
            stop: stop.clone(),
            alive,
        });
        tokio::task::spawn_blocking(password::warm_up);
        let running = supervisor.task("the server's loop", run(app, listener, supervisor.clone(), gone));
        Ok(Self { address, stop, supervisor, changes, running })
    }

    /// Where it listens.
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Where it listens, as a URL.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Counts commits, and streams that begin and end: whoever waits for a figure of these looks again when it changes.
    pub fn changes(&self) -> watch::Receiver<u64> {
        self.changes.clone()
    }

    /// Resolves when the server can no longer be trusted to go on, and must be started again.
    pub async fn failed(&self) -> Failure {
        self.supervisor.failed().await
    }

    /// Stops: takes nothing new, finishes what is in flight, ends the streams. Within five seconds.
    pub async fn stop(self) {
        self.stop.cancel();
        // The task ends by itself; if it panicked there is nothing left to stop.
        let _ = self.running.await;
    }
}

async fn run(app: App, listener: TcpListener, supervisor: Supervisor, mut gone: mpsc::Receiver<Infallible>) {
    let stop = app.stop.clone();
    let workers = worker::start(&app, &supervisor);
    let ender = supervisor.task("the end of streams", {
        let (app, stop) = (app.clone(), stop.clone());
        async move {
            stop.cancelled().await;
            app.bell.end_all();
        }
    });
    let router = router(app);
    tokio::select! {
        () = serve(listener, router, stop.clone()) => {}
        // The rest ends with it, in order: one failure is told, not what follows from it.
        _ = supervisor.failed() => stop.cancel(),
    }
    drop(workers);
    ender.abort();
    // What was cut lets go of the store a moment later.
    let _ = tokio::time::timeout(LETTING_GO, gone.recv()).await;
}
