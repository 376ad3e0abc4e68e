//! Background jobs: leased as rows, run without an open transaction, finished in a commit of their own.
//!
//! If a worker dies, its lease expires and another worker takes the job. A fencing token keeps a late worker from
//! committing its result as well.

mod announce;
mod assess;
mod engine_run;
mod housekeeping;
mod indexer;
mod mail;
mod outcome;
mod reminder;
mod reply;
mod webhook;

use std::sync::Arc;
use std::time::Duration;

use tierup_common::time::Timestamp;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio_util::task::AbortOnDropHandle;

use crate::app::App;
use crate::domain::{Job, JobKind};
use crate::store::{self, LeasedJob};
use crate::supervisor::Supervisor;
use crate::worker::outcome::{MAX_ATTEMPTS, fail_job, retry_later};

/// The delay before trying again to lease jobs that are due but leased elsewhere.
const BUSY_RETRY_DELAY: Duration = Duration::from_millis(10);
/// The delay before trying again when the store does not respond.
const STORE_RETRY_DELAY: Duration = Duration::from_secs(1);

/// The workers of one kind of job.
struct JobPool {
    kind: JobKind,
    /// The most jobs at a time.
    max_concurrent: usize,
    /// How long a job may take before another worker may lease it.
    lease_duration: Duration,
}

/// Starts all workers. They end when the server stops; interrupted jobs run again after the next start.
pub fn start(app: &App, supervisor: &Supervisor) -> JoinSet<()> {
    let engine_lease = app.engine.time_limit() + Duration::from_secs(30);
    let pools = [
        JobPool { kind: JobKind::Announce, max_concurrent: 2, lease_duration: Duration::from_mins(1) },
        JobPool { kind: JobKind::Reminder, max_concurrent: 2, lease_duration: Duration::from_mins(1) },
        JobPool { kind: JobKind::Mail, max_concurrent: 4, lease_duration: Duration::from_mins(1) },
        JobPool { kind: JobKind::Webhook, max_concurrent: 4, lease_duration: Duration::from_mins(1) },
        JobPool { kind: JobKind::Assess, max_concurrent: 8, lease_duration: engine_lease },
        JobPool { kind: JobKind::Reply, max_concurrent: 8, lease_duration: engine_lease },
    ];
    let mut workers = JoinSet::new();
    workers.spawn(supervisor.supervise("search-indexer", indexer::follow_logs(app.clone())));
    workers.spawn(supervisor.supervise("housekeeping", housekeeping::run(app.clone())));
    workers.spawn(supervisor.supervise("webhook-follower", webhook::follow_logs(app.clone())));
    // Ends by itself, then waits for the stop like the others.
    let (caught_up, stop) = (reminder::schedule_missing(app.clone()), app.shutdown.clone());
    workers.spawn(supervisor.supervise("reminders", async move {
        caught_up.await;
        stop.cancelled().await;
    }));
    for pool in pools {
        workers.spawn(supervisor.supervise(format!("workers-{}", pool.kind), run_pool(app.clone(), pool)));
    }
    workers
}

async fn run_pool(app: App, pool: JobPool) {
    let permits = Arc::new(Semaphore::new(pool.max_concurrent));
    let mut running = JoinSet::new();
    let job_added = app.events.job_notifier(pool.kind);
    loop {
        // Enable the notification before looking for jobs, so that none committed in between is missed.
        let mut notified = std::pin::pin!(job_added.notified());
        notified.as_mut().enable();
        let free = permits.available_permits();
        // A read does not load the writer.
        let next = next_poll(&app, &pool, free).await;
        let is_due = next.is_some_and(|at| at <= app.clock.now());
        let leased = if is_due { lease_jobs(&app, &pool, free).await } else { Ok(Vec::new()) };
        // Try again soon for jobs that were leased meanwhile, later if the store does not respond.
        let retry_delay = if leased.is_ok() { BUSY_RETRY_DELAY } else { STORE_RETRY_DELAY };
        let jobs = leased.unwrap_or_default();
        let has_jobs = !jobs.is_empty();
        for job in jobs {
            let Ok(permit) = permits.clone().try_acquire_owned() else { break };
            let app = app.clone();
            running.spawn(async move {
                run_job(&app, job).await;
                drop(permit);
            });
        }
        if has_jobs {
            continue;
        }
        let later = async {
            match next {
                Some(at) if at <= app.clock.now() => tokio::time::sleep(retry_delay).await,
                Some(at) => app.clock.sleep_until(at).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            () = app.shutdown.cancelled() => return,
            () = notified => {}
            () = later => {}
            Some(_) = running.join_next(), if !running.is_empty() => {}
        }
    }
}

async fn lease_jobs(app: &App, pool: &JobPool, free: usize) -> store::Result<Vec<LeasedJob>> {
    let now = app.clock.now();
    let (kind, until) = (pool.kind, now.plus(pool.lease_duration));
    let leased = app.store.commit_deferred(move |system| system.lease_jobs(kind, free, now, until)).await;
    leased.inspect_err(|error| tracing::warn!(%kind, %error, "cannot lease jobs"))
}

/// When the next job is due; none to wait for a notification alone.
async fn next_poll(app: &App, pool: &JobPool, free: usize) -> Option<Timestamp> {
    if free == 0 {
        return None;
    }
    let kind = pool.kind;
    match app.store.read_system(move |system| system.next_due(kind)).await {
        Ok(due) => due,
        Err(_) => Some(app.clock.now().plus(STORE_RETRY_DELAY)),
    }
}

/// Runs one job. A panic fails the job and nothing else.
async fn run_job(app: &App, leased: LeasedJob) {
    if leased.attempt > MAX_ATTEMPTS {
        fail_job(app, &leased, "too many attempts did not finish".into()).await;
        return;
    }
    let (task_app, task_lease) = (app.clone(), leased.clone());
    let done = AbortOnDropHandle::new(tokio::spawn(async move {
        let app = &task_app;
        match task_lease.job {
            Job::Assess { handoff_id } => assess::run(app, &task_lease, handoff_id).await,
            Job::Reply { session_id, to_seq, message_id } => {
                reply::run(app, &task_lease, session_id, to_seq, message_id).await
            }
            Job::Announce { handoff_id, reason } => announce::run(app, &task_lease, handoff_id, reason).await,
            Job::Mail { handoff_id, to, reason } => mail::run(app, &task_lease, handoff_id, to, reason).await,
            Job::Webhook { seq, hook } => webhook::run(app, &task_lease, seq, hook).await,
            Job::Reminder { handoff_id, since, warned } => {
                reminder::run(app, &task_lease, handoff_id, since, warned).await
            }
        }
    }));
    match done.await {
        Ok(Ok(())) => {}
        Ok(Err(error)) => retry_later(app, &leased, error.to_string()).await,
        Err(panic) => {
            tracing::error!(%panic, kind = %leased.job.kind(), "a worker panicked");
            fail_job(app, &leased, "the worker panicked".into()).await;
        }
    }
}
