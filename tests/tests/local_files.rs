//! The files of several consoles on one machine stay complete, however many write at once and however they end.
//!
//! Mutant seen to fail: no lock.

#![cfg(unix)]
#![expect(clippy::unwrap_used, reason = "tests may panic")]

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::Value;
use tierup_common::limit;
use tierup_e2e::process::binary_path;
use tierup_e2e::quick_or_soak;

/// Marks this many from a number on, in a process that is killed after some of them. Returns the marks that it reported
/// as stored.
fn mark_seen_until_killed(folder: &Path, first: usize, count: usize, killed_after: usize) -> Vec<String> {
    let mut command = Command::new(binary_path("mark_seen"));
    command.arg(folder).args([first.to_string(), count.to_string()]).stdout(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok);
    let reported = lines.take(killed_after).collect();
    // Usually in the middle of the next one.
    let _ = child.kill();
    child.wait().unwrap();
    reported
}

/// The contents of the file.
fn read_seen_file(folder: &Path) -> Vec<String> {
    let path = folder.join("seen.json");
    let file: Value = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
    assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    let ids = file["seen"].as_object().unwrap().values().next().unwrap().as_array().unwrap().clone();
    ids.iter().map(|id| id.as_str().unwrap().to_owned()).collect()
}

#[test]
fn marks_of_eight_killed_consoles_are_all_kept() {
    let home = tempfile::tempdir().unwrap();
    let mut random = fastrand::Rng::with_seed(7);
    for round in 0..quick_or_soak(2, 40) {
        let folder = home.path().join(round.to_string());
        // Exactly as many as are kept: none may be missing.
        let each = limit::MAX_SEEN_HANDOFFS / 8;
        let reported: BTreeSet<String> = std::thread::scope(|scope| {
            let consoles: Vec<_> = (0..8)
                .map(|console| {
                    let (folder, after) = (&folder, random.usize(1..=2 * each));
                    scope.spawn(move || mark_seen_until_killed(folder, 1 + console * each, each, after))
                })
                .collect();
            consoles.into_iter().flat_map(|console| console.join().unwrap()).collect()
        });
        let stored = read_seen_file(&folder);
        let distinct: BTreeSet<_> = stored.iter().cloned().collect();
        assert_eq!(distinct.len(), stored.len(), "marked once, there twice");
        assert!(
            reported.is_subset(&distinct),
            "{:?} were marked and are gone",
            reported.difference(&distinct)
        );
        assert!(!folder.join("seen.json.corrupt").exists(), "a reader saw half a file");
    }
}

#[test]
fn the_newest_entries_are_kept() {
    let home = tempfile::tempdir().unwrap();
    let many = limit::MAX_SEEN_HANDOFFS + quick_or_soak(20, 4_000);
    let reported = mark_seen_until_killed(home.path(), 1, many, usize::MAX);
    assert_eq!(reported.len(), many);
    assert_eq!(read_seen_file(home.path()), reported[many - limit::MAX_SEEN_HANDOFFS..]);
}
