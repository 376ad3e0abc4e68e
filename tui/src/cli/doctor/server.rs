//! Checks of the server: whether it answers, who is logged in, whether events arrive, and whether clocks agree.

use std::time::Duration;

use tierup_common::time::Timestamp;
use tierup_common::user::{Me, Role};

use crate::cli::connect::{self, ResolvedLogin};
use crate::cli::doctor::engine;
use crate::cli::doctor::finding::{Finding, bad_finding, good_finding, warning_finding};
use crate::cli::options::Options;
use crate::error::call_error_message;
use crate::event::{CallError, ConnectionEvent};
use crate::runtime::api::{ApiClient, requests};
use crate::runtime::clock;
use crate::runtime::data_dir::DataDir;
use crate::runtime::stream::{self, Subscription};
use crate::text::login_input::is_unencrypted_remote;

/// A larger difference between clocks is worth a warning.
const MAX_CLOCK_SKEW_MS: u64 = 5_000;
const STREAM_BLOCKED_MESSAGE: &str =
    "requests are answered, but no events arrive: a proxy may be buffering the stream";
const UNBUFFERED_HINT: &str =
    "turn off buffering for /api/v1/escalations/stream in the proxy: docs/OPERATING.md shows how";
const NO_HELLO_MESSAGE: &str = "events arrive, but not the `hello` that begins a stream";
const NOT_TIERUP_SERVER_HINT: &str = "not a tierup server, or one of another version";
/// A stream without events ends by itself; this is added to the time that takes.
const TIMEOUT_MARGIN: Duration = Duration::from_secs(5);
/// A later first event is worth a warning.
const SLOW_AFTER: Duration = Duration::from_secs(2);

pub(super) async fn check_server(options: &Options, data_dir: &DataDir) -> Vec<Finding> {
    let Ok(ResolvedLogin { server: Some(server), token }) = connect::resolve_login(options, data_dir).await
    else {
        return vec![bad_finding("server", "no server configured", "pass --server")];
    };
    let Some(token) = token else {
        return vec![warning_finding("server", server, "not checked without a token")];
    };
    let api = match ApiClient::new(&server, token) {
        Ok(api) => api.with_timeout(connect::response_timeout(options)),
        Err(error) => {
            let says = error.to_string().replace("\nhint: ", ": ");
            return vec![bad_finding("server", says, "check --server")];
        }
    };
    let started = clock::now();
    let me = match api.send(requests::me()).await {
        Ok(me) => me,
        Err(failure) => return vec![call_error_finding(&server, &failure)],
    };
    let latency = clock::now().since(started);
    let mut findings = vec![server_finding(&server, latency), user_finding(&me)];
    findings.extend(check_events(&api).await);
    if me.user.role >= Role::Admin {
        findings.push(engine::check_engine(&api).await);
    }
    findings
}

fn server_finding(server: &str, latency: Duration) -> Finding {
    let says = format!("{server} answered in {} ms", latency.as_millis());
    if is_unencrypted_remote(server) {
        warning_finding("server", says, "not encrypted: use https://, with TLS in front of the server")
    } else {
        good_finding("server", says)
    }
}

fn user_finding(me: &Me) -> Finding {
    let says = format!("{}, {} of {}", me.user.name, me.user.role, me.account_name);
    match me.user.role {
        Role::Viewer => warning_finding("you", says, "viewers cannot claim; an admin can change your role"),
        Role::Engineer | Role::Admin | Role::Owner => good_finding("you", says),
    }
}

fn call_error_finding(server: &str, failure: &CallError) -> Finding {
    let hint = match failure {
        CallError::Unreachable(_) => "check the address and HTTP_PROXY, and that the server is running",
        CallError::InvalidResponse(_) => "another program answers at this address",
        CallError::Problem(_) => "log in again: `tierup login`",
    };
    bad_finding("server", format!("{server}: {}", call_error_message(failure)), hint)
}

/// Opens the team's stream and waits for its first frame, which has the server's clock.
async fn check_events(api: &ApiClient) -> Vec<Finding> {
    let started = clock::now();
    let mut stream = Subscription::open(api.clone(), None);
    let timeout = api.response_timeout() + stream::HELLO_TIMEOUT + TIMEOUT_MARGIN;
    let hello = wait_for_hello(&mut stream, timeout).await;
    drop(stream);
    let latency = clock::now().since(started);
    let server_time = match hello {
        Ok(server_time) => server_time,
        Err((reason, hint)) => return vec![bad_finding("events", reason, hint)],
    };
    let says = format!("first event after {} ms", latency.as_millis());
    let events = if latency > SLOW_AFTER {
        warning_finding("events", says, UNBUFFERED_HINT)
    } else {
        good_finding("events", says)
    };
    // The server read its clock about halfway.
    vec![events, clock_finding(server_time, started.plus(latency / 2))]
}

fn clock_finding(server_time: Timestamp, local_time: Timestamp) -> Finding {
    let skew_ms = server_time.as_millis().abs_diff(local_time.as_millis());
    if skew_ms > MAX_CLOCK_SKEW_MS {
        let says = format!("this machine and the server differ by {} s", skew_ms / 1000);
        let hint = "synchronise this machine's clock; the console shows the server's time";
        warning_finding("clocks", says, hint)
    } else {
        good_finding("clocks", format!("{skew_ms} ms apart"))
    }
}

/// The server's clock when the stream began; or why it did not begin in time, and a hint.
async fn wait_for_hello(
    stream: &mut Subscription,
    timeout: Duration,
) -> Result<Timestamp, (String, &'static str)> {
    let mut is_stalled = false;
    let on_connection = |change| match change {
        ConnectionEvent::Connecting => Ok(()),
        ConnectionEvent::EventsStalled { .. } => {
            is_stalled = true;
            Ok(())
        }
        ConnectionEvent::Lost { reason, .. } if is_stalled => {
            Err(format!("{STREAM_BLOCKED_MESSAGE} ({reason})"))
        }
        ConnectionEvent::Lost { reason, .. }
        | ConnectionEvent::Refused(reason)
        | ConnectionEvent::LoggedOut(reason) => Err(format!("no events: {reason}")),
    };
    match tokio::time::timeout(timeout, stream.find(|frame| stream::hello_time(&frame), on_connection)).await
    {
        Ok(Ok(Some(now))) => Ok(now),
        Ok(Ok(None)) => Err((STREAM_BLOCKED_MESSAGE.to_owned(), UNBUFFERED_HINT)),
        Ok(Err(reason)) => Err((reason, UNBUFFERED_HINT)),
        Err(_) => Err((NO_HELLO_MESSAGE.to_owned(), NOT_TIERUP_SERVER_HINT)),
    }
}

#[cfg(test)]
mod tests {
    use tierup_common::event::{Signal, StreamFrame};
    use tierup_common::id::Seq;
    use tokio::sync::mpsc::unbounded_channel;

    use super::*;
    use crate::runtime::stream::StreamItem;

    /// Seen to fail: without a timeout.
    #[tokio::test]
    async fn a_stream_without_hello_is_given_up() {
        let (sender, items) = unbounded_channel();
        sender.send(StreamItem::Frame(StreamFrame::Signal(Signal::CaughtUp { seq: Seq(1) }))).unwrap();
        let mut stream = Subscription::new(items, tokio::spawn(std::future::pending()));
        let hello = wait_for_hello(&mut stream, Duration::ZERO).await;
        assert_eq!(hello, Err((NO_HELLO_MESSAGE.to_owned(), NOT_TIERUP_SERVER_HINT)));
        assert!(!sender.is_closed(), "the stream is still open");
    }
}
