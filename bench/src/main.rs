//! Benchmarks the server against a minimal server, and the console against other consoles: `just bench`.
//!
//! The programs alternate, several rounds in one run, pinned to one core while the load has the other. Absolute
//! figures vary with machine and time; ratios of figures from one run do not. The output is the table of
//! docs/PERFORMANCE.md, and a file with all figures of all rounds.

mod bench;
mod ceiling;
mod client;
mod figures;
mod load;
mod measure;
mod process_stats;
mod seed;
mod server_process;
mod streams;
mod terminal;
mod world;

use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::{Parser, Subcommand, ValueEnum};
use tokio::task::LocalSet;

use crate::bench::Bench;
use crate::measure::{console, fan_out, idle, pages, peers, resume, slow_dependencies, writes};
use crate::world::World;

/// Open handoffs while pages are read.
const LARGE_QUEUE: u32 = 100_000;
/// The same, for comparison.
const SMALL_QUEUE: u32 = 1_000;

#[derive(Parser)]
struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
    /// Run two short rounds instead of five
    #[arg(long)]
    quick: bool,
    /// The number of rounds
    #[arg(long)]
    rounds: Option<u32>,
    /// Measure only these subjects
    #[arg(long, value_delimiter = ',')]
    only: Vec<Subject>,
    /// The server to measure [default: the one next to this program]
    #[arg(long, value_name = "FILE")]
    server: Option<PathBuf>,
    /// The folder for temporary data; must be on a disk for durable writes
    #[arg(long, value_name = "DIR", default_value = "target/bench")]
    folder: PathBuf,
}

#[derive(Subcommand)]
enum Command {
    /// Serve as the ceiling, in this folder
    Ceiling { folder: PathBuf },
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Subject {
    Writes,
    Pages,
    FanOut,
    Resume,
    Rest,
    Trouble,
    Console,
}

fn main() -> anyhow::Result<()> {
    let cli = Cli::parse();
    // A single thread for the load on any machine: it is pinned to one core.
    let mut runtime = match cli.command {
        Some(Command::Ceiling { .. }) => tokio::runtime::Builder::new_multi_thread(),
        None => tokio::runtime::Builder::new_current_thread(),
    };
    let runtime = runtime.enable_all().build()?;
    match &cli.command {
        Some(Command::Ceiling { folder }) => runtime.block_on(ceiling::serve(folder)),
        None => runtime.block_on(LocalSet::new().run_until(run(&cli))),
    }
}

async fn run(cli: &Cli) -> anyhow::Result<()> {
    server_process::raise_file_limit()?;
    let binary = cli.server.clone().map_or_else(|| server_process::sibling_binary("tierup-server"), Ok)?;
    let folder = &cli.folder;
    if folder.exists() {
        std::fs::remove_dir_all(folder)?;
    }
    std::fs::create_dir_all(folder)?;
    let (rounds, span) =
        if cli.quick { (2, Duration::from_millis(1_500)) } else { (5, Duration::from_secs(3)) };
    let rounds = cli.rounds.unwrap_or(rounds);

    eprintln!("seeding");
    let few = seed::seed_product(&binary, &folder.join("few"), SMALL_QUEUE).await?;
    let many = if is_selected(cli, &[Subject::Pages, Subject::Resume, Subject::Rest]) {
        ceiling::seed(&folder.join("ceiling"), LARGE_QUEUE)?;
        seed::seed_product(&binary, &folder.join("many"), LARGE_QUEUE).await?
    } else {
        few.clone()
    };
    let mut bench = Bench::new(binary, folder.clone(), span, many, few);
    let list = if is_selected(cli, &[Subject::Console]) {
        Some(console::seed_console(&mut bench).await?)
    } else {
        None
    };
    for round in 1..=rounds {
        eprintln!("round {round} of {rounds}");
        let measured = measure(cli, &mut bench, list.as_ref()).await;
        save_figures(folder, &bench)?;
        measured?;
    }
    println!("{}", bench.figures.to_markdown());
    Ok(())
}

async fn measure(cli: &Cli, bench: &mut Bench, console_fixture: Option<&World>) -> anyhow::Result<()> {
    if is_selected(cli, &[Subject::Writes]) {
        writes::measure_ceiling(bench).await?;
        writes::measure_product(bench).await?;
    }
    if is_selected(cli, &[Subject::Pages]) {
        pages::measure_ceiling(bench).await?;
        pages::measure_product(bench).await?;
    }
    if is_selected(cli, &[Subject::FanOut]) {
        fan_out::measure_ceiling(bench).await?;
        fan_out::measure_product(bench).await?;
        fan_out::measure_ceiling_memory(bench).await?;
        fan_out::measure_product_memory(bench).await?;
    }
    if is_selected(cli, &[Subject::Rest]) {
        idle::measure_product(bench).await?;
    }
    if is_selected(cli, &[Subject::Resume]) {
        resume::measure_product(bench).await?;
    }
    if is_selected(cli, &[Subject::Trouble]) {
        slow_dependencies::measure_product(bench).await?;
    }
    if let Some(list) = console_fixture {
        console::measure_console(bench, list).await?;
        peers::measure_tig(bench)?;
        peers::measure_neomutt(bench)?;
    }
    Ok(())
}

fn is_selected(cli: &Cli, subjects: &[Subject]) -> bool {
    cli.only.is_empty() || subjects.iter().any(|subject| cli.only.contains(subject))
}

/// Writes all figures of all rounds so far.
fn save_figures(folder: &Path, bench: &Bench) -> anyhow::Result<()> {
    let raw = folder.join("figures.json");
    std::fs::write(&raw, serde_json::to_string_pretty(&bench.figures.to_json())?)?;
    Ok(())
}
