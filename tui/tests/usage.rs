//! The binary without a server: usage, settings, completions, the scripted demo.

#![expect(clippy::unwrap_used, reason = "tests may panic")]

#[path = "shared/command.rs"]
mod command;

use std::process::Stdio;

use command::{assert_fails, run_tierup, stderr_text, tierup_command};

#[test]
fn without_a_server_the_hint_is_login() {
    let home = tempfile::tempdir().unwrap();
    assert_fails(
        &run_tierup(home.path(), &["claim", "42"]),
        3,
        "hint: log in with `tierup login --server URL`",
    );
    assert_fails(&run_tierup(home.path(), &["--server", "http://127.0.0.1:1", "claim", "42"]), 3, "no token");
}

#[test]
fn nonsense_is_a_usage_error() {
    let home = tempfile::tempdir().unwrap();
    assert_fails(&run_tierup(home.path(), &["claim", "the first"]), 2, "expected a number like 42");
    assert_fails(&run_tierup(home.path(), &["claim"]), 2, "hint: tierup claim");
    assert_fails(&run_tierup(home.path(), &["clam", "4"]), 2, "hint: did you mean claim?");
    assert_fails(&run_tierup(home.path(), &["queue", "--state", "lost"]), 2, "open, claimed, mine, all");
    assert_fails(
        &run_tierup(home.path(), &["--server", "acme", "--token", "tup_x", "claim", "1"]),
        1,
        "hint: it looks like http",
    );
}

#[test]
fn a_url_with_credentials_is_refused_without_printing_them() {
    let home = tempfile::tempdir().unwrap();
    for server in ["http://sam:hunter2@acme.test", "ftp://sam:hunter2@acme.test", "http://sam:hunter2@ac me"]
    {
        for verb in [&["--token", "tup_x", "queue"][..], &["queue"], &["login"], &["doctor"], &[]] {
            let output = run_tierup(home.path(), &[&["--server", server], verb].concat());
            assert_fails(&output, 1, "takes no user name and no password");
            assert!(!stderr_text(&output).contains("hunter2"), "{}", stderr_text(&output));
        }
    }
}

#[test]
fn an_impossible_token_is_refused() {
    let home = tempfile::tempdir().unwrap();
    let queue = ["--server", "http://127.0.0.1:1", "--token", "tup_ä b", "queue"];
    assert_fails(&run_tierup(home.path(), &queue), 3, "invalid characters");
    for token in ["tup_one\ntup_two\n", "tup_bro\r\nken"] {
        let file = home.path().join("token");
        std::fs::write(&file, token).unwrap();
        let mut login = tierup_command(home.path(), &["--server", "http://127.0.0.1:1", "login"]);
        let output = login.stdin(std::fs::File::open(&file).unwrap()).output().unwrap();
        assert_fails(&output, 3, "a token is one line, but standard input has 2");
        assert!(!stderr_text(&output).contains("tup_one"), "{}", stderr_text(&output));
    }
}

#[test]
fn an_unreachable_server_is_offline() {
    let home = tempfile::tempdir().unwrap();
    let begun = std::time::Instant::now();
    for verb in [
        &["claim", "1"][..],
        &["queue"],
        &["whoami"],
        &["watch"],
        &["say", "1", "x"],
        &["say", "1", "x", "--wait"],
    ] {
        let arguments = [&["--server", "http://127.0.0.1:1", "--token", "tup_x"], verb].concat();
        assert_fails(&run_tierup(home.path(), &arguments), 7, "cannot reach the server");
    }
    assert!(begun.elapsed() < std::time::Duration::from_secs(30), "all five are reported at once");
}

#[test]
fn invalid_settings_are_reported_with_place_and_valid_values() {
    let home = tempfile::tempdir().unwrap();
    let file = home.path().join("config.toml");
    let path = file.to_str().unwrap();
    for (text, says) in [
        (
            "theme = \"dark\"\nthme = \"light\"",
            "config.toml, line 2: unknown field `thme`, expected one of `theme`",
        ),
        ("glyphs = \"hunter2\"", "config.toml, line 1: unknown word: expected one of `auto`"),
        ("theme = [\"hunter2\"]", "config.toml, line 1: invalid type: sequence, expected a string"),
        ("theme = \"drak\"", "hint: use one of dark, light, high-contrast, mono"),
        ("[keys]\n\"list.pickup\" = \"P\"", "hint: did you mean \"list.pick-up\"?"),
        (
            "[keys]\n\"list.pick-up\" = \"j\"",
            "config.toml: keys: j is bound to both list.pick-up and list.down",
        ),
    ] {
        std::fs::write(&file, text).unwrap();
        assert_fails(&run_tierup(home.path(), &["demo", "--config", path]), 1, says);
    }
    assert_fails(
        &run_tierup(home.path(), &["demo", "--config", "/does/not/exist"]),
        1,
        "cannot read settings",
    );
    assert_fails(&run_tierup(home.path(), &["demo", "--theme", "drak"]), 1, "unknown theme \"drak\"");
}

#[test]
fn the_console_needs_a_terminal() {
    let home = tempfile::tempdir().unwrap();
    let arguments = ["--server", "http://127.0.0.1:1", "--token", "tup_x"];
    assert_fails(&run_tierup(home.path(), &arguments), 1, "the console needs a terminal");
}

#[test]
fn completions_and_manual_are_generated_from_the_commands() {
    let home = tempfile::tempdir().unwrap();
    for shell in ["bash", "zsh", "fish"] {
        let script = run_tierup(home.path(), &["completions", shell]);
        assert!(String::from_utf8_lossy(&script.stdout).contains("TIERUP_COMPLETE"), "{shell}");
    }
    let page = run_tierup(home.path(), &["man"]);
    assert!(String::from_utf8_lossy(&page.stdout).starts_with(".ie"), "roff");
    let folder = home.path().join("man");
    assert!(run_tierup(home.path(), &["man", folder.to_str().unwrap()]).status.success());
    assert!(folder.join("tierup-claim.1").exists());
}

#[test]
fn a_closed_pipe_ends_a_command_silently() {
    let home = tempfile::tempdir().unwrap();
    let mut child = tierup_command(home.path(), &["completions", "bash"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success() && output.stderr.is_empty(), "{}", stderr_text(&output));
}

#[test]
fn the_scripted_demo_runs_without_a_terminal_and_leaves_nothing_behind() {
    let home = tempfile::tempdir().unwrap();
    let output =
        tierup_command(home.path(), &["demo", "--script"]).env("TMPDIR", home.path()).output().unwrap();
    let stdout = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{stdout}{}", stderr_text(&output));
    for line in [
        "escalates #1, urgent",
        "sees it arrive",
        "streamed ",
        "claims #1",
        "is too late: Already claimed by Ana Ruiz",
    ] {
        assert!(stdout.contains(line), "{line:?} is missing in\n{stdout}");
    }
    assert_eq!(std::fs::read_dir(home.path()).unwrap().count(), 0);
}
