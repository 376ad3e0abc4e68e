//! One event on a thousand streams: how soon, for how much, and whether it is on every one.

use std::time::Duration;

use anyhow::ensure;
use tierup_common::route;
use tokio::time::{MissedTickBehavior, interval};

use crate::bench::Bench;
use crate::ceiling;
use crate::client::{HttpConnection, encode_request};
use crate::figures::Program::{self, Ceiling, Product};
use crate::load::{LoadResult, as_f64, percentile};
use crate::measure::writes::{escalate, open_session_request, open_sessions};
use crate::server_process::ServerProcess;
use crate::streams::{DeliveryReport, StreamGroup};
use crate::world::{World, quiet};

/// Streams that are open.
const STREAMS: usize = 1_000;
/// Streams that are open when their memory is looked at, and those that are open before.
const MEMORY_STREAMS: usize = 5_000;
const WARM_UP_STREAMS: usize = 100;
/// Connections over which events are asked for.
const PUBLISHERS: usize = 4;
/// Events on their way at once, at most.
const MAX_IN_FLIGHT: usize = 32;

/// The product: each event is a claim or a release.
pub async fn measure_product(bench: &mut Bench) -> anyhow::Result<()> {
    let world = World::make(&bench.new_folder())?;
    let process = ServerProcess::start_product(&bench.server_binary, &world.folder, &quiet()).await?;
    let mut lines = HttpConnection::connect_all(process.address, PUBLISHERS).await?;
    let sessions = open_sessions(&mut lines, &world, PUBLISHERS).await?;
    let (_, handoffs) = escalate(&mut lines, &world, &sessions, Duration::from_secs(10)).await?;
    let event = |line: usize, turn: usize| {
        let (route, body) =
            if turn.is_multiple_of(2) { (route::CLAIM, "") } else { (route::RELEASE, "{\"reason\":\"\"}") };
        encode_request("POST", &route.path(&[&handoffs[line]]), world.token(0), body)
    };
    let stream = |turn: usize| encode_request("GET", route::STREAM.0, world.token(turn), "");
    measure_fan_out(bench, &process, Product, lines, stream, event).await?;
    process.stop().await
}

/// The ceiling: each event is a row.
pub async fn measure_ceiling(bench: &mut Bench) -> anyhow::Result<()> {
    let process = ServerProcess::start_ceiling(&bench.new_folder()).await?;
    let lines = HttpConnection::connect_all(process.address, PUBLISHERS).await?;
    let world = bench.small_queue.clone();
    let event = |_, turn| {
        let opened = String::from_utf8_lossy(&open_session_request(&world, turn)).into_owned();
        opened.replacen(route::SESSIONS.0, ceiling::CREATE_PATH, 1).into_bytes()
    };
    let stream = |_| encode_request("GET", ceiling::STREAM_PATH, "", "");
    measure_fan_out(bench, &process, Ceiling, lines, stream, event).await?;
    process.stop().await
}

/// Ten events a second, and as many as go.
async fn measure_fan_out(
    bench: &mut Bench,
    process: &ServerProcess,
    side: Program,
    mut connections: Vec<HttpConnection>,
    stream: impl Fn(usize) -> Vec<u8>,
    event: impl Fn(usize, usize) -> Vec<u8>,
) -> anyhow::Result<()> {
    let streams = StreamGroup::open(process.address, STREAMS, MAX_IN_FLIGHT, stream).await?;
    for turn in 0..4 {
        publish_event(&streams, &mut connections[0], &event(0, turn)).await?;
    }
    streams.wait_for_deliveries().await?;

    let computed = process.cpu_time()?;
    let mut tick = interval(Duration::from_millis(100));
    tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let ticks = (bench.scaled_measure_time(2.0).as_millis() / 100).next_multiple_of(2);
    for turn in 0..usize::try_from(ticks)? {
        tick.tick().await;
        publish_event(&streams, &mut connections[0], &event(0, turn)).await?;
    }
    let mut arrived = streams.wait_for_deliveries().await?;
    ensure!(!arrived.deliveries_ms.is_empty(), "no event was asked for");
    let computed = process.cpu_time()?.saturating_sub(computed);
    let each = computed.as_secs_f64() * 1e6 / as_f64(arrived.deliveries_ms.len());
    bench.figures.record(side, "delivery p50", percentile(&mut arrived.deliveries_ms, 50));
    bench.figures.record(side, "delivery p99", percentile(&mut arrived.deliveries_ms, 99));
    bench.figures.record(side, "last p50", percentile(&mut arrived.last_deliveries_ms, 50));
    bench.figures.record(side, "last p99", percentile(&mut arrived.last_deliveries_ms, 99));
    bench.figures.record(side, "CPU a delivery", each);
    record_losses(bench, side, &arrived);

    let begun = (std::time::Instant::now(), process.cpu_time()?);
    let publishing = connections.iter_mut().enumerate().map(|(number, line)| {
        let (streams, event, span) = (&streams, &event, bench.scaled_measure_time(1.5));
        async move {
            let mut turn = 0;
            // An even number, so that everything is as it was.
            while begun.0.elapsed() < span || turn % 2 == 1 {
                publish_event(streams, line, &event(number, turn)).await?;
                turn += 1;
            }
            anyhow::Ok(())
        }
    });
    futures_util::future::try_join_all(publishing).await?;
    let arrived = streams.wait_for_deliveries().await?;
    let computed = process.cpu_time()?.saturating_sub(begun.1);
    let each = computed.as_secs_f64() * 1e6 / as_f64(arrived.deliveries_ms.len());
    record_losses(bench, side, &arrived);
    let run = LoadResult { duration: begun.0.elapsed(), latencies_ms: arrived.deliveries_ms };
    bench.figures.record(side, "flat out", run.rate());
    bench.figures.record(side, "CPU a delivery, flat out", each);
    Ok(())
}

/// What a stream of the product takes up: so many of them that it is told apart from what a server takes and gives back
/// anyway.
pub async fn measure_product_memory(bench: &mut Bench) -> anyhow::Result<()> {
    let world = World::make(&bench.new_folder())?;
    let process = ServerProcess::start_product(&bench.server_binary, &world.folder, &quiet()).await?;
    let mut lines = HttpConnection::connect_all(process.address, 1).await?;
    let event = |turn: usize| open_session_request(&world, turn);
    let stream = |turn: usize| encode_request("GET", route::STREAM.0, world.token(turn), "");
    measure_memory(bench, &process, Product, &mut lines[0], stream, event).await?;
    process.stop().await
}

/// The same of the ceiling.
pub async fn measure_ceiling_memory(bench: &mut Bench) -> anyhow::Result<()> {
    let process = ServerProcess::start_ceiling(&bench.new_folder()).await?;
    let mut lines = HttpConnection::connect_all(process.address, 1).await?;
    let world = bench.small_queue.clone();
    let event = |turn| {
        let opened = String::from_utf8_lossy(&open_session_request(&world, turn)).into_owned();
        opened.replacen(route::SESSIONS.0, ceiling::CREATE_PATH, 1).into_bytes()
    };
    measure_memory(
        bench,
        &process,
        Ceiling,
        &mut lines[0],
        |_| encode_request("GET", ceiling::STREAM_PATH, "", ""),
        event,
    )
    .await?;
    process.stop().await
}

async fn measure_memory(
    bench: &mut Bench,
    process: &ServerProcess,
    side: Program,
    line: &mut HttpConnection,
    stream: impl Fn(usize) -> Vec<u8>,
    event: impl Fn(usize) -> Vec<u8>,
) -> anyhow::Result<()> {
    // What the first streams and events bring along is no stream's own.
    for turn in 0..WARM_UP_STREAMS {
        let status = line.send(&event(turn)).await?.status;
        ensure!(status == 201, "an event was answered with {status}");
    }
    let first = StreamGroup::open(process.address, WARM_UP_STREAMS, MAX_IN_FLIGHT, &stream).await?;
    let before = process.resident_kib()?;
    let streams = StreamGroup::open(process.address, MEMORY_STREAMS, MAX_IN_FLIGHT, &stream).await?;
    for turn in 0..4 {
        publish_event(&streams, line, &event(turn)).await?;
    }
    let arrived = streams.wait_for_deliveries().await?;
    ensure!(arrived.lost == 0, "{} deliveries did not come", arrived.lost);
    bench.figures.record(
        side,
        "memory a stream",
        (process.resident_kib()? - before) / as_f64(MEMORY_STREAMS),
    );
    drop(first);
    Ok(())
}

async fn publish_event(streams: &StreamGroup, line: &mut HttpConnection, event: &[u8]) -> anyhow::Result<()> {
    streams.begin_event().await?;
    let status = line.send(event).await?.status;
    ensure!(matches!(status, 200 | 201), "an event was answered with {status}");
    Ok(())
}

fn record_losses(bench: &mut Bench, side: Program, arrived: &DeliveryReport) {
    bench.figures.record(side, "wrong", as_f64(arrived.lost + arrived.out_of_order));
    bench.figures.record(side, "late", as_f64(arrived.late));
}
