//! What the stories are told with.
//!
//! ```text
//! let world = World::new().await;
//! let (sam, mut priya) = (world.engineer("Sam Ortiz").await, world.console("Priya Nair").await);
//! let vpn = sam.escalate("VPN is down").await;
//! priya.sees("VPN is down").await;   // waits on the draw, with a deadline
//! priya.press("<enter><enter>").await;
//! priya.sees("active, yours").await;
//! ```
//!
//! Nothing here is a stand-in for our own code: the server is the real one on a free port, the console the real loop
//! on a buffer instead of a terminal, mail goes to a real SMTP conversation and assessments to a real HTTP endpoint.
//! Nothing sleeps: whoever waits, waits for a fact, and after [`TIMEOUT`] the story has failed.

#![expect(clippy::expect_used, reason = "a story that cannot be told fails, and says where")]
#![expect(clippy::missing_panics_doc, reason = "see above")]

pub mod api_client;
pub mod clean_env;
pub mod console;
pub mod fake_mail_server;
pub mod fake_model;
pub mod faulty_server;
pub mod hurl;
pub mod openapi;
pub mod pending_request;
pub mod process;
pub mod proxy;
pub mod pty;
pub mod sse_client;
pub mod wait_for_file;
pub mod webhook_receiver;
pub mod world;

use std::time::Duration;

pub use api_client::{ApiClient, Escalation, http_client};
pub use console::Console;
pub use fake_mail_server::{FakeMailServer, MailBehavior};
pub use fake_model::{FakeModel, ModelBehavior, TWO_STEP_ASSESSMENT};
pub use faulty_server::{FaultyServer, ServerBehavior};
pub use hurl::{Variables, run_script};
pub use pending_request::PendingRequest;
pub use proxy::{BlackholeProxy, BufferingProxy, LossyProxy};
pub use pty::Pty;
pub use sse_client::SseClient;
pub use webhook_receiver::WebhookReceiver;
pub use world::World;

/// Whatever is waited for comes within this time.
pub const TIMEOUT: Duration = Duration::from_secs(30);

/// What a test does when all tests run, or the bigger thing that it does for `just soak`.
pub fn quick_or_soak<T>(quick: T, long: T) -> T {
    if std::env::var_os("TIERUP_SOAK").is_some() { long } else { quick }
}
