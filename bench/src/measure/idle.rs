//! A server at rest, with much in it: how soon it answers after its start, and what it takes up.

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
    let begun = Instant::now();
    let process = ServerProcess::start_product(&bench.server_binary, &world.folder, &quiet()).await?;
    let mut line = HttpConnection::connect(process.address).await?;
    let answer = line.send(&page).await?;
    bench.figures.record(Product, "start", as_millis(begun.elapsed()));
    ensure!(answer.status == 200, "the first answer is {}", answer.status);
    wait_until_idle(&process).await?;
    bench.figures.record(Product, "idle memory", process.resident_kib()? / 1024.0);
    process.stop().await
}
