//! Closed-loop load: each connection sends its next request when it has the response.

use std::cell::RefCell;
use std::time::{Duration, Instant};

use anyhow::ensure;
use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use tokio::sync::Barrier;

use crate::client::{HttpConnection, HttpResponse};

/// The result of a load.
#[derive(Default)]
pub struct LoadResult {
    /// From the first request to the last response.
    pub duration: Duration,
    /// The latency of each response, in milliseconds.
    pub latencies_ms: Vec<f64>,
}

impl LoadResult {
    /// Responses per second.
    pub fn rate(&self) -> f64 {
        as_f64(self.latencies_ms.len()) / self.duration.as_secs_f64()
    }

    /// A percentile of the latencies, in milliseconds.
    pub fn percentile(&self, percent: usize) -> f64 {
        percentile(&mut self.latencies_ms.clone(), percent)
    }
}

/// A count as a floating-point number.
pub fn as_f64(count: usize) -> f64 {
    u32::try_from(count).map_or(f64::INFINITY, f64::from)
}

/// The value that this percentage of values does not exceed.
pub fn percentile(values: &mut [f64], percent: usize) -> f64 {
    values.sort_by(f64::total_cmp);
    let index = (values.len() * percent).div_ceil(100).saturating_sub(1);
    values.get(index).copied().unwrap_or(f64::NAN)
}

/// A duration in milliseconds.
pub fn as_millis(span: Duration) -> f64 {
    span.as_secs_f64() * 1000.0
}

/// Sends requests from `next_request` on all connections until there are none or the time is up. `on_response` checks
/// each response.
pub async fn run_closed_loops(
    connections: &mut [HttpConnection],
    limit: Duration,
    next_request: impl FnMut(usize) -> Option<Vec<u8>>,
    on_response: impl FnMut(&HttpResponse<'_>) -> anyhow::Result<()>,
) -> anyhow::Result<LoadResult> {
    let (next, on_response, latencies) =
        (RefCell::new(next_request), RefCell::new(on_response), RefCell::new(Vec::new()));
    let started = Instant::now();
    let mut loops: FuturesUnordered<_> = connections
        .iter_mut()
        .enumerate()
        .map(|(number, connection)| {
            let (next, on_response, latencies) = (&next, &on_response, &latencies);
            async move {
                while started.elapsed() < limit {
                    let Some(request) = (*next.borrow_mut())(number) else { break };
                    let sent_at = Instant::now();
                    let response = connection.send(&request).await?;
                    latencies.borrow_mut().push(as_millis(sent_at.elapsed()));
                    (*on_response.borrow_mut())(&response)?;
                }
                anyhow::Ok(())
            }
        })
        .collect();
    while let Some(ended) = loops.next().await {
        ended?;
    }
    drop(loops);
    Ok(LoadResult { duration: started.elapsed(), latencies_ms: latencies.into_inner() })
}

/// Races for one id after the other: all connections send at the same time, and exactly one should win; the others get
/// 409.
pub async fn run_races(
    connections: &mut [HttpConnection],
    ids: &[String],
    limit: Duration,
    request: impl Fn(usize, &str) -> Vec<u8>,
) -> anyhow::Result<(LoadResult, RaceResult)> {
    let barrier = Barrier::new(connections.len());
    let (wins, latencies) = (RefCell::new(vec![0_usize; ids.len()]), RefCell::new(Vec::new()));
    let started = Instant::now();
    let mut contenders: FuturesUnordered<_> = connections
        .iter_mut()
        .enumerate()
        .map(|(number, connection)| {
            let (barrier, wins, latencies, request) = (&barrier, &wins, &latencies, &request);
            async move {
                let mut raced = 0;
                for (index, id) in ids.iter().enumerate() {
                    let request = request(number, id);
                    // All wait here: either all see that the time is up, or the leader continues.
                    if barrier.wait().await.is_leader() && started.elapsed() > limit {
                        wins.borrow_mut().truncate(index);
                    }
                    barrier.wait().await;
                    if wins.borrow().len() <= index {
                        break;
                    }
                    let sent_at = Instant::now();
                    let status = connection.send(&request).await?.status;
                    latencies.borrow_mut().push(as_millis(sent_at.elapsed()));
                    ensure!(matches!(status, 200 | 409), "a claim returned {status}");
                    wins.borrow_mut()[index] += usize::from(status == 200);
                    raced += 1;
                }
                anyhow::Ok(raced)
            }
        })
        .collect();
    let mut raced = 0;
    while let Some(ended) = contenders.next().await {
        raced = ended?;
    }
    drop(contenders);
    let result = LoadResult { duration: started.elapsed(), latencies_ms: latencies.into_inner() };
    let wins = wins.into_inner();
    ensure!(wins.len() == raced, "a race did not finish");
    Ok((
        result,
        RaceResult {
            race_count: raced,
            without_single_winner: wins.iter().filter(|wins| **wins != 1).count(),
        },
    ))
}

/// The outcome of races.
pub struct RaceResult {
    /// The number of races.
    pub race_count: usize,
    /// Races without exactly one winner.
    pub without_single_winner: usize,
}
