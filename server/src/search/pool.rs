//! A pool of resources, such as connections, for blocking work.
//!
//! Work runs on one blocking thread per resource at most; callers wait in their own tasks. A caller that is dropped
//! leaves the queue, and work that runs for it is cancelled.

use std::sync::Arc;

use parking_lot::Mutex;
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;

use crate::search::error::SearchError;

/// Resources, each used by one caller at a time.
pub(super) struct ResourcePool<T> {
    idle: Mutex<Vec<T>>,
    permits: Arc<Semaphore>,
}

impl<T: Send + 'static> ResourcePool<T> {
    pub(super) fn new(resources: Vec<T>) -> Arc<Self> {
        let permits = Arc::new(Semaphore::new(resources.len()));
        Arc::new(Self { idle: Mutex::new(resources), permits })
    }

    /// Runs work with a resource, in the order of the calls. The token is cancelled when the caller is dropped; work of
    /// a dropped caller is not started.
    pub(super) async fn run<A: Send + 'static>(
        self: &Arc<Self>,
        work: impl FnOnce(&mut T, CancellationToken) -> Result<A, SearchError> + Send + 'static,
    ) -> Result<A, SearchError> {
        let permit = Arc::clone(&self.permits).acquire_owned().await.map_err(|_| SearchError::Cancelled)?;
        let cancel = CancellationToken::new();
        let _cancel_on_drop = cancel.clone().drop_guard();
        let pool = Arc::clone(self);
        let done = tokio::task::spawn_blocking(move || {
            // Dropped after the resource is back, so that a permit always means an idle resource.
            let _permit = permit;
            if cancel.is_cancelled() {
                return Err(SearchError::Cancelled);
            }
            let mut pooled = PooledResource::checkout(&pool)?;
            work(pooled.resource.as_mut().ok_or(SearchError::Cancelled)?, cancel)
        });
        done.await.map_err(|_| SearchError::Cancelled)?
    }
}

/// Returns the resource when it is dropped.
struct PooledResource<'p, T> {
    resource: Option<T>,
    idle: &'p Mutex<Vec<T>>,
}

impl<'p, T> PooledResource<'p, T> {
    fn checkout(pool: &'p ResourcePool<T>) -> Result<Self, SearchError> {
        let resource = pool.idle.lock().pop();
        Ok(Self { resource: Some(resource.ok_or(SearchError::Cancelled)?), idle: &pool.idle })
    }
}

impl<T> Drop for PooledResource<'_, T> {
    fn drop(&mut self) {
        self.idle.lock().extend(self.resource.take());
    }
}

#[cfg(test)]
impl<T: Send + 'static> ResourcePool<T> {
    /// Keeps every resource busy until the sender is dropped.
    pub(super) async fn occupy_all(self: &Arc<Self>) -> std::sync::mpsc::Sender<()> {
        let (release, released) = std::sync::mpsc::channel();
        let released = Arc::new(Mutex::new(released));
        for _ in 0..self.permits.available_permits() {
            let (entered, started) = tokio::sync::oneshot::channel();
            let (released, pool) = (Arc::clone(&released), Arc::clone(self));
            tokio::spawn(async move {
                let work = move |_: &mut T, _| {
                    entered.send(()).unwrap();
                    // Ends when the sender is dropped.
                    let _ = released.lock().recv();
                    Ok(())
                };
                pool.run(work).await.unwrap();
            });
            started.await.unwrap();
        }
        release
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::time::Duration;

    use futures_util::FutureExt;

    use super::*;
    use crate::password;

    /// Waits generously, for busy machines.
    async fn within_timeout<T>(work: impl Future<Output = T>) -> T {
        tokio::time::timeout(Duration::from_secs(30), work).await.expect("it does not come")
    }

    /// Mutants seen to fail: queued work that already occupies a thread.
    #[tokio::test]
    async fn work_whose_callers_were_dropped_is_never_started() {
        let pool = ResourcePool::new(vec![(), ()]);
        let held = pool.occupy_all().await;
        let begun = Arc::new(AtomicUsize::new(0));
        let ask = || {
            let begun = Arc::clone(&begun);
            let work = move |(): &mut (), _| Ok(begun.fetch_add(1, Ordering::SeqCst));
            let pool = Arc::clone(&pool);
            async move { pool.run(work).await }
        };
        let mut flood: Vec<_> = (0..1_200).map(|_| Box::pin(ask())).collect();
        assert!(flood.iter_mut().all(|ask| ask.now_or_never().is_none()), "a call did not wait");
        drop(flood);
        drop(held);
        within_timeout(ask()).await.unwrap();
        // Both are idle: whatever was started has ended.
        let both = Arc::clone(&pool.permits).acquire_many_owned(2);
        drop(within_timeout(both).await.unwrap());
        assert_eq!(begun.load(Ordering::SeqCst), 1, "only the one that still waited");
    }

    /// Mutants seen to fail: waiting on a blocking thread.
    #[test]
    fn waiting_searches_do_not_block_password_hashing() {
        let threads = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .max_blocking_threads(4)
            .enable_all()
            .build()
            .unwrap();
        threads.block_on(async {
            let pool = ResourcePool::new(vec![(), ()]);
            let held = pool.occupy_all().await;
            let ask = || {
                let pool = Arc::clone(&pool);
                async move { pool.run(|(): &mut (), _| Ok(())).await }
            };
            let mut flood: Vec<_> = (0..1_200).map(|_| Box::pin(ask())).collect();
            assert!(flood.iter_mut().all(|ask| ask.now_or_never().is_none()));
            within_timeout(password::hash("correct horse".into())).await.unwrap();
            drop(held);
            within_timeout(futures_util::future::join_all(flood)).await;
        });
    }

    #[tokio::test]
    async fn work_that_panics_returns_its_resource_to_the_pool() {
        let pool = ResourcePool::new(vec![7]);
        let panics: Result<(), _> = pool.run(|_, _| panic!("on purpose")).await;
        assert!(matches!(panics, Err(SearchError::Cancelled)));
        assert_eq!(within_timeout(pool.run(|seven, _| Ok(*seven))).await.unwrap(), 7);
    }
}
