//! What a commit tells the rest of the server: events to publish, workers to wake, caches to clear.

use std::time::Duration;

use tierup_common::id::{AccountId, TokenId, UserId};

use crate::domain::JobKind;
use crate::store::log_entry::AppendedEvent;

/// What follows from a commit, besides its rows.
#[derive(Debug, Default)]
pub struct CommitEffects {
    /// Events to publish, in order.
    pub events: Vec<AppendedEvent>,
    /// Kinds of new jobs, to wake their workers.
    pub job_kinds: Vec<JobKind>,
    /// Accounts that may have changed, to invalidate caches.
    pub touched_accounts: Vec<AccountId>,
    /// Changes of users and tokens, to forget callers and end streams.
    pub access_changes: Vec<AccessChange>,
    /// Jobs that ended or were put off, for metrics.
    pub finished_jobs: Vec<(JobKind, JobOutcome)>,
    /// The time from the first statement until the commit was durable.
    pub duration: Duration,
    /// The number of write jobs that shared the commit.
    pub group_size: u32,
}

/// A change of a user or a token. Cached callers are out of date.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum AccessChange {
    /// A user changed; their streams continue.
    UserChanged,
    /// A token ended, and so do its streams.
    TokenRevoked(AccountId, TokenId),
    /// The streams of a user end, except those of one token.
    UserRevoked(AccountId, UserId, Option<TokenId>),
}

/// How a run of a job ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum JobOutcome {
    /// The job is done.
    Done,
    /// The job will be tried again.
    Retry,
    /// The job failed for good.
    Failed,
}

impl JobOutcome {
    /// The label in metrics.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Retry => "again",
            Self::Failed => "failed",
        }
    }
}

impl CommitEffects {
    /// Adds the effects of another write job of the same commit.
    pub(super) fn merge(&mut self, other: Self) {
        self.events.extend(other.events);
        self.job_kinds.extend(other.job_kinds);
        self.touched_accounts.extend(other.touched_accounts);
        self.access_changes.extend(other.access_changes);
        self.finished_jobs.extend(other.finished_jobs);
    }
}
