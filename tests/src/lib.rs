//! The vocabulary of the end-to-end tests.
//!
//! ```text
//! let world = World::new().await;
//! let (sam, mut priya) = (world.engineer("Sam Ortiz").await, world.console("Priya Nair").await);
//! let vpn = sam.escalate("VPN is down").await;
//! priya.sees("VPN is down").await;   // waits for a draw, with a deadline
//! priya.press("<enter><enter>").await;
//! priya.sees("active, yours").await;
//! ```
//!
//! Our own code is never mocked: the server is the real one on a free port, the console is the real loop drawing to a
//! buffer, mail goes through a real SMTP conversation and assessments through a real HTTP endpoint. Nothing sleeps: a
//! test waits for a fact and fails after [`TIMEOUT`].

#![expect(clippy::expect_used, reason = "tests may panic")]
#![expect(clippy::missing_panics_doc, reason = "test helpers may panic")]

pub mod api_client;
pub mod clean_env;
pub mod console;
pub mod fake_mail_server;
pub mod fake_model;
pub mod faulty_server;
pub mod hurl;
pub mod model_world;
pub mod openapi;
pub mod pending_request;
pub mod process;
pub mod proxy;
pub mod pty;
pub mod scripted_answer;
pub mod sse_client;
pub mod wait_for_file;
pub mod webhook_receiver;
pub mod world;

use std::time::Duration;

pub use api_client::{ApiClient, Escalation, http_client, string_field};
pub use console::Console;
pub use fake_mail_server::{FakeMailServer, MailBehavior};
pub use fake_model::{FakeModel, MODEL_API_KEY, ModelBehavior, TWO_STEP_ASSESSMENT, TWO_STEP_TEXT};
pub use faulty_server::{FaultyServer, ServerBehavior};
pub use hurl::{Variables, run_script};
pub use pending_request::PendingRequest;
pub use proxy::{BlackholeProxy, BufferingProxy, HoldingProxy, LossyProxy};
pub use pty::Pty;
pub use scripted_answer::ScriptedAnswer;
pub use sse_client::SseClient;
pub use webhook_receiver::WebhookReceiver;
pub use world::World;

/// The timeout of every wait.
pub const TIMEOUT: Duration = Duration::from_secs(30);

/// The quick value in `cargo test`, the long one in `just soak`.
pub fn quick_or_soak<T>(quick: T, long: T) -> T {
    if std::env::var_os("TIERUP_SOAK").is_some() { long } else { quick }
}
