//! `tierup`: the console.

use std::io::IsTerminal;

use crate::cli::exit::{Exit, wrong};
use crate::cli::{Options, connect, settings};
use crate::runtime::api::Api;
use crate::runtime::files::Files;
use crate::runtime::{self, Setup, terminal};
use crate::settings::Settings;

pub(super) async fn run(options: &Options) -> Result<(), Exit> {
    let files = Files::of_platform().map_err(wrong)?;
    let api = connect::api(options, &files).await?;
    open(api, files, settings::load(&options.console)?).await
}

/// Opens the console on this terminal, until the user leaves.
pub async fn open(api: Api, files: Files, settings: Settings) -> Result<(), Exit> {
    if !std::io::stdout().is_terminal() || !std::io::stdin().is_terminal() {
        return Err(Exit::error("the console needs a terminal")
            .hint("`tierup --help` lists the commands that work without one"));
    }
    let mut taken = terminal::Taken::new().map_err(wrong)?;
    let ended = async {
        tokio::select! {
            () = terminal::panicked() => {}
            () = terminal::told_to_end() => {}
            () = terminal::gone() => {}
        }
    };
    let window = terminal::Window::new(settings.notify, settings.title);
    let setup = Setup { api, files, settings };
    let ran = runtime::run(&mut taken.terminal, terminal::events(), ended, window, setup).await;
    drop(taken);
    ran.map_err(wrong)
}
