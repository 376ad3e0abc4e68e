//! Which server, and as whom: the arguments, the environment, or the last log-in.

use std::time::Duration;

use secrecy::SecretString;
use tierup_common::trim::trim_value;

use crate::cli::Options;
use crate::cli::error::{CliError, api_error, cli_error};
use crate::runtime::api::ApiClient;
use crate::runtime::credentials::{CredentialStore, StoredLogin};
use crate::runtime::data_dir::DataDir;

/// What is known of the server and the user.
pub(super) struct ResolvedLogin {
    pub(super) server: Option<String>,
    pub(super) token: Option<SecretString>,
}

/// What the arguments and the last log-in say.
pub(super) async fn resolve_login(options: &Options, data_dir: &DataDir) -> Result<ResolvedLogin, CliError> {
    // What is named in full needs no memory, and no keyring that asks its user.
    if let (Some(server), Some(token)) = (&options.server, &options.token) {
        return Ok(ResolvedLogin { server: Some(server.clone()), token: Some(token.clone()) });
    }
    let stored = credential_store(options, data_dir).load().await.map_err(cli_error)?;
    let (last_server, remembered) = match stored {
        Some(StoredLogin { server, token, .. }) => (Some(trim_value(&server).to_owned()), token),
        None => (None, None),
    };
    let server = options.server.clone().or(last_server.clone());
    // A token belongs to the server it was made for, and is sent to no other.
    let is_its_own = server.as_deref().map(|server| server.trim_end_matches('/')) == last_server.as_deref();
    let token = options.token.clone().or(remembered.filter(|_| is_its_own));
    Ok(ResolvedLogin { server, token })
}

/// The way to the server that is meant.
pub(super) async fn api_client(options: &Options, data_dir: &DataDir) -> Result<ApiClient, CliError> {
    let ResolvedLogin { server, token } = resolve_login(options, data_dir).await?;
    let server = server.ok_or_else(|| CliError::not_logged_in("it is not known which server is meant"))?;
    let token = token.ok_or_else(|| CliError::not_logged_in(format!("there is no token for {server}")))?;
    Ok(ApiClient::new(&server, token)
        .map_err(|error| api_error(&error))?
        .with_timeout(response_timeout(options)))
}

/// Where log-ins are kept.
pub(super) fn credential_store(options: &Options, data_dir: &DataDir) -> CredentialStore {
    CredentialStore::new(data_dir.clone(), options.keyring.is_enabled())
}

/// How long an answer may take.
pub(super) fn response_timeout(options: &Options) -> Duration {
    Duration::from_secs(options.timeout.max(1))
}
