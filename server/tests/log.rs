//! A log that cannot be written stops nobody: standard error on a full disk, down a closed pipe, down a pipe that nobody
//! reads. What is lost is counted, and said when the log can be written again.
//!
//! Mutants seen to fail: the formatter's own writer, which panics and waits.

#![cfg(target_os = "linux")]
#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

#[path = "shared/server_process.rs"]
mod server_process;

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;

use rustix::process::Signal;
use serde_json::{Value, json};
use server_process::{ServerProcess, start_server, tierup_server, within_timeout};
use tierup_server::admin;
use tokio::task::JoinSet;

/// More lines than a pipe and the queue before it have room for come within this time.
const TIMEOUT: Duration = Duration::from_mins(2);

struct LogTest {
    _folder: tempfile::TempDir,
    data: PathBuf,
    token: String,
    http: reqwest::Client,
}

impl LogTest {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let data = folder.path().join("data");
        let token = admin::init(&data, "Acme", "ana@acme.test", "Ana Ruiz").unwrap().token;
        let _ = rustls::crypto::ring::default_provider().install_default();
        let http = reqwest::Client::builder().no_proxy().timeout(Duration::from_mins(1)).build().unwrap();
        Self { _folder: folder, data, token, http }
    }

    /// Several write at once, until the server has lost lines of its log.
    async fn write_until_lines_are_lost(&self, server: &ServerProcess) {
        let losing = async {
            let mut round = 0;
            while round < 10 || self.lost_lines(server).await == 0 {
                let mut all = JoinSet::new();
                for writer in 0..8 {
                    let text = format!("{round} {writer}");
                    let body = json!({"intake_type": "free_text", "intake_content": {"text": text}});
                    let request = self.http.post(format!("{}/api/v1/ai-sessions", server.url));
                    let request = request.bearer_auth(&self.token).json(&body);
                    all.spawn(async move { request.send().await.unwrap().status().as_u16() });
                }
                let statuses = all.join_all().await;
                assert!(statuses.iter().all(|status| *status == 201), "{statuses:?}");
                round += 1;
            }
        };
        assert!(tokio::time::timeout(TIMEOUT, losing).await.is_ok(), "no line is ever lost");
    }

    async fn lost_lines(&self, server: &ServerProcess) -> u64 {
        let figures = self.http.get(format!("{}/metrics", server.url)).send().await.unwrap();
        let figures = figures.text().await.unwrap();
        let lost = figures.lines().find_map(|line| line.strip_prefix("tierup_log_lines_lost_total "));
        lost.unwrap().parse().unwrap()
    }

    async fn assert_healthy(&self, server: ServerProcess) {
        for path in ["/health/live", "/health/ready"] {
            let answer = self.http.get(format!("{}{path}", server.url)).send().await.unwrap();
            assert_eq!(answer.status(), 200, "{path}");
        }
        assert!(server.stop(Signal::TERM).success());
        let checked = admin::check(&self.data).unwrap();
        assert!(checked.is_sound() && checked.sessions > 0, "{checked}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn changes_go_on_while_the_log_is_on_a_full_disk() {
    let desk = LogTest::new();
    let full = File::options().write(true).open("/dev/full").unwrap();
    let server = start_server(&desk.data, &["--log", "debug"], full.into());
    desk.write_until_lines_are_lost(&server).await;
    desk.assert_healthy(server).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn changes_go_on_when_whoever_read_the_log_is_gone() {
    let desk = LogTest::new();
    let mut server = start_server(&desk.data, &["--log", "debug", "--log-format", "json"], Stdio::piped());
    drop(server.take_stderr());
    desk.write_until_lines_are_lost(&server).await;
    desk.assert_healthy(server).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn changes_go_on_while_nobody_reads_the_log_and_whoever_does_later_hears_what_is_lost() {
    let desk = LogTest::new();
    let mut server = start_server(&desk.data, &["--log", "trace"], Stdio::piped());
    let log = server.take_stderr();
    desk.write_until_lines_are_lost(&server).await;
    let log = tokio::task::spawn_blocking(move || {
        within_timeout("a line that says what is lost", move || {
            let mut lines = BufReader::new(log).lines().map(Result::unwrap);
            assert!(
                lines.any(|line| line.contains("lines of the log could not be written and are lost lines="))
            );
            lines
        })
    });
    let lines = log.await.unwrap();
    // Nobody reads on, and it ends all the same.
    desk.assert_healthy(server).await;
    drop(lines);
}

#[test]
fn a_command_whose_words_nobody_takes_ends_with_an_error_and_no_panic() {
    let desk = LogTest::new();
    let full = || File::options().write(true).open("/dev/full").unwrap();
    let mut command = tierup_server();
    let checked = command.args(["check", "--data"]).arg(&desk.data).stdout(full()).output().unwrap();
    let said = String::from_utf8(checked.stderr).unwrap();
    assert_eq!(checked.status.code(), Some(1), "{said}");
    assert!(said.starts_with("error: cannot write to standard output: "), "{said}");

    let mut command = tierup_server();
    command.args(["serve", "--data", "/nowhere"]).stderr(full());
    assert_eq!(command.status().unwrap().code(), Some(1));

    let mut command = tierup_server();
    command.args(["token", "add", "--json", "--email", "ana@acme.test", "--data"]).arg(&desk.data);
    let added = command.stderr(full()).output().unwrap();
    assert!(added.status.success());
    let token: Value = serde_json::from_slice(&added.stdout).unwrap();
    assert!(token["token"].is_string());
}
