//! `tierup login`: a token is read from standard input, tried, and remembered.

use std::io::{BufRead, IsTerminal, stdin};

use secrecy::SecretString;

use crate::cli::exit::{Exit, wrong};
use crate::cli::{Options, connect};
use crate::runtime::api::Api;
use crate::runtime::files::Files;
use crate::text::safe;

pub(super) async fn run(options: &Options) -> Result<(), Exit> {
    let server = options.server.as_deref();
    let server = server.ok_or_else(|| Exit::error("name the server").hint("tierup login --server URL"))?;
    let token = match &options.token {
        Some(token) => token.clone(),
        None => ask()?,
    };
    let api = Api::new(server, token.clone()).map_err(wrong)?;
    let me = api.me().await?;
    let files = Files::of_platform().map_err(wrong)?;
    connect::remember(&files, &api, &token)?;
    println!("Logged in to {} as {}", safe::line(&me.account_name), safe::line(&me.user.name));
    Ok(())
}

fn ask() -> Result<SecretString, Exit> {
    if stdin().is_terminal() {
        eprintln!("Paste your token and press Enter:");
    }
    let mut line = String::new();
    stdin().lock().read_line(&mut line).map_err(wrong)?;
    let token = line.trim();
    if token.is_empty() {
        return Err(Exit::error("no token was given").hint("an admin makes one: tierup-server user add …"));
    }
    Ok(SecretString::from(token))
}
