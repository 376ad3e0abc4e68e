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

use crate::client::Line;
use crate::load::millis;

/// What arrives later than this is late.
const LATE: Duration = Duration::from_secs(1);

/// Streams that are open, all with the same events on them.
pub struct Streams {
    hub: Rc<Hub>,
    /// They end with this.
    _reading: JoinSet<()>,
}

/// What the streams have in common.
struct Hub {
    streams: usize,
    /// The newest event before the first that is measured.
    base: Cell<u64>,
    open: Cell<usize>,
    ended: Cell<usize>,
    /// When each event was asked for, and on how many streams it has arrived.
    events: RefCell<Vec<(Instant, usize)>>,
    /// How long each delivery took, in milliseconds.
    deliveries: RefCell<Vec<f64>>,
    /// How long it took until an event was on the last stream, in milliseconds.
    last: RefCell<Vec<f64>>,
    late: Cell<usize>,
    out_of_order: Cell<usize>,
    whole: Semaphore,
    changed: Notify,
}

/// What arrived since the last look.
pub struct Arrived {
    /// How long each delivery took, in milliseconds.
    pub deliveries: Vec<f64>,
    /// How long it took until an event was on the last stream, in milliseconds.
    pub last: Vec<f64>,
    /// Deliveries that did not come, came twice or in the wrong order, or later than after a second.
    pub lost: usize,
    /// See above.
    pub out_of_order: usize,
    /// See above.
    pub late: usize,
}

impl Streams {
    /// Opens so many; at most `ahead` events may be asked for that have not arrived everywhere.
    pub async fn open(
        address: std::net::SocketAddr,
        count: usize,
        ahead: usize,
        request: impl Fn(usize) -> Vec<u8>,
    ) -> anyhow::Result<Self> {
        let hub = Rc::new(Hub {
            streams: count,
            base: Cell::new(0),
            open: Cell::new(0),
            ended: Cell::new(0),
            events: RefCell::default(),
            deliveries: RefCell::default(),
            last: RefCell::default(),
            late: Cell::new(0),
            out_of_order: Cell::new(0),
            whole: Semaphore::new(ahead),
            changed: Notify::new(),
        });
        let mut reading = JoinSet::new();
        for number in 0..count {
            let stream = Line::open(address).await?.listen(&request(number)).await?;
            reading.spawn_local(read(stream, Rc::clone(&hub)));
        }
        let all = async {
            while hub.open.get() < count {
                hub.changed.notified().await;
            }
        };
        tokio::time::timeout(Duration::from_mins(1), all).await.context("not every stream opened")?;
        Ok(Self { hub, _reading: reading })
    }

    /// Waits until another event may be asked for, and notes that it is asked for now.
    pub async fn next_event(&self) -> anyhow::Result<()> {
        self.hub.whole.acquire().await?.forget();
        self.hub.events.borrow_mut().push((Instant::now(), 0));
        Ok(())
    }

    /// Waits until everything has arrived, or does not come any more, and begins anew.
    pub async fn settle(&self) -> anyhow::Result<Arrived> {
        let hub = &self.hub;
        let all = async {
            while hub.events.borrow().iter().any(|(_, arrived)| *arrived < hub.streams) {
                hub.changed.notified().await;
            }
        };
        // Whatever has not come after this is lost, and counted so.
        let _ = tokio::time::timeout(Duration::from_secs(10), all).await;
        ensure!(hub.ended.get() == 0, "{} streams ended", hub.ended.get());
        let events = std::mem::take(&mut *hub.events.borrow_mut());
        hub.base.set(hub.base.get() + events.len() as u64);
        Ok(Arrived {
            lost: events.iter().map(|(_, arrived)| hub.streams.saturating_sub(*arrived)).sum(),
            deliveries: hub.deliveries.take(),
            last: hub.last.take(),
            out_of_order: hub.out_of_order.take(),
            late: hub.late.take(),
        })
    }
}

impl Hub {
    fn greeted(&self, newest: u64) {
        self.base.set(self.base.get().max(newest));
        self.open.set(self.open.get() + 1);
        self.changed.notify_one();
    }

    fn heard(&self, seq: u64) {
        let mut events = self.events.borrow_mut();
        let place = usize::try_from(seq - self.base.get() - 1).unwrap_or(usize::MAX);
        let Some((asked, arrived)) = events.get_mut(place) else { return };
        *arrived += 1;
        let took = asked.elapsed();
        self.deliveries.borrow_mut().push(millis(took));
        if took > LATE {
            self.late.set(self.late.get() + 1);
        }
        if *arrived == self.streams {
            self.last.borrow_mut().push(millis(took));
            self.whole.add_permits(1);
            self.changed.notify_one();
        }
    }
}

async fn read(mut stream: TcpStream, hub: Rc<Hub>) {
    let mut buffer = Vec::with_capacity(16 * 1024);
    let mut last = None;
    while stream.read_buf(&mut buffer).await.is_ok_and(|read| read > 0) {
        let mut done = 0;
        if last.is_none()
            && let Some(newest) = greeting(&buffer)
        {
            hub.greeted(newest);
            last = Some(newest);
        }
        if let Some(last) = &mut last {
            done = each_id(&buffer, |seq| {
                if seq != *last + 1 {
                    hub.out_of_order.set(hub.out_of_order.get() + 1);
                }
                *last = seq;
                hub.heard(seq);
            });
        }
        buffer.drain(..done);
    }
    hub.ended.set(hub.ended.get() + 1);
}

/// The newest event, as the first frame of a stream tells it.
fn greeting(buffer: &[u8]) -> Option<u64> {
    let rest = &buffer[memmem::find(buffer, b"event: hello\ndata: ")?..];
    let rest = &rest[memmem::find(rest, b"\"seq\":")? + 6..];
    let end = rest.iter().position(|byte| !byte.is_ascii_digit())?;
    std::str::from_utf8(&rest[..end]).ok()?.parse().ok()
}

/// Calls back for each event in a part of a stream; up to where it has been read.
pub fn each_id(buffer: &[u8], mut found: impl FnMut(u64)) -> usize {
    const MARK: &[u8] = b"\nid: ";
    // What may be the beginning of a mark is looked at again with what follows.
    let mut done = buffer.len().saturating_sub(MARK.len() - 1);
    for at in memmem::find_iter(buffer, MARK) {
        let digits = &buffer[at + MARK.len()..];
        let Some(end) = memchr::memchr(b'\n', digits) else { return at };
        if let Some(seq) = std::str::from_utf8(&digits[..end]).ok().and_then(|digits| digits.parse().ok()) {
            found(seq);
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
                let done = each_id(&buffer, |id| ids.push(id));
                buffer.drain(..done);
            }
            assert_eq!(ids, [7, 8, 12], "cut at {cut}");
        }
    }
}
