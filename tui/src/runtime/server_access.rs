//! How a console reaches its server: the client, and what it needs to log in again.

use std::time::Duration;

use crate::runtime::api::ApiClient;
use crate::runtime::credentials::CredentialStore;

/// The server of a console, and what another login needs.
pub struct ServerAccess {
    /// The logged-in user's client.
    pub api: Option<ApiClient>,
    /// The server's address, if it is known: the login form suggests it.
    pub server_url: Option<String>,
    /// Where logins are kept.
    pub credentials: CredentialStore,
    /// How long a response may take, that to a login included.
    pub response_timeout: Duration,
}

impl ServerAccess {
    /// A logged-in user.
    pub fn from_api(api: ApiClient, credentials: CredentialStore) -> Self {
        Self {
            server_url: Some(api.server_url().to_owned()),
            response_timeout: api.response_timeout(),
            api: Some(api),
            credentials,
        }
    }
}
