//! How the server is, as seen from here: whether it answers, who one is, whether events come, how its clock goes.

use std::time::Duration;

use tierup_common::event::{Frame, Signal};
use tierup_common::time::Timestamp;
use tierup_common::user::Role;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

use crate::cli::Options;
use crate::cli::connect::{self, Known};
use crate::cli::doctor::{Finding, bad, good, warning};
use crate::cli::exit::said;
use crate::event::{Connection, Event, Failure};
use crate::runtime::api::Api;
use crate::runtime::files::Files;
use crate::runtime::{clock, stream};
use crate::text::pasted::can_be_overheard;

/// Clocks may be so far apart before anybody notices.
const SKEW: u64 = 5_000;
/// What is said where requests are answered, and a stream is not.
const HELD: &str =
    "requests are answered, but the event stream brings nothing: something in between holds it back";
/// What to do about it.
const UNBUFFERED: &str = "let the proxy pass /api/v1/escalations/stream on at once, without buffering it: docs/OPERATING.md shows how";
/// What is said where events come, and none of them begins a stream.
const NO_HELLO: &str = "they come, but not the `hello` that a stream begins with";
/// What to do about that.
const ANOTHER: &str = "what answers there is no tierup server, or one of another version";
/// The stream gives up by itself where nothing comes: there is this much more time than it takes for that.
const ROOM: Duration = Duration::from_secs(5);
/// Events that come later than this are held up by something.
const SLOW: Duration = Duration::from_secs(2);

pub(super) async fn look(options: &Options, files: &Files) -> Vec<Finding> {
    let Ok(Known { server: Some(server), token }) = connect::known(options, files).await else {
        return vec![bad("server", "it is not known which server is meant", "pass --server")];
    };
    let Some(token) = token else {
        return vec![warning("server", server, "it is asked nothing without a token")];
    };
    let api = match Api::new(&server, token) {
        Ok(api) => api.within(connect::answer_time(options)),
        Err(error) => {
            return vec![bad("server", error.to_string().replace("\nhint: ", ": "), "check --server")];
        }
    };
    let asked = clock::now();
    let me = match api.me().await {
        Ok(me) => me,
        Err(failure) => return vec![refused(&server, &failure)],
    };
    let took = clock::now().since(asked).as_millis();
    let answered = format!("{server} answered in {took} ms");
    let mut findings = vec![if can_be_overheard(&server) {
        warning(
            "server",
            answered,
            "what is sent can be read on the way: https:// needs TLS before the server",
        )
    } else {
        good("server", answered)
    }];
    findings.push(match me.user.role {
        Role::Viewer => warning(
            "you",
            format!("{}, viewer of {}", me.user.name, me.account_name),
            "a viewer reads and does not claim; an admin can change that",
        ),
        role @ (Role::Engineer | Role::Admin | Role::Owner) => {
            good("you", format!("{}, {role} of {}", me.user.name, me.account_name))
        }
    });
    findings.extend(events(&api).await);
    findings
}

fn refused(server: &str, failure: &Failure) -> Finding {
    let hint = match failure {
        Failure::Unreachable(_) => {
            "is the address right, and does the server run? a proxy in HTTP_PROXY counts too"
        }
        Failure::Nonsense(_) => "something else answers at this address",
        Failure::Problem(_) => "log in again: `tierup login`",
    };
    bad("server", format!("{server}: {}", said(failure)), hint)
}

/// Opens the stream and waits for its first word, which brings the server's clock.
async fn events(api: &Api) -> Vec<Finding> {
    let (news, mut heard) = unbounded_channel();
    let asked = clock::now();
    let listening = tokio::spawn(stream::follow(api.clone(), news));
    let hello = hello(&mut heard, api.answer_time() + stream::GREETING + ROOM).await;
    listening.abort();
    let came = clock::now();
    let theirs = match hello {
        Ok(theirs) => theirs,
        Err((why, hint)) => return vec![bad("events", why, hint)],
    };
    let took = came.since(asked);
    let events = if took > SLOW {
        let says = format!("the first took {} ms", took.as_millis());
        warning("events", says, UNBUFFERED)
    } else {
        good("events", format!("they come; the first took {} ms", took.as_millis()))
    };
    // The word was said at some moment in between.
    let middle = asked.plus(took / 2);
    let apart = theirs.as_millis().abs_diff(middle.as_millis());
    let clocks = if apart > SKEW {
        let says = format!("the server's and this machine's are {} s apart", apart / 1000);
        warning("clocks", says, "set this machine's by the network; the console shows the server's")
    } else {
        good("clocks", format!("{apart} ms apart"))
    };
    vec![events, clocks]
}

/// The moment of the first word of a stream by the server's clock; or why it did not come in time, and what to do.
async fn hello(
    heard: &mut UnboundedReceiver<Event>,
    within: Duration,
) -> Result<Timestamp, (String, &'static str)> {
    let hello = async {
        let mut is_late = false;
        while let Some(event) = heard.recv().await {
            if let Event::Live(Frame::Signal(Signal::Hello { now, .. })) = event {
                return Ok(now);
            }
            let Event::Connection(change) = event else { continue };
            match change {
                Connection::Connecting => {}
                Connection::Late { .. } => is_late = true,
                Connection::Lost { why, .. } if is_late => return Err(format!("{HELD} ({why})")),
                Connection::Lost { why, .. } | Connection::Refused(why) | Connection::LoggedOut(why) => {
                    return Err(format!("none come: {why}"));
                }
            }
        }
        Err(HELD.to_owned())
    };
    match tokio::time::timeout(within, hello).await {
        Ok(hello) => hello.map_err(|why| (why, UNBUFFERED)),
        Err(_) => Err((NO_HELLO.to_owned(), ANOTHER)),
    }
}

#[cfg(test)]
mod tests {
    use tierup_common::id::Seq;

    use super::*;

    /// Mutant seen to fail: a hello that is waited for without an end.
    #[tokio::test]
    async fn a_stream_that_never_says_hello_is_not_listened_to_for_ever() {
        let (news, mut heard) = unbounded_channel();
        news.send(Event::Live(Frame::Signal(Signal::CaughtUp { seq: Seq(1) }))).unwrap();
        let hello = hello(&mut heard, Duration::ZERO).await;
        assert_eq!(hello, Err((NO_HELLO.to_owned(), ANOTHER)));
        assert!(heard.is_empty() && !news.is_closed(), "it heard what came, and more could come");
    }
}
