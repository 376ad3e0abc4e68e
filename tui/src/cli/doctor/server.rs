//! How the server is, as seen from here: whether it answers, who one is, whether events come, how its clock goes.

use std::time::Duration;

use tierup_common::time::Timestamp;
use tierup_common::user::Role;

use crate::cli::Options;
use crate::cli::connect::{self, ResolvedLogin};
use crate::cli::doctor::{Finding, bad_finding, good_finding, warning_finding};
use crate::cli::error::call_error_message;
use crate::event::{CallError, ConnectionEvent};
use crate::runtime::api::ApiClient;
use crate::runtime::clock;
use crate::runtime::data_dir::DataDir;
use crate::runtime::stream::{self, Subscription};
use crate::text::login_input::is_unencrypted_remote;

/// Clocks may be so far apart before anybody notices.
const MAX_CLOCK_SKEW_MS: u64 = 5_000;
/// What is said where requests are answered, and a stream is not.
const STREAM_BLOCKED: &str =
    "requests are answered, but the event stream brings nothing: something in between holds it back";
/// What to do about it.
const UNBUFFERED_HINT: &str = "let the proxy pass /api/v1/escalations/stream on at once, without buffering it: docs/OPERATING.md shows how";
/// What is said where events come, and none of them begins a stream.
const NO_HELLO_MESSAGE: &str = "they come, but not the `hello` that a stream begins with";
/// What to do about that.
const OTHER_SERVER_HINT: &str = "what answers there is no tierup server, or one of another version";
/// The stream gives up by itself where nothing comes: there is this much more time than it takes for that.
const TIMEOUT_MARGIN: Duration = Duration::from_secs(5);
/// Events that come later than this are held up by something.
const SLOW_AFTER: Duration = Duration::from_secs(2);

pub(super) async fn check_server(options: &Options, data_dir: &DataDir) -> Vec<Finding> {
    let Ok(ResolvedLogin { server: Some(server), token }) = connect::resolve_login(options, data_dir).await
    else {
        return vec![bad_finding("server", "it is not known which server is meant", "pass --server")];
    };
    let Some(token) = token else {
        return vec![warning_finding("server", server, "it is asked nothing without a token")];
    };
    let api = match ApiClient::new(&server, token) {
        Ok(api) => api.with_timeout(connect::response_timeout(options)),
        Err(error) => {
            return vec![bad_finding(
                "server",
                error.to_string().replace("\nhint: ", ": "),
                "check --server",
            )];
        }
    };
    let asked = clock::now();
    let me = match api.me().await {
        Ok(me) => me,
        Err(failure) => return vec![call_error_finding(&server, &failure)],
    };
    let took = clock::now().since(asked).as_millis();
    let answered = format!("{server} answered in {took} ms");
    let mut findings = vec![if is_unencrypted_remote(&server) {
        warning_finding(
            "server",
            answered,
            "what is sent can be read on the way: https:// needs TLS before the server",
        )
    } else {
        good_finding("server", answered)
    }];
    findings.push(match me.user.role {
        Role::Viewer => warning_finding(
            "you",
            format!("{}, viewer of {}", me.user.name, me.account_name),
            "a viewer reads and does not claim; an admin can change that",
        ),
        role @ (Role::Engineer | Role::Admin | Role::Owner) => {
            good_finding("you", format!("{}, {role} of {}", me.user.name, me.account_name))
        }
    });
    findings.extend(check_events(&api).await);
    findings
}

fn call_error_finding(server: &str, failure: &CallError) -> Finding {
    let hint = match failure {
        CallError::Unreachable(_) => {
            "is the address right, and does the server run? a proxy in HTTP_PROXY counts too"
        }
        CallError::InvalidResponse(_) => "something else answers at this address",
        CallError::Problem(_) => "log in again: `tierup login`",
    };
    bad_finding("server", format!("{server}: {}", call_error_message(failure)), hint)
}

/// Opens the team's stream and waits for its first frame, which has the server's clock.
async fn check_events(api: &ApiClient) -> Vec<Finding> {
    let asked = clock::now();
    let mut stream = Subscription::open(api.clone(), None);
    let timeout = api.response_timeout() + stream::HELLO_TIMEOUT + TIMEOUT_MARGIN;
    let hello = wait_for_hello(&mut stream, timeout).await;
    let came = clock::now();
    let server_time = match hello {
        Ok(theirs) => theirs,
        Err((why, hint)) => return vec![bad_finding("events", why, hint)],
    };
    let took = came.since(asked);
    let events = if took > SLOW_AFTER {
        let says = format!("the first took {} ms", took.as_millis());
        warning_finding("events", says, UNBUFFERED_HINT)
    } else {
        good_finding("events", format!("they come; the first took {} ms", took.as_millis()))
    };
    // The word was said at some moment in between.
    let local_time = asked.plus(took / 2);
    let skew_ms = server_time.as_millis().abs_diff(local_time.as_millis());
    let clocks = if skew_ms > MAX_CLOCK_SKEW_MS {
        let says = format!("the server's and this machine's are {} s apart", skew_ms / 1000);
        warning_finding("clocks", says, "set this machine's by the network; the console shows the server's")
    } else {
        good_finding("clocks", format!("{skew_ms} ms apart"))
    };
    vec![events, clocks]
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
        ConnectionEvent::Lost { reason, .. } if is_stalled => Err(format!("{STREAM_BLOCKED} ({reason})")),
        ConnectionEvent::Lost { reason, .. }
        | ConnectionEvent::Refused(reason)
        | ConnectionEvent::LoggedOut(reason) => Err(format!("none come: {reason}")),
    };
    match tokio::time::timeout(timeout, stream.find(stream::hello_time, on_connection)).await {
        Ok(Ok(Some(now))) => Ok(now),
        Ok(Ok(None)) => Err((STREAM_BLOCKED.to_owned(), UNBUFFERED_HINT)),
        Ok(Err(reason)) => Err((reason, UNBUFFERED_HINT)),
        Err(_) => Err((NO_HELLO_MESSAGE.to_owned(), OTHER_SERVER_HINT)),
    }
}

#[cfg(test)]
mod tests {
    use tierup_common::event::{Signal, StreamFrame};
    use tierup_common::id::Seq;
    use tokio::sync::mpsc::unbounded_channel;

    use super::*;
    use crate::runtime::stream::StreamItem;

    /// Mutant seen to fail: a hello that is waited for without an end.
    #[tokio::test]
    async fn a_stream_that_never_says_hello_is_not_listened_to_for_ever() {
        let (sender, items) = unbounded_channel();
        sender.send(StreamItem::Frame(StreamFrame::Signal(Signal::CaughtUp { seq: Seq(1) }))).unwrap();
        let mut stream = Subscription::new(items, tokio::spawn(std::future::pending()));
        let hello = wait_for_hello(&mut stream, Duration::ZERO).await;
        assert_eq!(hello, Err((NO_HELLO_MESSAGE.to_owned(), OTHER_SERVER_HINT)));
        assert!(!sender.is_closed(), "more could come");
    }
}
