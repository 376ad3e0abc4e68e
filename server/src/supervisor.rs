//! Supervises the threads and tasks that the server cannot run without. If one ends early, the server fails, so that
//! the service manager restarts it: without its writer it would look healthy and do nothing.
//!
//! Every thread or task whose end matters is spawned here.

use std::borrow::Cow;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, OnceLock};

use futures_util::FutureExt;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

/// The name of a thread or task, for logs and errors.
type TaskName = Cow<'static, str>;

/// Why the server cannot continue.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum FatalError {
    /// It is unknown whether the last commit is on disk.
    #[error("the outcome of a commit is unknown; restart the server, and clients will retry")]
    UnknownCommitOutcome,
    /// A thread or task ended too early.
    #[error("{0} ended unexpectedly; restart the server")]
    TaskExited(TaskName),
    /// A thread or task panicked.
    #[error("{0} panicked (see the log); restart the server")]
    TaskPanicked(TaskName),
}

/// Supervises the threads and tasks of one server. Clones share it.
#[derive(Clone, Debug, Default)]
pub struct Supervisor(Arc<SupervisorState>);

#[derive(Debug, Default)]
struct SupervisorState {
    stop: CancellationToken,
    failed: CancellationToken,
    cause: OnceLock<FatalError>,
}

impl Supervisor {
    /// A supervisor of a server that `stop` stops.
    pub fn new(stop: CancellationToken) -> Self {
        Self(Arc::new(SupervisorState { stop, ..SupervisorState::default() }))
    }

    /// Spawns a thread. It may return at any time; an error or a panic fails the server.
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

    /// Spawns a task that must not end before the server stops.
    pub fn spawn_task(
        &self,
        name: impl Into<TaskName>,
        work: impl Future<Output = ()> + Send + 'static,
    ) -> JoinHandle<()> {
        tokio::spawn(self.supervise(name, work))
    }

    /// Wraps such a task for a caller who spawns it. It may be dropped at any time.
    pub fn supervise(
        &self,
        name: impl Into<TaskName>,
        work: impl Future<Output = ()> + Send + 'static,
    ) -> impl Future<Output = ()> + Send + 'static {
        self.supervise_with(name.into(), work, false)
    }

    /// Wraps a task that may end at any time; only a panic in it fails the server.
    pub fn supervise_panics(
        &self,
        name: impl Into<TaskName>,
        work: impl Future<Output = ()> + Send + 'static,
    ) -> impl Future<Output = ()> + Send + 'static {
        self.supervise_with(name.into(), work, true)
    }

    fn supervise_with(
        &self,
        name: TaskName,
        work: impl Future<Output = ()> + Send + 'static,
        may_end: bool,
    ) -> impl Future<Output = ()> + Send + 'static {
        let supervisor = self.clone();
        async move {
            match AssertUnwindSafe(work).catch_unwind().await {
                Ok(()) if may_end || supervisor.0.stop.is_cancelled() => {}
                Ok(()) => supervisor.fail(FatalError::TaskExited(name)),
                Err(_) => supervisor.fail(FatalError::TaskPanicked(name)),
            }
        }
    }

    /// Fails the server. Only the first reason is kept.
    pub fn fail(&self, cause: FatalError) {
        tracing::error!(%cause, "the server cannot continue");
        let _ = self.0.cause.set(cause);
        self.0.failed.cancel();
    }

    /// Resolves with the reason once the server has failed.
    pub async fn wait_for_failure(&self) -> FatalError {
        self.0.failed.cancelled().await;
        // Always set before `failed` is cancelled.
        self.0.cause.get().cloned().unwrap_or(FatalError::UnknownCommitOutcome)
    }

    /// Whether the server has not failed.
    pub fn is_healthy(&self) -> bool {
        !self.0.failed.is_cancelled()
    }
}

#[cfg(test)]
mod tests {
    //! Mutants seen to fail: a panic that is not reported, a task that may end at any time.

    use std::future::{pending, ready};
    use std::time::Duration;

    use super::*;

    async fn wait_for_failure(supervisor: &Supervisor) -> FatalError {
        let failed = tokio::time::timeout(Duration::from_secs(10), supervisor.wait_for_failure()).await;
        failed.expect("no failure was reported")
    }

    #[tokio::test]
    async fn a_thread_that_panics_or_gives_up_fails_the_server() {
        let supervisor = Supervisor::default();
        supervisor.spawn_thread("one", || panic!("one fell over")).unwrap();
        assert_eq!(wait_for_failure(&supervisor).await, FatalError::TaskPanicked("one".into()));

        let supervisor = Supervisor::default();
        supervisor.spawn_thread("two", || Err(FatalError::UnknownCommitOutcome)).unwrap();
        assert_eq!(wait_for_failure(&supervisor).await, FatalError::UnknownCommitOutcome);
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
    async fn finished_or_cancelled_work_does_not_fail_the_server() {
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
        let stopped = stop.clone();
        let stops = supervisor.spawn_task("stops", async move { stopped.cancelled().await });
        stop.cancel();
        stops.await.unwrap();
        tokio::spawn(supervisor.supervise_panics("short", ready(()))).await.unwrap();
        assert!(supervisor.is_healthy());
    }
}
