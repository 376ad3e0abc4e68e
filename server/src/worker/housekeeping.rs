//! Throws away what nobody will ask for any more, a little at a time, and sees to jobs that a wrong clock has put off.
//!
//! What is gone is gone, and a clock can be wrong: a machine that starts with one far ahead must not lose its log and
//! tokens before somebody sets it right. So this goes by a time of its own, which is kept: it never runs ahead of the
//! clock, and where the clock has jumped it follows at most [`PACE`] times as fast as time passes.

use std::time::Duration;

use tierup_common::id::AccountId;
use tierup_common::time::Timestamp;

use crate::app::App;
use crate::store::{self, Store};

/// Between two rounds.
const INTERVAL: Duration = Duration::from_hours(1);
/// After a day of standing still, or with a clock that is wrong by a day, it takes a day to catch up.
const MAX_CATCH_UP_RATE: u32 = 2;
/// A clock that is ahead by more is worth a line in the log.
const CLOCK_SKEW_WARNING: Duration = Duration::from_hours(24);
/// Events looked at in one commit, so that nobody's change waits for long.
const PRUNE_BATCH: u32 = 1_000;
/// A job that failed for good is kept so long, with the reason.
const FAILED_JOB_RETENTION: Duration = Duration::from_hours(30 * 24);

/// Goes round until the server stops.
pub(super) async fn run(app: App) {
    let mut last = app.clock.uptime();
    loop {
        let next = app.clock.sleep(INTERVAL);
        let (now, uptime) = (app.clock.now(), app.clock.uptime());
        app.limits.evict_idle();
        match clean_up(&app.store, app.event_retention, now, uptime.saturating_sub(last)).await {
            Ok(()) => last = uptime,
            Err(error) => tracing::warn!(%error, "housekeeping is put off"),
        }
        tokio::select! {
            () = app.shutdown.cancelled() => return,
            () = next => {}
        }
    }
}

/// Throws away what is old by a clock that says `now`, where so much time has passed since the last round.
async fn clean_up(
    store: &Store,
    retention: Option<Duration>,
    now: Timestamp,
    elapsed: Duration,
) -> store::Result<()> {
    let reached = store.commit_system(move |system| {
        let reached =
            system.high_water_mark()?.map_or(now, |before| advance_high_water_mark(now, before, elapsed));
        system.set_high_water_mark(reached)?;
        system.reset_far_due_jobs(now)?;
        system.delete_old_responses(reached)?;
        system.delete_expired_tokens(reached)?;
        system.delete_failed_jobs(reached.minus(FAILED_JOB_RETENTION))?;
        Ok(reached)
    });
    let reached = reached.await?;
    if now.since(reached) > CLOCK_SKEW_WARNING {
        tracing::warn!(
            clock = %now, %reached,
            "the clock is far ahead of when this server ran last; old things are kept until that is made up for"
        );
    }
    let Some(retention) = retention else { return Ok(()) };
    for (account, _) in store.read_system(|system| system.accounts()).await? {
        prune_log(store, account, reached.minus(retention)).await?;
    }
    Ok(())
}

/// How far the time of this has come.
fn advance_high_water_mark(now: Timestamp, before: Timestamp, elapsed: Duration) -> Timestamp {
    now.min(before.plus(elapsed.saturating_mul(MAX_CATCH_UP_RATE)))
}

/// Moves the beginning of an account's log on to what is young enough.
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
    use crate::admin;
    use crate::domain::message::{self, NewSessionIds};
    use crate::domain::tests::at;
    use crate::domain::{TokenRecord, user};

    const DAY: Duration = Duration::from_hours(24);

    #[tokio::test]
    async fn a_clock_far_ahead_destroys_nothing_before_time_has_passed() {
        let folder = tempfile::tempdir().unwrap();
        let made = admin::init(folder.path(), "Acme", "ana@acme.test", "Ana Ruiz").unwrap();
        let store = Store::open(folder.path(), |_| {}, &crate::supervisor::Supervisor::default()).unwrap();
        let hash = crate::token::hash(&made.token).unwrap();
        let ana = store.read_system(move |system| system.caller_by_token_hash(&hash)).await.unwrap().unwrap();
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
        // Tokens that are left besides the first, and whether the log is whole.
        let left = async || {
            let look = store.read(account, move |scope| {
                let ends = scope.log_bounds()?;
                Ok((scope.tokens(user_id, now)?.len() - 1, ends.oldest <= ends.newest))
            });
            look.await.unwrap()
        };
        let goes_round = async |after: Duration, passed: Duration| {
            clean_up(&store, Some(7 * DAY), now.plus(after), passed).await.unwrap();
            left().await
        };

        assert_eq!(goes_round(DAY * 3650, Duration::ZERO).await, (1, true), "a start in the far future");
        assert_eq!(goes_round(DAY * 3650, INTERVAL).await, (1, true), "and an hour in it");
        assert_eq!(goes_round(DAY, INTERVAL).await, (1, true), "and the clock set right");
        assert_eq!(
            goes_round(DAY * 8, DAY * 4).await,
            (1, false),
            "it goes on, and makes up for what it missed"
        );
        assert_eq!(goes_round(DAY * 29, DAY * 21).await, (1, false));
        assert_eq!(goes_round(DAY * 31, DAY * 2).await, (0, false));
    }
}
