//! Reads batches of the log for streams that are too far behind.
//!
//! After a restart many streams reconnect at about the same cursor, so a batch is read once and shared. Streams take
//! turns, one batch each: a thousand of them catching up must not delay claims. While others write, there is a pause
//! between batches as well.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

use parking_lot::Mutex;
use tierup_common::id::{AccountId, Seq};

use crate::events::recent::EventFrame;
use crate::store::{self, Store};

/// The size of a batch, in events. Batches end at multiples of it, so that streams with different cursors come to share
/// them.
const BATCH_SIZE: u32 = 128;
/// The pause between batches: several times what sending one takes.
const PAUSE_BETWEEN_BATCHES: Duration = Duration::from_millis(3);
/// Batches cached while streams wait for them.
const MAX_CACHED_BATCHES: usize = 8;

/// A batch of the log.
pub(super) struct ReplayBatch {
    /// The events, in order.
    pub(super) events: Vec<EventFrame>,
}

impl ReplayBatch {
    /// The first and the last event; none if empty.
    pub(super) fn seq_range(&self) -> Option<(Seq, Seq)> {
        Some((self.events.first()?.seq, self.events.last()?.seq))
    }
}

/// The streams of one account that wait for batches.
#[derive(Default)]
pub(super) struct ReplayQueue {
    load_lock: tokio::sync::Mutex<()>,
    waiter_count: AtomicUsize,
    /// The newest event when the last batch was read.
    last_newest_seq: AtomicU64,
    /// The last batches, each with the cursor that it follows.
    cached_batches: Mutex<VecDeque<(Seq, Arc<ReplayBatch>)>>,
}

impl ReplayQueue {
    /// The batch after a cursor. `newest_seq` returns the newest event of the log.
    pub(super) async fn batch_after(
        &self,
        store: &Store,
        account: AccountId,
        after: Seq,
        newest_seq: impl Fn() -> Seq,
    ) -> store::Result<Arc<ReplayBatch>> {
        let _waiting = WaiterGuard::new(self);
        let _turn = self.load_lock.lock().await;
        let newest = newest_seq().0;
        let has_new_events = self.last_newest_seq.swap(newest, Ordering::Relaxed) != newest;
        if has_new_events && self.waiter_count.load(Ordering::Relaxed) > 1 {
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
        let cached = self
            .cached_batches
            .lock()
            .iter()
            .find(|(cursor, _)| *cursor == after)
            .map(|(_, batch)| Arc::clone(batch));
        if let Some(batch) = cached {
            return Ok(batch);
        }
        let limit = BATCH_SIZE - u32::try_from(after.0 % u64::from(BATCH_SIZE)).unwrap_or(0);
        let page = store.read(account, move |scope| scope.log_page_after(after, limit)).await?;
        let batch = Arc::new(ReplayBatch { events: page.events.iter().map(EventFrame::new).collect() });
        if !batch.events.is_empty() {
            let mut batches = self.cached_batches.lock();
            batches.truncate(MAX_CACHED_BATCHES - 1);
            batches.push_front((after, Arc::clone(&batch)));
        }
        Ok(batch)
    }
}

/// Counts a waiting stream; the last one to leave clears the cache.
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
            self.0.cached_batches.lock().clear();
        }
    }
}
