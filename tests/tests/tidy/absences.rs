//! Words that are banned outside some files, such as SQL, clocks and IO.

use crate::source::{SourceFile, all_files, files_under};

/// No file under `places` has one of `words` in the code that ships, except those under `except`.
struct Ban<'a> {
    words: &'a [&'a str],
    places: &'a [&'a str],
    except: &'a [&'a str],
    reason: &'a str,
}

const PRODUCT: [&str; 3] = ["server/src", "tui/src", "common/src"];

impl Ban<'_> {
    #[track_caller]
    fn check(&self) {
        for file in self.places.iter().flat_map(|place| files_under(place)) {
            if let Some((line, word)) = self.find_in(file).filter(|_| !file.is_under(self.except)) {
                panic!("{}:{line}: {word:?}: {}", file.path, self.reason);
            }
        }
        for place in self.except {
            let is_needed = files_under(place).any(|file| self.find_in(file).is_some());
            assert!(is_needed, "{place} needs no exception: {}", self.reason);
        }
    }

    /// The first line with a banned word; comments do not count.
    fn find_in(&self, file: &SourceFile) -> Option<(usize, &str)> {
        file.shipped_code().lines().zip(1..).find_map(|(line, number)| {
            let code = line.split("//").next().unwrap_or_default();
            let word = self.words.iter().find(|word| code.contains(**word))?;
            Some((number, *word))
        })
    }
}

/// Fails if a banned function no longer exists: its ban would always hold.
#[track_caller]
fn assert_defined(place: &str, functions: &[&str]) {
    for function in functions {
        let is_defined = |file: &SourceFile| {
            file.text.contains(&format!("fn {function}(")) || file.text.contains(&format!("fn {function}<"))
        };
        assert!(files_under(place).any(is_defined), "{place} has no function {function}");
    }
}

#[test]
fn the_pure_modules_do_no_io_and_read_no_clock() {
    Ban {
        words: &[
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
        ],
        places: &[
            "server/src/domain",
            "tui/src/availability",
            "tui/src/local_zone.rs",
            "tui/src/wake_time.rs",
            "tui/src/availability",
            "tui/src/effect.rs",
            "tui/src/event.rs",
            "tui/src/keymap",
            "tui/src/state",
            "tui/src/text",
            "tui/src/theme",
            "tui/src/update",
            "tui/src/view",
            "common/src",
        ],
        except: &["common/src/sql.rs"],
        reason: "pure modules are pure",
    }
    .check();
}

#[test]
fn only_the_store_and_the_search_index_know_sql() {
    Ban {
        words: &["rusqlite"],
        places: &PRODUCT,
        except: &["server/src/store", "server/src/search", "common/src/sql.rs"],
        reason: "ask the store",
    }
    .check();
}

#[test]
fn only_the_runtime_the_commands_and_the_demo_touch_network_and_terminal() {
    Ban {
        words: &["reqwest::", "enable_raw_mode", "EnterAlternateScreen", "std::io::stdout"],
        places: &["tui/src"],
        except: &["tui/src/runtime", "tui/src/cli", "tui/src/demo"],
        reason: "that belongs in runtime/",
    }
    .check();
}

#[test]
fn only_a_clock_reads_the_date() {
    Ban {
        words: &["Utc::now", "Local::now", "SystemTime::now"],
        places: &PRODUCT,
        except: &["server/src/clock.rs", "tui/src/runtime/clock.rs"],
        reason: "ask the clock",
    }
    .check();
}

#[test]
fn the_threads_and_tasks_of_the_server_are_supervised() {
    Ban {
        words: &["thread::Builder", "thread::spawn", "tokio::spawn("],
        places: &["server/src"],
        // The server survives without its log. A worker contains the panic of a job.
        except: &["server/src/supervisor.rs", "server/src/log.rs", "server/src/worker.rs"],
        reason: "a Supervisor starts it and hears when it ends",
    }
    .check();
}

#[test]
fn nothing_is_printed_by_a_macro_that_can_panic() {
    Ban {
        words: &["print!(", "println!("],
        places: &["server/src", "tui/src"],
        except: &[],
        reason: "it panics when nobody reads, and blocks on a slow reader",
    }
    .check();
}

#[test]
fn only_the_error_module_maps_to_a_status() {
    Ban {
        words: &["axum", "StatusCode::CONFLICT"],
        places: &["server/src/domain", "server/src/store", "server/src/worker", "server/src/assess"],
        except: &[],
        reason: "errors carry data, error.rs maps them",
    }
    .check();
}

#[test]
fn handlers_write_only_through_the_commit_that_checks_the_caller() {
    assert_defined("server/src/store.rs", &["commit", "commit_system", "commit_deferred"]);
    assert_defined("server/src/app.rs", &["commit"]);
    Ban {
        words: &["store.commit", ".commit_system", ".commit_deferred"],
        places: &["server/src/handler"],
        except: &[],
        reason: "App::commit checks who it is",
    }
    .check();
}

#[test]
fn tests_wait_for_facts_and_never_sleep() {
    let tests = || {
        let files = ["tests/", "server/tests/", "tui/tests/"].into_iter().flat_map(files_under);
        files.filter(|file| !file.path.starts_with("tests/tests/tidy/"))
    };
    for file in tests() {
        for word in ["sleep(", "sleep_until(", "park_timeout", "yield_now", "spin_loop"] {
            assert!(!file.text.contains(word), "{}: {word} waits for no fact", file.path);
        }
    }
    // This server sends its response in pieces; it waits for nothing.
    let dripping = "tests/src/faulty_server.rs";
    let polls = |file: &SourceFile| {
        let words = ["interval(", "interval_at(", "IntervalStream", ".tick()"];
        words.into_iter().find(|word| file.text.contains(word))
    };
    for file in tests().filter(|file| file.path != dripping) {
        assert_eq!(polls(file), None, "{} polls: wait to be told", file.path);
    }
    let exception = all_files().iter().find(|file| file.path == dripping);
    assert!(exception.is_some_and(|file| polls(file).is_some()), "{dripping} needs no exception");
}
