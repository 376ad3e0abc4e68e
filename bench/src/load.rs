//! Load in closed loops: each connection asks, waits for the answer, and asks again.

use std::cell::RefCell;
use std::time::{Duration, Instant};

use anyhow::ensure;
use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use tokio::sync::Barrier;

use crate::client::{Answer, Line};

/// What came of a load.
#[derive(Default)]
pub struct Run {
    /// From the first question to the last answer.
    pub took: Duration,
    /// How long each answer took, in milliseconds.
    pub each: Vec<f64>,
}

impl Run {
    /// Answers a second.
    pub fn rate(&self) -> f64 {
        count(self.each.len()) / self.took.as_secs_f64()
    }

    /// How long all but so many in a hundred answers took at most, in milliseconds.
    pub fn percentile(&self, percent: usize) -> f64 {
        percentile(&mut self.each.clone(), percent)
    }
}

/// A count as a number to calculate with.
pub fn count(count: usize) -> f64 {
    u32::try_from(count).map_or(f64::INFINITY, f64::from)
}

/// The value that so many in a hundred values do not exceed.
pub fn percentile(values: &mut [f64], percent: usize) -> f64 {
    values.sort_by(f64::total_cmp);
    let place = (values.len() * percent).div_ceil(100).saturating_sub(1);
    values.get(place).copied().unwrap_or(f64::NAN)
}

/// A span in milliseconds.
pub fn millis(span: Duration) -> f64 {
    span.as_secs_f64() * 1000.0
}

/// Asks what `next` gives over every line, until it gives nothing or the time is over. `heard` looks at each answer.
pub async fn closed_loops(
    lines: &mut [Line],
    limit: Duration,
    next: impl FnMut(usize) -> Option<Vec<u8>>,
    heard: impl FnMut(&Answer<'_>) -> anyhow::Result<()>,
) -> anyhow::Result<Run> {
    let (next, heard, each) = (RefCell::new(next), RefCell::new(heard), RefCell::new(Vec::new()));
    let begun = Instant::now();
    let mut loops: FuturesUnordered<_> = lines
        .iter_mut()
        .enumerate()
        .map(|(number, line)| {
            let (next, heard, each) = (&next, &heard, &each);
            async move {
                while begun.elapsed() < limit {
                    let Some(request) = (*next.borrow_mut())(number) else { break };
                    let asked = Instant::now();
                    let answer = line.ask(&request).await?;
                    each.borrow_mut().push(millis(asked.elapsed()));
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
    Ok(Run { took: begun.elapsed(), each: each.into_inner() })
}

/// Races for one thing after the other: all lines ask for the same thing at once, and one must win. A refusal is 409.
pub async fn races(
    lines: &mut [Line],
    things: &[String],
    limit: Duration,
    request: impl Fn(usize, &str) -> Vec<u8>,
) -> anyhow::Result<(Run, Winners)> {
    let barrier = Barrier::new(lines.len());
    let (wins, each) = (RefCell::new(vec![0_usize; things.len()]), RefCell::new(Vec::new()));
    let begun = Instant::now();
    let mut contenders: FuturesUnordered<_> = lines
        .iter_mut()
        .enumerate()
        .map(|(number, line)| {
            let (barrier, wins, each, request) = (&barrier, &wins, &each, &request);
            async move {
                let mut raced = 0;
                for (place, thing) in things.iter().enumerate() {
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
                    let status = line.ask(&request).await?.status;
                    each.borrow_mut().push(millis(asked.elapsed()));
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
    let run = Run { took: begun.elapsed(), each: each.into_inner() };
    let wins = wins.into_inner();
    ensure!(wins.len() == raced, "a race was not run to its end");
    Ok((run, Winners { races: raced, not_one: wins.iter().filter(|wins| **wins != 1).count() }))
}

/// Who won.
pub struct Winners {
    /// Races run.
    pub races: usize,
    /// Races that had no winner, or several.
    pub not_one: usize,
}
