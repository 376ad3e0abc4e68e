//! `tierup say`: a message in a session, and perhaps the assistant's answer to it.

use std::cell::Cell;
use std::time::Duration;

use clap::Args;
use tierup_common::event::{EventBody, StreamFrame};
use tierup_common::route;
use tierup_common::session::{CreateMessage, Message, MessageKind, MessageRole};

use crate::cli::context::{CommandContext, SessionRef};
use crate::cli::error::{CliError, quote_server};
use crate::effect::StreamFilter;
use crate::event::{CallError, ConnectionEvent};
use crate::runtime::clock;
use crate::runtime::stream::{self, Subscription};

/// The assistant is waited for at most so long; the server gives an assessment as much.
const ANSWER_TIMEOUT: Duration = Duration::from_mins(2);

/// A connection that broke off comes back within so long, or the command ends: a change is tried for as long.
const RECONNECT_TIMEOUT: Duration = Duration::from_secs(10);

#[derive(Args)]
pub(super) struct SayArgs {
    /// Its number, its id, or h42 for the session of handoff 42
    session: SessionRef,
    /// What to say; - reads it from standard input
    #[arg(allow_hyphen_values = true)]
    text: String,
    /// Leave it as a note, which the assistant does not answer
    #[arg(long, conflicts_with = "wait")]
    note: bool,
    /// Wait for the assistant's answer, and print it
    #[arg(long)]
    wait: bool,
}

pub(super) async fn run(context: &CommandContext, arguments: &SayArgs) -> Result<(), CliError> {
    let content = context.read_text(&arguments.text)?;
    let session = context.resolve_session_id(arguments.session).await?;
    let kind = if arguments.note { MessageKind::Note } else { MessageKind::Ask };
    let path = route::MESSAGES.path(&[&session]);
    let body = CreateMessage { content, kind };
    if !arguments.wait {
        let said: Message = context.post(&path, Some(&body)).await?;
        return context.output.print(&said, "said");
    }
    // Listening before asking: an answer cannot come in between.
    let mut stream = Subscription::open(context.api.clone(), Some(StreamFilter::Session(session)));
    let asked = async {
        wait_for(&mut stream, stream::hello_time).await?;
        let said: Message = context.post(&path, Some(&body)).await?;
        wait_for(&mut stream, |frame| answer_to(&said, frame)).await
    };
    let answer = tokio::time::timeout(ANSWER_TIMEOUT, asked).await;
    let answer = answer.unwrap_or_else(|_| Err(CliError::error("the assistant did not answer in time")))?;
    if context.output.is_json() {
        context.output.print_json(&answer)
    } else {
        context.output.print_text(&answer.content)
    }
}

/// The first thing said after a message by somebody who is no person.
fn answer_to(question: &Message, frame: StreamFrame) -> Option<Message> {
    let StreamFrame::Event(event) = frame else { return None };
    let EventBody::MessageAdded { message, .. } = event.body else { return None };
    (message.seq > question.seq && message.role != MessageRole::User).then_some(message)
}

/// Waits for a frame. A lost connection is waited for, because the stream resumes where it was, but not for long.
async fn wait_for<T>(
    stream: &mut Subscription,
    mut select: impl FnMut(StreamFrame) -> Option<T>,
) -> Result<T, CliError> {
    // A frame says that the connection is back.
    let deadline = Cell::new(None);
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
        ConnectionEvent::EventsStalled { .. } => {
            Err(CliError::from(CallError::unreachable("no events come, so no answer would be heard"))
                .with_hint("`tierup doctor` says why; without --wait it is said all the same"))
        }
        ConnectionEvent::Refused(reason) => Err(CliError::error(quote_server(&reason))),
        ConnectionEvent::LoggedOut(reason) => Err(CliError::not_logged_in(quote_server(&reason))),
    };
    let found = stream.find(on_frame, on_connection).await?;
    found.ok_or_else(|| CliError::error("the server closed the connection"))
}
