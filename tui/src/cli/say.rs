//! `tierup say`: a message in a session, and perhaps the assistant's answer to it.

use std::time::Duration;

use clap::Args;
use tierup_common::event::{Frame, Signal, What};
use tierup_common::route;
use tierup_common::session::{CreateMessage, Message, MessageKind, MessageRole};
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use tokio::time::Instant;

use crate::cli::errand::{Errand, SessionName};
use crate::cli::exit::{Exit, by_the_server};
use crate::effect::Watch;
use crate::event::{Connection, Event, Failure};
use crate::runtime::stream;

/// The assistant is waited for at most so long; the server gives an assessment as much.
const ANSWER_TIME: Duration = Duration::from_mins(2);

/// A connection that broke off comes back within so long, or the command ends: a change is tried for as long.
const COMES_BACK: Duration = Duration::from_secs(10);

#[derive(Args)]
pub(super) struct Arguments {
    /// Its number, its id, or h42 for the session of handoff 42
    session: SessionName,
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

pub(super) async fn run(errand: &Errand, arguments: &Arguments) -> Result<(), Exit> {
    let content = errand.text(&arguments.text)?;
    let session = errand.session(arguments.session).await?;
    let kind = if arguments.note { MessageKind::Note } else { MessageKind::Ask };
    let path = route::MESSAGES.path(&[&session]);
    let body = CreateMessage { content, kind };
    if !arguments.wait {
        let said: Message = errand.post(&path, Some(&body)).await?;
        return errand.out.tell(&said, "said");
    }
    let (news, mut heard) = unbounded_channel();
    let api = errand.api.clone();
    let listening = tokio::spawn(async move {
        let frames = |frame, _: &str| news.send(Event::Watched(frame)).is_ok();
        let breaks = |change| news.send(Event::Connection(change)).is_ok();
        stream::hold(&api, Some(Watch::Session(session)), None, frames, breaks).await;
    });
    let asked = async {
        // Listening before asking: an answer cannot come in between.
        next(&mut heard, |frame| matches!(frame, Frame::Signal(Signal::Hello { .. })).then_some(())).await?;
        let said: Message = errand.post(&path, Some(&body)).await?;
        next(&mut heard, |frame| answer_to(&said, frame)).await
    };
    let answer = tokio::time::timeout(ANSWER_TIME, asked).await;
    listening.abort();
    let answer = answer.unwrap_or_else(|_| Err(Exit::error("the assistant did not answer in time")))?;
    if errand.out.is_json() { errand.out.json(&answer) } else { errand.out.text(&answer.content) }
}

/// The first thing said after a message by somebody who is no person.
fn answer_to(said: &Message, frame: Frame) -> Option<Message> {
    let Frame::Event(event) = frame else { return None };
    let What::MessageAdded { message, .. } = event.what else { return None };
    (message.seq > said.seq && message.role != MessageRole::User).then_some(message)
}

/// The first frame that is meant. A connection that broke off is waited for a while, for the stream goes on where it
/// was.
async fn next<T>(
    heard: &mut UnboundedReceiver<Event>,
    mut meant: impl FnMut(Frame) -> Option<T>,
) -> Result<T, Exit> {
    let mut lost: Option<(Instant, String)> = None;
    loop {
        let event = match &lost {
            None => heard.recv().await,
            Some((end, why)) => {
                let offline = || Exit::from(Failure::unreachable(why.as_str()));
                tokio::time::timeout_at(*end, heard.recv()).await.map_err(|_| offline())?
            }
        };
        match event {
            Some(Event::Watched(frame)) => {
                lost = None;
                if let Some(found) = meant(frame) {
                    return Ok(found);
                }
            }
            Some(Event::Connection(Connection::Lost { why, .. })) => {
                let end = lost.map_or_else(|| Instant::now() + COMES_BACK, |(end, _)| end);
                lost = Some((end, why));
            }
            Some(Event::Connection(Connection::Late { .. })) => {
                let held = Failure::unreachable("no events come, so no answer would be heard");
                return Err(
                    Exit::from(held).hint("`tierup doctor` says why; without --wait it is said all the same")
                );
            }
            Some(Event::Connection(Connection::Refused(why))) => {
                return Err(Exit::error(by_the_server(&why)));
            }
            Some(Event::Connection(Connection::LoggedOut(why))) => {
                return Err(Exit::not_logged_in(by_the_server(&why)));
            }
            Some(
                Event::Connection(Connection::Connecting)
                | Event::Tick(_)
                | Event::Key(_)
                | Event::Paste(_)
                | Event::Mouse(_)
                | Event::Resize(..)
                | Event::Focus(_)
                | Event::Stop
                | Event::Continued
                | Event::Live(_)
                | Event::Reply(_)
                | Event::LoggedIn(..)
                | Event::Seen(_)
                | Event::Drafts(_)
                | Event::Edited(..)
                | Event::Notice(_),
            ) => {}
            None => return Err(Exit::error("the server ended the connection")),
        }
    }
}
