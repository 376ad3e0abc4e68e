//! Which server, and as whom: the options, the environment, or the last login.

use std::time::Duration;

use secrecy::SecretString;
use tierup_common::trim::trim_value;

use crate::cli::options::Options;
use crate::error::CliError;
use crate::runtime::api::ApiClient;
use crate::runtime::credentials::{CredentialStore, StoredLogin};
use crate::runtime::data_dir::DataDir;

/// The server and token to use, as far as they are known.
pub(super) struct ResolvedLogin {
    pub(super) server: Option<String>,
    pub(super) token: Option<SecretString>,
}

/// The server and token of the options, or of the last login.
pub(super) async fn resolve_login(options: &Options, data_dir: &DataDir) -> Result<ResolvedLogin, CliError> {
    // Given both, the keyring is not read: it may ask its user.
    if let (Some(server), Some(token)) = (&options.server, &options.token) {
        return Ok(ResolvedLogin { server: Some(server.clone()), token: Some(token.clone()) });
    }
    let stored = credential_store(options, data_dir).load().await.map_err(CliError::from_display)?;
    let (last_server, last_token) = match stored {
        Some(StoredLogin { server, token, .. }) => (Some(trim_value(&server).to_owned()), token),
        None => (None, None),
    };
    let server = options.server.clone().or(last_server.clone());
    // A token is sent to no other server than its own.
    let is_its_own = server.as_deref().map(|server| server.trim_end_matches('/')) == last_server.as_deref();
    let token = options.token.clone().or(last_token.filter(|_| is_its_own));
    Ok(ResolvedLogin { server, token })
}

/// The client for that server and token.
pub(super) async fn api_client(options: &Options, data_dir: &DataDir) -> Result<ApiClient, CliError> {
    let ResolvedLogin { server, token } = resolve_login(options, data_dir).await?;
    let server = server.ok_or_else(|| CliError::not_logged_in("no server configured"))?;
    let token = token.ok_or_else(|| CliError::not_logged_in(format!("no token for {server}")))?;
    client_with_token(options, &server, token)
}

/// The client for a server and a token.
pub(super) fn client_with_token(
    options: &Options,
    server: &str,
    token: SecretString,
) -> Result<ApiClient, CliError> {
    Ok(ApiClient::new(server, token)?.with_timeout(response_timeout(options)))
}

/// Where logins are kept.
pub(super) fn credential_store(options: &Options, data_dir: &DataDir) -> CredentialStore {
    CredentialStore::new(data_dir.clone(), options.keyring.is_enabled())
}

/// How long a response may take.
pub(super) fn response_timeout(options: &Options) -> Duration {
    Duration::from_secs(options.timeout.max(1))
}
