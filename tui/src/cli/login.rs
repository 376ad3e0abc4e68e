//! `tierup login`: a server and a token, or an email address and a password, tried and remembered.

use std::io::{BufRead, IsTerminal, Read, Write, stderr, stdin};

use clap::Args;
use secrecy::{ExposeSecret, SecretString};
use serde_json::json;
use tierup_common::trim::trim_value;
use tierup_common::user::{LogIn, Me};

use crate::cli::context::decode_utf8;
use crate::cli::error::{CliError, api_error, cli_error, print_diagnostic};
use crate::cli::output::Output;
use crate::cli::{Options, connect};
use crate::event::CallError;
use crate::runtime::api::{ApiClient, LogInError};
use crate::runtime::data_dir::DataDir;
use crate::text::login_input::{is_unencrypted_remote, trim_password_line};

/// A token or a password, in bytes, at most.
const MAX_SECRET_BYTES: u64 = 4096;

#[derive(Args)]
pub(super) struct LoginArgs {
    /// Your email address, to log in by a password instead of a token
    #[arg(long, short, value_name = "ADDRESS")]
    email: Option<String>,
}

pub(super) async fn run(options: &Options, arguments: &LoginArgs) -> Result<(), CliError> {
    let data_dir = DataDir::platform_default().map_err(cli_error)?;
    let credentials = connect::credential_store(options, &data_dir);
    let server = match &options.server {
        Some(server) => server.clone(),
        None => credentials.load().await.map_err(cli_error)?.map(|kept| kept.server).ok_or_else(|| {
            CliError::usage("name the server").with_hint("tierup login --server http://127.0.0.1:7890")
        })?,
    };
    if is_unencrypted_remote(&server) {
        print_diagnostic(
            "warning",
            &format!("{server} is not encrypted: what you log in with can be read on the way"),
        );
        print_diagnostic("hint", "https:// is safe; the server needs TLS in front of it: docs/OPERATING.md");
    }
    let (api, token) = match (&options.token, read_email(arguments)?) {
        (Some(token), _) => (client_from_token(options, &server, token)?, token.clone()),
        (None, Some(email)) => log_in_with_password(options, &server, email).await?,
        (None, None) => {
            let token =
                read_secret("Token: ", "no token was given", "an admin makes one: tierup-server user add …")?;
            let token = single_line_token(&token)?;
            (client_from_token(options, &server, &token)?, token)
        }
    };
    let me: Me = api.me().await?;
    let token_location = credentials.save(server.trim_end_matches('/'), &token).await.map_err(cli_error)?;
    let words = format!(
        "Logged in to {} as {}; the token is kept in {token_location}",
        me.account_name, me.user.name
    );
    Output::new(options.json)
        .print(&json!({"server": server, "me": me, "token_in": token_location.to_string()}), &words)
}

fn client_from_token(options: &Options, server: &str, token: &SecretString) -> Result<ApiClient, CliError> {
    Ok(ApiClient::new(server, token.clone())
        .map_err(|error| api_error(&error))?
        .with_timeout(connect::response_timeout(options)))
}

async fn log_in_with_password(
    options: &Options,
    server: &str,
    email: String,
) -> Result<(ApiClient, SecretString), CliError> {
    let password = read_secret("Password: ", "no password was given", "it is read from standard input")?;
    // What stands below it in its file is no part of it.
    let password = password.expose_secret().lines().next().unwrap_or_default().to_owned();
    let credentials = LogIn { email, password };
    match ApiClient::log_in(server, &credentials, connect::response_timeout(options)).await {
        Ok((given, api)) => Ok((api, SecretString::from(given.token))),
        Err(LogInError::Api(error)) => Err(api_error(&error)),
        Err(LogInError::Call(failure)) => Err(CallError::into(failure)),
    }
}

/// The address to log in with. At a terminal one is asked for it; without one, a token is meant.
fn read_email(arguments: &LoginArgs) -> Result<Option<String>, CliError> {
    if let Some(email) = &arguments.email {
        return parse_email(email).map(Some);
    }
    if !stdin().is_terminal() {
        return Ok(None);
    }
    let _ = write!(stderr(), "Email (or Enter, to log in by a token): ").and_then(|()| stderr().flush());
    let mut line = String::new();
    stdin().lock().read_line(&mut line).map_err(cli_error)?;
    if trim_value(&line).is_empty() { Ok(None) } else { parse_email(&line).map(Some) }
}

/// An email address, as far as can be said from here: the server knows which there are.
fn parse_email(raw: &str) -> Result<String, CliError> {
    let address = trim_value(raw);
    if address.contains('@') && !address.contains(char::is_whitespace) {
        return Ok(address.to_owned());
    }
    Err(CliError::usage(format!("{address:?} is not an email address"))
        .with_hint("without --email one logs in by a token"))
}

/// A token as it was given, which is one line.
fn single_line_token(given: &SecretString) -> Result<SecretString, CliError> {
    let token = trim_value(given.expose_secret());
    let lines = token.lines().count();
    if lines > 1 {
        return Err(CliError::not_logged_in(format!(
            "a token is one line, and {lines} came on standard input"
        ))
        .with_hint("it looks like tup_… and is one word: give it alone, and without a break in the middle"));
    }
    Ok(SecretString::from(token))
}

/// A secret: asked for without showing it, or what comes on standard input.
fn read_secret(prompt: &str, missing: &str, hint: &str) -> Result<SecretString, CliError> {
    let line = if stdin().is_terminal() {
        rpassword::prompt_password(prompt).map_err(cli_error)?
    } else {
        let mut bytes = Vec::new();
        stdin().lock().take(MAX_SECRET_BYTES).read_to_end(&mut bytes).map_err(cli_error)?;
        decode_utf8(bytes)?
    };
    let secret = trim_password_line(&line);
    if secret.trim().is_empty() {
        Err(CliError::usage(missing).with_hint(hint))
    } else {
        Ok(SecretString::from(secret))
    }
}
