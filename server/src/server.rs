//! Starts, runs and stops a server.

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
use crate::assess::EngineHealth;
use crate::auth::{Authenticator, LoginThrottle};
use crate::clock::Clock;
use crate::config::ServerConfig;
use crate::events::EventHub;
use crate::metrics::Metrics;
use crate::password;
use crate::progress::IndexProgress;
use crate::queue_cache::QueueCache;
use crate::redactor::Redactor;
use crate::router::router;
use crate::search::{Search, SearchError};
use crate::serve::serve;
use crate::store::{self, CommitEffects, OpenError, Store};
use crate::supervisor::{FatalError, Supervisor};
use crate::webhook::{WebhookAccountError, WebhookRegistry};
use crate::worker;

/// How long aborted tasks get to release the store.
const ABORT_TIMEOUT: Duration = Duration::from_millis(500);

/// Why a server could not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The folder cannot be opened.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// The search index or the runbooks cannot be read.
    #[error(transparent)]
    Search(#[from] SearchError),
    /// A webhook's account is unknown or missing.
    #[error(transparent)]
    Webhooks(#[from] WebhookAccountError),
    /// The store does not respond.
    #[error(transparent)]
    Store(#[from] store::StoreError),
    /// The address is in use or not available.
    #[error(
        "cannot listen on {0}: {1}\nhint: another program may use it; pass another address with --listen"
    )]
    Listen(SocketAddr, std::io::Error),
}

/// A running server.
pub struct Server {
    address: SocketAddr,
    stop: CancellationToken,
    supervisor: Supervisor,
    change_counter: watch::Receiver<u64>,
    indexed: watch::Receiver<IndexProgress>,
    task: JoinHandle<()>,
}

impl Server {
    /// Starts a server on a folder that `init` created. It accepts connections once this returns.
    pub async fn start(folder: &Path, config: ServerConfig, clock: Clock) -> Result<Self, StartError> {
        let stop = CancellationToken::new();
        let supervisor = Supervisor::new(stop.clone());
        let events = EventHub::new(supervisor.clone());
        let (commit_events, changes) = (events.clone(), events.subscribe_changes());
        let metrics = Arc::new(Metrics::new(events.sent_frames(), &config.engine.model_metrics()));
        let commit_metrics = Arc::clone(&metrics);
        let queue_cache = Arc::new(QueueCache::default());
        let commit_cache = Arc::clone(&queue_cache);
        let authenticator = Arc::new(Authenticator::default());
        let commit_authenticator = Arc::clone(&authenticator);
        let on_commit = move |effects: CommitEffects| {
            if !effects.access_changes.is_empty() {
                commit_authenticator.invalidate();
            }
            commit_cache.invalidate(&effects.touched_accounts);
            commit_metrics.record_commit(&effects);
            commit_events.publish(effects);
        };
        let store = Store::open(folder, on_commit, &supervisor)?;
        let accounts = store.read_system(|system| system.accounts()).await?;
        let webhooks = WebhookRegistry::new(config.webhooks, &accounts)?;
        let search = Search::open(folder, config.runbooks)?;
        let listener = TcpListener::bind(config.listen)
            .await
            .map_err(|error| StartError::Listen(config.listen, error))?;
        let address = listener.local_addr().map_err(|error| StartError::Listen(config.listen, error))?;
        let (index_progress, indexed) = watch::channel(IndexProgress::default());
        let (shutdown_complete, released) = mpsc::channel(1);
        let app = App::new(AppParts {
            clock,
            store,
            events,
            queue_cache,
            authenticator,
            login_throttle: LoginThrottle::default(),
            behind_proxy: config.behind_proxy,
            redactor: Redactor::new(config.redact_patterns, Arc::clone(&metrics)),
            metrics,
            limits: config.limits,
            search,
            index_progress,
            engine: config.engine,
            engine_health: EngineHealth::default(),
            mailer: config.mailer,
            webhooks,
            event_retention: config.event_retention,
            remind_after: config.remind_after,
            respond_within: config.respond_within,
            stale_after: config.stale_after,
            public_url: config.public_url,
            shutdown: stop.clone(),
            shutdown_complete,
        });
        tokio::task::spawn_blocking(password::warm_up);
        let task = supervisor.spawn_task("server", run_server(app, listener, supervisor.clone(), released));
        Ok(Self { address, stop, supervisor, change_counter: changes, indexed, task })
    }

    /// The address it listens on.
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// The base URL of the address.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Changes with each commit and each opened or closed stream: metrics may have changed then.
    pub fn subscribe_changes(&self) -> watch::Receiver<u64> {
        self.change_counter.clone()
    }

    /// How far the search index has come since the start.
    pub fn subscribe_index_progress(&self) -> watch::Receiver<IndexProgress> {
        self.indexed.clone()
    }

    /// Resolves when the server cannot continue and must be restarted.
    pub async fn failed(&self) -> FatalError {
        self.supervisor.wait_for_failure().await
    }

    /// Stops gracefully, within five seconds: accepts nothing new, finishes requests in flight, ends streams.
    pub async fn stop(self) {
        self.stop.cancel();
        // If the task panicked, there is nothing left to stop.
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
    let stream_closer = supervisor.spawn_task("stream-closer", {
        let (app, stop) = (app.clone(), stop.clone());
        async move {
            stop.cancelled().await;
            app.events.close_all();
        }
    });
    let router = router(app);
    tokio::select! {
        () = serve(listener, router, stop.clone()) => {}
        // Stop gracefully here, too; `Server::failed` reports the first failure.
        _ = supervisor.wait_for_failure() => stop.cancel(),
    }
    drop(workers);
    stream_closer.abort();
    // Aborted tasks release the store a moment later.
    let _ = tokio::time::timeout(ABORT_TIMEOUT, released.recv()).await;
}
