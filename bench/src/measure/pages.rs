//! Pages of the queue: fifty handoffs out of few and out of many.

use anyhow::ensure;
use tierup_common::route;

use crate::bench::Bench;
use crate::ceiling;
use crate::client::{Line, request};
use crate::figures::Side::{Ceiling, Product};
use crate::load::{Run, closed_loops};
use crate::measure::writes::CONNECTIONS;
use crate::process::Process;
use crate::world::{World, quiet};

/// The product: the same page again and again, and pages of which each is another.
pub async fn product(bench: &mut Bench) -> anyhow::Result<()> {
    let (few, many) = (bench.few.clone(), bench.many.clone());
    for (world, rate, most, fresh, fresh_most) in [
        (few, "page of few", "page of few p99", "fresh page of few", "fresh page of few p99"),
        (many, "page of many", "page of many p99", "fresh page of many", "fresh page of many p99"),
    ] {
        let process = Process::product(&bench.binary, &world.folder, &quiet()).await?;
        let before = process.computed()?;
        let run = ask(bench, &process, |turn| page(&world, turn, "")).await?;
        bench.figures.note(Product, "CPU a page", process.computed_each(before, &run)?);
        bench.figures.note(Product, rate, run.rate());
        bench.figures.note(Product, most, run.percentile(99));
        // No two of these ask for the same, and what is remembered of one helps no other.
        let run = ask(bench, &process, |turn| page(&world, turn, &elsewhere(turn))).await?;
        bench.figures.note(Product, fresh, run.rate());
        bench.figures.note(Product, fresh_most, run.percentile(99));
        process.end().await?;
    }
    Ok(())
}

/// The ceiling.
pub async fn ceiling(bench: &mut Bench) -> anyhow::Result<()> {
    let process = Process::ceiling(&bench.folder.join("ceiling")).await?;
    for (path, rate, most, each) in [
        (ceiling::PAGE, "page of many", "page of many p99", "CPU a fresh page"),
        (ceiling::CACHED_PAGE, "cached page", "cached page p99", "CPU a page"),
    ] {
        let before = process.computed()?;
        let run = ask(bench, &process, |_| request("GET", path, "", "")).await?;
        bench.figures.note(Ceiling, each, process.computed_each(before, &run)?);
        bench.figures.note(Ceiling, rate, run.rate());
        bench.figures.note(Ceiling, most, run.percentile(99));
    }
    process.end().await
}

/// The queue, as a client asks for it that comes back.
pub fn page(world: &World, turn: usize, query: &str) -> Vec<u8> {
    request("GET", &format!("{}?limit=50{query}", route::ESCALATIONS.0), world.token(turn), "")
}

/// A cursor that points before the first handoff of the usual priority, and that nobody used before.
fn elsewhere(turn: usize) -> String {
    format!("&cursor=normal-00000000-0000-7000-8000-{turn:012x}")
}

async fn ask(bench: &Bench, process: &Process, page: impl Fn(usize) -> Vec<u8>) -> anyhow::Result<Run> {
    let mut lines = Line::open_all(process.address, CONNECTIONS).await?;
    let mut turn = 0;
    let next = |_| {
        turn += 1;
        Some(page(turn))
    };
    closed_loops(&mut lines, bench.span, next, |answer| {
        ensure!(answer.status == 200, "a page was answered with {}", answer.status);
        Ok(())
    })
    .await
}
