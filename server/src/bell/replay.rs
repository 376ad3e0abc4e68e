//! Parts of the log for streams that are behind the window. After a restart every stream comes back at about the same
//! place: a part is read once for all who wait for it.
//!
//! One stream at a time gets a part. The others wait in line and are not ready to run, so that a thousand who catch
//! up do not stand between a claim and its answer; and while somebody works, the line rests after each part.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tierup_common::id::{AccountId, Seq};

use crate::bell::lock;
use crate::bell::window::Framed;
use crate::store::{self, Store};

/// Events of a part, at most. Parts end at multiples of it, so that streams that began at different places come to
/// share them.
const EVENTS: u32 = 128;
/// How long the line rests: several times what sending a part takes.
const REST: Duration = Duration::from_millis(3);
/// Parts kept at hand while streams wait for them.
const PARTS: usize = 8;

/// A part of the log.
pub(super) struct Part {
    /// What is there, in order.
    pub(super) events: Vec<Framed>,
}

impl Part {
    /// The place of its first event and of its last; none if it is empty.
    pub(super) fn ends(&self) -> Option<(Seq, Seq)> {
        Some((self.events.first()?.event.seq, self.events.last()?.event.seq))
    }
}

/// The line of the streams of one account that are behind.
#[derive(Default)]
pub(super) struct Replay {
    turn: tokio::sync::Mutex<()>,
    waiting: AtomicUsize,
    /// The newest event when the last part was given.
    newest: AtomicU64,
    /// The parts read last, each with the place that it comes after.
    parts: Mutex<VecDeque<(Seq, Arc<Part>)>>,
}

impl Replay {
    /// What comes after a place; `newest` tells how far the log has come.
    pub(super) async fn after(
        &self,
        store: &Store,
        account: AccountId,
        after: Seq,
        newest: impl Fn() -> Seq,
    ) -> store::Result<Arc<Part>> {
        let _waiting = Waiting::of(self);
        let _turn = self.turn.lock().await;
        let newest = newest().0;
        let somebody_works = self.newest.swap(newest, Ordering::Relaxed) != newest;
        if somebody_works && self.waiting.load(Ordering::Relaxed) > 1 {
            tokio::time::sleep(REST).await;
        }
        self.part(store, account, after).await
    }

    async fn part(&self, store: &Store, account: AccountId, after: Seq) -> store::Result<Arc<Part>> {
        let known =
            lock(&self.parts).iter().find(|(place, _)| *place == after).map(|(_, part)| Arc::clone(part));
        if let Some(part) = known {
            return Ok(part);
        }
        let most = EVENTS - u32::try_from(after.0 % u64::from(EVENTS)).unwrap_or(0);
        let page = store.read(account, move |scope| scope.log_after(after, most)).await?;
        let part = Arc::new(Part { events: page.events.into_iter().map(Framed::new).collect() });
        if !part.events.is_empty() {
            let mut parts = lock(&self.parts);
            parts.truncate(PARTS - 1);
            parts.push_front((after, Arc::clone(&part)));
        }
        Ok(part)
    }
}

/// Somebody in line; whoever leaves it last takes the parts along.
struct Waiting<'r>(&'r Replay);

impl<'r> Waiting<'r> {
    fn of(replay: &'r Replay) -> Self {
        replay.waiting.fetch_add(1, Ordering::Relaxed);
        Self(replay)
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        if self.0.waiting.fetch_sub(1, Ordering::Relaxed) == 1 {
            lock(&self.0.parts).clear();
        }
    }
}
