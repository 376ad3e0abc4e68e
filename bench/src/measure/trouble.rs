//! Escalations while nobody else does their part: the model never answers, and the mail server says a word a minute.

use anyhow::Context;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use crate::bench::Bench;
use crate::client::Line;
use crate::figures::Side::Product;
use crate::load::Run;
use crate::measure::writes::{CONNECTIONS, escalate, open_sessions};
use crate::process::Process;
use crate::world::{World, quiet};

/// The product without helpers, and with such helpers.
pub async fn product(bench: &mut Bench) -> anyhow::Result<()> {
    let (model, _hangs) = hole(b"").await?;
    let (post, _tarpit) = hole(b"220-this may take a while\r\n").await?;
    let trouble = vec![
        ("TIERUP_SERVER_ASSESSMENT_ENGINE", "openai".into()),
        ("TIERUP_SERVER_ASSESSMENT_MODEL", "silent".into()),
        ("TIERUP_SERVER_ASSESSMENT_URL", format!("http://{model}/v1")),
        ("TIERUP_SERVER_MAIL_URL", format!("smtp://{post}")),
    ];
    for (settings, one, rate, most) in [
        (quiet(), "quiet: escalate 1 p50", "quiet: escalate 16", "quiet: escalate 16 p99"),
        (trouble, "trouble: escalate 1 p50", "trouble: escalate 16", "trouble: escalate 16 p99"),
    ] {
        let (alone, together) = run(bench, &settings).await?;
        bench.figures.note(Product, one, alone.percentile(50));
        bench.figures.note(Product, rate, together.rate());
        bench.figures.note(Product, most, together.percentile(99));
    }
    Ok(())
}

async fn run(bench: &Bench, settings: &[(&'static str, String)]) -> anyhow::Result<(Run, Run)> {
    let world = World::make(&bench.place())?;
    let process = Process::product(&bench.binary, &world.folder, settings).await?;
    let mut lines = Line::open_all(process.address, CONNECTIONS).await?;
    let sessions = open_sessions(&mut lines, &world, 6_000).await?;
    let (one, many) = sessions.split_at(1_000);
    let (alone, _) = escalate(&mut lines[..1], &world, one, bench.span).await?;
    let (together, _) = escalate(&mut lines, &world, many, bench.span).await?;
    process.end().await?;
    Ok((alone, together))
}

/// Somebody who takes calls, says this, and then nothing for ever.
async fn hole(greeting: &'static [u8]) -> anyhow::Result<(std::net::SocketAddr, JoinHandle<()>)> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr().context("no address")?;
    let taking = tokio::spawn(async move {
        let mut calls = Vec::new();
        while let Ok((mut call, _)) = listener.accept().await {
            let _ = call.write_all(greeting).await;
            calls.push(call);
        }
    });
    Ok((address, taking))
}
