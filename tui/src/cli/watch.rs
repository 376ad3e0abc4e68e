//! `tierup watch`: events as they happen, one JSON object a line, over every break of the connection.

use clap::Args;
use serde_json::{Value, json};
use tierup_common::event::{Signal, StreamFrame};
use tierup_common::id::{HandoffRef, Seq};
use tierup_common::problem::Code;

use crate::cli::context::{self, CommandContext, SessionRef};
use crate::cli::error::{CliError, print_diagnostic, quote_server};
use crate::effect::StreamFilter;
use crate::event::{CallError, ConnectionEvent};
use crate::runtime::{clock, stream};

#[derive(Args)]
pub(super) struct WatchArgs {
    /// Begin after the event with this seq, instead of now
    #[arg(long, value_name = "SEQ")]
    since: Option<Seq>,
    /// Only what happens to this handoff; you show as its reader
    #[arg(long, value_name = "HANDOFF", value_parser = context::parse_handoff_ref, conflicts_with = "session")]
    handoff: Option<HandoffRef>,
    /// Only what happens in this session, with what is said in it
    #[arg(long, value_name = "SESSION")]
    session: Option<SessionRef>,
    /// Also what has no seq: who reads what, and texts as they grow
    #[arg(long)]
    all: bool,
}

pub(super) async fn run(context: &CommandContext, arguments: &WatchArgs) -> Result<(), CliError> {
    // Whoever cannot get in at all is told so, and does not wait for ever.
    context.api.me().await?;
    let watch = match (arguments.handoff, arguments.session) {
        (Some(handoff), _) => Some(StreamFilter::Handoff(context.fetch_handoff(handoff).await?.item.id)),
        (None, Some(session)) => Some(StreamFilter::Session(context.resolve_session_id(session).await?)),
        (None, None) => None,
    };
    let (mut printed, mut refused) = (Ok(()), None);
    let on_frame = |frame: StreamFrame, data: &str| {
        printed = print_frame(context, arguments.all, &frame, data);
        printed.is_ok()
    };
    let on_connection = |change: ConnectionEvent| {
        match change {
            ConnectionEvent::Connecting => {}
            ConnectionEvent::EventsStalled { .. } => {
                print_diagnostic("warning", "no events come: `tierup doctor` says why")
            }
            ConnectionEvent::Lost { reason: why, retry_at } => {
                let wait = retry_at.since(clock::now()).as_secs_f32();
                print_diagnostic("warning", &format!("{why}; trying again in {wait:.0} s"));
            }
            ConnectionEvent::Refused(why) | ConnectionEvent::LoggedOut(why) => refused = Some(why),
        }
        true
    };
    stream::run_with_reconnect(&context.api, watch, arguments.since, on_frame, on_connection).await;
    printed?;
    match refused {
        // The same question once more, for the problem behind the words.
        Some(why) => match context.api.me().await {
            Err(CallError::Problem(problem)) if problem.code() == Some(Code::Unauthenticated) => {
                Err(CallError::Problem(problem).into())
            }
            Ok(_) | Err(_) => Err(CliError::error(quote_server(&why))),
        },
        None => Ok(()),
    }
}

/// Prints a frame as it came, what only a newer program knows included.
fn print_frame(context: &CommandContext, all: bool, frame: &StreamFrame, data: &str) -> Result<(), CliError> {
    let is_wanted = match frame {
        StreamFrame::Event(_)
        | StreamFrame::Unknown { seq: Some(_) }
        | StreamFrame::Signal(Signal::Reset { .. }) => true,
        StreamFrame::Signal(Signal::Hello { .. } | Signal::CaughtUp { .. }) => false,
        StreamFrame::Signal(
            Signal::HandoffAssessmentDelta { .. } | Signal::MessageDelta { .. } | Signal::Presence { .. },
        )
        | StreamFrame::Unknown { seq: None } => all,
    };
    if !is_wanted {
        return Ok(());
    }
    let value: Value =
        serde_json::from_str(data).unwrap_or_else(|_| json!({"type": "unknown", "data": data}));
    context.output.print_ndjson(&value)
}
