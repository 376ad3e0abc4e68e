//! What is written: sessions opened, handed off and claimed, beside rows made and claimed.

use std::time::Duration;

use anyhow::ensure;
use tierup_common::route;

use crate::bench::Bench;
use crate::ceiling;
use crate::client::{Line, request};
use crate::figures::Side::{self, Ceiling, Product};
use crate::load::{Run, closed_loops, count, races};
use crate::process::Process;
use crate::seed::NOTES;
use crate::world::{CONTENDERS, World, quiet};

/// Connections that ask at once.
pub const CONNECTIONS: usize = 16;
/// No limit but the things there are.
const ALL: Duration = Duration::from_mins(2);

/// The product.
pub async fn product(bench: &mut Bench) -> anyhow::Result<()> {
    let world = World::make(&bench.place())?;
    let process = Process::product(&bench.binary, &world.folder, &quiet()).await?;
    let sessions = creates(bench, &process, Product, |turn| open(&world, turn)).await?;

    let mut lines = Line::open_all(process.address, CONNECTIONS).await?;
    let (alone, together) = sessions.split_at(sessions.len() / 10);
    let (run, mut handoffs) = escalate(&mut lines[..1], &world, alone, ALL).await?;
    note(bench, Product, ["escalate 1", "escalate 1 p50", "escalate 1 p99"], &run);
    let before = process.computed()?;
    let (run, more) = escalate(&mut lines, &world, together, ALL).await?;
    note(bench, Product, ["escalate 16", "escalate 16 p50", "escalate 16 p99"], &run);
    bench.figures.note(Product, "CPU an escalation", process.computed_each(before, &run)?);
    handoffs.extend(more);

    let claim = |turn: usize, id: &str| request("POST", &route::CLAIM.path(&[&id]), world.token(turn), "");
    claims(bench, &process, &mut lines, Product, &handoffs, claim).await?;
    process.end().await
}

/// The ceiling.
pub async fn ceiling(bench: &mut Bench) -> anyhow::Result<()> {
    let process = Process::ceiling(&bench.place()).await?;
    let rows =
        creates(bench, &process, Ceiling, |turn| request("POST", ceiling::CREATE, "", &new_session(turn)));
    let rows = rows.await?;
    let mut lines = Line::open_all(process.address, CONNECTIONS).await?;
    let claim = |_, id: &str| request("POST", &ceiling::claim(id), "", "");
    claims(bench, &process, &mut lines, Ceiling, &rows, claim).await?;
    process.end().await
}

fn note(bench: &mut Bench, side: Side, [rate, half, most]: [&'static str; 3], run: &Run) {
    bench.figures.note(side, rate, run.rate());
    bench.figures.note(side, half, run.percentile(50));
    bench.figures.note(side, most, run.percentile(99));
}

fn new_session(turn: usize) -> String {
    let title = crate::seed::title(u32::try_from(turn).unwrap_or(0));
    format!(
        "{{\"intake_type\":\"free_text\",\"intake_content\":{{\"text\":\"{NOTES}\"}},\
         \"problem_summary\":\"{title}\"}}"
    )
}

/// Opens a session.
pub fn open(world: &World, turn: usize) -> Vec<u8> {
    request("POST", route::SESSIONS.0, world.token(turn), &new_session(turn))
}

/// Makes things over one connection and over sixteen; their ids.
async fn creates(
    bench: &mut Bench,
    process: &Process,
    side: Side,
    create: impl Fn(usize) -> Vec<u8>,
) -> anyhow::Result<Vec<String>> {
    let mut lines = Line::open_all(process.address, CONNECTIONS).await?;
    let mut ids = Vec::new();
    let mut turn = 0;
    let warm = bench.spans(0.2);
    for (connections, span, names) in [
        (CONNECTIONS, warm, None),
        (1, bench.span, Some((["create 1", "create 1 p50", "create 1 p99"], "CPU a create alone"))),
        (CONNECTIONS, bench.span, Some((["create 16", "create 16 p50", "create 16 p99"], "CPU a create"))),
    ] {
        let before = process.computed()?;
        let next = |line: usize| {
            turn += 1;
            // Whose session it is follows from its number alone, so that its opener is known later.
            Some(create(turn * CONNECTIONS + line))
        };
        let run = closed_loops(&mut lines[..connections], span, next, |answer| {
            ensure!(answer.status == 201, "a create was answered with {}", answer.status);
            ids.push(answer.id()?);
            Ok(())
        });
        let run = run.await?;
        if let Some((names, each)) = names {
            note(bench, side, names, &run);
            bench.figures.note(side, each, process.computed_each(before, &run)?);
        }
    }
    Ok(ids)
}

/// Opens so many sessions over sixteen connections; their ids.
pub async fn open_sessions(lines: &mut [Line], world: &World, many: usize) -> anyhow::Result<Vec<String>> {
    let (mut left, mut ids) = (many, Vec::with_capacity(many));
    let next = |line: usize| {
        left = left.checked_sub(1)?;
        Some(open(world, line))
    };
    let run = closed_loops(lines, ALL, next, |answer| {
        ensure!(answer.status == 201, "a create was answered with {}", answer.status);
        ids.push(answer.id()?);
        Ok(())
    });
    run.await?;
    Ok(ids)
}

/// Escalates these sessions, as far as there is time; the handoffs.
pub async fn escalate(
    lines: &mut [Line],
    world: &World,
    sessions: &[String],
    limit: Duration,
) -> anyhow::Result<(Run, Vec<String>)> {
    let body = format!("{{\"intent\":\"escalate\",\"engineer_notes\":\"{NOTES}\"}}");
    let mut sessions = sessions.iter();
    let mut handoffs = Vec::new();
    // The owner of the account may hand off whatever anybody opened.
    let next = |_| {
        let path = route::HAND_OFF.path(&[sessions.next()?]);
        Some(request("POST", &path, &world.owner, &body))
    };
    let run = closed_loops(lines, limit, next, |answer| {
        ensure!(answer.status == 201, "a hand-off was answered with {}", answer.status);
        handoffs.push(answer.id()?);
        Ok(())
    });
    Ok((run.await?, handoffs))
}

/// Claims half of the things one after the other, and races for the other half.
async fn claims(
    bench: &mut Bench,
    process: &Process,
    lines: &mut [Line],
    side: Side,
    things: &[String],
    claim: impl Fn(usize, &str) -> Vec<u8>,
) -> anyhow::Result<()> {
    let (distinct, raced) = things.split_at(things.len() / 2);
    let (mut left, before) = (distinct.iter(), process.computed()?);
    let run = closed_loops(
        lines,
        bench.span,
        |line| Some(claim(line, left.next()?)),
        |answer| {
            ensure!(answer.status == 200, "a claim was answered with {}", answer.status);
            Ok(())
        },
    );
    let run = run.await?;
    note(bench, side, ["claim 16", "claim 16 p50", "claim 16 p99"], &run);
    bench.figures.note(side, "CPU a claim", process.computed_each(before, &run)?);

    let (one, other) = lines.split_at_mut(CONTENDERS);
    let (first, second) = raced.split_at(raced.len() / 2);
    let before = process.computed()?;
    let ((first, won), (second, also_won)) =
        tokio::try_join!(races(one, first, bench.span, &claim), races(other, second, bench.span, &claim))?;
    let took = first.took.max(second.took);
    let run = Run { took, each: [first.each, second.each].concat() };
    note(bench, side, ["race", "race p50", "race p99"], &run);
    bench.figures.note(side, "CPU an attempt", process.computed_each(before, &run)?);
    ensure!(won.races + also_won.races > 0, "no race was run");
    bench.figures.note(side, "races", count(won.races + also_won.races));
    bench.figures.note(side, "races not won once", count(won.not_one + also_won.not_one));
    Ok(())
}
