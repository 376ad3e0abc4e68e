//! The binary as scripts use it: exit codes, and one line that says what is wrong.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::path::Path;
use std::process::{Command, Output};

fn tierup(home: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tierup"));
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("TIERUP_")) {
        command.env_remove(name);
    }
    command.env("HOME", home).env_remove("XDG_DATA_HOME").args(arguments).output().unwrap()
}

#[track_caller]
fn ends(output: &Output, status: i32, says: &str) {
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(status), "{stderr}");
    assert!(stderr.contains(says), "{stderr}");
    assert!(output.stdout.is_empty());
}

#[test]
fn without_a_server_it_says_how_to_log_in() {
    let home = tempfile::tempdir().unwrap();
    ends(&tierup(home.path(), &["claim", "42"]), 3, "hint: log in with `tierup login --server URL`");
    ends(&tierup(home.path(), &["--server", "http://127.0.0.1:1", "claim", "42"]), 3, "no token");
}

#[test]
fn what_makes_no_sense_is_a_matter_of_usage() {
    let home = tempfile::tempdir().unwrap();
    ends(&tierup(home.path(), &["claim", "the first"]), 2, "not an id");
    ends(&tierup(home.path(), &["dance"]), 2, "Usage");
    ends(
        &tierup(home.path(), &["--server", "acme", "--token", "tup_x", "claim", "1"]),
        1,
        "hint: it looks like http",
    );
}

#[test]
fn a_server_that_is_not_there_is_offline() {
    let home = tempfile::tempdir().unwrap();
    let arguments = ["--server", "http://127.0.0.1:1", "--token", "tup_x", "claim", "1"];
    ends(&tierup(home.path(), &arguments), 7, "cannot be reached");
}

#[test]
fn settings_that_make_no_sense_are_said_with_their_place_and_what_would() {
    let home = tempfile::tempdir().unwrap();
    let file = home.path().join("config.toml");
    let path = file.to_str().unwrap();
    for (text, says) in [
        (
            "theme = \"dark\"\nthme = \"light\"",
            "config.toml, line 2: unknown field `thme`, expected one of `theme`",
        ),
        ("theme = \"drak\"", "hint: there are dark, light, high-contrast, mono"),
        ("[keys]\n\"list.pickup\" = \"P\"", "hint: did you mean \"list.pick-up\"?"),
        ("[keys]\n\"list.pick-up\" = \"j\"", "config.toml: keys: j would be both list.pick-up and list.down"),
    ] {
        std::fs::write(&file, text).unwrap();
        ends(&tierup(home.path(), &["demo", "--config", path]), 1, says);
    }
    ends(&tierup(home.path(), &["demo", "--config", "/does/not/exist"]), 1, "cannot be read");
    ends(&tierup(home.path(), &["demo", "--theme", "drak"]), 1, "there is no theme \"drak\"");
}

#[test]
fn the_console_needs_a_terminal() {
    let home = tempfile::tempdir().unwrap();
    let arguments = ["--server", "http://127.0.0.1:1", "--token", "tup_x"];
    ends(&tierup(home.path(), &arguments), 1, "the console needs a terminal");
}

#[test]
fn the_demo_tells_its_story_without_a_terminal_and_leaves_nothing_behind() {
    let home = tempfile::tempdir().unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_tierup"));
    let output = command
        .args(["demo", "--script"])
        .env("HOME", home.path())
        .env("TMPDIR", home.path())
        .output()
        .unwrap();
    let told = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{told}{}", String::from_utf8_lossy(&output.stderr));
    for line in [
        "escalates #1, urgent",
        "sees it arrive",
        "bytes of it came as a stream",
        "claims #1",
        "a moment late: Already claimed by Ana Ruiz",
    ] {
        assert!(told.contains(line), "{line:?} is missing in\n{told}");
    }
    assert_eq!(std::fs::read_dir(home.path()).unwrap().count(), 0);
}
