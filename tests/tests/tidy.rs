//! What must not be, held by reading the source: the invariants of ARCHITECTURE.md.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::path::{Path, PathBuf};

/// A file of the workspace, relative to its root.
struct SourceFile {
    path: String,
    text: String,
}

fn source_files() -> Vec<SourceFile> {
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
        collect_source_files(&root, &root.join(part), &mut all);
    }
    assert!(all.len() > 50, "the source was not found");
    all
}

fn collect_source_files(root: &Path, folder: &Path, all: &mut Vec<SourceFile>) {
    let mut entries: Vec<PathBuf> =
        std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    entries.sort();
    for path in entries {
        if path.is_dir() {
            collect_source_files(root, &path, all);
        } else if path.extension().is_some_and(|end| end == "rs") {
            let text = std::fs::read_to_string(&path).unwrap();
            all.push(SourceFile { path: path.strip_prefix(root).unwrap().display().to_string(), text });
        }
    }
}

impl SourceFile {
    /// The part that ships: without the tests at the end.
    fn non_test_code(&self) -> &str {
        self.text.split("#[cfg(test)]").next().unwrap_or_default()
    }

    fn is_under(&self, places: &[&str]) -> bool {
        places.iter().any(|place| self.path.starts_with(place))
    }
}

#[track_caller]
fn assert_absent(words: &[&str], filter: impl Fn(&SourceFile) -> bool, reason: &str) {
    for source in source_files().iter().filter(|source| filter(source)) {
        for (number, line) in source.non_test_code().lines().enumerate() {
            let code = line.split("//").next().unwrap_or_default();
            let found = words.iter().find(|word| code.contains(*word));
            assert!(found.is_none(), "{}:{}: {:?}: {reason}", source.path, number + 1, found.unwrap());
        }
    }
}

#[test]
fn the_pure_rooms_do_no_io_and_read_no_clock() {
    let pure = [
        "server/src/domain",
        "tui/src/availability",
        "tui/src/local_zone.rs",
        "tui/src/state",
        "tui/src/update",
        "tui/src/view",
        "tui/src/wake_time.rs",
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
    assert_absent(
        &words,
        |source| source.is_under(&pure) && source.path != "common/src/sql.rs",
        "pure rooms are pure",
    );
}

#[test]
fn only_the_store_and_the_search_know_sql() {
    let at_home = ["server/src/store", "server/src/search", "common/src/sql.rs"];
    assert_absent(
        &["rusqlite"],
        |source| source.is_under(&["server/src", "tui/src", "common/src"]) && !source.is_under(&at_home),
        "ask the store",
    );
}

#[test]
fn only_the_runtime_touches_the_network_and_the_terminal() {
    let words = ["reqwest::", "enable_raw_mode", "EnterAlternateScreen", "std::io::stdout"];
    let outside = |source: &SourceFile| {
        source.is_under(&["tui/src"]) && !source.is_under(&["tui/src/runtime", "tui/src/cli", "tui/src/demo"])
    };
    assert_absent(&words, outside, "that is the runtime's");
}

#[test]
fn only_the_clock_reads_the_time() {
    let words = ["Utc::now", "Local::now", "SystemTime::now"];
    let product = |source: &SourceFile| {
        source.is_under(&["server/src", "tui/src", "common/src"]) && !source.path.ends_with("clock.rs")
    };
    assert_absent(&words, product, "ask the clock");
}

#[test]
fn what_the_server_cannot_do_without_is_started_under_supervision() {
    // The log may fall silent, and a job's panic is contained and told.
    let known = ["server/src/supervisor.rs", "server/src/log.rs", "server/src/worker.rs"];
    assert_absent(
        &["thread::Builder", "thread::spawn", "tokio::spawn("],
        |source| source.is_under(&["server/src"]) && !source.is_under(&known),
        "a Supervisor starts it, and hears when it ends",
    );
}

#[test]
fn the_server_prints_nothing_that_it_could_fall_over() {
    assert_absent(
        &["print!(", "println!("],
        |source| source.is_under(&["server/src", "tui/src"]),
        "these panic where nobody reads, and wait for whoever reads slowly",
    );
}

#[test]
fn only_the_error_module_maps_to_a_status() {
    let inner = |source: &SourceFile| {
        source.is_under(&["server/src/domain", "server/src/store", "server/src/worker", "server/src/assess"])
    };
    assert_absent(&["axum", "StatusCode::CONFLICT"], inner, "errors carry data, error.rs maps them");
}

#[test]
fn no_handler_writes_but_by_the_one_way_that_looks_whether_its_caller_may() {
    let handlers = |source: &SourceFile| source.is_under(&["server/src/handler"]);
    assert_absent(
        &["store.commit", ".commit_system", ".commit_in_passing"],
        handlers,
        "App::commit asks who it is",
    );
}

#[test]
fn tests_wait_for_facts_and_never_sleep() {
    let tests = |source: &SourceFile| {
        source.is_under(&["tests/", "server/tests/", "tui/tests/"]) && source.path != "tests/tests/tidy.rs"
    };
    for source in source_files().iter().filter(|source| tests(source)) {
        for word in ["sleep(", "sleep_until(", "park_timeout", "yield_now", "spin_loop"] {
            assert!(!source.text.contains(word), "{}: {word} waits for no fact", source.path);
        }
        // A server in a bad mood lets its answer drip; it waits for nothing.
        let looks = ["interval(", "interval_at(", "IntervalStream", ".tick()"];
        for word in looks.iter().filter(|_| source.path != "tests/src/faulty_server.rs") {
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
    for source in source_files() {
        let lines = source.non_test_code().lines().count();
        assert!(lines <= 400, "{} has {lines} lines: it does more than one thing", source.path);
    }
}

#[test]
fn a_file_opens_by_saying_what_it_owns() {
    for source in source_files() {
        assert!(source.text.starts_with("//!"), "{} does not say what it is for", source.path);
        assert!(!source.path.ends_with("mod.rs"), "{}: name it after its folder", source.path);
    }
}
