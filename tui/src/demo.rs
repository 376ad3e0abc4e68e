//! `tierup demo`: a real server in this process, a scripted team that uses its HTTP API, and the console of one senior
//! engineer. All files are in a temporary folder that is removed at the end.

mod juniors;
mod rivals;
mod script;
mod server;
mod story;
mod team;

use std::io::Write;

use crate::demo::server::DemoServer;
use crate::error::CliError;
use crate::runtime::console;
use crate::settings::Settings;

/// The last line of the demo, once the terminal is as it was.
const WHAT_NEXT: &str = "Next: `tierup login --server URL`, or your own server: `tierup-server init`";

/// Plays the story in the console, or prints it line by line.
pub async fn run(as_script: bool, settings: Settings) -> Result<(), CliError> {
    let words_per_second =
        if as_script { script::WORDS_PER_SECOND } else { server::READING_WORDS_PER_SECOND };
    let server = DemoServer::start(words_per_second).await.map_err(CliError::from_display)?;
    let done = if as_script { script::run(&server).await } else { play_in_console(&server, settings).await };
    server.stop().await;
    done
}

/// Opens your console while the team works.
async fn play_in_console(server: &DemoServer, settings: Settings) -> Result<(), CliError> {
    let story = story::Story::read().map_err(CliError::from_display)?;
    let (team, you) = (server.team.clone(), server.you.id);
    let teammates = tokio::spawn(async move {
        // After a failure the demo continues with what is there.
        let _ = team.seed_history(&story).await;
        tokio::join!(rivals::run(&team, you), juniors::run(&team, &story))
    });
    let done = console::open(server.server_access(), server.data_dir(), settings).await;
    teammates.abort();
    done.map_err(CliError::from_display)?;
    // The reader may be gone.
    let _ = writeln!(std::io::stdout(), "{WHAT_NEXT}");
    Ok(())
}
