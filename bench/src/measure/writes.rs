//! Writes: sessions created, handed off and claimed, next to rows created and claimed.

use std::time::Duration;

use anyhow::ensure;
use tierup_common::route;

use crate::bench::Bench;
use crate::ceiling;
use crate::client::{HttpConnection, encode_request};
use crate::figures::Program::{self, Ceiling, Product};
use crate::load::{LoadResult, as_f64, run_closed_loops, run_races};
use crate::seed::NOTES;
use crate::server_process::ServerProcess;
use crate::world::{CONTENDERS, World, quiet};

/// Concurrent connections.
pub const CONNECTIONS: usize = 16;
/// No limit except the number of items.
const NO_TIME_LIMIT: Duration = Duration::from_mins(2);

/// The product.
pub async fn measure_product(bench: &mut Bench) -> anyhow::Result<()> {
    let world = World::make(&bench.new_folder())?;
    let process = ServerProcess::start_product(&bench.server_binary, &world.folder, &quiet()).await?;
    let sessions =
        measure_creates(bench, &process, Product, |turn| open_session_request(&world, turn)).await?;

    let mut connections = HttpConnection::connect_all(process.address, CONNECTIONS).await?;
    let (alone, together) = sessions.split_at(sessions.len() / 10);
    let (result, mut handoffs) = escalate(&mut connections[..1], &world, alone, NO_TIME_LIMIT).await?;
    record_load(bench, Product, ["escalate 1", "escalate 1 p50", "escalate 1 p99"], &result);
    let before = process.cpu_time()?;
    let (result, more) = escalate(&mut connections, &world, together, NO_TIME_LIMIT).await?;
    record_load(bench, Product, ["escalate 16", "escalate 16 p50", "escalate 16 p99"], &result);
    bench.figures.record(Product, "CPU an escalation", process.cpu_micros_per_response(before, &result)?);
    handoffs.extend(more);

    let claim =
        |turn: usize, id: &str| encode_request("POST", &route::CLAIM.path(&[&id]), world.token(turn), "");
    measure_claims(bench, &process, &mut connections, Product, &handoffs, claim).await?;
    process.stop().await
}

/// The ceiling.
pub async fn measure_ceiling(bench: &mut Bench) -> anyhow::Result<()> {
    let process = ServerProcess::start_ceiling(&bench.new_folder()).await?;
    let rows = measure_creates(bench, &process, Ceiling, |turn| {
        encode_request("POST", ceiling::CREATE_PATH, "", &session_body(turn))
    });
    let rows = rows.await?;
    let mut connections = HttpConnection::connect_all(process.address, CONNECTIONS).await?;
    let claim = |_, id: &str| encode_request("POST", &ceiling::claim_path(id), "", "");
    measure_claims(bench, &process, &mut connections, Ceiling, &rows, claim).await?;
    process.stop().await
}

fn record_load(
    bench: &mut Bench,
    program: Program,
    [rate, p50, p99]: [&'static str; 3],
    result: &LoadResult,
) {
    bench.figures.record(program, rate, result.rate());
    bench.figures.record(program, p50, result.percentile(50));
    bench.figures.record(program, p99, result.percentile(99));
}

fn session_body(turn: usize) -> String {
    let title = crate::seed::title(u32::try_from(turn).unwrap_or(0));
    format!(
        "{{\"intake_type\":\"free_text\",\"intake_content\":{{\"text\":\"{NOTES}\"}},\
         \"problem_summary\":\"{title}\"}}"
    )
}

/// Creates a session.
pub fn open_session_request(world: &World, turn: usize) -> Vec<u8> {
    encode_request("POST", route::SESSIONS.0, world.token(turn), &session_body(turn))
}

/// Creates items on one connection and on sixteen; returns their ids.
async fn measure_creates(
    bench: &mut Bench,
    process: &ServerProcess,
    program: Program,
    create: impl Fn(usize) -> Vec<u8>,
) -> anyhow::Result<Vec<String>> {
    let mut connections = HttpConnection::connect_all(process.address, CONNECTIONS).await?;
    let mut ids = Vec::new();
    let mut turn = 0;
    let warm = bench.scaled_measure_time(0.2);
    for (connection_count, span, names) in [
        (CONNECTIONS, warm, None),
        (1, bench.measure_time, Some((["create 1", "create 1 p50", "create 1 p99"], "CPU a create alone"))),
        (
            CONNECTIONS,
            bench.measure_time,
            Some((["create 16", "create 16 p50", "create 16 p99"], "CPU a create")),
        ),
    ] {
        let before = process.cpu_time()?;
        let next = |connection: usize| {
            turn += 1;
            // The creator follows from the index, so claims can derive it.
            Some(create(turn * CONNECTIONS + connection))
        };
        let result = run_closed_loops(&mut connections[..connection_count], span, next, |response| {
            ensure!(response.status == 201, "a create returned {}", response.status);
            ids.push(response.first_id()?);
            Ok(())
        });
        let result = result.await?;
        if let Some((names, cpu_figure)) = names {
            record_load(bench, program, names, &result);
            bench.figures.record(program, cpu_figure, process.cpu_micros_per_response(before, &result)?);
        }
    }
    Ok(ids)
}

/// Creates this many sessions on sixteen connections; returns their ids.
pub async fn open_sessions(
    connections: &mut [HttpConnection],
    world: &World,
    count: usize,
) -> anyhow::Result<Vec<String>> {
    let (mut remaining, mut ids) = (count, Vec::with_capacity(count));
    let next = |connection: usize| {
        remaining = remaining.checked_sub(1)?;
        Some(open_session_request(world, connection))
    };
    let result = run_closed_loops(connections, NO_TIME_LIMIT, next, |response| {
        ensure!(response.status == 201, "a create returned {}", response.status);
        ids.push(response.first_id()?);
        Ok(())
    });
    result.await?;
    Ok(ids)
}

/// Escalates these sessions until the time is up; returns the handoffs.
pub async fn escalate(
    connections: &mut [HttpConnection],
    world: &World,
    sessions: &[String],
    limit: Duration,
) -> anyhow::Result<(LoadResult, Vec<String>)> {
    let body = format!("{{\"intent\":\"escalate\",\"engineer_notes\":\"{NOTES}\"}}");
    let mut sessions = sessions.iter();
    let mut handoffs = Vec::new();
    // The account's owner may hand off all sessions.
    let next = |_| {
        let path = route::HAND_OFF.path(&[sessions.next()?]);
        Some(encode_request("POST", &path, &world.owner, &body))
    };
    let result = run_closed_loops(connections, limit, next, |response| {
        ensure!(response.status == 201, "a handoff returned {}", response.status);
        handoffs.push(response.first_id()?);
        Ok(())
    });
    Ok((result.await?, handoffs))
}

/// Claims half of the items individually, and races for the other half.
async fn measure_claims(
    bench: &mut Bench,
    process: &ServerProcess,
    connections: &mut [HttpConnection],
    program: Program,
    ids: &[String],
    claim: impl Fn(usize, &str) -> Vec<u8>,
) -> anyhow::Result<()> {
    let (distinct, raced) = ids.split_at(ids.len() / 2);
    let (mut remaining, before) = (distinct.iter(), process.cpu_time()?);
    let result = run_closed_loops(
        connections,
        bench.measure_time,
        |connection| Some(claim(connection, remaining.next()?)),
        |response| {
            ensure!(response.status == 200, "a claim returned {}", response.status);
            Ok(())
        },
    );
    let result = result.await?;
    record_load(bench, program, ["claim 16", "claim 16 p50", "claim 16 p99"], &result);
    bench.figures.record(program, "CPU a claim", process.cpu_micros_per_response(before, &result)?);

    let (one, other) = connections.split_at_mut(CONTENDERS);
    let (first, second) = raced.split_at(raced.len() / 2);
    let before = process.cpu_time()?;
    let ((first, won), (second, also_won)) = tokio::try_join!(
        run_races(one, first, bench.measure_time, &claim),
        run_races(other, second, bench.measure_time, &claim)
    )?;
    let duration = first.duration.max(second.duration);
    let result = LoadResult { duration, latencies_ms: [first.latencies_ms, second.latencies_ms].concat() };
    record_load(bench, program, ["race", "race p50", "race p99"], &result);
    bench.figures.record(program, "CPU an attempt", process.cpu_micros_per_response(before, &result)?);
    ensure!(won.race_count + also_won.race_count > 0, "no races ran");
    bench.figures.record(program, "races", as_f64(won.race_count + also_won.race_count));
    bench.figures.record(
        program,
        "races not won once",
        as_f64(won.without_single_winner + also_won.without_single_winner),
    );
    Ok(())
}
