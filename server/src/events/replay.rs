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

use crate::events::lock;
use crate::events::recent::EventFrame;
use crate::store::{self, Store};

/// Events of a part, at most. Parts end at multiples of it, so that streams that began at different places come to
/// share them.
const BATCH_SIZE: u32 = 128;
/// How long the line rests: several times what sending a part takes.
const PAUSE_BETWEEN_BATCHES: Duration = Duration::from_millis(3);
/// Parts kept at hand while streams wait for them.
const MAX_CACHED_BATCHES: usize = 8;

/// A part of the log.
pub(super) struct ReplayBatch {
    /// What is there, in order.
    pub(super) events: Vec<EventFrame>,
}

impl ReplayBatch {
    /// The place of its first event and of its last; none if it is empty.
    pub(super) fn seq_range(&self) -> Option<(Seq, Seq)> {
        Some((self.events.first()?.seq, self.events.last()?.seq))
    }
}

/// The line of the streams of one account that are behind.
#[derive(Default)]
pub(super) struct ReplayQueue {
    turn_lock: tokio::sync::Mutex<()>,
    waiter_count: AtomicUsize,
    /// The newest event when the last part was given.
    last_newest_seq: AtomicU64,
    /// The parts read last, each with the place that it comes after.
    cached_batches: Mutex<VecDeque<(Seq, Arc<ReplayBatch>)>>,
}

impl ReplayQueue {
    /// What comes after a place; `newest` tells how far the log has come.
    pub(super) async fn batch_after(
        &self,
        store: &Store,
        account: AccountId,
        after: Seq,
        newest_seq: impl Fn() -> Seq,
    ) -> store::Result<Arc<ReplayBatch>> {
        let _waiting = WaiterGuard::new(self);
        let _turn = self.turn_lock.lock().await;
        let newest = newest_seq().0;
        let somebody_works = self.last_newest_seq.swap(newest, Ordering::Relaxed) != newest;
        if somebody_works && self.waiter_count.load(Ordering::Relaxed) > 1 {
            tokio::time::sleep(PAUSE_BETWEEN_BATCHES).await;
        }
        self.load_batch(store, account, after).await
    }

    async fn load_batch(
        &self,
        store: &Store,
        account: AccountId,
        after: Seq,
    ) -> store::Result<Arc<ReplayBatch>> {
        let known = lock(&self.cached_batches)
            .iter()
            .find(|(place, _)| *place == after)
            .map(|(_, part)| Arc::clone(part));
        if let Some(part) = known {
            return Ok(part);
        }
        let most = BATCH_SIZE - u32::try_from(after.0 % u64::from(BATCH_SIZE)).unwrap_or(0);
        let page = store.read(account, move |scope| scope.log_page_after(after, most)).await?;
        let part = Arc::new(ReplayBatch { events: page.events.iter().map(EventFrame::new).collect() });
        if !part.events.is_empty() {
            let mut parts = lock(&self.cached_batches);
            parts.truncate(MAX_CACHED_BATCHES - 1);
            parts.push_front((after, Arc::clone(&part)));
        }
        Ok(part)
    }
}

/// Somebody in line; whoever leaves it last takes the parts along.
struct WaiterGuard<'r>(&'r ReplayQueue);

impl<'r> WaiterGuard<'r> {
    fn new(replay: &'r ReplayQueue) -> Self {
        replay.waiter_count.fetch_add(1, Ordering::Relaxed);
        Self(replay)
    }
}

impl Drop for WaiterGuard<'_> {
    fn drop(&mut self) {
        if self.0.waiter_count.fetch_sub(1, Ordering::Relaxed) == 1 {
            lock(&self.0.cached_batches).clear();
        }
    }
}
