//! A stream in a task of its own, for callers that wait for one frame after another.

use tierup_common::event::{Signal, StreamFrame};
use tierup_common::time::Timestamp;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::task::JoinHandle;

use crate::effect::StreamFilter;
use crate::event::ConnectionEvent;
use crate::runtime::api::ApiClient;
use crate::runtime::stream::run_with_reconnect;

/// The items of a subscription.
#[derive(Clone, PartialEq, Debug)]
pub enum StreamItem {
    /// A frame of the stream.
    Frame(StreamFrame),
    /// Its connection changed.
    Connection(ConnectionEvent),
}

/// A stream that reconnects until this is dropped.
#[derive(Debug)]
pub struct Subscription {
    items: UnboundedReceiver<StreamItem>,
    task: JoinHandle<()>,
}

impl Subscription {
    /// The team's stream, or a filtered one, from now on.
    pub fn open(api: ApiClient, filter: Option<StreamFilter>) -> Self {
        let (sender, items) = unbounded_channel();
        Self::new(items, tokio::spawn(async move { forward(&api, filter, &sender).await }))
    }

    /// The messages that a task sends until it ends.
    pub const fn new(items: UnboundedReceiver<StreamItem>, task: JoinHandle<()>) -> Self {
        Self { items, task }
    }

    /// The next item; `None` once the server has refused the stream.
    pub async fn next(&mut self) -> Option<StreamItem> {
        self.items.recv().await
    }

    /// Waits for the first frame for which `select` returns something. `on_connection` hears of the connection
    /// meanwhile, and ends the wait with an error. `None` if the stream is over.
    pub async fn find<T, E>(
        &mut self,
        mut select: impl FnMut(StreamFrame) -> Option<T>,
        mut on_connection: impl FnMut(ConnectionEvent) -> Result<(), E>,
    ) -> Result<Option<T>, E> {
        while let Some(item) = self.next().await {
            match item {
                StreamItem::Connection(change) => on_connection(change)?,
                StreamItem::Frame(frame) => {
                    if let Some(found) = select(frame) {
                        return Ok(Some(found));
                    }
                }
            }
        }
        Ok(None)
    }
}

impl Drop for Subscription {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// The server's clock, if this is the frame that every stream begins with.
pub fn hello_time(frame: &StreamFrame) -> Option<Timestamp> {
    match frame {
        StreamFrame::Signal(Signal::Hello { now, .. }) => Some(*now),
        StreamFrame::Signal(_) | StreamFrame::Event(_) | StreamFrame::Unknown { .. } => None,
    }
}

async fn forward(api: &ApiClient, filter: Option<StreamFilter>, sender: &UnboundedSender<StreamItem>) {
    let on_frame = |frame, _: &str| sender.send(StreamItem::Frame(frame)).is_ok();
    let on_connection = |change| sender.send(StreamItem::Connection(change)).is_ok();
    run_with_reconnect(api, filter, None, on_frame, on_connection).await;
}
