//! Pages of the queue: fifty handoffs out of few and out of many.

use anyhow::ensure;
use tierup_common::route;

use crate::bench::Bench;
use crate::ceiling;
use crate::client::{HttpConnection, encode_request};
use crate::figures::Program::{Ceiling, Product};
use crate::load::{LoadResult, run_closed_loops};
use crate::measure::writes::CONNECTIONS;
use crate::server_process::ServerProcess;
use crate::world::{World, quiet};

/// The product: the same page repeatedly, and different pages.
pub async fn measure_product(bench: &mut Bench) -> anyhow::Result<()> {
    let (few, many) = (bench.small_queue.clone(), bench.large_queue.clone());
    for (world, rate, p99, fresh, fresh_most) in [
        (few, "page of few", "page of few p99", "fresh page of few", "fresh page of few p99"),
        (many, "page of many", "page of many p99", "fresh page of many", "fresh page of many p99"),
    ] {
        let process = ServerProcess::start_product(&bench.server_binary, &world.folder, &quiet()).await?;
        let before = process.cpu_time()?;
        let result = request_pages(bench, &process, |turn| page_request(&world, turn, "")).await?;
        bench.figures.record(Product, "CPU a page", process.cpu_micros_per_response(before, &result)?);
        bench.figures.record(Product, rate, result.rate());
        bench.figures.record(Product, p99, result.percentile(99));
        // Each request is different, so that no cache helps.
        let result =
            request_pages(bench, &process, |turn| page_request(&world, turn, &unused_cursor(turn))).await?;
        bench.figures.record(Product, fresh, result.rate());
        bench.figures.record(Product, fresh_most, result.percentile(99));
        process.stop().await?;
    }
    Ok(())
}

/// The ceiling.
pub async fn measure_ceiling(bench: &mut Bench) -> anyhow::Result<()> {
    let process = ServerProcess::start_ceiling(&bench.folder.join("ceiling")).await?;
    for (path, rate, p99, cpu) in [
        (ceiling::PAGE_PATH, "page of many", "page of many p99", "CPU a fresh page"),
        (ceiling::CACHED_PAGE_PATH, "cached page", "cached page p99", "CPU a page"),
    ] {
        let before = process.cpu_time()?;
        let result = request_pages(bench, &process, |_| encode_request("GET", path, "", "")).await?;
        bench.figures.record(Ceiling, cpu, process.cpu_micros_per_response(before, &result)?);
        bench.figures.record(Ceiling, rate, result.rate());
        bench.figures.record(Ceiling, p99, result.percentile(99));
    }
    process.stop().await
}

/// The queue, as a returning client requests it.
pub fn page_request(world: &World, turn: usize, query: &str) -> Vec<u8> {
    encode_request("GET", &format!("{}?limit=50{query}", route::ESCALATIONS.0), world.token(turn), "")
}

/// A unique cursor before the first handoff of normal priority.
fn unused_cursor(turn: usize) -> String {
    format!("&cursor=normal-00000000-0000-7000-8000-{turn:012x}")
}

async fn request_pages(
    bench: &Bench,
    process: &ServerProcess,
    page: impl Fn(usize) -> Vec<u8>,
) -> anyhow::Result<LoadResult> {
    let mut connections = HttpConnection::connect_all(process.address, CONNECTIONS).await?;
    let mut turn = 0;
    let next = |_| {
        turn += 1;
        Some(page(turn))
    };
    run_closed_loops(&mut connections, bench.measure_time, next, |response| {
        ensure!(response.status == 200, "a page returned {}", response.status);
        Ok(())
    })
    .await
}
