//! `tierup say`: a message in a session, and perhaps the assistant's answer to it.

use std::time::Duration;

use clap::Args;
use tierup_common::event::{EventBody, Signal, StreamFrame};
use tierup_common::route;
use tierup_common::session::{CreateMessage, Message, MessageKind, MessageRole};
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use tokio::time::Instant;

use crate::cli::context::{CommandContext, SessionRef};
use crate::cli::error::{CliError, quote_server};
use crate::effect::StreamFilter;
use crate::event::{CallError, ConnectionEvent, Event};
use crate::runtime::stream;

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
    let (event_sender, mut events) = unbounded_channel();
    let api = context.api.clone();
    let listening = tokio::spawn(async move {
        let frames = |frame, _: &str| event_sender.send(Event::FilteredFrame(frame)).is_ok();
        let breaks = |change| event_sender.send(Event::Connection(change)).is_ok();
        stream::run_with_reconnect(&api, Some(StreamFilter::Session(session)), None, frames, breaks).await;
    });
    let asked = async {
        // Listening before asking: an answer cannot come in between.
        next_frame(&mut events, |frame| {
            matches!(frame, StreamFrame::Signal(Signal::Hello { .. })).then_some(())
        })
        .await?;
        let said: Message = context.post(&path, Some(&body)).await?;
        next_frame(&mut events, |frame| answer_to(&said, frame)).await
    };
    let answer = tokio::time::timeout(ANSWER_TIMEOUT, asked).await;
    listening.abort();
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

/// The first frame that is meant. A connection that broke off is waited for a while, for the stream goes on where it
/// was.
async fn next_frame<T>(
    events: &mut UnboundedReceiver<Event>,
    mut matches: impl FnMut(StreamFrame) -> Option<T>,
) -> Result<T, CliError> {
    let mut lost: Option<(Instant, String)> = None;
    loop {
        let event = match &lost {
            None => events.recv().await,
            Some((end, why)) => {
                let offline = || CliError::from(CallError::unreachable(why.as_str()));
                tokio::time::timeout_at(*end, events.recv()).await.map_err(|_| offline())?
            }
        };
        match event {
            Some(Event::FilteredFrame(frame)) => {
                lost = None;
                if let Some(found) = matches(frame) {
                    return Ok(found);
                }
            }
            Some(Event::Connection(ConnectionEvent::Lost { reason: why, .. })) => {
                let end = lost.map_or_else(|| Instant::now() + RECONNECT_TIMEOUT, |(end, _)| end);
                lost = Some((end, why));
            }
            Some(Event::Connection(ConnectionEvent::EventsStalled { .. })) => {
                let held = CallError::unreachable("no events come, so no answer would be heard");
                return Err(CliError::from(held)
                    .with_hint("`tierup doctor` says why; without --wait it is said all the same"));
            }
            Some(Event::Connection(ConnectionEvent::Refused(why))) => {
                return Err(CliError::error(quote_server(&why)));
            }
            Some(Event::Connection(ConnectionEvent::LoggedOut(why))) => {
                return Err(CliError::not_logged_in(quote_server(&why)));
            }
            Some(
                Event::Connection(ConnectionEvent::Connecting)
                | Event::Tick(_)
                | Event::ZoneChanged(_)
                | Event::Key(_)
                | Event::Paste(_)
                | Event::Mouse(_)
                | Event::Resize(..)
                | Event::Focus(_)
                | Event::SuspendRequested
                | Event::Continued
                | Event::TeamFrame(_)
                | Event::Reply(_)
                | Event::LogInResult(..)
                | Event::SeenSetLoaded(_)
                | Event::DraftsLoaded(_)
                | Event::EditorClosed(..)
                | Event::Notice(_),
            ) => {}
            None => return Err(CliError::error("the server ended the connection")),
        }
    }
}
