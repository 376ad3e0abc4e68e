//! One event on a thousand streams: how soon, for how much, and whether it is on every one.

use std::time::Duration;

use anyhow::ensure;
use tierup_common::route;
use tokio::time::{MissedTickBehavior, interval};

use crate::bench::Bench;
use crate::ceiling;
use crate::client::{Line, request};
use crate::figures::Side::{self, Ceiling, Product};
use crate::load::{Run, count, percentile};
use crate::measure::writes::{escalate, open, open_sessions};
use crate::process::Process;
use crate::streams::{Arrived, Streams};
use crate::world::{World, quiet};

/// Streams that are open.
const STREAMS: usize = 1_000;
/// Streams that are open when their memory is looked at, and those that are open before.
const MANY: usize = 5_000;
const WARM: usize = 100;
/// Connections over which events are asked for.
const PUBLISHERS: usize = 4;
/// Events on their way at once, at most.
const AHEAD: usize = 32;

/// The product: each event is a claim or a release.
pub async fn product(bench: &mut Bench) -> anyhow::Result<()> {
    let world = World::make(&bench.place())?;
    let process = Process::product(&bench.binary, &world.folder, &quiet()).await?;
    let mut lines = Line::open_all(process.address, PUBLISHERS).await?;
    let sessions = open_sessions(&mut lines, &world, PUBLISHERS).await?;
    let (_, handoffs) = escalate(&mut lines, &world, &sessions, Duration::from_secs(10)).await?;
    let event = |line: usize, turn: usize| {
        let (route, body) =
            if turn.is_multiple_of(2) { (route::CLAIM, "") } else { (route::RELEASE, "{\"reason\":\"\"}") };
        request("POST", &route.path(&[&handoffs[line]]), world.token(0), body)
    };
    let stream = |turn: usize| request("GET", route::STREAM.0, world.token(turn), "");
    both_ways(bench, &process, Product, lines, stream, event).await?;
    process.end().await
}

/// The ceiling: each event is a row.
pub async fn ceiling(bench: &mut Bench) -> anyhow::Result<()> {
    let process = Process::ceiling(&bench.place()).await?;
    let lines = Line::open_all(process.address, PUBLISHERS).await?;
    let world = bench.few.clone();
    let event = |_, turn| {
        let opened = String::from_utf8_lossy(&open(&world, turn)).into_owned();
        opened.replacen(route::SESSIONS.0, ceiling::CREATE, 1).into_bytes()
    };
    let stream = |_| request("GET", ceiling::STREAM, "", "");
    both_ways(bench, &process, Ceiling, lines, stream, event).await?;
    process.end().await
}

/// Ten events a second, and as many as go.
async fn both_ways(
    bench: &mut Bench,
    process: &Process,
    side: Side,
    mut lines: Vec<Line>,
    stream: impl Fn(usize) -> Vec<u8>,
    event: impl Fn(usize, usize) -> Vec<u8>,
) -> anyhow::Result<()> {
    let streams = Streams::open(process.address, STREAMS, AHEAD, stream).await?;
    for turn in 0..4 {
        publish(&streams, &mut lines[0], &event(0, turn)).await?;
    }
    streams.settle().await?;

    let computed = process.computed()?;
    let mut tick = interval(Duration::from_millis(100));
    tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let ticks = (bench.spans(2.0).as_millis() / 100).next_multiple_of(2);
    for turn in 0..usize::try_from(ticks)? {
        tick.tick().await;
        publish(&streams, &mut lines[0], &event(0, turn)).await?;
    }
    let mut arrived = streams.settle().await?;
    ensure!(!arrived.deliveries.is_empty(), "no event was asked for");
    let computed = process.computed()?.saturating_sub(computed);
    let each = computed.as_secs_f64() * 1e6 / count(arrived.deliveries.len());
    bench.figures.note(side, "delivery p50", percentile(&mut arrived.deliveries, 50));
    bench.figures.note(side, "delivery p99", percentile(&mut arrived.deliveries, 99));
    bench.figures.note(side, "last p50", percentile(&mut arrived.last, 50));
    bench.figures.note(side, "last p99", percentile(&mut arrived.last, 99));
    bench.figures.note(side, "CPU a delivery", each);
    account_for(bench, side, &arrived);

    let begun = (std::time::Instant::now(), process.computed()?);
    let publishing = lines.iter_mut().enumerate().map(|(number, line)| {
        let (streams, event, span) = (&streams, &event, bench.spans(1.5));
        async move {
            let mut turn = 0;
            // An even number, so that everything is as it was.
            while begun.0.elapsed() < span || turn % 2 == 1 {
                publish(streams, line, &event(number, turn)).await?;
                turn += 1;
            }
            anyhow::Ok(())
        }
    });
    futures_util::future::try_join_all(publishing).await?;
    let arrived = streams.settle().await?;
    let computed = process.computed()?.saturating_sub(begun.1);
    let each = computed.as_secs_f64() * 1e6 / count(arrived.deliveries.len());
    account_for(bench, side, &arrived);
    let run = Run { took: begun.0.elapsed(), each: arrived.deliveries };
    bench.figures.note(side, "flat out", run.rate());
    bench.figures.note(side, "CPU a delivery, flat out", each);
    Ok(())
}

/// What a stream of the product takes up: so many of them that it is told apart from what a server takes and gives back
/// anyway.
pub async fn many(bench: &mut Bench) -> anyhow::Result<()> {
    let world = World::make(&bench.place())?;
    let process = Process::product(&bench.binary, &world.folder, &quiet()).await?;
    let mut lines = Line::open_all(process.address, 1).await?;
    let event = |turn: usize| open(&world, turn);
    let stream = |turn: usize| request("GET", route::STREAM.0, world.token(turn), "");
    memory(bench, &process, Product, &mut lines[0], stream, event).await?;
    process.end().await
}

/// The same of the ceiling.
pub async fn many_of_ceiling(bench: &mut Bench) -> anyhow::Result<()> {
    let process = Process::ceiling(&bench.place()).await?;
    let mut lines = Line::open_all(process.address, 1).await?;
    let world = bench.few.clone();
    let event = |turn| {
        let opened = String::from_utf8_lossy(&open(&world, turn)).into_owned();
        opened.replacen(route::SESSIONS.0, ceiling::CREATE, 1).into_bytes()
    };
    memory(bench, &process, Ceiling, &mut lines[0], |_| request("GET", ceiling::STREAM, "", ""), event)
        .await?;
    process.end().await
}

async fn memory(
    bench: &mut Bench,
    process: &Process,
    side: Side,
    line: &mut Line,
    stream: impl Fn(usize) -> Vec<u8>,
    event: impl Fn(usize) -> Vec<u8>,
) -> anyhow::Result<()> {
    // What the first streams and events bring along is no stream's own.
    for turn in 0..WARM {
        let status = line.ask(&event(turn)).await?.status;
        ensure!(status == 201, "an event was answered with {status}");
    }
    let first = Streams::open(process.address, WARM, AHEAD, &stream).await?;
    let before = process.memory()?;
    let streams = Streams::open(process.address, MANY, AHEAD, &stream).await?;
    for turn in 0..4 {
        publish(&streams, line, &event(turn)).await?;
    }
    let arrived = streams.settle().await?;
    ensure!(arrived.lost == 0, "{} deliveries did not come", arrived.lost);
    bench.figures.note(side, "memory a stream", (process.memory()? - before) / count(MANY));
    drop(first);
    Ok(())
}

async fn publish(streams: &Streams, line: &mut Line, event: &[u8]) -> anyhow::Result<()> {
    streams.next_event().await?;
    let status = line.ask(event).await?.status;
    ensure!(matches!(status, 200 | 201), "an event was answered with {status}");
    Ok(())
}

fn account_for(bench: &mut Bench, side: Side, arrived: &Arrived) {
    bench.figures.note(side, "wrong", count(arrived.lost + arrived.out_of_order));
    bench.figures.note(side, "late", count(arrived.late));
}
