//! An unwritable log stops nothing: standard error on a full disk, a closed pipe, a pipe that nobody reads. Lost lines
//! are counted, and reported once the log can be written again.
//!
//! Mutant seen to fail: the formatter's own writer, which panics and blocks.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::process::Stdio;

use rustix::process::Signal;
use serde_json::Value;
use tokio::task::JoinSet;

use crate::TIMEOUT;
use crate::fixture::{Fixture, OwnerClient};
use crate::server_process::{ServerProcess, tierup_server, within_timeout};

/// Writes from eight tasks until the server has lost lines of its log.
async fn write_until_lines_are_lost(client: &OwnerClient) {
    let writing = async {
        let mut round = 0;
        while round < 10 || client.lost_log_lines().await == 0 {
            let mut writers = JoinSet::new();
            for writer in 0..8 {
                let (client, text) = (client.clone(), format!("{round} {writer}"));
                writers.spawn(async move { client.open_session(&text).await.0 });
            }
            let statuses = writers.join_all().await;
            assert!(statuses.iter().all(|status| *status == 201), "{statuses:?}");
            round += 1;
        }
    };
    assert!(tokio::time::timeout(TIMEOUT, writing).await.is_ok(), "no line is ever lost");
}

async fn assert_healthy(fixture: &Fixture, server: ServerProcess, client: &OwnerClient) {
    for path in ["/health/live", "/health/ready"] {
        assert_eq!(client.get_text(path).await.0, 200, "{path}");
    }
    assert!(server.stop(Signal::TERM).success());
    assert!(fixture.stored_sessions() > 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn changes_continue_while_the_log_is_on_a_full_disk() {
    let fixture = Fixture::new();
    let full = File::options().write(true).open("/dev/full").unwrap();
    let (server, client) = fixture.start(&["--log", "debug"], full.into());
    write_until_lines_are_lost(&client).await;
    assert_healthy(&fixture, server, &client).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn changes_continue_when_the_log_pipe_is_closed() {
    let fixture = Fixture::new();
    let (mut server, client) = fixture.start(&["--log", "debug", "--log-format", "json"], Stdio::piped());
    drop(server.take_stderr());
    write_until_lines_are_lost(&client).await;
    assert_healthy(&fixture, server, &client).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn changes_continue_while_the_log_is_unread_and_lost_lines_are_reported() {
    let fixture = Fixture::new();
    let (mut server, client) = fixture.start(&["--log", "trace"], Stdio::piped());
    let log = server.take_stderr();
    write_until_lines_are_lost(&client).await;
    let log = tokio::task::spawn_blocking(move || {
        within_timeout("a line that says what is lost", move || {
            let mut lines = BufReader::new(log).lines().map(Result::unwrap);
            assert!(
                lines.any(|line| line.contains("log lines could not be written and were dropped lines="))
            );
            lines
        })
    });
    let lines = log.await.unwrap();
    // Nobody reads on, and the server still stops.
    assert_healthy(&fixture, server, &client).await;
    drop(lines);
}

#[test]
fn a_command_with_unwritable_output_ends_with_an_error_not_a_panic() {
    let fixture = Fixture::new();
    let full = || File::options().write(true).open("/dev/full").unwrap();
    let mut command = tierup_server();
    let checked = command.args(["check", "--data"]).arg(&fixture.data).stdout(full()).output().unwrap();
    let stderr = String::from_utf8(checked.stderr).unwrap();
    assert_eq!(checked.status.code(), Some(1), "{stderr}");
    assert!(stderr.starts_with("error: cannot write to standard output: "), "{stderr}");

    let mut command = tierup_server();
    command.args(["serve", "--data", "/nowhere"]).stderr(full());
    assert_eq!(command.status().unwrap().code(), Some(1));

    let mut command = tierup_server();
    command.args(["token", "add", "--json", "--email", "ana@acme.test", "--data"]).arg(&fixture.data);
    let added = command.stderr(full()).output().unwrap();
    assert!(added.status.success());
    let token: Value = serde_json::from_slice(&added.stdout).unwrap();
    assert!(token["token"].is_string());
}
