//! A server at rest, with much in it: how soon it answers after its start, and what it takes up.

use std::time::Instant;

use anyhow::ensure;

use crate::bench::Bench;
use crate::client::Line;
use crate::figures::Side::Product;
use crate::load::millis;
use crate::measure::pages::page;
use crate::process::Process;
use crate::seed::until_idle;
use crate::world::quiet;

/// The product.
pub async fn product(bench: &mut Bench) -> anyhow::Result<()> {
    let world = bench.many.clone();
    let page = page(&world, 0, "");
    let begun = Instant::now();
    let process = Process::product(&bench.binary, &world.folder, &quiet()).await?;
    let mut line = Line::open(process.address).await?;
    let answer = line.ask(&page).await?;
    bench.figures.note(Product, "start", millis(begun.elapsed()));
    ensure!(answer.status == 200, "the first answer is {}", answer.status);
    until_idle(&process).await?;
    bench.figures.note(Product, "idle memory", process.memory()? / 1024.0);
    process.end().await
}
