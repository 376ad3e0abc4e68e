//! Deletes expired data in small steps, and mends jobs whose due time a wrong clock had set far ahead.
//!
//! Deletion is final, and clocks can be wrong: a machine that boots with its clock far ahead must not lose its log and
//! tokens. So expiry follows a persisted high-water mark instead, which never runs ahead of the clock and, when the
//! clock jumps, advances at most [`MAX_CATCH_UP_RATE`] times as fast as real time.

use std::time::Duration;

use tierup_common::id::AccountId;
use tierup_common::time::Timestamp;

use crate::app::App;
use crate::store::{self, Store};

/// The time between two runs.
const INTERVAL: Duration = Duration::from_hours(1);
/// At this rate, it takes a day to catch up after a day of downtime, or of a clock that is a day ahead.
const MAX_CATCH_UP_RATE: u32 = 2;
/// Log a warning if the clock is ahead by more.
const CLOCK_SKEW_WARNING: Duration = Duration::from_hours(24);
/// The most events per commit, so that other writes do not wait long.
const PRUNE_BATCH: u32 = 1_000;
/// How long failed jobs are kept, with their reason.
const FAILED_JOB_RETENTION: Duration = Duration::from_hours(30 * 24);

/// Runs until the server stops.
pub(super) async fn run(app: App) {
    let mut last = app.clock.uptime();
    loop {
        let next = app.clock.sleep(INTERVAL);
        let (now, uptime) = (app.clock.now(), app.clock.uptime());
        app.limits.evict_idle();
        match clean_up(&app.store, app.event_retention, now, uptime.saturating_sub(last)).await {
            Ok(()) => last = uptime,
            Err(error) => tracing::warn!(%error, "housekeeping failed; trying again later"),
        }
        tokio::select! {
            () = app.shutdown.cancelled() => return,
            () = next => {}
        }
    }
}

/// Deletes what has expired by `now`, of which `elapsed` has passed since the last run.
async fn clean_up(
    store: &Store,
    retention: Option<Duration>,
    now: Timestamp,
    elapsed: Duration,
) -> store::Result<()> {
    let commit = store.commit_system(move |system| {
        let reached =
            system.high_water_mark()?.map_or(now, |before| advance_high_water_mark(now, before, elapsed));
        system.set_high_water_mark(reached)?;
        system.reset_far_due_jobs(now)?;
        system.delete_old_responses(reached)?;
        system.delete_expired_tokens(reached)?;
        system.delete_failed_jobs(reached.minus(FAILED_JOB_RETENTION))?;
        Ok(reached)
    });
    let reached = commit.await?;
    if now.since(reached) > CLOCK_SKEW_WARNING {
        tracing::warn!(
            clock = %now, %reached,
            "the clock is far ahead of the server's last run; expired data is deleted later"
        );
    }
    let Some(retention) = retention else { return Ok(()) };
    for (account, _) in store.read_system(|system| system.accounts()).await? {
        prune_log(store, account, reached.minus(retention)).await?;
    }
    Ok(())
}

/// The next high-water mark.
fn advance_high_water_mark(now: Timestamp, before: Timestamp, elapsed: Duration) -> Timestamp {
    now.min(before.plus(elapsed.saturating_mul(MAX_CATCH_UP_RATE)))
}

/// Deletes events before a time from the start of an account's log.
async fn prune_log(store: &Store, account: AccountId, before: Timestamp) -> store::Result<()> {
    while store.commit(account, move |tx| tx.prune_log(before, PRUNE_BATCH)).await? {
        tokio::task::yield_now().await;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use tierup_common::id::{MessageId, SessionId, TokenId};

    use super::*;
    use crate::admin::tests::NewAccount;
    use crate::domain::message::{self, NewSessionIds};
    use crate::domain::tests::at;
    use crate::domain::{TokenRecord, user};

    const DAY: Duration = Duration::from_hours(24);

    #[tokio::test]
    async fn housekeeping_deletes_nothing_right_after_the_clock_jumps_ahead() {
        let acme = NewAccount::create().await;
        let (store, ana) = (&acme.store, &acme.ana);
        let (account, user_id, now) = (ana.account, ana.id, at(0));
        let request = serde_json::from_str(
            r#"{"intake_type": "free_text", "intake_content": {"text": "VPN is down"}}"#,
        );
        let (request, who) = (request.unwrap(), ana.clone());
        let opened = store.commit(account, move |tx| {
            let token = TokenRecord {
                id: TokenId::new(now),
                user: user_id,
                hash: [7; 32],
                name: "log-in".into(),
                created_at: now,
                expires_at: Some(now.plus(30 * DAY)),
            };
            tx.apply(user::issue_token(token), now)?;
            let number = tx.next_session_number()?;
            let ids = NewSessionIds { id: SessionId::new(now), number, message_id: MessageId::new(now) };
            tx.apply(message::open_session(&request, ids, &who, now), now)
        });
        opened.await.unwrap();
        // The number of tokens besides the first, and whether the log is non-empty.
        let remaining = async || {
            let bounds_and_tokens = store.read(account, move |scope| {
                let ends = scope.log_bounds()?;
                Ok((scope.tokens(user_id, now)?.len() - 1, ends.oldest <= ends.newest))
            });
            bounds_and_tokens.await.unwrap()
        };
        let clean_up_at = async |after: Duration, passed: Duration| {
            clean_up(store, Some(7 * DAY), now.plus(after), passed).await.unwrap();
            remaining().await
        };

        assert_eq!(clean_up_at(DAY * 3650, Duration::ZERO).await, (1, true), "a start in the far future");
        assert_eq!(clean_up_at(DAY * 3650, INTERVAL).await, (1, true), "and an hour in it");
        assert_eq!(clean_up_at(DAY, INTERVAL).await, (1, true), "and the clock set right");
        assert_eq!(
            clean_up_at(DAY * 8, DAY * 4).await,
            (1, false),
            "it goes on, and makes up for what it missed"
        );
        assert_eq!(clean_up_at(DAY * 29, DAY * 21).await, (1, false));
        assert_eq!(clean_up_at(DAY * 31, DAY * 2).await, (0, false));
    }
}
