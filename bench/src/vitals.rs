//! What the kernel has in its books about a process.

use std::time::Duration;

use anyhow::{Context, ensure};

/// What its threads have computed so far.
pub fn computed(process: u32) -> anyhow::Result<Duration> {
    let nanos = over_threads(process, "schedstat", |told| told.split(' ').next()?.parse().ok())?;
    Ok(Duration::from_nanos(nanos))
}

/// How often its threads went to sleep so far: they were woken as often.
pub fn woken(process: u32) -> anyhow::Result<u64> {
    over_threads(process, "status", |told| field(told, "voluntary_ctxt_switches:"))
}

/// The memory it has in use (resident set), in KiB.
pub fn memory(process: u32) -> anyhow::Result<f64> {
    let told = std::fs::read_to_string(format!("/proc/{process}/status"))?;
    let kib: u32 = field(&told, "VmRSS:").context("no VmRSS")?;
    Ok(kib.into())
}

fn over_threads(process: u32, file: &str, read: impl Fn(&str) -> Option<u64>) -> anyhow::Result<u64> {
    let (mut sum, mut threads) = (0, 0);
    for task in std::fs::read_dir(format!("/proc/{process}/task"))? {
        // A thread may end while one looks.
        let Ok(told) = std::fs::read_to_string(task?.path().join(file)) else { continue };
        sum += read(&told).with_context(|| format!("this kernel does not tell it: {file} is {told:?}"))?;
        threads += 1;
    }
    ensure!(threads > 0, "no thread of {process} could be looked at");
    Ok(sum)
}

fn field<T: std::str::FromStr>(told: &str, name: &str) -> Option<T> {
    let line = told.lines().find_map(|line| line.strip_prefix(name))?;
    line.split_whitespace().next()?.parse().ok()
}
