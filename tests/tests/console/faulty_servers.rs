//! Servers that are slow, huge, wrong or gone: neither the console nor a command freezes or trusts them.
//!
//! The tests rely on order, not time: the awaited response never comes.

#![cfg(target_os = "linux")]
#![expect(clippy::unwrap_used, reason = "tests may panic")]

use std::net::TcpListener;
use std::process::{Command, Output, Stdio};
use std::time::Duration;

use tierup_e2e::clean_env::clean_env;
use tierup_e2e::process::{binary_path, wait_for_exit};
use tierup_e2e::{Console, FaultyServer, ServerBehavior, TIMEOUT};

/// A timeout far beyond the test: whatever ends earlier did not wait for a response.
const NO_TIMEOUT: Duration = Duration::from_hours(1);

/// A command against a server, with a memory limit and a timeout in seconds.
fn tierup_command(server: &str, arguments: &[&str], home: &std::path::Path, timeout_seconds: u64) -> Command {
    let mut command = Command::new("sh");
    // 1.5 GiB of address space: threads reserve more than they use, but a gigabyte of response does not fit.
    command.args(["-c", "ulimit -v 1500000; exec \"$0\" \"$@\""]).arg(binary_path("tierup")).args(arguments);
    clean_env(&mut command);
    command.env("HOME", home).env("TIERUP_SERVER", server).env("TIERUP_TOKEN", "tup_x");
    command
        .env("TIERUP_TIMEOUT", timeout_seconds.to_string())
        .env("TIERUP_KEYRING", "off")
        .stdin(Stdio::null());
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// Runs a command to its end, or kills it after a timeout.
fn run_tierup(server: &str, arguments: &[&str]) -> Output {
    let home = tempfile::tempdir().unwrap();
    let mut child = tierup_command(server, arguments, home.path(), 2).spawn().unwrap();
    if !wait_for_exit(child.id(), TIMEOUT) {
        child.kill().unwrap();
    }
    child.wait_with_output().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_misbehaving_server_neither_hangs_a_command_nor_corrupts_its_output() {
    for behavior in ServerBehavior::ALL {
        let faulty_server = FaultyServer::start(behavior).await;
        for arguments in [&["whoami"][..], &["queue"], &["watch"]] {
            let url = faulty_server.url().to_owned();
            let output = tokio::task::spawn_blocking(move || run_tierup(&url, arguments)).await.unwrap();
            let stderr = String::from_utf8(output.stderr).unwrap();
            let about = format!("{behavior:?}, {arguments:?}: {}: {stderr}", output.status);
            let status = if behavior == ServerBehavior::EscapeSequences { 5 } else { 1 };
            let expected: &[i32] = match behavior {
                ServerBehavior::Silent
                | ServerBehavior::DripsBytes
                | ServerBehavior::ClosesConnections
                | ServerBehavior::NotHttp
                | ServerBehavior::EndlessBody => &[7, 1],
                ServerBehavior::HugeContentLength
                | ServerBehavior::DeeplyNestedJson
                | ServerBehavior::HtmlPage
                | ServerBehavior::UnexpectedJson
                | ServerBehavior::Redirects
                | ServerBehavior::HugeText
                | ServerBehavior::EscapeSequences => &[status],
            };
            // A killed command has no exit code.
            assert!(output.status.code().is_some_and(|code| expected.contains(&code)), "{about}");
            assert!(stderr.starts_with("error: ") && stderr.lines().count() <= 2, "{about}");
            assert!(!stderr.contains(|c: char| c.is_control() && c != '\n' || c == '\u{202e}'), "{about}");
            assert!(output.stdout.is_empty(), "{about}");
        }
    }
}

/// By order, not time: the one with the longer timeout starts first and would end first if the timeouts were equal.
#[test]
fn a_command_waits_as_long_as_timeout_says() {
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let server = format!("http://{}", silent.local_addr().unwrap());
    let home = tempfile::tempdir().unwrap();
    let mut long_timeout_command =
        tierup_command(&server, &["whoami"], home.path(), NO_TIMEOUT.as_secs()).spawn().unwrap();
    let _connection = silent.accept().unwrap();
    let short_timeout_output = run_tierup(&server, &["whoami"]);
    let still_waits = long_timeout_command.try_wait().unwrap().is_none();
    long_timeout_command.kill().unwrap();
    long_timeout_command.wait().unwrap();
    assert_eq!(short_timeout_output.status.code(), Some(7), "{short_timeout_output:?}");
    assert!(still_waits, "the patient one has given up first");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_misbehaving_server_does_not_block_keys() {
    for mood in ServerBehavior::ALL {
        let faulty_server = FaultyServer::start(mood).await;
        let home = tempfile::tempdir().unwrap();
        let mut console = Console::open_with_timeout(NO_TIMEOUT, faulty_server.url(), "tup_x", home.path());
        // Requests stay pending here.
        console.allow_pending(usize::MAX);
        for _ in 0..5 {
            console.press("?").await;
            console.sees("Keys: the queue").await;
            console.press("<esc>").await;
            console.no_longer_sees("Keys: the queue").await;
        }
        console.press("q").await;
        console.wait_for_exit().await;
    }
}
