//! Load in closed loops: each connection asks, waits for the answer, and asks again.

use std::cell::RefCell;
use std::time::{Duration, Instant};

use anyhow::ensure;
use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use tokio::sync::Barrier;

use crate::client::{HttpConnection, HttpResponse};

/// What came of a load.
#[derive(Default)]
pub struct LoadResult {
    /// From the first question to the last answer.
    pub duration: Duration,
    /// How long each answer took, in milliseconds.
    pub latencies_ms: Vec<f64>,
}

impl LoadResult {
    /// Answers a second.
    pub fn rate(&self) -> f64 {
        as_f64(self.latencies_ms.len()) / self.duration.as_secs_f64()
    }

    /// How long all but so many in a hundred answers took at most, in milliseconds.
    pub fn percentile(&self, percent: usize) -> f64 {
        percentile(&mut self.latencies_ms.clone(), percent)
    }
}

/// A count as a number to calculate with.
pub fn as_f64(count: usize) -> f64 {
    u32::try_from(count).map_or(f64::INFINITY, f64::from)
}

/// The value that so many in a hundred values do not exceed.
pub fn percentile(values: &mut [f64], percent: usize) -> f64 {
    values.sort_by(f64::total_cmp);
    let place = (values.len() * percent).div_ceil(100).saturating_sub(1);
    values.get(place).copied().unwrap_or(f64::NAN)
}

/// A span in milliseconds.
pub fn as_millis(span: Duration) -> f64 {
    span.as_secs_f64() * 1000.0
}

/// Asks what `next` gives over every line, until it gives nothing or the time is over. `heard` looks at each answer.
pub async fn run_closed_loops(
    connections: &mut [HttpConnection],
    limit: Duration,
    next_request: impl FnMut(usize) -> Option<Vec<u8>>,
    on_response: impl FnMut(&HttpResponse<'_>) -> anyhow::Result<()>,
) -> anyhow::Result<LoadResult> {
    let (next, heard, each) =
        (RefCell::new(next_request), RefCell::new(on_response), RefCell::new(Vec::new()));
    let begun = Instant::now();
    let mut loops: FuturesUnordered<_> = connections
        .iter_mut()
        .enumerate()
        .map(|(number, line)| {
            let (next, heard, each) = (&next, &heard, &each);
            async move {
                while begun.elapsed() < limit {
                    let Some(request) = (*next.borrow_mut())(number) else { break };
                    let asked = Instant::now();
                    let answer = line.send(&request).await?;
                    each.borrow_mut().push(as_millis(asked.elapsed()));
                    (*heard.borrow_mut())(&answer)?;
                }
                anyhow::Ok(())
            }
        })
        .collect();
    while let Some(ended) = loops.next().await {
        ended?;
    }
    drop(loops);
    Ok(LoadResult { duration: begun.elapsed(), latencies_ms: each.into_inner() })
}

/// Races for one thing after the other: all lines ask for the same thing at once, and one must win. A refusal is 409.
pub async fn run_races(
    connections: &mut [HttpConnection],
    ids: &[String],
    limit: Duration,
    request: impl Fn(usize, &str) -> Vec<u8>,
) -> anyhow::Result<(LoadResult, RaceResult)> {
    let barrier = Barrier::new(connections.len());
    let (wins, each) = (RefCell::new(vec![0_usize; ids.len()]), RefCell::new(Vec::new()));
    let begun = Instant::now();
    let mut contenders: FuturesUnordered<_> = connections
        .iter_mut()
        .enumerate()
        .map(|(number, line)| {
            let (barrier, wins, each, request) = (&barrier, &wins, &each, &request);
            async move {
                let mut raced = 0;
                for (place, thing) in ids.iter().enumerate() {
                    let request = request(number, thing);
                    // Everybody is at the line: either all see that the time is over, or the leader goes on.
                    if barrier.wait().await.is_leader() && begun.elapsed() > limit {
                        wins.borrow_mut().truncate(place);
                    }
                    barrier.wait().await;
                    if wins.borrow().len() <= place {
                        break;
                    }
                    let asked = Instant::now();
                    let status = line.send(&request).await?.status;
                    each.borrow_mut().push(as_millis(asked.elapsed()));
                    ensure!(matches!(status, 200 | 409), "a claim was answered with {status}");
                    wins.borrow_mut()[place] += usize::from(status == 200);
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
    let run = LoadResult { duration: begun.elapsed(), latencies_ms: each.into_inner() };
    let wins = wins.into_inner();
    ensure!(wins.len() == raced, "a race was not run to its end");
    Ok((
        run,
        RaceResult {
            race_count: raced,
            without_single_winner: wins.iter().filter(|wins| **wins != 1).count(),
        },
    ))
}

/// Who won.
pub struct RaceResult {
    /// Races run.
    pub race_count: usize,
    /// Races that had no winner, or several.
    pub without_single_winner: usize,
}
