//! A server process, pinned to a core of its own.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context, bail, ensure};
use rustix::process::{Resource, getrlimit, setrlimit};
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};

use crate::load::{LoadResult, as_f64};
use crate::process_stats;

/// The core for servers; the load has the other.
pub const SERVER_CORE: &str = "0";

/// A running server process.
pub struct ServerProcess {
    child: Child,
    pid: u32,
    /// The address it listens on.
    pub address: SocketAddr,
}

impl ServerProcess {
    /// Starts the product on a folder, with these environment variables.
    pub async fn start_product(
        binary: &Path,
        folder: &Path,
        settings: &[(&str, String)],
    ) -> anyhow::Result<Self> {
        let mut command = pinned_command(binary);
        command.arg("serve").arg("--data").arg(folder).args(["--listen", "127.0.0.1:0", "--json"]);
        command.envs(settings.iter().map(|(name, value)| (*name, value)));
        Self::spawn(command, &folder.with_extension("log")).await
    }

    /// Starts the ceiling on a folder.
    pub async fn start_ceiling(folder: &Path) -> anyhow::Result<Self> {
        let mut command = pinned_command(&std::env::current_exe()?);
        command.arg("ceiling").arg(folder);
        Self::spawn(command, &folder.with_extension("log")).await
    }

    async fn spawn(mut command: Command, log: &Path) -> anyhow::Result<Self> {
        let log = std::fs::File::create(log)?;
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(log).kill_on_drop(true);
        let mut child = command.spawn().context("cannot start a server; is taskset installed?")?;
        let id = child.id().context("the server exited immediately")?;
        let mut first_line = String::new();
        let out = child.stdout.take().context("no output")?;
        BufReader::new(out).read_line(&mut first_line).await?;
        let address = first_line.split("http://").nth(1).and_then(|rest| rest.split('"').next());
        let Some(address) = address else { bail!("the server did not start: {first_line:?}") };
        Ok(Self { child, pid: id, address: address.trim().parse()? })
    }

    /// The CPU time of its threads.
    pub fn cpu_time(&self) -> anyhow::Result<Duration> {
        process_stats::cpu_time(self.pid)
    }

    /// The CPU time per response of a load, in microseconds.
    pub fn cpu_micros_per_response(&self, before: Duration, run: &LoadResult) -> anyhow::Result<f64> {
        let computed = self.cpu_time()?.saturating_sub(before);
        Ok(computed.as_secs_f64() * 1e6 / as_f64(run.latencies_ms.len()))
    }

    /// Resident memory, in KiB.
    pub fn resident_kib(&self) -> anyhow::Result<f64> {
        process_stats::resident_kib(self.pid)
    }

    /// Stops it gracefully, and waits for its end.
    pub async fn stop(mut self) -> anyhow::Result<()> {
        // Send SIGTERM with the shell's kill, so that the server shuts down as in production.
        Command::new("kill").arg(self.pid.to_string()).status().await?;
        let ended = tokio::time::timeout(Duration::from_secs(10), self.child.wait()).await;
        ended.context("a server did not end within ten seconds")??;
        Ok(())
    }
}

/// Raises the limit of open files, for this process and its children.
pub fn raise_file_limit() -> anyhow::Result<()> {
    const FILES: u64 = 12_000;
    let mut limit = getrlimit(Resource::Nofile);
    if limit.current.is_some_and(|current| current < FILES) {
        limit.current = Some(limit.maximum.map_or(FILES, |most| most.min(FILES)));
        setrlimit(Resource::Nofile, limit)?;
    }
    ensure!(
        limit.current.is_none_or(|current| current >= FILES),
        "{FILES} open files are not allowed\nhint: ulimit -Hn"
    );
    Ok(())
}

fn pinned_command(program: &Path) -> Command {
    let mut command = Command::new("taskset");
    command.args(["-c", SERVER_CORE]).arg(program);
    command
}

/// A binary next to this one.
pub fn sibling_binary(name: &str) -> anyhow::Result<PathBuf> {
    let own = std::env::current_exe()?;
    let path = own.parent().context("no folder")?.join(name);
    if !path.exists() {
        bail!("{} is not there\nhint: cargo build --release --package {name}", path.display());
    }
    Ok(path)
}
