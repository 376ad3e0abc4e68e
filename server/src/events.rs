//! The bell: tells every stream of an account that there is something new, and keeps what is newest at hand.
//!
//! What is new is never in the bell. Durable events are rows of the log, of which each account's channel keeps the
//! newest as frames, serialised once for all streams. Growing texts and presence are plain state that a stream
//! compares with what it has sent. So a stream that was slow, or away, reads on from where it was: nothing is pushed
//! at it, nothing overflows.

mod channel;
mod delta_writer;
mod deltas;
mod follower;
mod frame;
mod hub;
mod presence;
mod recent;
mod replay;
mod stream;

pub use delta_writer::DeltaWriter;
pub use deltas::TextKey;
pub use follower::LogFollower;
pub use hub::EventHub;
pub use stream::{EventStream, StreamOptions, StreamStart};
