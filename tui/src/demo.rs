//! `tierup demo`: the real server in this process, a scripted team that talks to it over HTTP as anybody would, and
//! the console of one senior. Everything is in a temporary folder that goes with it.

mod cast;
mod juniors;
mod rivals;
mod script;
mod stage;
mod story;

use crate::cli::{Exit, open_console, wrong};
use crate::demo::stage::Stage;
use crate::settings::Settings;

/// Plays the story around the console, or, as lines, without one.
pub async fn run(as_script: bool, settings: Settings) -> Result<(), Exit> {
    let pace = if as_script { script::PACE } else { stage::READING_PACE };
    let stage = Stage::set(pace).await.map_err(wrong)?;
    let done = if as_script { script::play(&stage).await } else { play(&stage, settings).await };
    stage.strike().await;
    done
}

/// The console of the one senior who is you, while the others go about their work.
async fn play(stage: &Stage, settings: Settings) -> Result<(), Exit> {
    let story = story::Story::read().map_err(wrong)?;
    let (cast, you) = (stage.cast.clone(), stage.you.id);
    let others = tokio::spawn(async move {
        // The demo goes on without whoever fell over: the console shows what did happen.
        let _ = cast.remember(&story).await;
        let rivals = rivals::act(&cast, you);
        let juniors = juniors::act(&cast, &story);
        tokio::join!(rivals, juniors)
    });
    let done = open_console(stage.entrance(), stage.files(), settings).await;
    others.abort();
    done
}
