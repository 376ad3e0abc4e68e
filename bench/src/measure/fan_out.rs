//! One event on a thousand streams: latency, CPU time, and completeness.

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

/// Open streams.
const STREAMS: usize = 1_000;
/// Open streams when memory is measured, and those opened before for warming up.
const MEMORY_STREAMS: usize = 5_000;
const WARM_UP_STREAMS: usize = 100;
/// Connections that publish events.
const PUBLISHERS: usize = 4;
/// The most undelivered events at a time.
const MAX_IN_FLIGHT: usize = 32;

/// The product, with a handoff for each connection that publishes.
struct ProductFixture {
    world: World,
    process: ServerProcess,
    connections: Vec<HttpConnection>,
    handoffs: Vec<String>,
}

impl ProductFixture {
    async fn start(bench: &Bench, publishers: usize) -> anyhow::Result<Self> {
        let world = World::make(&bench.new_folder())?;
        let process = ServerProcess::start_product(&bench.server_binary, &world.folder, &quiet()).await?;
        let mut connections = HttpConnection::connect_all(process.address, publishers).await?;
        let sessions = open_sessions(&mut connections, &world, publishers).await?;
        let (_, handoffs) = escalate(&mut connections, &world, &sessions, Duration::from_secs(10)).await?;
        Ok(Self { world, process, connections, handoffs })
    }
}

/// Claims a handoff or releases it, in turn. Each is one event that every stream of the team carries, so that the
/// numbers of the events have no gaps; opening a session adds a message too, which the team's streams skip.
fn claim_or_release_request(world: &World, handoff: &str, turn: usize) -> Vec<u8> {
    let (route, body) =
        if turn.is_multiple_of(2) { (route::CLAIM, "") } else { (route::RELEASE, "{\"reason\":\"\"}") };
    encode_request("POST", &route.path(&[&handoff]), world.token(0), body)
}

fn team_stream_request(world: &World, turn: usize) -> Vec<u8> {
    encode_request("GET", route::STREAM.0, world.token(turn), "")
}

/// The product: each event is a claim or a release.
pub async fn measure_product(bench: &mut Bench) -> anyhow::Result<()> {
    let ProductFixture { world, process, connections, handoffs } =
        ProductFixture::start(bench, PUBLISHERS).await?;
    let event =
        |connection: usize, turn: usize| claim_or_release_request(&world, &handoffs[connection], turn);
    let stream = |turn: usize| team_stream_request(&world, turn);
    measure_fan_out(bench, &process, Product, connections, stream, event).await?;
    process.stop().await
}

/// The ceiling: each event is a row.
pub async fn measure_ceiling(bench: &mut Bench) -> anyhow::Result<()> {
    let process = ServerProcess::start_ceiling(&bench.new_folder()).await?;
    let connections = HttpConnection::connect_all(process.address, PUBLISHERS).await?;
    let world = bench.small_queue.clone();
    let event = |_, turn| create_row_request(&world, turn);
    let stream = |_| encode_request("GET", ceiling::STREAM_PATH, "", "");
    measure_fan_out(bench, &process, Ceiling, connections, stream, event).await?;
    process.stop().await
}

/// Creates a row of the ceiling, with the content of a session.
fn create_row_request(world: &World, turn: usize) -> Vec<u8> {
    let request = String::from_utf8_lossy(&open_session_request(world, turn)).into_owned();
    request.replacen(route::SESSIONS.0, ceiling::CREATE_PATH, 1).into_bytes()
}

/// Ten events per second, then as many as possible.
async fn measure_fan_out(
    bench: &mut Bench,
    process: &ServerProcess,
    program: Program,
    mut connections: Vec<HttpConnection>,
    stream: impl Fn(usize) -> Vec<u8>,
    event: impl Fn(usize, usize) -> Vec<u8>,
) -> anyhow::Result<()> {
    let streams = StreamGroup::open(process.address, STREAMS, MAX_IN_FLIGHT, stream).await?;
    for turn in 0..4 {
        publish_event(&streams, &mut connections[0], &event(0, turn)).await?;
    }
    streams.wait_for_deliveries().await?;

    let cpu_time = process.cpu_time()?;
    let mut tick = interval(Duration::from_millis(100));
    tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let ticks = (bench.scaled_measure_time(2.0).as_millis() / 100).next_multiple_of(2);
    for turn in 0..usize::try_from(ticks)? {
        tick.tick().await;
        publish_event(&streams, &mut connections[0], &event(0, turn)).await?;
    }
    let mut arrived = streams.wait_for_deliveries().await?;
    ensure!(!arrived.deliveries_ms.is_empty(), "no events were published");
    let cpu_time = process.cpu_time()?.saturating_sub(cpu_time);
    let cpu_micros = cpu_time.as_secs_f64() * 1e6 / as_f64(arrived.deliveries_ms.len());
    bench.figures.record(program, "delivery p50", percentile(&mut arrived.deliveries_ms, 50));
    bench.figures.record(program, "delivery p99", percentile(&mut arrived.deliveries_ms, 99));
    bench.figures.record(program, "last p50", percentile(&mut arrived.last_deliveries_ms, 50));
    bench.figures.record(program, "last p99", percentile(&mut arrived.last_deliveries_ms, 99));
    bench.figures.record(program, "CPU a delivery", cpu_micros);
    record_losses(bench, program, &arrived);

    let started = (std::time::Instant::now(), process.cpu_time()?);
    let publishing = connections.iter_mut().enumerate().map(|(number, connection)| {
        let (streams, event, span) = (&streams, &event, bench.scaled_measure_time(1.5));
        async move {
            let mut turn = 0;
            // An even number leaves the handoffs as they were.
            while started.0.elapsed() < span || turn % 2 == 1 {
                publish_event(streams, connection, &event(number, turn)).await?;
                turn += 1;
            }
            anyhow::Ok(())
        }
    });
    futures_util::future::try_join_all(publishing).await?;
    let arrived = streams.wait_for_deliveries().await?;
    let cpu_time = process.cpu_time()?.saturating_sub(started.1);
    let cpu_micros = cpu_time.as_secs_f64() * 1e6 / as_f64(arrived.deliveries_ms.len());
    record_losses(bench, program, &arrived);
    let result = LoadResult { duration: started.0.elapsed(), latencies_ms: arrived.deliveries_ms };
    bench.figures.record(program, "flat out", result.rate());
    bench.figures.record(program, "CPU a delivery, flat out", cpu_micros);
    Ok(())
}

/// Memory per stream of the product: enough streams to stand out from what the server allocates anyway.
pub async fn measure_product_memory(bench: &mut Bench) -> anyhow::Result<()> {
    let ProductFixture { world, process, handoffs, .. } = ProductFixture::start(bench, 1).await?;
    let event = |turn: usize| claim_or_release_request(&world, &handoffs[0], turn);
    let stream = |turn: usize| team_stream_request(&world, turn);
    measure_memory(bench, &process, Product, stream, event).await?;
    process.stop().await
}

/// The same for the ceiling.
pub async fn measure_ceiling_memory(bench: &mut Bench) -> anyhow::Result<()> {
    let process = ServerProcess::start_ceiling(&bench.new_folder()).await?;
    let world = bench.small_queue.clone();
    let event = |turn| create_row_request(&world, turn);
    let stream = |_| encode_request("GET", ceiling::STREAM_PATH, "", "");
    measure_memory(bench, &process, Ceiling, stream, event).await?;
    process.stop().await
}

async fn measure_memory(
    bench: &mut Bench,
    process: &ServerProcess,
    program: Program,
    stream: impl Fn(usize) -> Vec<u8>,
    event: impl Fn(usize) -> Vec<u8>,
) -> anyhow::Result<()> {
    let mut connection = HttpConnection::connect(process.address).await?;
    // The first streams and events allocate what all share.
    for turn in 0..WARM_UP_STREAMS {
        send_event(&mut connection, &event(turn)).await?;
    }
    let first = StreamGroup::open(process.address, WARM_UP_STREAMS, MAX_IN_FLIGHT, &stream).await?;
    let before = process.resident_kib()?;
    let streams = StreamGroup::open(process.address, MEMORY_STREAMS, MAX_IN_FLIGHT, &stream).await?;
    // Opening the streams may take longer than the server keeps an idle connection.
    let mut connection = HttpConnection::connect(process.address).await?;
    for turn in 0..4 {
        publish_event(&streams, &mut connection, &event(turn)).await?;
    }
    let arrived = streams.wait_for_deliveries().await?;
    ensure!(arrived.lost == 0, "{} deliveries are missing", arrived.lost);
    bench.figures.record(
        program,
        "memory a stream",
        (process.resident_kib()? - before) / as_f64(MEMORY_STREAMS),
    );
    drop(first);
    Ok(())
}

async fn publish_event(
    streams: &StreamGroup,
    connection: &mut HttpConnection,
    event: &[u8],
) -> anyhow::Result<()> {
    streams.begin_event().await?;
    send_event(connection, event).await
}

async fn send_event(connection: &mut HttpConnection, event: &[u8]) -> anyhow::Result<()> {
    let status = connection.send(event).await?.status;
    ensure!(matches!(status, 200 | 201), "an event returned {status}");
    Ok(())
}

fn record_losses(bench: &mut Bench, program: Program, arrived: &DeliveryReport) {
    bench.figures.record(program, "wrong", as_f64(arrived.lost + arrived.out_of_order));
    bench.figures.record(program, "late", as_f64(arrived.late));
}
