//! Slow work: leased as rows, done with no transaction open, written back by a commit of its own.
//!
//! A worker that dies leaves a lease that runs out, and another takes the job up. Its fence keeps what a late worker
//! brings from being written twice.

mod announce;
mod assess;
mod housekeeping;
mod index;
mod mail;
mod reply;
mod ring;
mod tell;

use std::sync::Arc;
use std::time::Duration;

use tierup_common::time::Timestamp;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio_util::task::AbortOnDropHandle;

use crate::app::App;
use crate::domain::Job;
use crate::store::{self, Finish, Leased};
use crate::supervise::Supervisor;

/// A job is taken up this often before it is given up.
const ATTEMPTS: u32 = 3;
/// Between two looks at work that is due and that somebody else has.
const MOMENT: Duration = Duration::from_millis(10);
/// When the store does not answer, look again after this.
const LOOK_AGAIN: Duration = Duration::from_secs(1);

/// A kind of job, and how its workers go about it.
struct Trade {
    kind: &'static str,
    /// At most so many at once.
    width: usize,
    /// How long one may take; then somebody else may have it.
    lease: Duration,
}

/// Starts the workers of every kind. They end when the server stops; what they were doing is taken up again when it
/// starts.
pub fn start(app: &App, supervisor: &Supervisor) -> JoinSet<()> {
    let engine = app.engine.time_limit() + Duration::from_secs(30);
    let trades = [
        Trade { kind: "announce", width: 2, lease: Duration::from_mins(1) },
        Trade { kind: "ring", width: 2, lease: Duration::from_mins(1) },
        Trade { kind: "mail", width: 4, lease: Duration::from_mins(1) },
        Trade { kind: "call", width: 4, lease: Duration::from_mins(1) },
        Trade { kind: "assess", width: 8, lease: engine },
        Trade { kind: "reply", width: 8, lease: engine },
    ];
    let mut workers = JoinSet::new();
    workers.spawn(supervisor.watch("the index's follower", index::follow(app.clone())));
    workers.spawn(supervisor.watch("housekeeping", housekeeping::keep(app.clone())));
    workers.spawn(supervisor.watch("the webhooks' follower", tell::follow(app.clone())));
    // It comes to an end by itself, and then waits for the stop like the others.
    let (caught_up, stop) = (ring::catch_up(app.clone()), app.stop.clone());
    workers.spawn(supervisor.watch("reminders", async move {
        caught_up.await;
        stop.cancelled().await;
    }));
    for trade in trades {
        workers.spawn(supervisor.watch(format!("the workers of {}", trade.kind), work(app.clone(), trade)));
    }
    workers
}

async fn work(app: App, trade: Trade) {
    let permits = Arc::new(Semaphore::new(trade.width));
    let mut busy = JoinSet::new();
    let rings = app.bell.rings_for(trade.kind);
    loop {
        // Listen before looking, so that a job committed in between rings.
        let mut heard = std::pin::pin!(rings.notified());
        heard.as_mut().enable();
        let free = permits.available_permits();
        // A look costs the writer nothing.
        let next = next_look(&app, &trade, free).await;
        let is_due = next.is_some_and(|at| at <= app.clock.now());
        let taken = if is_due { take(&app, &trade, free).await } else { Ok(Vec::new()) };
        // What is due but could not be taken is looked at again in a moment; not so soon where the store takes nothing.
        let moment = if taken.is_ok() { MOMENT } else { LOOK_AGAIN };
        let jobs = taken.unwrap_or_default();
        let took_some = !jobs.is_empty();
        for job in jobs {
            let Ok(permit) = permits.clone().try_acquire_owned() else { break };
            let app = app.clone();
            busy.spawn(async move {
                run(&app, job).await;
                drop(permit);
            });
        }
        if took_some {
            continue;
        }
        let later = async {
            match next {
                Some(at) if at <= app.clock.now() => tokio::time::sleep(moment).await,
                Some(at) => app.clock.wait_until(at).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            () = app.stop.cancelled() => return,
            () = heard => {}
            () = later => {}
            Some(_) = busy.join_next(), if !busy.is_empty() => {}
        }
    }
}

async fn take(app: &App, trade: &Trade, free: usize) -> store::Result<Vec<Leased>> {
    let now = app.clock.now();
    let (kind, until) = (trade.kind, now.plus(trade.lease));
    let leased = app.store.commit_in_passing(move |system| system.lease(kind, free, now, until)).await;
    leased.inspect_err(|error| tracing::warn!(kind, %error, "cannot lease jobs"))
}

/// When there may be something to do without a ring; none to wait for a ring alone.
async fn next_look(app: &App, trade: &Trade, free: usize) -> Option<Timestamp> {
    if free == 0 {
        return None;
    }
    let kind = trade.kind;
    match app.store.read_system(move |system| system.next_due(kind)).await {
        Ok(due) => due,
        Err(_) => Some(app.clock.now().plus(LOOK_AGAIN)),
    }
}

/// Does one job. A panic in it is contained and ends the job.
async fn run(app: &App, leased: Leased) {
    if leased.attempt > ATTEMPTS {
        give_up(app, &leased, "it was taken up too often without coming to an end".into()).await;
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
            Job::Call { seq, hook } => tell::call(app, &task_lease, seq, hook).await,
            Job::Ring { handoff_id, since, warned } => {
                ring::run(app, &task_lease, handoff_id, since, warned).await
            }
        }
    }));
    match done.await {
        Ok(Ok(())) => {}
        Ok(Err(error)) => again(app, &leased, error.to_string()).await,
        Err(panic) => {
            tracing::error!(%panic, kind = leased.job.kind(), "a worker panicked");
            give_up(app, &leased, "the worker panicked".into()).await;
        }
    }
}

/// Puts a job off: longer each time.
async fn again(app: &App, leased: &Leased, why: String) {
    let kind = leased.job.kind();
    if leased.attempt >= ATTEMPTS {
        give_up(app, leased, why).await;
        return;
    }
    tracing::warn!(kind, attempt = leased.attempt, why, "a job is put off");
    end(app, leased, Finish::Again(backoff(app.clock.now(), leased.attempt), why)).await;
}

fn backoff(now: Timestamp, attempt: u32) -> Timestamp {
    now.plus(Duration::from_secs(10) * 4_u32.saturating_pow(attempt.saturating_sub(1)))
}

async fn give_up(app: &App, leased: &Leased, why: String) {
    tracing::error!(kind = leased.job.kind(), why, "a job failed for good");
    match leased.job {
        Job::Assess { handoff_id } => {
            let sentence = "The assessment was interrupted too often.".into();
            if let Err(error) = assess::fail(app, leased, handoff_id, sentence).await {
                tracing::error!(%error, "an assessment could not be marked as failed");
            }
        }
        Job::Reply { .. } | Job::Announce { .. } | Job::Mail { .. } | Job::Call { .. } | Job::Ring { .. } => {
            end(app, leased, Finish::Failed(why)).await;
        }
    }
}

async fn end(app: &App, leased: &Leased, finish: Finish) {
    let (account, leased) = (leased.account, leased.clone());
    let ended =
        app.store.commit_in_passing(move |system| system.account(account).finish(&leased, &finish)).await;
    if let Err(error) = ended {
        // The lease runs out, and the job is taken up again.
        tracing::warn!(%error, "a job could not be ended");
    }
}
