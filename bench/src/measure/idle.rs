//! An idle server with much data: time to the first response after its start, and memory.

use std::time::Instant;

use anyhow::ensure;

use crate::bench::Bench;
use crate::client::HttpConnection;
use crate::figures::Program::Product;
use crate::load::as_millis;
use crate::measure::pages::page_request;
use crate::seed::wait_until_idle;
use crate::server_process::ServerProcess;
use crate::world::quiet;

/// The product.
pub async fn measure_product(bench: &mut Bench) -> anyhow::Result<()> {
    let world = bench.large_queue.clone();
    let page = page_request(&world, 0, "");
    let started = Instant::now();
    let process = ServerProcess::start_product(&bench.server_binary, &world.folder, &quiet()).await?;
    let mut connection = HttpConnection::connect(process.address).await?;
    let response = connection.send(&page).await?;
    bench.figures.record(Product, "start", as_millis(started.elapsed()));
    ensure!(response.status == 200, "the first response is {}", response.status);
    wait_until_idle(&process).await?;
    bench.figures.record(Product, "idle memory", process.resident_kib()? / 1024.0);
    process.stop().await
}
