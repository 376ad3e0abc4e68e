//! `tierup`: the console.

use std::io::IsTerminal;

use crate::cli::connect::{self, Known};
use crate::cli::exit::{Exit, no_way, wrong};
use crate::cli::{Options, settings};
use crate::runtime::activity::Activity;
use crate::runtime::api::Api;
use crate::runtime::files::Files;
use crate::runtime::{self, Entrance, Setup, log, terminal};
use crate::settings::{Settings, is_dumb};

pub(super) async fn run(options: &Options) -> Result<(), Exit> {
    let files = Files::of_platform().map_err(wrong)?;
    let settings = settings::load(&options.console)?;
    let vault = connect::vault(options, &files);
    let Known { server, token } = connect::known(options, &files).await?;
    let api = match (&server, token) {
        (Some(server), Some(token)) => Some(
            Api::new(server, token).map_err(|error| no_way(&error))?.within(connect::answer_time(options)),
        ),
        (None, _) | (_, None) => None,
    };
    let entrance = match api {
        Some(api) => Entrance::open(api, vault),
        None => Entrance { api: None, server, vault, answer_time: connect::answer_time(options) },
    };
    open(entrance, files, settings).await
}

/// Opens the console on this terminal, until the user leaves.
pub async fn open(entrance: Entrance, files: Files, settings: Settings) -> Result<(), Exit> {
    if !std::io::stdout().is_terminal() || !std::io::stdin().is_terminal() {
        return Err(Exit::error("the console needs a terminal")
            .hint("`tierup --help` lists the commands that work without one"));
    }
    if is_dumb(&|name| std::env::var(name).ok()) {
        return Err(Exit::error(
            "the console cannot be painted here: this terminal says that it is dumb (TERM is `dumb`, or empty)",
        )
        .hint(
            "open it in a terminal, or use the commands: `tierup queue`, `tierup watch`, `tierup --help`",
        ));
    }
    // A console without a log is better than none.
    let _ = log::begin(&files);
    let mut taken = terminal::Taken::new(settings.mouse).map_err(wrong)?;
    let ended = async {
        tokio::select! {
            () = terminal::panicked() => {}
            () = terminal::told_to_end() => {}
            () = terminal::gone() => {}
        }
    };
    let window = terminal::Window::new(&settings);
    let setup = Setup { entrance, files, settings, activity: Activity::default() };
    let ran = runtime::run(&mut taken.terminal, terminal::events(), ended, window, setup).await;
    drop(taken);
    ran.map_err(wrong)
}
