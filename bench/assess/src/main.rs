//! Measures how accurate assessments are: `just assess-bench`.

use std::path::PathBuf;

use anyhow::Context;
use clap::Parser;
use serde::Serialize;
use tierup_assess_bench::dataset::{Case, Dataset, Split};
use tierup_assess_bench::filler::filler;
use tierup_assess_bench::replay::Replay;
use tierup_assess_bench::report;
use tierup_assess_bench::scores::Scores;
use tierup_assess_bench::verdict::Verdict;
use tierup_server::config::Settings;
use tierup_server::log::{self, LogFormat};

/// Assesses cases with known answers on a team's history, and judges the answers.
#[derive(Parser)]
struct Cli {
    /// The half of the cases
    #[arg(long, value_enum, default_value = "judging")]
    split: Split,
    /// Measure on another dataset: a folder like bench/assess/dataset
    #[arg(long, value_name = "FOLDER")]
    dataset: Option<PathBuf>,
    /// Print every failure with its reason
    #[arg(long)]
    failures: bool,
    /// Resolve this many sessions more, about other products
    #[arg(long, value_name = "NUMBER", default_value_t = 0)]
    filler: usize,
    /// Assess only cases whose name contains this
    #[arg(long, value_name = "TEXT")]
    case: Option<String>,
    /// Write scores and verdicts to this file, as JSON
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// Any engine can be measured: the settings are the server's.
    #[command(flatten)]
    settings: Settings,
}

#[derive(Serialize)]
struct Results<'a> {
    scores: Scores,
    verdicts: Vec<(&'a str, &'a Verdict)>,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let cli = Cli::parse();
    if let Some(filter) = &cli.settings.log {
        log::init(filter.parse()?, LogFormat::Text)?;
    }
    let dataset = match &cli.dataset {
        Some(folder) => Dataset::load_from(folder)?,
        None => Dataset::load()?,
    };
    let broken = dataset.broken_rules();
    anyhow::ensure!(broken.is_empty(), "the dataset breaks its rules:\n{}", broken.join("\n"));
    let mut replay = Replay::start(cli.settings, &dataset, &filler(cli.filler)).await?;
    let is_wanted = |case: &Case| cli.case.as_ref().is_none_or(|part| case.name.contains(part));
    let verdicts = replay.judge_cases(&dataset, cli.split, is_wanted).await?;
    replay.stop().await;
    println!("{}", report::table(&verdicts));
    if cli.failures {
        println!("{}", report::failures(&verdicts));
    }
    if let Some(path) = &cli.json {
        let pairs = verdicts.iter().map(|(case, verdict)| (case.name.as_str(), verdict)).collect();
        let results = Results { scores: Scores::of(&verdicts), verdicts: pairs };
        let text = serde_json::to_string_pretty(&results)?;
        std::fs::write(path, text).with_context(|| format!("cannot write {}", path.display()))?;
    }
    for missed in report::missed(&verdicts) {
        eprintln!("missed: {missed}");
    }
    Ok(())
}
