//! Whose turn it is: a few things to work with, and those who wait for one.
//!
//! Work runs beside what serves, on as many threads as there are things, and never on more: whatever waits, waits in the
//! caller's own task. A caller who goes leaves the line with it, and what was begun for them is told to break off.

use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;

use crate::search::SearchError;

/// Things that one at a time works with each.
pub(super) struct Turns<T> {
    free: Mutex<Vec<T>>,
    turns: Arc<Semaphore>,
}

impl<T: Send + 'static> Turns<T> {
    pub(super) fn new(things: Vec<T>) -> Arc<Self> {
        let turns = Arc::new(Semaphore::new(things.len()));
        Arc::new(Self { free: Mutex::new(things), turns })
    }

    /// Waits for a turn and works, in the order of asking. The token is cancelled when nobody waits for the answer any
    /// more; work that nobody waits for is not begun.
    pub(super) async fn take<A: Send + 'static>(
        self: &Arc<Self>,
        work: impl FnOnce(&mut T, CancellationToken) -> Result<A, SearchError> + Send + 'static,
    ) -> Result<A, SearchError> {
        let turn = Arc::clone(&self.turns).acquire_owned().await.map_err(|_| SearchError::CutShort)?;
        let gone = CancellationToken::new();
        let _leaves = gone.clone().drop_guard();
        let turns = Arc::clone(self);
        let done = tokio::task::spawn_blocking(move || {
            // Given back after the thing: whoever has a turn finds one.
            let _turn = turn;
            if gone.is_cancelled() {
                return Err(SearchError::CutShort);
            }
            let mut lent = Lent::of(&turns)?;
            work(lent.thing.as_mut().ok_or(SearchError::CutShort)?, gone)
        });
        done.await.map_err(|_| SearchError::CutShort)?
    }
}

/// A thing that comes back however the work ends.
struct Lent<'t, T> {
    thing: Option<T>,
    free: &'t Mutex<Vec<T>>,
}

impl<'t, T> Lent<'t, T> {
    fn of(turns: &'t Turns<T>) -> Result<Self, SearchError> {
        let thing = turns.free.lock().unwrap_or_else(PoisonError::into_inner).pop();
        Ok(Self { thing: Some(thing.ok_or(SearchError::CutShort)?), free: &turns.free })
    }
}

impl<T> Drop for Lent<'_, T> {
    fn drop(&mut self) {
        self.free.lock().unwrap_or_else(PoisonError::into_inner).extend(self.thing.take());
    }
}

#[cfg(test)]
pub(super) mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::sync::mpsc;
    use std::time::Duration;

    use futures_util::FutureExt;

    use super::*;
    use crate::password;

    /// All things at work, until this is dropped.
    pub(in crate::search) struct Held(#[expect(dead_code, reason = "what ends with it")] mpsc::Sender<()>);

    /// Gives every thing something to do that does not end by itself.
    pub(in crate::search) async fn hold<T: Send + 'static>(turns: &Arc<Turns<T>>) -> Held {
        let (holds, held) = mpsc::channel();
        let held = Arc::new(Mutex::new(held));
        for _ in 0..turns.turns.available_permits() {
            let (entered, begun) = tokio::sync::oneshot::channel();
            let (held, turns) = (Arc::clone(&held), Arc::clone(turns));
            tokio::spawn(async move {
                let work = move |_: &mut T, _| {
                    entered.send(()).unwrap();
                    // Ends when the sender does.
                    let _ = held.lock().unwrap().recv();
                    Ok(())
                };
                turns.take(work).await.unwrap();
            });
            begun.await.unwrap();
        }
        Held(holds)
    }

    /// Waits for what is to come at once, as far as a busy machine goes.
    async fn soon<T>(work: impl Future<Output = T>) -> T {
        tokio::time::timeout(Duration::from_secs(30), work).await.expect("it does not come")
    }

    /// Mutants seen to fail: work handed to a thread before its turn.
    #[tokio::test]
    async fn of_a_flood_that_has_gone_nothing_is_begun() {
        let turns = Turns::new(vec![(), ()]);
        let held = hold(&turns).await;
        let begun = Arc::new(AtomicUsize::new(0));
        let ask = || {
            let begun = Arc::clone(&begun);
            let work = move |(): &mut (), _| Ok(begun.fetch_add(1, Ordering::SeqCst));
            let turns = Arc::clone(&turns);
            async move { turns.take(work).await }
        };
        let mut flood: Vec<_> = (0..1_200).map(|_| Box::pin(ask())).collect();
        assert!(flood.iter_mut().all(|ask| ask.now_or_never().is_none()), "nobody waits for a turn");
        drop(flood);
        drop(held);
        soon(ask()).await.unwrap();
        // Both are free: whatever was begun has ended.
        let both = Arc::clone(&turns.turns).acquire_many_owned(2);
        drop(soon(both).await.unwrap());
        assert_eq!(begun.load(Ordering::SeqCst), 1, "the one that still waited");
    }

    /// Mutants seen to fail: those who wait, wait on a thread.
    #[test]
    fn however_many_wait_a_password_is_hashed() {
        let threads = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .max_blocking_threads(4)
            .enable_all()
            .build()
            .unwrap();
        threads.block_on(async {
            let turns = Turns::new(vec![(), ()]);
            let held = hold(&turns).await;
            let ask = || {
                let turns = Arc::clone(&turns);
                async move { turns.take(|(): &mut (), _| Ok(())).await }
            };
            let mut flood: Vec<_> = (0..1_200).map(|_| Box::pin(ask())).collect();
            assert!(flood.iter_mut().all(|ask| ask.now_or_never().is_none()));
            soon(password::hash("correct horse".into())).await.unwrap();
            drop(held);
            soon(futures_util::future::join_all(flood)).await;
        });
    }

    #[tokio::test]
    async fn work_that_panics_gives_back_what_it_worked_with() {
        let turns = Turns::new(vec![7]);
        let panics: Result<(), _> = turns.take(|_, _| panic!("on purpose")).await;
        assert!(matches!(panics, Err(SearchError::CutShort)));
        assert_eq!(soon(turns.take(|seven, _| Ok(*seven))).await.unwrap(), 7);
    }
}
