//! Reads a process's statistics from /proc.

use std::time::Duration;

use anyhow::{Context, ensure};

/// The CPU time of all its threads.
pub fn cpu_time(process: u32) -> anyhow::Result<Duration> {
    let nanos = sum_over_threads(process, "schedstat", |text| text.split(' ').next()?.parse().ok())?;
    Ok(Duration::from_nanos(nanos))
}

/// Voluntary context switches of all threads: each is followed by a wake-up.
pub fn voluntary_context_switches(process: u32) -> anyhow::Result<u64> {
    sum_over_threads(process, "status", |text| parse_field(text, "voluntary_ctxt_switches:"))
}

/// Resident memory, in KiB.
pub fn resident_kib(process: u32) -> anyhow::Result<f64> {
    let text = std::fs::read_to_string(format!("/proc/{process}/status"))?;
    let kib: u32 = parse_field(&text, "VmRSS:").context("no VmRSS")?;
    Ok(kib.into())
}

fn sum_over_threads(process: u32, file: &str, parse: impl Fn(&str) -> Option<u64>) -> anyhow::Result<u64> {
    let (mut sum, mut threads) = (0, 0);
    for task in std::fs::read_dir(format!("/proc/{process}/task"))? {
        // A thread may end meanwhile.
        let Ok(text) = std::fs::read_to_string(task?.path().join(file)) else { continue };
        sum += parse(&text).with_context(|| format!("cannot parse {file}: {text:?}"))?;
        threads += 1;
    }
    ensure!(threads > 0, "cannot read any thread of {process}");
    Ok(sum)
}

fn parse_field<T: std::str::FromStr>(text: &str, name: &str) -> Option<T> {
    let line = text.lines().find_map(|line| line.strip_prefix(name))?;
    line.split_whitespace().next()?.parse().ok()
}
