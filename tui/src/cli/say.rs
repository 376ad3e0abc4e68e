//! `tierup say`: sends a message in a session, and may wait for the assistant's answer.

use std::cell::Cell;
use std::time::Duration;

use clap::Args;
use clap_complete::ArgValueCandidates;
use tierup_common::event::{EventBody, StreamFrame};
use tierup_common::session::{CreateMessage, Message, MessageKind, MessageRole};
use tierup_common::time::Timestamp;

use crate::cli::candidates;
use crate::cli::context::CommandContext;
use crate::cli::reference::SessionRef;
use crate::effect::StreamFilter;
use crate::error::{CliError, quote_server};
use crate::event::{CallError, ConnectionEvent};
use crate::runtime::api::requests;
use crate::runtime::clock;
use crate::runtime::stream::{self, Subscription};

/// How long to wait for the assistant; the server gives a model as much.
const ANSWER_TIMEOUT: Duration = Duration::from_mins(2);
/// How long a lost connection may take to come back; changes are retried for as long.
const RECONNECT_TIMEOUT: Duration = Duration::from_secs(10);

#[derive(Args)]
pub(super) struct SayArgs {
    /// Session: its number or id, or h42 for the session of handoff 42
    #[arg(add = ArgValueCandidates::new(candidates::sessions))]
    session: SessionRef,
    /// Message; use - to read it from standard input
    #[arg(allow_hyphen_values = true)]
    text: String,
    /// Add it as a note, which the assistant does not answer
    #[arg(long, conflicts_with = "wait")]
    note: bool,
    /// Wait for the assistant's answer and print it
    #[arg(long)]
    wait: bool,
}

pub(super) async fn run(context: &CommandContext, arguments: &SayArgs) -> Result<(), CliError> {
    let text = context.read_text(&arguments.text)?;
    let session = context.resolve_session_id(arguments.session).await?;
    let kind = if arguments.note { MessageKind::Note } else { MessageKind::Ask };
    let request = requests::create_message(session, &CreateMessage { content: text, kind });
    if !arguments.wait {
        let message = context.api.send(request).await?;
        return context.output.print(&message, "sent");
    }
    // The stream is open before the message is sent, so the answer is not missed.
    let mut stream = Subscription::open(context.api.clone(), Some(StreamFilter::Session(session)));
    let answer = async {
        wait_for(&mut stream, |frame| stream::hello_time(&frame)).await?;
        let question = context.api.send(request).await?;
        wait_for(&mut stream, |frame| answer_to(&question, frame)).await
    };
    let answer = tokio::time::timeout(ANSWER_TIMEOUT, answer)
        .await
        .unwrap_or_else(|_| Err(CliError::error("the assistant did not answer in time")))?;
    if context.output.is_json() {
        context.output.print_json(&answer)
    } else {
        context.output.print_text(&answer.content)
    }
}

/// The message of a frame, if it comes after the question and not from a person.
fn answer_to(question: &Message, frame: StreamFrame) -> Option<Message> {
    let StreamFrame::Event(event) = frame else { return None };
    let EventBody::MessageAdded { message, .. } = event.body else { return None };
    (message.seq > question.seq && message.role != MessageRole::User).then_some(message)
}

/// Waits for a frame. A lost connection may come back within [`RECONNECT_TIMEOUT`]: the stream resumes where it was.
async fn wait_for<T>(
    stream: &mut Subscription,
    mut select: impl FnMut(StreamFrame) -> Option<T>,
) -> Result<T, CliError> {
    let deadline: Cell<Option<Timestamp>> = Cell::new(None);
    let on_frame = |frame| {
        deadline.set(None);
        select(frame)
    };
    let on_connection = |change| match change {
        ConnectionEvent::Connecting => Ok(()),
        ConnectionEvent::Lost { reason, retry_at } => {
            let end = deadline.get().unwrap_or_else(|| clock::now().plus(RECONNECT_TIMEOUT));
            deadline.set(Some(end));
            if retry_at > end { Err(CallError::unreachable(reason).into()) } else { Ok(()) }
        }
        ConnectionEvent::EventsStalled { .. } => Err(CliError::from(CallError::unreachable(
            "no events arrive, so the answer would not arrive either",
        ))
        .with_hint("`tierup doctor` shows the cause; without --wait, the message is still sent")),
        ConnectionEvent::Refused(reason) => Err(CliError::error(quote_server(&reason))),
        ConnectionEvent::LoggedOut(reason) => Err(CliError::not_logged_in(quote_server(&reason))),
    };
    let found = stream.find(on_frame, on_connection).await?;
    found.ok_or_else(|| CliError::error("the server closed the stream"))
}
