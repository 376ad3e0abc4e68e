//! `tierup watch`: prints events as they happen, and reconnects after every break.

use clap::Args;
use serde_json::{Value, json};
use tierup_common::event::{Signal, StreamFrame};
use tierup_common::id::{HandoffRef, Seq};
use tierup_common::problem::Code;

use crate::cli::context::CommandContext;
use crate::cli::diagnostics::print_diagnostic;
use crate::cli::reference::{SessionRef, parse_handoff_ref};
use crate::effect::StreamFilter;
use crate::error::{CliError, quote_server};
use crate::event::{CallError, ConnectionEvent};
use crate::runtime::api::requests;
use crate::runtime::{clock, stream};

#[derive(Args)]
pub(super) struct WatchArgs {
    /// Start after the event with this seq instead of now
    #[arg(long, value_name = "SEQ")]
    since: Option<Seq>,
    /// Only events of this handoff; others see you as its reader
    #[arg(long, value_name = "HANDOFF", value_parser = parse_handoff_ref, conflicts_with = "session")]
    handoff: Option<HandoffRef>,
    /// Only events of this session, its messages included
    #[arg(long, value_name = "SESSION")]
    session: Option<SessionRef>,
    /// Also print signals, which have no seq: readers, and text while it is written
    #[arg(long)]
    all: bool,
}

pub(super) async fn run(context: &CommandContext, arguments: &WatchArgs) -> Result<(), CliError> {
    // The first connection must work; only later ones are retried.
    context.api.send(requests::me()).await?;
    let filter = match (arguments.handoff, arguments.session) {
        (Some(handoff), _) => {
            Some(StreamFilter::Handoff(context.api.send(requests::handoff(handoff)).await?.item.id))
        }
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
                print_diagnostic("warning", "no events are arriving: run `tierup doctor` to see why");
            }
            ConnectionEvent::Lost { reason, retry_at } => {
                let delay = retry_at.since(clock::now()).as_secs_f32();
                print_diagnostic("warning", &format!("{reason}; retrying in {delay:.0} s"));
            }
            ConnectionEvent::Refused(reason) | ConnectionEvent::LoggedOut(reason) => refused = Some(reason),
        }
        true
    };
    stream::run_with_reconnect(&context.api, filter, arguments.since, on_frame, on_connection).await;
    printed?;
    match refused {
        // A request gives the whole problem, and with it the exit status.
        Some(reason) => match context.api.send(requests::me()).await {
            Err(CallError::Problem(problem)) if problem.code() == Some(Code::Unauthenticated) => {
                Err(CallError::Problem(problem).into())
            }
            Ok(_) | Err(_) => Err(CliError::error(quote_server(&reason))),
        },
        None => Ok(()),
    }
}

/// Prints a frame as it came, so that events of newer servers are whole too.
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
