//! Which server, and as whom: the arguments, the environment, or the last log-in.

use std::time::Duration;

use secrecy::SecretString;
use tierup_common::trim::bare;

use crate::cli::Options;
use crate::cli::exit::{Exit, no_way, wrong};
use crate::runtime::api::Api;
use crate::runtime::files::Files;
use crate::runtime::vault::{Kept, Vault};

/// What is known of the server and the user.
pub(super) struct Known {
    pub(super) server: Option<String>,
    pub(super) token: Option<SecretString>,
}

/// What the arguments and the last log-in say.
pub(super) async fn known(options: &Options, files: &Files) -> Result<Known, Exit> {
    // What is named in full needs no memory, and no keyring that asks its user.
    if let (Some(server), Some(token)) = (&options.server, &options.token) {
        return Ok(Known { server: Some(server.clone()), token: Some(token.clone()) });
    }
    let kept = vault(options, files).recall().await.map_err(wrong)?;
    let (last, remembered) = match kept {
        Some(Kept { server, token, .. }) => (Some(bare(&server).to_owned()), token),
        None => (None, None),
    };
    let server = options.server.clone().or(last.clone());
    // A token belongs to the server it was made for, and is sent to no other.
    let is_its_own = server.as_deref().map(|server| server.trim_end_matches('/')) == last.as_deref();
    let token = options.token.clone().or(remembered.filter(|_| is_its_own));
    Ok(Known { server, token })
}

/// The way to the server that is meant.
pub(super) async fn api(options: &Options, files: &Files) -> Result<Api, Exit> {
    let Known { server, token } = known(options, files).await?;
    let server = server.ok_or_else(|| Exit::not_logged_in("it is not known which server is meant"))?;
    let token = token.ok_or_else(|| Exit::not_logged_in(format!("there is no token for {server}")))?;
    Ok(Api::new(&server, token).map_err(|error| no_way(&error))?.within(answer_time(options)))
}

/// Where log-ins are kept.
pub(super) fn vault(options: &Options, files: &Files) -> Vault {
    Vault::new(files.clone(), options.keyring.may_be_used())
}

/// How long an answer may take.
pub(super) fn answer_time(options: &Options) -> Duration {
    Duration::from_secs(options.timeout.max(1))
}
