//! `tierup watch`: events as they happen, one JSON object a line, over every break of the connection.

use clap::Args;
use serde_json::{Value, json};
use tierup_common::event::{Frame, Signal};
use tierup_common::id::{HandoffRef, Seq};
use tierup_common::problem::Code;

use crate::cli::errand::{self, Errand, SessionName};
use crate::cli::exit::{Exit, by_the_server, complain};
use crate::effect::Watch;
use crate::event::{Connection, Failure};
use crate::runtime::{clock, stream};

#[derive(Args)]
pub(super) struct Arguments {
    /// Begin after the event with this seq, instead of now
    #[arg(long, value_name = "SEQ")]
    since: Option<Seq>,
    /// Only what happens to this handoff; you show as its reader
    #[arg(long, value_name = "HANDOFF", value_parser = errand::handoff, conflicts_with = "session")]
    handoff: Option<HandoffRef>,
    /// Only what happens in this session, with what is said in it
    #[arg(long, value_name = "SESSION")]
    session: Option<SessionName>,
    /// Also what has no seq: who reads what, and texts as they grow
    #[arg(long)]
    all: bool,
}

pub(super) async fn run(errand: &Errand, arguments: &Arguments) -> Result<(), Exit> {
    // Whoever cannot get in at all is told so, and does not wait for ever.
    errand.api.me().await?;
    let watch = match (arguments.handoff, arguments.session) {
        (Some(handoff), _) => Some(Watch::Handoff(errand.handoff(handoff).await?.item.id)),
        (None, Some(session)) => Some(Watch::Session(errand.session(session).await?)),
        (None, None) => None,
    };
    let (mut printed, mut refused) = (Ok(()), None);
    let take = |frame: Frame, data: &str| {
        printed = print(errand, arguments.all, &frame, data);
        printed.is_ok()
    };
    let tell = |change: Connection| {
        match change {
            Connection::Connecting => {}
            Connection::Late { .. } => complain("warning", "no events come: `tierup doctor` says why"),
            Connection::Lost { why, retry_at } => {
                let wait = retry_at.since(clock::now()).as_secs_f32();
                complain("warning", &format!("{why}; trying again in {wait:.0} s"));
            }
            Connection::Refused(why) | Connection::LoggedOut(why) => refused = Some(why),
        }
        true
    };
    stream::hold(&errand.api, watch, arguments.since, take, tell).await;
    printed?;
    match refused {
        // The same question once more, for the problem behind the words.
        Some(why) => match errand.api.me().await {
            Err(Failure::Problem(problem)) if problem.code() == Some(Code::Unauthenticated) => {
                Err(Failure::Problem(problem).into())
            }
            Ok(_) | Err(_) => Err(Exit::error(by_the_server(&why))),
        },
        None => Ok(()),
    }
}

/// Prints a frame as it came, what only a newer program knows included.
fn print(errand: &Errand, all: bool, frame: &Frame, data: &str) -> Result<(), Exit> {
    let is_wanted = match frame {
        Frame::Event(_) | Frame::Unknown { seq: Some(_) } | Frame::Signal(Signal::Reset { .. }) => true,
        Frame::Signal(Signal::Hello { .. } | Signal::CaughtUp { .. }) => false,
        Frame::Signal(
            Signal::HandoffAssessmentDelta { .. } | Signal::MessageDelta { .. } | Signal::Presence { .. },
        )
        | Frame::Unknown { seq: None } => all,
    };
    if !is_wanted {
        return Ok(());
    }
    let value: Value =
        serde_json::from_str(data).unwrap_or_else(|_| json!({"type": "unknown", "data": data}));
    errand.out.ndjson(&value)
}
