//! Logging in: a server and what opens it, tried before anything is kept.

use std::time::Duration;

use secrecy::SecretString;
use tierup_common::user::LogIn;

use crate::effect::Credentials;
use crate::event::{CallError, LoggedInUser};
use crate::runtime::api::{ApiClient, LogInError};
use crate::runtime::credentials::CredentialStore;

/// Tries credentials, and keeps what they give; or says why not, in one line.
pub(super) async fn log_in(
    store: &CredentialStore,
    credentials: &Credentials,
    answer_time: Duration,
) -> Result<(ApiClient, LoggedInUser), String> {
    let Credentials { server_url: server, email, secret } = credentials;
    let (api, token) = match email {
        None => {
            let token = SecretString::from(secret.expose());
            let api = ApiClient::new(server, token.clone()).map_err(|error| one_line(&error))?;
            (api.with_timeout(answer_time), token)
        }
        Some(email) => {
            let login = LogIn { email: email.clone(), password: secret.expose().to_owned() };
            let (given, api) =
                ApiClient::log_in(server, &login, answer_time).await.map_err(|error| match error {
                    LogInError::Api(error) => one_line(&error),
                    LogInError::Call(failure) => describe_error(&failure),
                })?;
            (api, SecretString::from(given.token))
        }
    };
    let me = api.me().await.map_err(|failure| describe_error(&failure))?;
    let token_location = store.save(api.server_url(), &token).await;
    // A log-in that cannot be kept works all the same, for as long as the console is open.
    let place = token_location.map_or_else(|error| format!("no file: {error}"), |place| place.to_string());
    let server = api.server_url().to_owned();
    Ok((api, LoggedInUser { server_url: server, me, token_location: place }))
}

fn describe_error(failure: &CallError) -> String {
    match failure {
        CallError::Unreachable(why) => format!("{why}: is the address right?"),
        CallError::Problem(_) | CallError::InvalidResponse(_) => failure.to_string(),
    }
}

/// An error and its hint in one sentence.
fn one_line(error: &impl ToString) -> String {
    error.to_string().replace("\nhint: ", ": ")
}
