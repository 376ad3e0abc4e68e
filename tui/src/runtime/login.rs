//! Logging in from the console: credentials are checked before they are saved.

use std::time::Duration;

use secrecy::SecretString;
use tierup_common::user::LogIn;

use crate::effect::Credentials;
use crate::event::{CallError, LoggedInUser};
use crate::runtime::api::{ApiClient, LogInError, requests};
use crate::runtime::credentials::CredentialStore;

/// Checks credentials and saves the login. An error is one line for the user.
pub(super) async fn log_in(
    store: &CredentialStore,
    credentials: &Credentials,
    response_timeout: Duration,
) -> Result<(ApiClient, LoggedInUser), String> {
    let Credentials { server_url, email, secret } = credentials;
    let (api, token) = match email {
        None => {
            let token = SecretString::from(secret.expose());
            let api = ApiClient::new(server_url, token.clone()).map_err(|error| one_line(&error))?;
            (api.with_timeout(response_timeout), token)
        }
        Some(email) => {
            let login = LogIn { email: email.clone(), password: secret.expose().to_owned() };
            let (logged_in, api) = ApiClient::log_in(server_url, &login, response_timeout).await.map_err(
                |error| match error {
                    LogInError::Api(error) => one_line(&error),
                    LogInError::Call(failure) => describe_error(&failure),
                },
            )?;
            (api, SecretString::from(logged_in.token))
        }
    };
    let me = api.send(requests::me()).await.map_err(|failure| describe_error(&failure))?;
    // A login that cannot be saved works for as long as the console is open.
    let token_location = store
        .save(api.server_url(), &token)
        .await
        .map_or_else(|error| format!("memory only: {error}"), |location| location.to_string());
    let server_url = api.server_url().to_owned();
    Ok((api, LoggedInUser { server_url, me, token_location }))
}

fn describe_error(failure: &CallError) -> String {
    match failure {
        CallError::Unreachable(error) => format!("{error}: is the address right?"),
        CallError::Problem(_) | CallError::InvalidResponse(_) => failure.to_string(),
    }
}

/// An error and its hint as one sentence.
fn one_line(error: &impl ToString) -> String {
    error.to_string().replace("\nhint: ", ": ")
}
