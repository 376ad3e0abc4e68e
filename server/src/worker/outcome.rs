//! How a job ends: done, failed for good, or put off for a retry.

use std::time::Duration;

use tierup_common::time::Timestamp;

use crate::app::App;
use crate::delivery::DeliveryError;
use crate::domain::Job;
use crate::store::{JobResult, LeasedJob};
use crate::worker::assess;

/// Attempts at a job before it fails for good.
pub(super) const MAX_ATTEMPTS: u32 = 3;

/// Ends a job that delivered something: done, to be retried, or failed.
pub(super) async fn finish_delivery(app: &App, leased: &LeasedJob, delivered: Result<(), DeliveryError>) {
    match delivered {
        Ok(()) => finish_job(app, leased, JobResult::Done).await,
        Err(DeliveryError::Transient(reason)) => retry_later(app, leased, reason).await,
        Err(DeliveryError::Permanent(reason)) => finish_job(app, leased, JobResult::Failed(reason)).await,
    }
}

/// Puts a job off, longer each time; fails it after the last attempt.
pub(super) async fn retry_later(app: &App, leased: &LeasedJob, reason: String) {
    let kind = leased.job.kind();
    if leased.attempt >= MAX_ATTEMPTS {
        fail_job(app, leased, reason).await;
        return;
    }
    tracing::warn!(%kind, attempt = leased.attempt, reason, "a job will be retried");
    finish_job(app, leased, JobResult::Retry(retry_at(app.clock.now(), leased.attempt), reason)).await;
}

fn retry_at(now: Timestamp, attempt: u32) -> Timestamp {
    now.plus(Duration::from_secs(10) * 4_u32.saturating_pow(attempt.saturating_sub(1)))
}

/// Fails a job for good.
pub(super) async fn fail_job(app: &App, leased: &LeasedJob, reason: String) {
    tracing::error!(kind = %leased.job.kind(), reason, "a job failed for good");
    match leased.job {
        Job::Assess { handoff_id } => {
            let sentence = "The assessment was interrupted too often.".into();
            if let Err(error) = assess::fail(app, leased, handoff_id, sentence).await {
                tracing::error!(%error, "an assessment could not be marked as failed");
            }
        }
        Job::Reply { .. }
        | Job::Announce { .. }
        | Job::Mail { .. }
        | Job::Webhook { .. }
        | Job::Reminder { .. } => {
            finish_job(app, leased, JobResult::Failed(reason)).await;
        }
    }
}

/// Records the result of a job, unless its lease has run out.
pub(super) async fn finish_job(app: &App, leased: &LeasedJob, result: JobResult) {
    let (account, leased) = (leased.account, leased.clone());
    let commit = app
        .store
        .commit_deferred(move |system| system.account_tx(account).finish_job(&leased, &result))
        .await;
    if let Err(error) = commit {
        // The lease expires, and the job runs again.
        tracing::warn!(%error, "cannot record the result of a job");
    }
}
