//! What the kernel has in its books about a process.

use std::time::Duration;

use anyhow::{Context, ensure};

/// What its threads have computed so far.
pub fn cpu_time(process: u32) -> anyhow::Result<Duration> {
    let nanos = sum_over_threads(process, "schedstat", |told| told.split(' ').next()?.parse().ok())?;
    Ok(Duration::from_nanos(nanos))
}

/// How often its threads went to sleep so far: they were woken as often.
pub fn voluntary_context_switches(process: u32) -> anyhow::Result<u64> {
    sum_over_threads(process, "status", |told| parse_field(told, "voluntary_ctxt_switches:"))
}

/// The memory it has in use (resident set), in KiB.
pub fn resident_kib(process: u32) -> anyhow::Result<f64> {
    let told = std::fs::read_to_string(format!("/proc/{process}/status"))?;
    let kib: u32 = parse_field(&told, "VmRSS:").context("no VmRSS")?;
    Ok(kib.into())
}

fn sum_over_threads(process: u32, file: &str, parse: impl Fn(&str) -> Option<u64>) -> anyhow::Result<u64> {
    let (mut sum, mut threads) = (0, 0);
    for task in std::fs::read_dir(format!("/proc/{process}/task"))? {
        // A thread may end while one looks.
        let Ok(told) = std::fs::read_to_string(task?.path().join(file)) else { continue };
        sum += parse(&told).with_context(|| format!("this kernel does not tell it: {file} is {told:?}"))?;
        threads += 1;
    }
    ensure!(threads > 0, "no thread of {process} could be looked at");
    Ok(sum)
}

fn parse_field<T: std::str::FromStr>(text: &str, name: &str) -> Option<T> {
    let line = text.lines().find_map(|line| line.strip_prefix(name))?;
    line.split_whitespace().next()?.parse().ok()
}
