//! The event streams: who is connected, and what each stream sends.
//!
//! The log in the database is the source of truth. Each account's channel keeps its newest events as frames, serialized
//! once for all streams; partial texts and presence are plain state. A stream is a cursor: when woken, it compares all
//! of these with what it has sent. So a slow or returning stream continues where it was, and no queue can overflow.

mod channel;
mod delta_writer;
mod deltas;
mod follower;
mod frame;
mod hub;
mod presence;
mod recent;
mod replay;
mod session_watch;
mod stream;

pub use delta_writer::DeltaWriter;
pub use deltas::DeltaTarget;
pub use follower::EventLogFollower;
pub use hub::EventHub;
pub use session_watch::SessionWatcher;
pub use stream::{EventStream, StreamOptions, StreamStart};
