//! What must not be, held by reading the source: the invariants of ARCHITECTURE.md.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::path::{Path, PathBuf};

/// A file of the workspace, relative to its root.
struct Source {
    path: String,
    text: String,
}

fn sources() -> Vec<Source> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned();
    let mut all = Vec::new();
    for part in [
        "common/src",
        "server/src",
        "tui/src",
        "tests/src",
        "tests/tests",
        "server/tests",
        "tui/tests",
        "fuzz",
        "bench/src",
    ] {
        collect(&root, &root.join(part), &mut all);
    }
    assert!(all.len() > 50, "the source was not found");
    all
}

fn collect(root: &Path, folder: &Path, all: &mut Vec<Source>) {
    let mut entries: Vec<PathBuf> =
        std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    entries.sort();
    for path in entries {
        if path.is_dir() {
            collect(root, &path, all);
        } else if path.extension().is_some_and(|end| end == "rs") {
            let text = std::fs::read_to_string(&path).unwrap();
            all.push(Source { path: path.strip_prefix(root).unwrap().display().to_string(), text });
        }
    }
}

impl Source {
    /// The part that ships: without the tests at the end.
    fn product(&self) -> &str {
        self.text.split("#[cfg(test)]").next().unwrap_or_default()
    }

    fn is_in(&self, places: &[&str]) -> bool {
        places.iter().any(|place| self.path.starts_with(place))
    }
}

#[track_caller]
fn nowhere(words: &[&str], such: impl Fn(&Source) -> bool, why: &str) {
    for source in sources().iter().filter(|source| such(source)) {
        for (number, line) in source.product().lines().enumerate() {
            let code = line.split("//").next().unwrap_or_default();
            let found = words.iter().find(|word| code.contains(*word));
            assert!(found.is_none(), "{}:{}: {:?}: {why}", source.path, number + 1, found.unwrap());
        }
    }
}

#[test]
fn the_pure_rooms_do_no_io_and_read_no_clock() {
    let pure = [
        "server/src/domain",
        "tui/src/state",
        "tui/src/update",
        "tui/src/view",
        "tui/src/text",
        "common/src",
    ];
    let words = [
        "tokio",
        "reqwest",
        "rusqlite::",
        "axum",
        "std::fs",
        "std::net",
        "Utc::now",
        "Local::now",
        "Instant::now",
        "SystemTime",
        "async fn",
        ".await;",
        ".await?",
        ".await)",
    ];
    nowhere(
        &words,
        |source| source.is_in(&pure) && source.path != "common/src/sql.rs",
        "pure rooms are pure",
    );
}

#[test]
fn only_the_store_and_the_search_know_sql() {
    let at_home = ["server/src/store", "server/src/search", "common/src/sql.rs"];
    nowhere(
        &["rusqlite"],
        |source| source.is_in(&["server/src", "tui/src", "common/src"]) && !source.is_in(&at_home),
        "ask the store",
    );
}

#[test]
fn only_the_runtime_touches_the_network_and_the_terminal() {
    let words = ["reqwest::", "enable_raw_mode", "EnterAlternateScreen", "std::io::stdout"];
    let outside = |source: &Source| {
        source.is_in(&["tui/src"]) && !source.is_in(&["tui/src/runtime", "tui/src/cli", "tui/src/demo"])
    };
    nowhere(&words, outside, "that is the runtime's");
}

#[test]
fn only_the_clock_reads_the_time() {
    let words = ["Utc::now", "Local::now", "SystemTime::now"];
    let product = |source: &Source| {
        source.is_in(&["server/src", "tui/src", "common/src"]) && !source.path.ends_with("clock.rs")
    };
    nowhere(&words, product, "ask the clock");
}

#[test]
fn what_the_server_cannot_do_without_is_started_under_supervision() {
    // The log may fall silent, and a job's panic is contained and told.
    let known = ["server/src/supervise.rs", "server/src/log.rs", "server/src/worker.rs"];
    nowhere(
        &["thread::Builder", "thread::spawn", "tokio::spawn("],
        |source| source.is_in(&["server/src"]) && !source.is_in(&known),
        "a Supervisor starts it, and hears when it ends",
    );
}

#[test]
fn the_server_prints_nothing_that_it_could_fall_over() {
    nowhere(
        &["print!(", "println!("],
        |source| source.is_in(&["server/src", "tui/src"]),
        "these panic where nobody reads, and wait for whoever reads slowly",
    );
}

#[test]
fn only_the_error_module_maps_to_a_status() {
    let inner = |source: &Source| {
        source.is_in(&["server/src/domain", "server/src/store", "server/src/worker", "server/src/assess"])
    };
    nowhere(&["axum", "StatusCode::CONFLICT"], inner, "errors carry data, error.rs maps them");
}

#[test]
fn no_handler_writes_but_by_the_one_way_that_looks_whether_its_caller_may() {
    let handlers = |source: &Source| source.is_in(&["server/src/handler"]);
    nowhere(
        &["store.commit", ".commit_system", ".commit_in_passing"],
        handlers,
        "App::commit asks who it is",
    );
}

#[test]
fn tests_wait_for_facts_and_never_sleep() {
    let tests = |source: &Source| {
        source.is_in(&["tests/", "server/tests/", "tui/tests/"]) && source.path != "tests/tests/tidy.rs"
    };
    for source in sources().iter().filter(|source| tests(source)) {
        for word in ["sleep(", "sleep_until(", "park_timeout", "yield_now", "spin_loop"] {
            assert!(!source.text.contains(word), "{}: {word} waits for no fact", source.path);
        }
        // A server in a bad mood lets its answer drip; it waits for nothing.
        let looks = ["interval(", "interval_at(", "IntervalStream", ".tick()"];
        for word in looks.iter().filter(|_| source.path != "tests/src/crank.rs") {
            assert!(
                !source.text.contains(word),
                "{}: {word} looks again and again: wait to be told",
                source.path
            );
        }
    }
}

#[test]
fn a_file_can_be_taken_in_at_a_glance() {
    for source in sources() {
        let lines = source.product().lines().count();
        assert!(lines <= 400, "{} has {lines} lines: it does more than one thing", source.path);
    }
}

#[test]
fn a_file_opens_by_saying_what_it_owns() {
    for source in sources() {
        assert!(source.text.starts_with("//!"), "{} does not say what it is for", source.path);
        assert!(!source.path.ends_with("mod.rs"), "{}: name it after its folder", source.path);
    }
}
