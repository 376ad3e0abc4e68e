//! Tests of the `tierup-server` binary as a process: its commands, crashes, faulty disks, unwritable logs, and
//! endpoints that repeat every secret.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "tests may panic")]
#![cfg_attr(not(target_os = "linux"), expect(dead_code, reason = "some tests need Linux"))]

#[path = "../../../tests/src/clean_env.rs"]
mod clean_env;
mod cli;
mod crash;
#[cfg(target_os = "linux")]
mod disk;
#[expect(dead_code, reason = "the end-to-end tests use more of it")]
#[path = "../../../tests/src/fake_mail_server.rs"]
mod fake_mail_server;
#[cfg(target_os = "linux")]
mod faulty_disk;
mod fixture;
#[cfg(target_os = "linux")]
mod log;
#[cfg(target_os = "linux")]
mod memory;
mod secret_scan;
mod secrets;
mod server_process;

use std::time::Duration;

/// The timeout of every wait, long enough for a busy machine.
const TIMEOUT: Duration = Duration::from_mins(2);

/// Whether to run the long form of a test: `just soak`.
fn is_soak() -> bool {
    std::env::var_os("TIERUP_SOAK").is_some()
}
