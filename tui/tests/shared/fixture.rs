//! A server in a temporary folder, and the input of commands that talk to it.

use std::io::Write;
use std::process::{Command, Output, Stdio};

use tempfile::TempDir;
use tierup_server::clock::Clock;
use tierup_server::config::Settings;
use tierup_server::{Server, admin};

/// A server with one account. Each test file adds its own ways to run commands.
pub struct Fixture {
    /// The server's folder is `data`; the others are homes of clients.
    pub temp_dir: TempDir,
    pub server: Server,
    /// The token of Ana, the owner.
    pub owner_token: String,
}

impl Fixture {
    /// Starts a server on a free port.
    pub async fn start(settings: Settings) -> Self {
        let temp_dir = tempfile::tempdir().unwrap();
        let data = temp_dir.path().join("data");
        let owner = admin::init(&data, "Acme", "ana@acme.test", "Ana Ruiz").unwrap();
        let settings = Settings { listen: Some(([127, 0, 0, 1], 0).into()), ..settings };
        let server = Server::start(&data, settings.into_config().unwrap(), Clock::system()).await.unwrap();
        Self { temp_dir, server, owner_token: owner.token }
    }
}

/// Runs a command with these bytes on its standard input.
pub fn output_with_stdin(mut command: Command, input: &[u8]) -> Output {
    let mut child =
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    // A command that refuses its arguments reads nothing.
    let _ = child.stdin.take().unwrap().write_all(input);
    child.wait_with_output().unwrap()
}
