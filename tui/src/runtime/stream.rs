//! Event streams: held over every break, resumed where they were.

use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

use futures_util::StreamExt;
use reqwest::Response;
use sse_stream::SseByteStream;
use tierup_common::event::{Frame, Signal};
use tierup_common::id::Seq;
use tokio::sync::mpsc::UnboundedSender;

use crate::effect::Watch;
use crate::event::{Connection, Event, Failure, Lost};
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
pub const GREETING: Duration = Duration::from_secs(15);
/// It is late after so long, or after a third of an answer's time: something may hold it back.
const LATE: Duration = Duration::from_secs(5);
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
    hold(&api, Some(watch), None, |frame, _| news.send(Event::Watched(frame)).is_ok(), |_| true).await;
}

/// After which event a narrowed stream begins, where the team's is at this one.
pub(super) fn begins(watch: Watch, after: Option<Seq>) -> Option<Seq> {
    match watch {
        // What grows and who reads begins anew with the stream.
        Watch::Handoff(_) => None,
        Watch::Session(_) => after,
    }
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
    let mut pauses = Pauses::default();
    loop {
        if !tell(Connection::Connecting) {
            return;
        }
        let late = Late::new(api);
        let attempt = attempt(api, watch, &late, &mut after, &mut pauses, &mut take);
        let ended = {
            let mut attempt = std::pin::pin!(attempt);
            tokio::select! {
                biased;
                ended = &mut attempt => ended,
                () = late.comes() => {
                    if !late.tells(&mut tell) {
                        return;
                    }
                    attempt.await
                }
            }
        };
        let (why, is_there) = match ended {
            Ok(None) => return,
            Ok(Some(why)) => (why, true),
            Err(Failure::Problem(problem)) if matches!(problem.status, 401 | 403 | 404) => {
                let why = problem.detail.unwrap_or(problem.title);
                tell(if problem.status == 401 {
                    Connection::LoggedOut(why)
                } else {
                    Connection::Refused(why)
                });
                return;
            }
            Err(failure) => (failure.to_string(), failure != Failure::Unreachable(Lost::NoConnection)),
        };
        // Where no server is found at all, there is nothing to ask either.
        if is_there && !late.tells(&mut tell) {
            return;
        }
        let wait = pauses.next(random());
        let retry_at = clock::now().plus(wait);
        tracing::warn!(why = safe::line(&why), ?watch, "a stream broke off");
        if !tell(Connection::Lost { why, retry_at }) {
            return;
        }
        let least = wait.min(FIRST_PAUSE);
        tokio::time::sleep(least).await;
        // An answer to something else says that the server is back: the rest of the pause is for nobody.
        tokio::select! {
            () = tokio::time::sleep(wait.saturating_sub(least)) => {}
            () = api.answers() => {}
        }
    }
}

/// One try: why it ended, or nothing if nobody listens any more.
async fn attempt(
    api: &Api,
    watch: Option<Watch>,
    late: &Late,
    after: &mut Option<Seq>,
    pauses: &mut Pauses,
    take: &mut impl FnMut(Frame, &str) -> bool,
) -> Result<Option<String>, Failure> {
    let response = api.stream(watch, *after).await?;
    let heard = Heard::default();
    let mut take = |frame: Frame, data: &str| {
        late.is_over.store(true, Ordering::Relaxed);
        take(frame, data)
    };
    let read = read(response, &heard, after, pauses, &mut take);
    Ok(tokio::select! {
        ended = read => ended,
        () = heard.nothing(api) => Some("the server took too long".into()),
    })
}

/// Whether the first event of a try is late. It is said once.
struct Late {
    after: Duration,
    ask_every: Duration,
    is_over: AtomicBool,
}

impl Late {
    fn new(api: &Api) -> Self {
        let after = LATE.min(api.answer_time() / 3);
        Self { after, ask_every: after * 2, is_over: AtomicBool::new(false) }
    }

    /// Waits until it is.
    async fn comes(&self) {
        tokio::time::sleep(self.after).await;
    }

    /// Says so, unless something came or it was said; whether anybody listens still.
    fn tells(&self, tell: &mut impl FnMut(Connection) -> bool) -> bool {
        let is_over = self.is_over.swap(true, Ordering::Relaxed);
        is_over || tell(Connection::Late { ask_every: self.ask_every })
    }
}

/// The pauses between tries: they grow until a stream begins, however quiet it is then.
struct Pauses {
    /// The first one after a break, at most.
    first: Duration,
    /// Breaks that followed each other.
    broken: u32,
}

impl Default for Pauses {
    fn default() -> Self {
        Self { first: FIRST_PAUSE, broken: 0 }
    }
}

impl Pauses {
    /// Somewhere between nothing much and the whole pause, by a number from 0 to 1, so that many consoles do not come
    /// back at once.
    fn next(&mut self, chance: f64) -> Duration {
        let growth = GROWTH.saturating_pow(self.broken);
        self.broken = self.broken.saturating_add(1);
        let whole = self.first.saturating_mul(growth).min(LONGEST_PAUSE.max(self.first));
        whole.mul_f64(0.2 + 0.8 * chance)
    }
}

/// When a stream carried something last.
struct Heard {
    begun: tokio::time::Instant,
    /// Milliseconds after its beginning.
    last: AtomicU64,
}

impl Default for Heard {
    fn default() -> Self {
        Self { begun: tokio::time::Instant::now(), last: AtomicU64::default() }
    }
}

impl Heard {
    fn something(&self) {
        let now = u64::try_from(self.begun.elapsed().as_millis()).unwrap_or(u64::MAX);
        self.last.store(now, Ordering::Relaxed);
    }

    /// Waits until the server has neither answered a question in time nor sent anything here for as long.
    async fn nothing(&self, api: &Api) {
        loop {
            api.falls_silent().await;
            let last = self.begun + Duration::from_millis(self.last.load(Ordering::Relaxed));
            if last.elapsed() >= api.answer_time() {
                return;
            }
        }
    }
}

/// Reads a stream to its end; why it ended, or nothing if nobody listens any more.
async fn read(
    response: Response,
    heard: &Heard,
    after: &mut Option<Seq>,
    pauses: &mut Pauses,
    take: &mut impl FnMut(Frame, &str) -> bool,
) -> Option<String> {
    let since_event = AtomicUsize::new(0);
    let bytes = response.bytes_stream().map(|chunk| {
        let chunk = chunk.map_err(std::io::Error::other)?;
        heard.something();
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
            pauses.first = Duration::from_millis(retry).clamp(FIRST_PAUSE, LONGEST_RETRY);
        }
        let Some(data) = event.data else { continue };
        greeting = None;
        let frame = Frame::parse(&data);
        if let Frame::Signal(Signal::Hello { .. }) = frame {
            pauses.broken = 0;
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
        let told = || Pauses { first: Duration::from_secs(12), broken: 0 };
        let herd: Vec<_> = (0..1000).map(|_| told().next(random())).collect();
        assert!(fullest_second(herd.clone()) <= 150, "{}", fullest_second(herd));
    }

    #[test]
    fn pauses_grow_until_a_stream_says_hello() {
        let mut pauses = Pauses::default();
        let waits: Vec<u128> = (0..5).map(|_| pauses.next(1.0).as_millis()).collect();
        assert_eq!(waits, [500, 1500, 4500, 10_000, 10_000]);
        assert_eq!(pauses.next(0.0).as_millis(), 2000);
        pauses.broken = 0;
        assert_eq!(pauses.next(1.0).as_millis(), 500);
    }
}
