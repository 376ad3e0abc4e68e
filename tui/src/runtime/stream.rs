//! Event streams: held over every break, resumed where they were.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use futures_util::StreamExt;
use reqwest::Response;
use sse_stream::SseByteStream;
use tierup_common::event::{Frame, Signal};
use tierup_common::id::Seq;
use tokio::sync::mpsc::UnboundedSender;

use crate::effect::Watch;
use crate::event::{Connection, Event, Failure};
use crate::runtime::api::Api;
use crate::runtime::clock;
use crate::text::safe;

/// The first pause after a break, at most; each further one may be three times as long as the one before.
const FIRST_PAUSE: Duration = Duration::from_millis(500);
/// No pause is longer than this.
const LONGEST_PAUSE: Duration = Duration::from_secs(10);
/// The first event of a stream is there within so long.
const GREETING: Duration = Duration::from_secs(15);
/// One event, in bytes, at most: a message with its limit used, escaped, and room.
const LARGEST: usize = 512 * 1024;

/// Holds the team's stream for as long as anybody listens.
pub async fn follow(api: Api, news: UnboundedSender<Event>) {
    hold(
        &api,
        None,
        None,
        |frame, _| news.send(Event::Live(frame)).is_ok(),
        |change| news.send(Event::Connection(change)).is_ok(),
    )
    .await;
}

/// Holds a narrowed stream, from now on. How its connection is, the team's stream tells.
pub async fn watch(api: Api, watch: Watch, news: UnboundedSender<Event>) {
    watch_from(api, watch, None, news).await;
}

/// The same; one of a session begins after this event.
pub async fn watch_from(api: Api, watch: Watch, after: Option<Seq>, news: UnboundedSender<Event>) {
    let after = match watch {
        // What grows and who reads begins anew with the stream.
        Watch::Handoff(_) => None,
        Watch::Session(_) => after,
    };
    hold(&api, Some(watch), after, |frame, _| news.send(Event::Watched(frame)).is_ok(), |_| true).await;
}

/// Opens a stream, again and again, and hands on what it carries, as it is understood and as it came, until nobody
/// listens or trying is no use. It begins after an event, or now.
pub async fn hold(
    api: &Api,
    watch: Option<Watch>,
    mut after: Option<Seq>,
    mut take: impl FnMut(Frame, &str) -> bool,
    mut tell: impl FnMut(Connection) -> bool,
) {
    let mut pause = Pause::default();
    loop {
        if !tell(Connection::Connecting) {
            return;
        }
        let why = match api.stream(watch, after).await {
            Ok(response) => {
                let said_hello = || pause.is_over();
                match read(response, &mut after, &mut take, said_hello).await {
                    Some(why) => why,
                    None => return,
                }
            }
            Err(Failure::Problem(problem)) if matches!(problem.status, 401 | 403 | 404) => {
                let why = problem.detail.unwrap_or(problem.title);
                tell(if problem.status == 401 {
                    Connection::LoggedOut(why)
                } else {
                    Connection::Refused(why)
                });
                return;
            }
            Err(failure) => failure.to_string(),
        };
        let wait = pause.next(random());
        let retry_at = clock::now().plus(wait);
        tracing::warn!(why = safe::line(&why), ?watch, "a stream broke off");
        if !tell(Connection::Lost { why, retry_at }) {
            return;
        }
        tokio::time::sleep(wait).await;
    }
}

/// The pauses between tries: they grow until a stream begins, however quiet it is then.
struct Pause(Duration);

impl Default for Pause {
    fn default() -> Self {
        Self(FIRST_PAUSE)
    }
}

impl Pause {
    fn is_over(&mut self) {
        *self = Self::default();
    }

    /// Somewhere between nothing much and the whole pause, by a number from 0 to 1, so that many consoles do not come
    /// back at once.
    fn next(&mut self, chance: f64) -> Duration {
        let wait = self.0.mul_f64(0.2 + 0.8 * chance);
        self.0 = (self.0 * 3).min(LONGEST_PAUSE);
        wait
    }
}

/// Reads a stream to its end; why it ended, or nothing if nobody listens any more.
async fn read(
    response: Response,
    after: &mut Option<Seq>,
    take: &mut impl FnMut(Frame, &str) -> bool,
    mut said_hello: impl FnMut(),
) -> Option<String> {
    let since_event = AtomicUsize::new(0);
    let bytes = response.bytes_stream().map(|chunk| {
        let chunk = chunk.map_err(std::io::Error::other)?;
        let before = since_event.fetch_add(chunk.len(), Ordering::Relaxed);
        if before + chunk.len() > LARGEST {
            return Err(std::io::Error::other("an event is far too large"));
        }
        Ok::<_, std::io::Error>(chunk)
    });
    let mut events = std::pin::pin!(SseByteStream::new(bytes));
    let mut greeting = Some(tokio::time::Instant::now() + GREETING);
    loop {
        let event = match greeting {
            Some(end) => match tokio::time::timeout_at(end, events.next()).await {
                Ok(event) => event,
                Err(_) => return Some("the server does not say hello".into()),
            },
            None => events.next().await,
        };
        let Some(event) = event else { return Some("the server ended the connection".into()) };
        let Ok(event) = event else { return Some("the connection broke off".into()) };
        since_event.store(0, Ordering::Relaxed);
        let Some(data) = event.data else { continue };
        greeting = None;
        let frame = Frame::parse(&data);
        if let Frame::Signal(Signal::Hello { .. }) = frame {
            said_hello();
        }
        if let Some(seq) = place(&frame, *after) {
            *after = Some(seq);
        }
        if !take(frame, &data) {
            return None;
        }
    }
}

/// How far a frame brings a stream: from there it is resumed.
fn place(frame: &Frame, after: Option<Seq>) -> Option<Seq> {
    match frame {
        Frame::Event(event) => Some(event.seq),
        // The first of all: from here on nothing is to be missed.
        Frame::Signal(Signal::Hello { seq, .. }) if after.is_none() => Some(*seq),
        Frame::Signal(Signal::Reset { seq } | Signal::CaughtUp { seq }) => Some(*seq),
        Frame::Unknown { seq } => *seq,
        Frame::Signal(
            Signal::Hello { .. }
            | Signal::HandoffAssessmentDelta { .. }
            | Signal::MessageDelta { .. }
            | Signal::Presence { .. },
        ) => None,
    }
}

/// From 0 to 1. Without randomness every console waits the whole pause.
fn random() -> f64 {
    let mut bytes = [0; 4];
    match getrandom::fill(&mut bytes) {
        Ok(()) => f64::from(u32::from_be_bytes(bytes)) / f64::from(u32::MAX),
        Err(_) => 1.0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_until_a_stream_says_hello() {
        let mut pause = Pause::default();
        let waits: Vec<u128> = (0..5).map(|_| pause.next(1.0).as_millis()).collect();
        assert_eq!(waits, [500, 1500, 4500, 10_000, 10_000]);
        assert_eq!(pause.next(0.0).as_millis(), 2000);
        pause.is_over();
        assert_eq!(pause.next(1.0).as_millis(), 500);
    }
}
