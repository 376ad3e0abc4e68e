//! Runs the binary as a script does: one command, its output, its exit status.

use std::path::Path;
use std::process::{Command, Output, Stdio};

#[path = "../../../tests/src/clean_env.rs"]
mod clean_env;

/// A command of the console's binary, with its own home.
pub fn tierup_command(home: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tierup"));
    clean_env::clean_env(&mut command);
    command.env("HOME", home).env("TIERUP_KEYRING", "off").args(arguments);
    command
}

/// Runs it without standard input.
pub fn run_tierup(home: &Path, arguments: &[&str]) -> Output {
    tierup_command(home, arguments).stdin(Stdio::null()).output().unwrap()
}

/// Its standard error.
pub fn stderr_text(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// Asserts this status, one error line, and perhaps a hint.
#[track_caller]
pub fn assert_fails(output: &Output, status: i32, says: &str) {
    let stderr = stderr_text(output);
    assert_eq!(output.status.code(), Some(status), "{stderr}");
    assert!(stderr.contains(says), "{says:?} is not in {stderr}");
    assert!(stderr.starts_with("error: "), "{stderr}");
    assert!(stderr.lines().count() <= 2, "more than an error and a hint: {stderr}");
    assert!(output.stdout.is_empty());
}
