//! Which server, and as whom: the arguments, the environment, or the last log-in.

use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};

use crate::cli::Options;
use crate::cli::exit::{Exit, wrong};
use crate::runtime::api::Api;
use crate::runtime::files::Files;

/// The file that remembers the last log-in; only its user can read it.
const FILE: &str = "login.json";

#[derive(Default, Serialize, Deserialize)]
pub(super) struct Login {
    server: Option<String>,
    token: Option<String>,
}

/// The way to the server that is meant.
pub(super) fn api(options: &Options, files: &Files) -> Result<Api, Exit> {
    let known: Login = files.read(FILE).map_err(wrong)?.value;
    let server = options.server.clone().or(known.server.clone());
    let server = server.ok_or_else(|| Exit::not_logged_in("it is not known which server is meant"))?;
    // A token belongs to the server it was made for, and is sent to no other.
    let remembered = known.token.filter(|_| known.server.as_deref() == Some(server.trim_end_matches('/')));
    let token = options.token.clone().or(remembered.map(SecretString::from));
    let token = token.ok_or_else(|| Exit::not_logged_in(format!("there is no token for {server}")))?;
    Api::new(&server, token).map_err(wrong)
}

/// Remembers a server and a token.
pub(super) fn remember(files: &Files, api: &Api, token: &SecretString) -> Result<(), Exit> {
    let changed = files.change(FILE, |login: &mut Login| {
        login.server = Some(api.server().to_owned());
        login.token = Some(token.expose_secret().to_owned());
    });
    changed.map(drop).map_err(wrong)
}
