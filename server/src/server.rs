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

use crate::app::{App, AppParts};
use crate::auth::{Authenticator, LoginThrottle};
use crate::clock::Clock;
use crate::config::ServerConfig;
use crate::events::EventHub;
use crate::metrics::Metrics;
use crate::password;
use crate::queue_cache::QueueCache;
use crate::router::router;
use crate::search::{Search, SearchError};
use crate::serve::serve;
use crate::store::{self, CommitEffects, OpenError, Store};
use crate::supervisor::{FatalError, Supervisor};
use crate::webhook::{WebhookAccountError, WebhookRegistry};
use crate::worker;

/// Tasks that were cut have let go of everything within this time.
const ABORT_TIMEOUT: Duration = Duration::from_millis(500);

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
    Webhooks(#[from] WebhookAccountError),
    /// The store does not answer.
    #[error(transparent)]
    Store(#[from] store::StoreError),
    /// The address cannot be listened on.
    #[error("cannot listen on {0}: {1}\nhint: another program may have it; choose one with --listen")]
    Listen(SocketAddr, std::io::Error),
}

/// A server that runs.
pub struct Server {
    address: SocketAddr,
    stop: CancellationToken,
    supervisor: Supervisor,
    change_counter: watch::Receiver<u64>,
    task: JoinHandle<()>,
}

impl Server {
    /// Starts a server on a folder that `init` made. It accepts connections when this returns.
    pub async fn start(folder: &Path, config: ServerConfig, clock: Clock) -> Result<Self, StartError> {
        let stop = CancellationToken::new();
        let supervisor = Supervisor::new(stop.clone());
        let events = EventHub::new(supervisor.clone());
        let (commit_events, changes) = (events.clone(), events.subscribe_changes());
        let metrics = Arc::new(Metrics::new(events.sent()));
        let commit_metrics = Arc::clone(&metrics);
        let pages = Arc::new(QueueCache::default());
        let commit_cache = Arc::clone(&pages);
        let tokens = Arc::new(Authenticator::default());
        let commit_tokens = Arc::clone(&tokens);
        let on_commit = move |news: CommitEffects| {
            if !news.access_changes.is_empty() {
                commit_tokens.invalidate();
            }
            commit_cache.invalidate(&news.touched_accounts);
            commit_metrics.record_commit(&news);
            commit_events.publish(news);
        };
        let store = Store::open(folder, on_commit, &supervisor)?;
        let accounts = store.read_system(|system| system.accounts()).await?;
        let hooks = WebhookRegistry::new(config.webhooks, &accounts)?;
        let search = Search::open(folder, config.runbooks)?;
        let listener = TcpListener::bind(config.listen)
            .await
            .map_err(|error| StartError::Listen(config.listen, error))?;
        let address = listener.local_addr().map_err(|error| StartError::Listen(config.listen, error))?;
        let (alive, gone) = mpsc::channel(1);
        let app = App::new(AppParts {
            clock,
            store,
            events,
            queue_cache: pages,
            authenticator: tokens,
            login_throttle: LoginThrottle::default(),
            behind_proxy: config.behind_proxy,
            metrics,
            limits: config.limits,
            search,
            engine: config.engine,
            mailer: config.mailer,
            webhooks: hooks,
            event_retention: config.event_retention,
            remind_after: config.remind_after,
            stale_after: config.stale_after,
            public_url: config.public_url,
            shutdown: stop.clone(),
            shutdown_complete: alive,
        });
        tokio::task::spawn_blocking(password::warm_up);
        let running =
            supervisor.spawn_task("the server's loop", run_server(app, listener, supervisor.clone(), gone));
        Ok(Self { address, stop, supervisor, change_counter: changes, task: running })
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
    pub fn subscribe_changes(&self) -> watch::Receiver<u64> {
        self.change_counter.clone()
    }

    /// Resolves when the server can no longer be trusted to go on, and must be started again.
    pub async fn failed(&self) -> FatalError {
        self.supervisor.failed().await
    }

    /// Stops: takes nothing new, finishes what is in flight, ends the streams. Within five seconds.
    pub async fn stop(self) {
        self.stop.cancel();
        // The task ends by itself; if it panicked there is nothing left to stop.
        let _ = self.task.await;
    }
}

async fn run_server(
    app: App,
    listener: TcpListener,
    supervisor: Supervisor,
    mut released: mpsc::Receiver<Infallible>,
) {
    let stop = app.shutdown.clone();
    let workers = worker::start(&app, &supervisor);
    let ender = supervisor.spawn_task("the end of streams", {
        let (app, stop) = (app.clone(), stop.clone());
        async move {
            stop.cancelled().await;
            app.events.close_all();
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
    let _ = tokio::time::timeout(ABORT_TIMEOUT, released.recv()).await;
}
