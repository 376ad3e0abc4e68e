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

/// The first pause after a break, at most, where the server has not said another.
const FIRST_PAUSE: Duration = Duration::from_millis(500);
/// Each further pause may be so many times as long as the one before, up to the longest.
const GROWTH: u32 = 3;
const LONGEST_PAUSE: Duration = Duration::from_secs(10);
/// A server does not keep anybody away for longer than this.
const LONGEST_RETRY: Duration = Duration::from_mins(1);
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

/// Holds a narrowed stream. How its connection is, the team's stream tells.
pub async fn watch(api: Api, watch: Watch, news: UnboundedSender<Event>) {
    hold(&api, Some(watch), None, |frame, _| news.send(Event::Watched(frame)).is_ok(), |_| true).await;
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
    let (mut first, mut broken) = (FIRST_PAUSE, 0);
    loop {
        if !tell(Connection::Connecting) {
            return;
        }
        let why = match api.stream(watch, after).await {
            Ok(response) => {
                let before = after;
                let why = read(response, &mut after, &mut first, &mut take).await;
                let Some(why) = why else { return };
                if after != before {
                    broken = 0;
                }
                why
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
        let wait = pause(first, broken, random());
        let retry_at = clock::now().plus(wait);
        tracing::warn!(why = safe::line(&why), ?watch, "a stream broke off");
        if !tell(Connection::Lost { why, retry_at }) {
            return;
        }
        tokio::time::sleep(wait).await;
        broken += 1;
    }
}

/// Reads a stream to its end; why it ended, or nothing if nobody listens any more.
async fn read(
    response: Response,
    after: &mut Option<Seq>,
    first_pause: &mut Duration,
    take: &mut impl FnMut(Frame, &str) -> bool,
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
        if let Some(retry) = event.retry {
            *first_pause = Duration::from_millis(retry).clamp(FIRST_PAUSE, LONGEST_RETRY);
        }
        let Some(data) = event.data else { continue };
        greeting = None;
        let frame = Frame::parse(&data);
        if let Some(seq) = place(&frame, *after) {
            *after = Some(seq);
        }
        if !take(frame, &data) {
            return None;
        }
    }
}

/// How long to wait before the next try: somewhere between nothing much and the whole pause, so that many consoles do
/// not come back at once. The pause grows with the breaks that followed each other.
fn pause(first: Duration, broken: u32, random: f64) -> Duration {
    let grown = first.saturating_mul(GROWTH.saturating_pow(broken)).min(LONGEST_PAUSE.max(first));
    grown.mul_f64(0.2 + 0.8 * random)
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

    /// The most of these moments that fall into one second, wherever it begins.
    fn fullest_second(mut moments: Vec<Duration>) -> usize {
        moments.sort_unstable();
        let within = |from: &Duration| {
            let end = *from + Duration::from_secs(1);
            moments.iter().filter(|moment| (from..&end).contains(moment)).count()
        };
        moments.iter().map(within).max().unwrap_or(0)
    }

    #[test]
    fn of_a_thousand_that_come_back_no_second_holds_more_than_fifteen_in_a_hundred() {
        // What the server tells a thousand.
        let told = Duration::from_secs(12);
        let herd: Vec<_> = (0..1000).map(|_| pause(told, 0, random())).collect();
        assert!(fullest_second(herd.clone()) <= 150, "{}", fullest_second(herd));
    }

    #[test]
    fn a_lone_console_is_back_soon_and_never_waits_for_long() {
        assert!(pause(FIRST_PAUSE, 0, 1.0) <= Duration::from_millis(500));
        // A server that needs a second to start is met by the third try.
        assert!(pause(FIRST_PAUSE, 1, 1.0) <= Duration::from_millis(1500));
        for broken in 0..100 {
            assert!(pause(FIRST_PAUSE, broken, 1.0) <= LONGEST_PAUSE);
            assert!(pause(FIRST_PAUSE, broken, 0.0) >= FIRST_PAUSE.mul_f64(0.19));
        }
    }
}
