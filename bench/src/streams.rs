//! Many event streams: checks that each event arrives on each stream once and in order, and measures when.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use memchr::memmem;
use tokio::io::AsyncReadExt;
use tokio::net::TcpStream;
use tokio::sync::{Notify, Semaphore};
use tokio::task::JoinSet;

use crate::client::HttpConnection;
use crate::load::as_millis;

/// Later deliveries count as late.
const LATE_AFTER: Duration = Duration::from_secs(1);

/// Open streams that all get the same events, whose numbers have no gaps.
pub struct StreamGroup {
    tracker: Rc<DeliveryTracker>,
    /// Dropping these ends the streams.
    _readers: JoinSet<()>,
}

/// State shared by the streams.
struct DeliveryTracker {
    stream_count: usize,
    /// The newest event before the measured ones.
    base_seq: Cell<u64>,
    open_count: Cell<usize>,
    ended_count: Cell<usize>,
    /// When each event was published, and on how many streams it has arrived.
    events: RefCell<Vec<(Instant, usize)>>,
    /// The latency of each delivery, in milliseconds.
    deliveries_ms: RefCell<Vec<f64>>,
    /// The latency until an event is on the last stream, in milliseconds.
    last_deliveries_ms: RefCell<Vec<f64>>,
    late_count: Cell<usize>,
    out_of_order_count: Cell<usize>,
    in_flight_permits: Semaphore,
    changed: Notify,
}

/// The deliveries since the last report.
pub struct DeliveryReport {
    /// The latency of each delivery, in milliseconds.
    pub deliveries_ms: Vec<f64>,
    /// The latency until an event was on the last stream, in milliseconds.
    pub last_deliveries_ms: Vec<f64>,
    /// Deliveries that did not arrive.
    pub lost: usize,
    /// Deliveries that were repeated or out of order.
    pub out_of_order: usize,
    /// Deliveries after more than [`LATE_AFTER`].
    pub late: usize,
}

impl StreamGroup {
    /// Opens this many streams; at most `max_in_flight` events may be undelivered at a time.
    pub async fn open(
        address: std::net::SocketAddr,
        count: usize,
        max_in_flight: usize,
        request: impl Fn(usize) -> Vec<u8>,
    ) -> anyhow::Result<Self> {
        let tracker = Rc::new(DeliveryTracker {
            stream_count: count,
            base_seq: Cell::new(0),
            open_count: Cell::new(0),
            ended_count: Cell::new(0),
            events: RefCell::default(),
            deliveries_ms: RefCell::default(),
            last_deliveries_ms: RefCell::default(),
            late_count: Cell::new(0),
            out_of_order_count: Cell::new(0),
            in_flight_permits: Semaphore::new(max_in_flight),
            changed: Notify::new(),
        });
        let mut readers = JoinSet::new();
        for number in 0..count {
            let stream = HttpConnection::connect(address).await?.into_stream(&request(number)).await?;
            readers.spawn_local(read_stream(stream, Rc::clone(&tracker)));
        }
        let all = async {
            while tracker.open_count.get() < count {
                tracker.changed.notified().await;
            }
        };
        tokio::time::timeout(Duration::from_mins(1), all).await.context("not every stream opened")?;
        Ok(Self { tracker, _readers: readers })
    }

    /// Waits until another event may be published, and records its time.
    pub async fn begin_event(&self) -> anyhow::Result<()> {
        self.tracker.in_flight_permits.acquire().await?.forget();
        self.tracker.events.borrow_mut().push((Instant::now(), 0));
        Ok(())
    }

    /// Waits until all events have arrived everywhere, and returns a report.
    pub async fn wait_for_deliveries(&self) -> anyhow::Result<DeliveryReport> {
        let tracker = &self.tracker;
        let all = async {
            while tracker.events.borrow().iter().any(|(_, arrived)| *arrived < tracker.stream_count) {
                tracker.changed.notified().await;
            }
        };
        // Frames that have not arrived by then are lost.
        let _ = tokio::time::timeout(Duration::from_secs(10), all).await;
        ensure!(tracker.ended_count.get() == 0, "{} streams ended", tracker.ended_count.get());
        let events = std::mem::take(&mut *tracker.events.borrow_mut());
        tracker.base_seq.set(tracker.base_seq.get() + events.len() as u64);
        Ok(DeliveryReport {
            lost: events.iter().map(|(_, arrived)| tracker.stream_count.saturating_sub(*arrived)).sum(),
            deliveries_ms: tracker.deliveries_ms.take(),
            last_deliveries_ms: tracker.last_deliveries_ms.take(),
            out_of_order: tracker.out_of_order_count.take(),
            late: tracker.late_count.take(),
        })
    }
}

impl DeliveryTracker {
    fn record_hello(&self, newest: u64) {
        self.base_seq.set(self.base_seq.get().max(newest));
        self.open_count.set(self.open_count.get() + 1);
        self.changed.notify_one();
    }

    fn record_delivery(&self, seq: u64) {
        let mut events = self.events.borrow_mut();
        let index = usize::try_from(seq - self.base_seq.get() - 1).unwrap_or(usize::MAX);
        let Some((published_at, arrived)) = events.get_mut(index) else { return };
        *arrived += 1;
        let latency = published_at.elapsed();
        self.deliveries_ms.borrow_mut().push(as_millis(latency));
        if latency > LATE_AFTER {
            self.late_count.set(self.late_count.get() + 1);
        }
        if *arrived == self.stream_count {
            self.last_deliveries_ms.borrow_mut().push(as_millis(latency));
            self.in_flight_permits.add_permits(1);
            self.changed.notify_one();
        }
    }
}

async fn read_stream(mut stream: TcpStream, tracker: Rc<DeliveryTracker>) {
    let mut buffer = Vec::with_capacity(16 * 1024);
    let mut last = None;
    while stream.read_buf(&mut buffer).await.is_ok_and(|read| read > 0) {
        let mut consumed = 0;
        if last.is_none()
            && let Some(newest) = parse_hello_seq(&buffer)
        {
            tracker.record_hello(newest);
            last = Some(newest);
        }
        if let Some(last) = &mut last {
            consumed = for_each_id(&buffer, |seq| {
                if seq != *last + 1 {
                    tracker.out_of_order_count.set(tracker.out_of_order_count.get() + 1);
                }
                *last = seq;
                tracker.record_delivery(seq);
            });
        }
        buffer.drain(..consumed);
    }
    tracker.ended_count.set(tracker.ended_count.get() + 1);
}

/// The newest event according to the stream's first frame.
fn parse_hello_seq(buffer: &[u8]) -> Option<u64> {
    let rest = &buffer[memmem::find(buffer, b"event: hello\ndata: ")?..];
    let rest = &rest[memmem::find(rest, b"\"seq\":")? + 6..];
    let end = rest.iter().position(|byte| !byte.is_ascii_digit())?;
    std::str::from_utf8(&rest[..end]).ok()?.parse().ok()
}

/// Calls `on_id` for each event id in a buffer; returns how much was consumed.
pub fn for_each_id(buffer: &[u8], mut on_id: impl FnMut(u64)) -> usize {
    const ID_PREFIX: &[u8] = b"\nid: ";
    // A prefix may be split across buffers: keep its possible beginning.
    let mut consumed = buffer.len().saturating_sub(ID_PREFIX.len() - 1);
    for at in memmem::find_iter(buffer, ID_PREFIX) {
        let digits = &buffer[at + ID_PREFIX.len()..];
        let Some(end) = memchr::memchr(b'\n', digits) else { return at };
        if let Some(seq) = std::str::from_utf8(&digits[..end]).ok().and_then(|digits| digits.parse().ok()) {
            on_id(seq);
        }
        consumed = consumed.max(at + ID_PREFIX.len() + end);
    }
    consumed
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn event_ids_are_found_wherever_the_stream_is_split() {
        let stream =
            b"\r\nid: 7\nevent: a\ndata: {}\n\n\r\n1a\r\nid: 8\nevent: b\ndata: {}\n\nid: 12\nevent: c\n";
        for cut in 0..stream.len() {
            let (mut ids, mut buffer) = (Vec::new(), Vec::new());
            for part in [&stream[..cut], &stream[cut..]] {
                buffer.extend_from_slice(part);
                let consumed = for_each_id(&buffer, |id| ids.push(id));
                buffer.drain(..consumed);
            }
            assert_eq!(ids, [7, 8, 12], "cut at {cut}");
        }
    }
}
