//! Escalations while dependencies hang: the model never responds, and the mail server stalls.

use anyhow::Context;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use crate::bench::Bench;
use crate::client::HttpConnection;
use crate::figures::Program::Product;
use crate::load::LoadResult;
use crate::measure::writes::{CONNECTIONS, escalate, open_sessions};
use crate::server_process::ServerProcess;
use crate::world::{World, quiet};

/// The product without dependencies, and with ones that hang.
pub async fn measure_product(bench: &mut Bench) -> anyhow::Result<()> {
    let (model, _hangs) = start_silent_server(b"").await?;
    let (mail_server, _tarpit) = start_silent_server(b"220-this may take a while\r\n").await?;
    let hanging = vec![
        ("TIERUP_SERVER_ASSESSMENT_ENGINE", "openai".into()),
        ("TIERUP_SERVER_ASSESSMENT_MODEL", "silent".into()),
        ("TIERUP_SERVER_ASSESSMENT_URL", format!("http://{model}/v1")),
        ("TIERUP_SERVER_MAIL_URL", format!("smtp://{mail_server}")),
    ];
    for (settings, one, rate, p99) in [
        (quiet(), "quiet: escalate 1 p50", "quiet: escalate 16", "quiet: escalate 16 p99"),
        (hanging, "trouble: escalate 1 p50", "trouble: escalate 16", "trouble: escalate 16 p99"),
    ] {
        let (alone, together) = measure_escalations(bench, &settings).await?;
        bench.figures.record(Product, one, alone.percentile(50));
        bench.figures.record(Product, rate, together.rate());
        bench.figures.record(Product, p99, together.percentile(99));
    }
    Ok(())
}

async fn measure_escalations(
    bench: &Bench,
    settings: &[(&'static str, String)],
) -> anyhow::Result<(LoadResult, LoadResult)> {
    let world = World::make(&bench.new_folder())?;
    let process = ServerProcess::start_product(&bench.server_binary, &world.folder, settings).await?;
    let mut connections = HttpConnection::connect_all(process.address, CONNECTIONS).await?;
    let sessions = open_sessions(&mut connections, &world, 6_000).await?;
    let (one, many) = sessions.split_at(1_000);
    let (alone, _) = escalate(&mut connections[..1], &world, one, bench.measure_time).await?;
    let (together, _) = escalate(&mut connections, &world, many, bench.measure_time).await?;
    process.stop().await?;
    Ok((alone, together))
}

/// A server that accepts connections, sends a greeting and then nothing.
async fn start_silent_server(
    greeting: &'static [u8],
) -> anyhow::Result<(std::net::SocketAddr, JoinHandle<()>)> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr().context("no address")?;
    let task = tokio::spawn(async move {
        let mut sockets = Vec::new();
        while let Ok((mut socket, _)) = listener.accept().await {
            let _ = socket.write_all(greeting).await;
            sockets.push(socket);
        }
    });
    Ok((address, task))
}
