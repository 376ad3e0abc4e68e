//! What the stories are told with.
//!
//! ```text
//! let world = World::new().await;
//! let (sam, mut priya) = (world.engineer("Sam Ortiz").await, world.console("Priya Nair").await);
//! let vpn = sam.escalates("VPN is down").await;
//! priya.sees("VPN is down").await;   // waits on the draw, with a deadline
//! priya.press("<enter><enter>").await;
//! priya.sees("active, yours").await;
//! ```
//!
//! Nothing here is a stand-in for our own code: the server is the real one on a free port, the console the real loop
//! on a buffer instead of a terminal, mail goes to a real SMTP conversation and assessments to a real HTTP endpoint.
//! Nothing sleeps: whoever waits, waits for a fact, and after [`SOON`] the story has failed.

#![expect(clippy::expect_used, reason = "a story that cannot be told fails, and says where")]
#![expect(clippy::missing_panics_doc, reason = "see above")]

pub mod alone;
pub mod console;
pub mod crank;
pub mod description;
pub mod engineer;
pub mod held;
pub mod kept;
pub mod listener;
pub mod lossy;
pub mod model;
pub mod post;
pub mod process;
pub mod pty;
pub mod receiver;
pub mod script;
pub mod world;

use std::time::Duration;

pub use console::Console;
pub use crank::{Crank, Mood};
pub use engineer::{Engineer, Escalated, http};
pub use held::Held;
pub use listener::Listener;
pub use lossy::{Hole, Lossy};
pub use model::{Model, Temper};
pub use post::{Manner, PostOffice};
pub use pty::Pty;
pub use receiver::Receiver;
pub use script::{Script, Variables};
pub use world::World;

/// Whatever is waited for comes within this time.
pub const SOON: Duration = Duration::from_secs(30);

/// What a test does when all tests run, or the bigger thing that it does for `just soak`.
pub fn soak<T>(quick: T, long: T) -> T {
    if std::env::var_os("TIERUP_SOAK").is_some() { long } else { quick }
}
