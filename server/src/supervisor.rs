//! The threads and tasks without which the server is not whole. Where one of them ends before it was told to, the
//! server must end too, with an error: whoever runs the process then starts it again, while a server that lives on
//! without its writer would look well and do nothing.
//!
//! No other place starts a thread or a task whose end would matter.

use std::borrow::Cow;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, OnceLock};

use futures_util::FutureExt;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

/// The name of a thread or a task.
type TaskName = Cow<'static, str>;

/// Why a server cannot go on.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum FatalError {
    /// Nobody knows what the disk has.
    #[error("a commit ended in a state nobody knows; start the server again, and clients will ask again")]
    UnknownCommit,
    /// A thread or a task ended by itself.
    #[error("{0} ended, without which the server is not whole; start the server again")]
    TaskExited(TaskName),
    /// A thread or a task panicked.
    #[error("{0} panicked, without which the server is not whole; the log has more; start the server again")]
    TaskPanicked(TaskName),
}

/// Watches the threads and tasks of one server. Clones share it.
#[derive(Clone, Debug, Default)]
pub struct Supervisor(Arc<SupervisorState>);

#[derive(Debug, Default)]
struct SupervisorState {
    stop: CancellationToken,
    failed: CancellationToken,
    cause: OnceLock<FatalError>,
}

impl Supervisor {
    /// Watches the parts of a server that `stop` stops.
    pub fn new(stop: CancellationToken) -> Self {
        Self(Arc::new(SupervisorState { stop, ..SupervisorState::default() }))
    }

    /// Starts a thread. It gives back nothing when it has come to its end in order, or why it could not go on.
    pub fn spawn_thread(
        &self,
        name: impl Into<TaskName>,
        work: impl FnOnce() -> Result<(), FatalError> + Send + 'static,
    ) -> io::Result<()> {
        let (name, supervisor) = (name.into(), self.clone());
        let started = std::thread::Builder::new().name(name.clone().into_owned()).spawn(move || {
            match catch_unwind(AssertUnwindSafe(work)) {
                Ok(Ok(())) => {}
                Ok(Err(failure)) => supervisor.fail(failure),
                Err(_) => supervisor.fail(FatalError::TaskPanicked(name)),
            }
        });
        started.map(drop)
    }

    /// Starts a task that ends when the server stops, and not before.
    pub fn spawn_task(
        &self,
        name: impl Into<TaskName>,
        work: impl Future<Output = ()> + Send + 'static,
    ) -> JoinHandle<()> {
        tokio::spawn(self.supervise(name, work))
    }

    /// The same, for whoever starts it themselves. Whoever drops it ends it in order.
    pub fn supervise(
        &self,
        name: impl Into<TaskName>,
        work: impl Future<Output = ()> + Send + 'static,
    ) -> impl Future<Output = ()> + Send + 'static {
        let (name, supervisor) = (name.into(), self.clone());
        async move {
            let ended = AssertUnwindSafe(work).catch_unwind().await;
            match ended {
                Ok(()) if supervisor.0.stop.is_cancelled() => {}
                Ok(()) => supervisor.fail(FatalError::TaskExited(name)),
                Err(_) => supervisor.fail(FatalError::TaskPanicked(name)),
            }
        }
    }

    /// Wraps a task that may end at any time; only a panic in it fails the server.
    pub fn supervise_panics(
        &self,
        name: impl Into<TaskName>,
        work: impl Future<Output = ()> + Send + 'static,
    ) -> impl Future<Output = ()> + Send + 'static {
        let (name, supervisor) = (name.into(), self.clone());
        async move {
            if AssertUnwindSafe(work).catch_unwind().await.is_err() {
                supervisor.fail(FatalError::TaskPanicked(name));
            }
        }
    }

    /// The server cannot go on. The first reason is the one that is told.
    pub fn fail(&self, why: FatalError) {
        tracing::error!(%why, "the server cannot go on");
        let _ = self.0.cause.set(why);
        self.0.failed.cancel();
    }

    /// Resolves when the server cannot go on, and says why.
    pub async fn failed(&self) -> FatalError {
        self.0.failed.cancelled().await;
        // Whoever cancels has said why before.
        self.0.cause.get().cloned().unwrap_or(FatalError::UnknownCommit)
    }

    /// Whether the server can go on, as far as is known.
    pub fn is_healthy(&self) -> bool {
        !self.0.failed.is_cancelled()
    }
}

#[cfg(test)]
mod tests {
    //! Mutants seen to fail: a panic that is caught and not told, a task whose end is always in order.

    use std::future::{pending, ready};
    use std::time::Duration;

    use super::*;

    async fn wait_for_failure(supervisor: &Supervisor) -> FatalError {
        let failed = tokio::time::timeout(Duration::from_secs(10), supervisor.failed()).await;
        failed.expect("nobody was told of the end")
    }

    #[tokio::test]
    async fn a_thread_that_panics_or_gives_up_fails_the_server() {
        let supervisor = Supervisor::default();
        supervisor.spawn_thread("one", || panic!("one fell over")).unwrap();
        assert_eq!(wait_for_failure(&supervisor).await, FatalError::TaskPanicked("one".into()));

        let supervisor = Supervisor::default();
        supervisor.spawn_thread("two", || Err(FatalError::UnknownCommit)).unwrap();
        assert_eq!(wait_for_failure(&supervisor).await, FatalError::UnknownCommit);
        assert!(!supervisor.is_healthy());
    }

    #[tokio::test]
    async fn a_task_that_ends_or_panics_before_the_stop_fails_the_server() {
        let supervisor = Supervisor::default();
        supervisor.spawn_task("three", ready(())).await.unwrap();
        assert_eq!(wait_for_failure(&supervisor).await, FatalError::TaskExited("three".into()));

        let supervisor = Supervisor::default();
        supervisor.spawn_task("four", async { panic!("four fell over") }).await.unwrap();
        assert_eq!(wait_for_failure(&supervisor).await, FatalError::TaskPanicked("four".into()));

        let supervisor = Supervisor::default();
        tokio::spawn(supervisor.supervise_panics("five", async { panic!("five fell over") })).await.unwrap();
        assert_eq!(wait_for_failure(&supervisor).await, FatalError::TaskPanicked("five".into()));
    }

    #[tokio::test]
    async fn what_ends_in_order_fails_nothing() {
        let stop = CancellationToken::new();
        let supervisor = Supervisor::new(stop.clone());
        let (tell, ended) = std::sync::mpsc::channel::<()>();
        supervisor
            .spawn_thread("done", move || {
                drop(tell);
                Ok(())
            })
            .unwrap();
        tokio::task::spawn_blocking(move || ended.recv()).await.unwrap().unwrap_err();
        let cut = supervisor.spawn_task("cut", pending());
        cut.abort();
        assert!(cut.await.unwrap_err().is_cancelled());
        let told = stop.clone();
        let stops = supervisor.spawn_task("stops", async move { told.cancelled().await });
        stop.cancel();
        stops.await.unwrap();
        tokio::spawn(supervisor.supervise_panics("short", ready(()))).await.unwrap();
        assert!(supervisor.is_healthy());
    }
}
