//! What is written: sessions opened, handed off and claimed, beside rows made and claimed.

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

/// Connections that ask at once.
pub const CONNECTIONS: usize = 16;
/// No limit but the things there are.
const NO_TIME_LIMIT: Duration = Duration::from_mins(2);

/// The product.
pub async fn measure_product(bench: &mut Bench) -> anyhow::Result<()> {
    let world = World::make(&bench.new_folder())?;
    let process = ServerProcess::start_product(&bench.server_binary, &world.folder, &quiet()).await?;
    let sessions =
        measure_creates(bench, &process, Product, |turn| open_session_request(&world, turn)).await?;

    let mut lines = HttpConnection::connect_all(process.address, CONNECTIONS).await?;
    let (alone, together) = sessions.split_at(sessions.len() / 10);
    let (run, mut handoffs) = escalate(&mut lines[..1], &world, alone, NO_TIME_LIMIT).await?;
    record_load(bench, Product, ["escalate 1", "escalate 1 p50", "escalate 1 p99"], &run);
    let before = process.cpu_time()?;
    let (run, more) = escalate(&mut lines, &world, together, NO_TIME_LIMIT).await?;
    record_load(bench, Product, ["escalate 16", "escalate 16 p50", "escalate 16 p99"], &run);
    bench.figures.record(Product, "CPU an escalation", process.cpu_micros_per_response(before, &run)?);
    handoffs.extend(more);

    let claim =
        |turn: usize, id: &str| encode_request("POST", &route::CLAIM.path(&[&id]), world.token(turn), "");
    measure_claims(bench, &process, &mut lines, Product, &handoffs, claim).await?;
    process.stop().await
}

/// The ceiling.
pub async fn measure_ceiling(bench: &mut Bench) -> anyhow::Result<()> {
    let process = ServerProcess::start_ceiling(&bench.new_folder()).await?;
    let rows = measure_creates(bench, &process, Ceiling, |turn| {
        encode_request("POST", ceiling::CREATE_PATH, "", &session_body(turn))
    });
    let rows = rows.await?;
    let mut lines = HttpConnection::connect_all(process.address, CONNECTIONS).await?;
    let claim = |_, id: &str| encode_request("POST", &ceiling::claim_path(id), "", "");
    measure_claims(bench, &process, &mut lines, Ceiling, &rows, claim).await?;
    process.stop().await
}

fn record_load(bench: &mut Bench, side: Program, [rate, half, most]: [&'static str; 3], run: &LoadResult) {
    bench.figures.record(side, rate, run.rate());
    bench.figures.record(side, half, run.percentile(50));
    bench.figures.record(side, most, run.percentile(99));
}

fn session_body(turn: usize) -> String {
    let title = crate::seed::title(u32::try_from(turn).unwrap_or(0));
    format!(
        "{{\"intake_type\":\"free_text\",\"intake_content\":{{\"text\":\"{NOTES}\"}},\
         \"problem_summary\":\"{title}\"}}"
    )
}

/// Opens a session.
pub fn open_session_request(world: &World, turn: usize) -> Vec<u8> {
    encode_request("POST", route::SESSIONS.0, world.token(turn), &session_body(turn))
}

/// Makes things over one connection and over sixteen; their ids.
async fn measure_creates(
    bench: &mut Bench,
    process: &ServerProcess,
    side: Program,
    create: impl Fn(usize) -> Vec<u8>,
) -> anyhow::Result<Vec<String>> {
    let mut lines = HttpConnection::connect_all(process.address, CONNECTIONS).await?;
    let mut ids = Vec::new();
    let mut turn = 0;
    let warm = bench.scaled_measure_time(0.2);
    for (connections, span, names) in [
        (CONNECTIONS, warm, None),
        (1, bench.measure_time, Some((["create 1", "create 1 p50", "create 1 p99"], "CPU a create alone"))),
        (
            CONNECTIONS,
            bench.measure_time,
            Some((["create 16", "create 16 p50", "create 16 p99"], "CPU a create")),
        ),
    ] {
        let before = process.cpu_time()?;
        let next = |line: usize| {
            turn += 1;
            // Whose session it is follows from its number alone, so that its opener is known later.
            Some(create(turn * CONNECTIONS + line))
        };
        let run = run_closed_loops(&mut lines[..connections], span, next, |answer| {
            ensure!(answer.status == 201, "a create was answered with {}", answer.status);
            ids.push(answer.first_id()?);
            Ok(())
        });
        let run = run.await?;
        if let Some((names, each)) = names {
            record_load(bench, side, names, &run);
            bench.figures.record(side, each, process.cpu_micros_per_response(before, &run)?);
        }
    }
    Ok(ids)
}

/// Opens so many sessions over sixteen connections; their ids.
pub async fn open_sessions(
    lines: &mut [HttpConnection],
    world: &World,
    many: usize,
) -> anyhow::Result<Vec<String>> {
    let (mut left, mut ids) = (many, Vec::with_capacity(many));
    let next = |line: usize| {
        left = left.checked_sub(1)?;
        Some(open_session_request(world, line))
    };
    let run = run_closed_loops(lines, NO_TIME_LIMIT, next, |answer| {
        ensure!(answer.status == 201, "a create was answered with {}", answer.status);
        ids.push(answer.first_id()?);
        Ok(())
    });
    run.await?;
    Ok(ids)
}

/// Escalates these sessions, as far as there is time; the handoffs.
pub async fn escalate(
    lines: &mut [HttpConnection],
    world: &World,
    sessions: &[String],
    limit: Duration,
) -> anyhow::Result<(LoadResult, Vec<String>)> {
    let body = format!("{{\"intent\":\"escalate\",\"engineer_notes\":\"{NOTES}\"}}");
    let mut sessions = sessions.iter();
    let mut handoffs = Vec::new();
    // The owner of the account may hand off whatever anybody opened.
    let next = |_| {
        let path = route::HAND_OFF.path(&[sessions.next()?]);
        Some(encode_request("POST", &path, &world.owner, &body))
    };
    let run = run_closed_loops(lines, limit, next, |answer| {
        ensure!(answer.status == 201, "a hand-off was answered with {}", answer.status);
        handoffs.push(answer.first_id()?);
        Ok(())
    });
    Ok((run.await?, handoffs))
}

/// Claims half of the things one after the other, and races for the other half.
async fn measure_claims(
    bench: &mut Bench,
    process: &ServerProcess,
    lines: &mut [HttpConnection],
    side: Program,
    ids: &[String],
    claim: impl Fn(usize, &str) -> Vec<u8>,
) -> anyhow::Result<()> {
    let (distinct, raced) = ids.split_at(ids.len() / 2);
    let (mut left, before) = (distinct.iter(), process.cpu_time()?);
    let run = run_closed_loops(
        lines,
        bench.measure_time,
        |line| Some(claim(line, left.next()?)),
        |answer| {
            ensure!(answer.status == 200, "a claim was answered with {}", answer.status);
            Ok(())
        },
    );
    let run = run.await?;
    record_load(bench, side, ["claim 16", "claim 16 p50", "claim 16 p99"], &run);
    bench.figures.record(side, "CPU a claim", process.cpu_micros_per_response(before, &run)?);

    let (one, other) = lines.split_at_mut(CONTENDERS);
    let (first, second) = raced.split_at(raced.len() / 2);
    let before = process.cpu_time()?;
    let ((first, won), (second, also_won)) = tokio::try_join!(
        run_races(one, first, bench.measure_time, &claim),
        run_races(other, second, bench.measure_time, &claim)
    )?;
    let took = first.duration.max(second.duration);
    let run = LoadResult { duration: took, latencies_ms: [first.latencies_ms, second.latencies_ms].concat() };
    record_load(bench, side, ["race", "race p50", "race p99"], &run);
    bench.figures.record(side, "CPU an attempt", process.cpu_micros_per_response(before, &run)?);
    ensure!(won.race_count + also_won.race_count > 0, "no race was run");
    bench.figures.record(side, "races", as_f64(won.race_count + also_won.race_count));
    bench.figures.record(
        side,
        "races not won once",
        as_f64(won.without_single_winner + also_won.without_single_winner),
    );
    Ok(())
}
