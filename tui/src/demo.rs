//! `tierup demo`: the real server in this process, a scripted team that talks to it over HTTP as anybody would, and
//! the console of one senior. Everything is in a temporary folder that goes with it.

mod juniors;
mod rivals;
mod script;
mod server;
mod story;
mod team;

use crate::cli::{CliError, cli_error, open_console};
use crate::demo::server::DemoServer;
use crate::settings::Settings;

/// Plays the story around the console, or, as lines, without one.
pub async fn run(as_script: bool, settings: Settings) -> Result<(), CliError> {
    let pace = if as_script { script::WORDS_PER_SECOND } else { server::READING_WORDS_PER_SECOND };
    let stage = DemoServer::start(pace).await.map_err(cli_error)?;
    let done = if as_script { script::run(&stage).await } else { play_in_console(&stage, settings).await };
    stage.stop().await;
    done
}

/// The console of the one senior who is you, while the others go about their work.
async fn play_in_console(stage: &DemoServer, settings: Settings) -> Result<(), CliError> {
    let story = story::Story::read().map_err(cli_error)?;
    let (cast, you) = (stage.team.clone(), stage.you.id);
    let others = tokio::spawn(async move {
        // The demo goes on without whoever fell over: the console shows what did happen.
        let _ = cast.seed_history(&story).await;
        let rivals = rivals::run(&cast, you);
        let juniors = juniors::run(&cast, &story);
        tokio::join!(rivals, juniors)
    });
    let done = open_console(stage.server_access(), stage.data_dir(), settings).await;
    others.abort();
    done
}
