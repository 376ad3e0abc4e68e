//! Slow work: leased as rows, done with no transaction open, written back by a commit of its own.
//!
//! A worker that dies leaves a lease that runs out, and another takes the job up. Its fence keeps what a late worker
//! brings from being written twice.

mod announce;
mod assess;
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
use crate::domain::Job;
use crate::store::{self, LeasedJob};
use crate::supervisor::Supervisor;
use crate::worker::outcome::{MAX_ATTEMPTS, fail_job, retry_later};

/// Between two looks at work that is due and that somebody else has.
const BUSY_RETRY_DELAY: Duration = Duration::from_millis(10);
/// When the store does not answer, look again after this.
const STORE_RETRY_DELAY: Duration = Duration::from_secs(1);

/// A kind of job, and how its workers go about it.
struct JobPool {
    kind: &'static str,
    /// At most so many at once.
    max_concurrent: usize,
    /// How long one may take; then somebody else may have it.
    lease_duration: Duration,
}

/// Starts the workers of every kind. They end when the server stops; what they were doing is taken up again when it
/// starts.
pub fn start(app: &App, supervisor: &Supervisor) -> JoinSet<()> {
    let engine_lease = app.engine.time_limit() + Duration::from_secs(30);
    let pools = [
        JobPool { kind: "announce", max_concurrent: 2, lease_duration: Duration::from_mins(1) },
        JobPool { kind: "ring", max_concurrent: 2, lease_duration: Duration::from_mins(1) },
        JobPool { kind: "mail", max_concurrent: 4, lease_duration: Duration::from_mins(1) },
        JobPool { kind: "call", max_concurrent: 4, lease_duration: Duration::from_mins(1) },
        JobPool { kind: "assess", max_concurrent: 8, lease_duration: engine_lease },
        JobPool { kind: "reply", max_concurrent: 8, lease_duration: engine_lease },
    ];
    let mut workers = JoinSet::new();
    workers.spawn(supervisor.supervise("the index's follower", indexer::follow_logs(app.clone())));
    workers.spawn(supervisor.supervise("housekeeping", housekeeping::run(app.clone())));
    workers.spawn(supervisor.supervise("the webhooks' follower", webhook::follow_logs(app.clone())));
    // It comes to an end by itself, and then waits for the stop like the others.
    let (caught_up, stop) = (reminder::schedule_missing(app.clone()), app.shutdown.clone());
    workers.spawn(supervisor.supervise("reminders", async move {
        caught_up.await;
        stop.cancelled().await;
    }));
    for trade in pools {
        workers.spawn(
            supervisor.supervise(format!("the workers of {}", trade.kind), run_pool(app.clone(), trade)),
        );
    }
    workers
}

async fn run_pool(app: App, pool: JobPool) {
    let permits = Arc::new(Semaphore::new(pool.max_concurrent));
    let mut running = JoinSet::new();
    let job_added = app.events.job_notifier(pool.kind);
    loop {
        // Listen before looking, so that a job committed in between rings.
        let mut notified = std::pin::pin!(job_added.notified());
        notified.as_mut().enable();
        let free = permits.available_permits();
        // A look costs the writer nothing.
        let next = next_poll(&app, &pool, free).await;
        let is_due = next.is_some_and(|at| at <= app.clock.now());
        let taken = if is_due { lease_jobs(&app, &pool, free).await } else { Ok(Vec::new()) };
        // What is due but could not be taken is looked at again in a moment; not so soon where the store takes nothing.
        let retry_delay = if taken.is_ok() { BUSY_RETRY_DELAY } else { STORE_RETRY_DELAY };
        let jobs = taken.unwrap_or_default();
        let took_some = !jobs.is_empty();
        for job in jobs {
            let Ok(permit) = permits.clone().try_acquire_owned() else { break };
            let app = app.clone();
            running.spawn(async move {
                run_job(&app, job).await;
                drop(permit);
            });
        }
        if took_some {
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
    leased.inspect_err(|error| tracing::warn!(kind, %error, "cannot lease jobs"))
}

/// When there may be something to do without a ring; none to wait for a ring alone.
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

/// Does one job. A panic in it is contained and ends the job.
async fn run_job(app: &App, leased: LeasedJob) {
    if leased.attempt > MAX_ATTEMPTS {
        fail_job(app, &leased, "it was taken up too often without coming to an end".into()).await;
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
            tracing::error!(%panic, kind = leased.job.kind(), "a worker panicked");
            fail_job(app, &leased, "the worker panicked".into()).await;
        }
    }
}
