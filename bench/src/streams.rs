//! Many open event streams, and what arrives on them: every event on every stream, once and in order, and when.

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

/// What arrives later than this is late.
const LATE_AFTER: Duration = Duration::from_secs(1);

/// Streams that are open, all with the same events on them.
pub struct StreamGroup {
    tracker: Rc<DeliveryTracker>,
    /// They end with this.
    _readers: JoinSet<()>,
}

/// What the streams have in common.
struct DeliveryTracker {
    stream_count: usize,
    /// The newest event before the first that is measured.
    base_seq: Cell<u64>,
    open_count: Cell<usize>,
    ended_count: Cell<usize>,
    /// When each event was asked for, and on how many streams it has arrived.
    events: RefCell<Vec<(Instant, usize)>>,
    /// How long each delivery took, in milliseconds.
    deliveries_ms: RefCell<Vec<f64>>,
    /// How long it took until an event was on the last stream, in milliseconds.
    last_deliveries_ms: RefCell<Vec<f64>>,
    late_count: Cell<usize>,
    out_of_order_count: Cell<usize>,
    in_flight_permits: Semaphore,
    changed: Notify,
}

/// What arrived since the last look.
pub struct DeliveryReport {
    /// How long each delivery took, in milliseconds.
    pub deliveries_ms: Vec<f64>,
    /// How long it took until an event was on the last stream, in milliseconds.
    pub last_deliveries_ms: Vec<f64>,
    /// Deliveries that did not come, came twice or in the wrong order, or later than after a second.
    pub lost: usize,
    /// See above.
    pub out_of_order: usize,
    /// See above.
    pub late: usize,
}

impl StreamGroup {
    /// Opens so many; at most `ahead` events may be asked for that have not arrived everywhere.
    pub async fn open(
        address: std::net::SocketAddr,
        count: usize,
        max_in_flight: usize,
        request: impl Fn(usize) -> Vec<u8>,
    ) -> anyhow::Result<Self> {
        let hub = Rc::new(DeliveryTracker {
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
        let mut reading = JoinSet::new();
        for number in 0..count {
            let stream = HttpConnection::connect(address).await?.into_stream(&request(number)).await?;
            reading.spawn_local(read_stream(stream, Rc::clone(&hub)));
        }
        let all = async {
            while hub.open_count.get() < count {
                hub.changed.notified().await;
            }
        };
        tokio::time::timeout(Duration::from_mins(1), all).await.context("not every stream opened")?;
        Ok(Self { tracker: hub, _readers: reading })
    }

    /// Waits until another event may be asked for, and notes that it is asked for now.
    pub async fn begin_event(&self) -> anyhow::Result<()> {
        self.tracker.in_flight_permits.acquire().await?.forget();
        self.tracker.events.borrow_mut().push((Instant::now(), 0));
        Ok(())
    }

    /// Waits until everything has arrived, or does not come any more, and begins anew.
    pub async fn wait_for_deliveries(&self) -> anyhow::Result<DeliveryReport> {
        let hub = &self.tracker;
        let all = async {
            while hub.events.borrow().iter().any(|(_, arrived)| *arrived < hub.stream_count) {
                hub.changed.notified().await;
            }
        };
        // Whatever has not come after this is lost, and counted so.
        let _ = tokio::time::timeout(Duration::from_secs(10), all).await;
        ensure!(hub.ended_count.get() == 0, "{} streams ended", hub.ended_count.get());
        let events = std::mem::take(&mut *hub.events.borrow_mut());
        hub.base_seq.set(hub.base_seq.get() + events.len() as u64);
        Ok(DeliveryReport {
            lost: events.iter().map(|(_, arrived)| hub.stream_count.saturating_sub(*arrived)).sum(),
            deliveries_ms: hub.deliveries_ms.take(),
            last_deliveries_ms: hub.last_deliveries_ms.take(),
            out_of_order: hub.out_of_order_count.take(),
            late: hub.late_count.take(),
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
        let place = usize::try_from(seq - self.base_seq.get() - 1).unwrap_or(usize::MAX);
        let Some((asked, arrived)) = events.get_mut(place) else { return };
        *arrived += 1;
        let took = asked.elapsed();
        self.deliveries_ms.borrow_mut().push(as_millis(took));
        if took > LATE_AFTER {
            self.late_count.set(self.late_count.get() + 1);
        }
        if *arrived == self.stream_count {
            self.last_deliveries_ms.borrow_mut().push(as_millis(took));
            self.in_flight_permits.add_permits(1);
            self.changed.notify_one();
        }
    }
}

async fn read_stream(mut stream: TcpStream, tracker: Rc<DeliveryTracker>) {
    let mut buffer = Vec::with_capacity(16 * 1024);
    let mut last = None;
    while stream.read_buf(&mut buffer).await.is_ok_and(|read| read > 0) {
        let mut done = 0;
        if last.is_none()
            && let Some(newest) = parse_hello_seq(&buffer)
        {
            tracker.record_hello(newest);
            last = Some(newest);
        }
        if let Some(last) = &mut last {
            done = for_each_id(&buffer, |seq| {
                if seq != *last + 1 {
                    tracker.out_of_order_count.set(tracker.out_of_order_count.get() + 1);
                }
                *last = seq;
                tracker.record_delivery(seq);
            });
        }
        buffer.drain(..done);
    }
    tracker.ended_count.set(tracker.ended_count.get() + 1);
}

/// The newest event, as the first frame of a stream tells it.
fn parse_hello_seq(buffer: &[u8]) -> Option<u64> {
    let rest = &buffer[memmem::find(buffer, b"event: hello\ndata: ")?..];
    let rest = &rest[memmem::find(rest, b"\"seq\":")? + 6..];
    let end = rest.iter().position(|byte| !byte.is_ascii_digit())?;
    std::str::from_utf8(&rest[..end]).ok()?.parse().ok()
}

/// Calls back for each event in a part of a stream; up to where it has been read.
pub fn for_each_id(buffer: &[u8], mut on_id: impl FnMut(u64)) -> usize {
    const MARK: &[u8] = b"\nid: ";
    // What may be the beginning of a mark is looked at again with what follows.
    let mut done = buffer.len().saturating_sub(MARK.len() - 1);
    for at in memmem::find_iter(buffer, MARK) {
        let digits = &buffer[at + MARK.len()..];
        let Some(end) = memchr::memchr(b'\n', digits) else { return at };
        if let Some(seq) = std::str::from_utf8(&digits[..end]).ok().and_then(|digits| digits.parse().ok()) {
            on_id(seq);
        }
        done = done.max(at + MARK.len() + end);
    }
    done
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_are_found_however_the_stream_is_cut() {
        let stream =
            b"\r\nid: 7\nevent: a\ndata: {}\n\n\r\n1a\r\nid: 8\nevent: b\ndata: {}\n\nid: 12\nevent: c\n";
        for cut in 0..stream.len() {
            let (mut ids, mut buffer) = (Vec::new(), Vec::new());
            for part in [&stream[..cut], &stream[cut..]] {
                buffer.extend_from_slice(part);
                let done = for_each_id(&buffer, |id| ids.push(id));
                buffer.drain(..done);
            }
            assert_eq!(ids, [7, 8, 12], "cut at {cut}");
        }
    }
}
