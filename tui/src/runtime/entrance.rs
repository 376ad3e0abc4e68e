//! Logging in: a server and what opens it, tried before anything is kept.

use std::time::Duration;

use secrecy::SecretString;
use tierup_common::user::LogIn;

use crate::effect::Credentials;
use crate::event::{Failure, Welcome};
use crate::runtime::api::{Api, LogInError};
use crate::runtime::vault::Vault;

/// Tries credentials, and keeps what they give; or says why not, in one line.
pub(super) async fn log_in(
    vault: &Vault,
    credentials: &Credentials,
    answer_time: Duration,
) -> Result<(Api, Welcome), String> {
    let Credentials { server, email, secret } = credentials;
    let (api, token) = match email {
        None => {
            let token = SecretString::from(secret.expose());
            let api = Api::new(server, token.clone()).map_err(|error| one_line(&error))?;
            (api.within(answer_time), token)
        }
        Some(email) => {
            let login = LogIn { email: email.clone(), password: secret.expose().to_owned() };
            let (given, api) =
                Api::log_in(server, &login, answer_time).await.map_err(|error| match error {
                    LogInError::Api(error) => one_line(&error),
                    LogInError::Failure(failure) => said(&failure),
                })?;
            (api, SecretString::from(given.token))
        }
    };
    let me = api.me().await.map_err(|failure| said(&failure))?;
    let place = vault.keep(api.server(), &token).await;
    // A log-in that cannot be kept works all the same, for as long as the console is open.
    let place = place.map_or_else(|error| format!("no file: {error}"), |place| place.to_string());
    let server = api.server().to_owned();
    Ok((api, Welcome { server, me, place }))
}

fn said(failure: &Failure) -> String {
    match failure {
        Failure::Unreachable(why) => format!("{why}: is the address right?"),
        Failure::Problem(_) | Failure::Nonsense(_) => failure.to_string(),
    }
}

/// An error and its hint in one sentence.
fn one_line(error: &impl ToString) -> String {
    error.to_string().replace("\nhint: ", ": ")
}
