//! Coming back after having missed ten thousand events: alone, and with a thousand others while claims go on.

use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use memchr::memmem;
use tierup_common::route;
use tokio::io::AsyncReadExt;
use tokio::net::TcpStream;
use tokio::task::JoinSet;

use crate::bench::Bench;
use crate::client::{HttpConnection, encode_request};
use crate::figures::Program::Product;
use crate::load::{LoadResult, as_f64, run_closed_loops};
use crate::measure::pages::page_request;
use crate::measure::writes::CONNECTIONS;
use crate::server_process::ServerProcess;
use crate::streams::for_each_id;
use crate::world::{World, quiet};

/// Events that were missed, at least.
const MISSED_EVENTS: usize = 10_000;
/// As many entries of the log; a third of them are for streams of their session only.
const MISSED_LOG_ENTRIES: u64 = 15_000;
/// Readers that come back at once.
const READER_COUNT: usize = 1_000;
/// What a stream says at the end of what was missed.
const CAUGHT_UP_FRAME: &[u8] = b"event: caught_up";

/// The product; the ceiling has no history to resume from.
pub async fn measure_product(bench: &mut Bench) -> anyhow::Result<()> {
    let world = bench.large_queue.clone();
    let process = ServerProcess::start_product(&bench.server_binary, &world.folder, &quiet()).await?;
    let mut line = HttpConnection::connect(process.address).await?;
    let newest = newest_seq(line.send(&page_request(&world, 0, "")).await?.body)?;
    let back = |turn: usize| {
        let path =
            format!("{}?caught_up=true&last_event_id={}", route::STREAM.0, newest - MISSED_LOG_ENTRIES);
        encode_request("GET", &path, world.token(turn), "")
    };

    let stream = HttpConnection::connect(process.address).await?.into_stream(&back(0)).await?;
    let (events, took) = read_until_caught_up(stream).await?;
    ensure!(events >= MISSED_EVENTS, "{events} events came");
    bench.figures.record(Product, "resume", as_f64(events) / took.as_secs_f64());

    let waiting = open_handoffs(&mut line, &world).await?;
    let mut lines = HttpConnection::connect_all(process.address, CONNECTIONS).await?;
    let lining_up = HttpConnection::connect_all(process.address, READER_COUNT).await?;
    let (first, second) = waiting.split_at(waiting.len() / 2);
    let alone = claim_all(bench, &mut lines, &world, first).await?;
    let mut readers = JoinSet::new();
    for (turn, line) in lining_up.into_iter().enumerate() {
        readers.spawn_local(discard_until_caught_up(line.into_stream(&back(turn)).await?));
    }
    let among = claim_all(bench, &mut lines, &world, second).await?;
    let unfinished = readers.len() - std::iter::from_fn(|| readers.try_join_next()).count();
    ensure!(unfinished > 0, "the readers were done before the claims: measure shorter");
    bench.figures.record(Product, "claims alone", alone.rate());
    bench.figures.record(Product, "claims among 1,000 who resume", among.rate());
    bench.figures.record(Product, "claims alone p99", alone.percentile(99));
    bench.figures.record(Product, "claims among p99", among.percentile(99));
    drop(readers);
    release_all(&mut lines, &world).await?;
    process.stop().await
}

fn newest_seq(page: &[u8]) -> anyhow::Result<u64> {
    let at = memmem::rfind(page, b"\"as_of_seq\":").context("a page without its place")?;
    let digits = page[at + 12..].split(|byte| !byte.is_ascii_digit()).next().unwrap_or_default();
    Ok(std::str::from_utf8(digits)?.parse()?)
}

/// Handoffs that wait, some pages of them.
async fn open_handoffs(line: &mut HttpConnection, world: &World) -> anyhow::Result<Vec<String>> {
    let (mut ids, mut query) = (Vec::new(), String::new());
    while ids.len() < 20_000 {
        let path = format!("{}?limit=200{query}", route::ESCALATIONS.0);
        let answer = line.send(&encode_request("GET", &path, &world.owner, "")).await?;
        let page: tierup_common::handoff::QueuePage = serde_json::from_slice(answer.body)?;
        ids.extend(page.items.iter().map(|item| item.id.to_string()));
        let Some(next) = page.next_cursor else { break };
        query = format!("&cursor={next}");
    }
    Ok(ids)
}

async fn claim_all(
    bench: &Bench,
    lines: &mut [HttpConnection],
    world: &World,
    handoffs: &[String],
) -> anyhow::Result<LoadResult> {
    let mut left = handoffs.iter();
    let next =
        |turn| Some(encode_request("POST", &route::CLAIM.path(&[left.next()?]), world.token(turn), ""));
    run_closed_loops(lines, bench.measure_time, next, |answer| {
        ensure!(answer.status == 200, "a claim was answered with {}", answer.status);
        Ok(())
    })
    .await
}

/// Puts everything that was claimed back in the queue, for the next round.
async fn release_all(lines: &mut [HttpConnection], world: &World) -> anyhow::Result<()> {
    loop {
        let path = format!("{}?limit=200&state=claimed", route::ESCALATIONS.0);
        let answer = lines[0].send(&encode_request("GET", &path, &world.owner, "")).await?;
        let page: tierup_common::handoff::QueuePage = serde_json::from_slice(answer.body)?;
        if page.items.is_empty() {
            return Ok(());
        }
        let mut left = page.items.iter();
        let next = |_| {
            let path = route::RELEASE.path(&[&left.next()?.id]);
            Some(encode_request("POST", &path, &world.owner, "{\"reason\":\"\"}"))
        };
        run_closed_loops(lines, Duration::from_mins(1), next, |answer| {
            ensure!(answer.status == 200, "a release was answered with {}", answer.status);
            Ok(())
        })
        .await?;
    }
}

/// Reads until the stream says that nothing is missing any more; how many events there were, and how long it took.
async fn read_until_caught_up(mut stream: TcpStream) -> anyhow::Result<(usize, Duration)> {
    let (begun, mut buffer, mut looked) = (Instant::now(), Vec::with_capacity(16 * 1024 * 1024), 0);
    while memmem::find(&buffer[looked..], CAUGHT_UP_FRAME).is_none() {
        looked = buffer.len().saturating_sub(CAUGHT_UP_FRAME.len());
        ensure!(stream.read_buf(&mut buffer).await? > 0, "the stream ended");
    }
    let (took, mut events) = (begun.elapsed(), 0);
    for_each_id(&buffer, |_| events += 1);
    Ok((events, took))
}

/// Reads until the end of what was missed, and counts nothing: the claims are what is measured.
async fn discard_until_caught_up(mut stream: TcpStream) -> anyhow::Result<()> {
    let mut buffer = Vec::with_capacity(32 * 1024);
    while memmem::find(&buffer, CAUGHT_UP_FRAME).is_none() {
        buffer.clear();
        ensure!(stream.read_buf(&mut buffer).await? > 0, "the stream ended");
    }
    Ok(())
}
