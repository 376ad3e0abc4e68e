//! Resuming after ten thousand missed events: one reader alone, and a thousand while claims go on.

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

/// At least this many events are missed.
const MISSED_EVENTS: usize = 10_000;
/// Log entries for as many events: a third of them are only for streams of a session.
const MISSED_LOG_ENTRIES: u64 = 15_000;
/// Readers that resume at the same time.
const READER_COUNT: usize = 1_000;
/// The frame at the end of a replay.
const CAUGHT_UP_FRAME: &[u8] = b"event: caught_up";

/// The product; the ceiling has no history.
pub async fn measure_product(bench: &mut Bench) -> anyhow::Result<()> {
    let world = bench.large_queue.clone();
    let process = ServerProcess::start_product(&bench.server_binary, &world.folder, &quiet()).await?;
    let mut connection = HttpConnection::connect(process.address).await?;
    let newest = newest_seq(connection.send(&page_request(&world, 0, "")).await?.body)?;
    let resume_request = |turn: usize| {
        let path =
            format!("{}?caught_up=true&last_event_id={}", route::STREAM.0, newest - MISSED_LOG_ENTRIES);
        encode_request("GET", &path, world.token(turn), "")
    };

    let stream = HttpConnection::connect(process.address).await?.into_stream(&resume_request(0)).await?;
    let (events, elapsed_time) = read_until_caught_up(stream).await?;
    ensure!(events >= MISSED_EVENTS, "only {events} events arrived");
    bench.figures.record(Product, "resume", as_f64(events) / elapsed_time.as_secs_f64());

    let waiting = open_handoffs(&mut connection, &world).await?;
    let mut connections = HttpConnection::connect_all(process.address, CONNECTIONS).await?;
    let reader_connections = HttpConnection::connect_all(process.address, READER_COUNT).await?;
    let (first, second) = waiting.split_at(waiting.len() / 2);
    let alone = claim_all(bench, &mut connections, &world, first).await?;
    let mut readers = JoinSet::new();
    for (turn, connection) in reader_connections.into_iter().enumerate() {
        readers.spawn_local(discard_until_caught_up(connection.into_stream(&resume_request(turn)).await?));
    }
    let during_resume = claim_all(bench, &mut connections, &world, second).await?;
    let unfinished = readers.len() - std::iter::from_fn(|| readers.try_join_next()).count();
    ensure!(unfinished > 0, "the readers finished before the claims; use a shorter measurement");
    bench.figures.record(Product, "claims alone", alone.rate());
    bench.figures.record(Product, "claims among 1,000 who resume", during_resume.rate());
    bench.figures.record(Product, "claims alone p99", alone.percentile(99));
    bench.figures.record(Product, "claims among p99", during_resume.percentile(99));
    drop(readers);
    release_all(&mut connections, &world).await?;
    process.stop().await
}

fn newest_seq(page: &[u8]) -> anyhow::Result<u64> {
    let at = memmem::rfind(page, b"\"as_of_seq\":").context("a page without as_of_seq")?;
    let digits = page[at + 12..].split(|byte| !byte.is_ascii_digit()).next().unwrap_or_default();
    Ok(std::str::from_utf8(digits)?.parse()?)
}

/// Open handoffs, from the first pages.
async fn open_handoffs(connection: &mut HttpConnection, world: &World) -> anyhow::Result<Vec<String>> {
    let (mut ids, mut query) = (Vec::new(), String::new());
    while ids.len() < 20_000 {
        let path = format!("{}?limit=200{query}", route::ESCALATIONS.0);
        let response = connection.send(&encode_request("GET", &path, &world.owner, "")).await?;
        let page: tierup_common::handoff::QueuePage = serde_json::from_slice(response.body)?;
        ids.extend(page.items.iter().map(|item| item.id.to_string()));
        let Some(next) = page.next_cursor else { break };
        query = format!("&cursor={next}");
    }
    Ok(ids)
}

async fn claim_all(
    bench: &Bench,
    connections: &mut [HttpConnection],
    world: &World,
    handoffs: &[String],
) -> anyhow::Result<LoadResult> {
    let mut remaining = handoffs.iter();
    let next =
        |turn| Some(encode_request("POST", &route::CLAIM.path(&[remaining.next()?]), world.token(turn), ""));
    run_closed_loops(connections, bench.measure_time, next, |response| {
        ensure!(response.status == 200, "a claim returned {}", response.status);
        Ok(())
    })
    .await
}

/// Releases everything that was claimed, for the next round.
async fn release_all(connections: &mut [HttpConnection], world: &World) -> anyhow::Result<()> {
    loop {
        let path = format!("{}?limit=200&state=claimed", route::ESCALATIONS.0);
        let response = connections[0].send(&encode_request("GET", &path, &world.owner, "")).await?;
        let page: tierup_common::handoff::QueuePage = serde_json::from_slice(response.body)?;
        if page.items.is_empty() {
            return Ok(());
        }
        let mut remaining = page.items.iter();
        let next = |_| {
            let path = route::RELEASE.path(&[&remaining.next()?.id]);
            Some(encode_request("POST", &path, &world.owner, "{\"reason\":\"\"}"))
        };
        run_closed_loops(connections, Duration::from_mins(1), next, |response| {
            ensure!(response.status == 200, "a release returned {}", response.status);
            Ok(())
        })
        .await?;
    }
}

/// Reads to the end of the replay; returns the number of events and the time.
async fn read_until_caught_up(mut stream: TcpStream) -> anyhow::Result<(usize, Duration)> {
    let (started, mut buffer, mut searched) = (Instant::now(), Vec::with_capacity(16 * 1024 * 1024), 0);
    while memmem::find(&buffer[searched..], CAUGHT_UP_FRAME).is_none() {
        searched = buffer.len().saturating_sub(CAUGHT_UP_FRAME.len());
        ensure!(stream.read_buf(&mut buffer).await? > 0, "the stream ended");
    }
    let (elapsed_time, mut events) = (started.elapsed(), 0);
    for_each_id(&buffer, |_| events += 1);
    Ok((events, elapsed_time))
}

/// Reads to the end of the replay without counting: the claims are measured here.
async fn discard_until_caught_up(mut stream: TcpStream) -> anyhow::Result<()> {
    let mut buffer = Vec::with_capacity(32 * 1024);
    while memmem::find(&buffer, CAUGHT_UP_FRAME).is_none() {
        buffer.clear();
        ensure!(stream.read_buf(&mut buffer).await? > 0, "the stream ended");
    }
    Ok(())
}
