//! `tierup login`: checks a token, or an email address and a password, and remembers the login.

use std::io::{BufRead, IsTerminal, Read, Write, stderr, stdin};

use clap::Args;
use secrecy::{ExposeSecret, SecretString};
use serde_json::json;
use tierup_common::trim::trim_value;
use tierup_common::user::LogIn;

use crate::cli::connect;
use crate::cli::diagnostics::print_diagnostic;
use crate::cli::input::decode_utf8;
use crate::cli::options::Options;
use crate::cli::output::Output;
use crate::error::CliError;
use crate::runtime::api::{ApiClient, requests};
use crate::runtime::data_dir::DataDir;
use crate::text::login_input::{is_unencrypted_remote, trim_password_line};

/// The longest token or password, in bytes.
const MAX_SECRET_BYTES: u64 = 4096;

#[derive(Args)]
pub(super) struct LoginArgs {
    /// Email address, to log in with a password instead of a token
    #[arg(long, short, value_name = "ADDRESS")]
    email: Option<String>,
}

pub(super) async fn run(options: &Options, arguments: &LoginArgs) -> Result<(), CliError> {
    let data_dir = DataDir::platform_default().map_err(CliError::from_display)?;
    let credentials = connect::credential_store(options, &data_dir);
    let server = if let Some(server) = &options.server {
        server.clone()
    } else {
        let stored = credentials.load().await.map_err(CliError::from_display)?;
        stored.map(|stored| stored.server).ok_or_else(|| {
            CliError::usage("no server configured").with_hint("tierup login --server http://127.0.0.1:7890")
        })?
    };
    if is_unencrypted_remote(&server) {
        print_diagnostic("warning", &format!("{server} is not encrypted: others can read this login"));
        print_diagnostic(
            "hint",
            "use https://; docs/OPERATING.md shows how to put TLS in front of the server",
        );
    }
    let (api, token) = match (&options.token, read_email(arguments)?) {
        (Some(token), _) => (connect::client_with_token(options, &server, token.clone())?, token.clone()),
        (None, Some(email)) => log_in_with_password(options, &server, email).await?,
        (None, None) => {
            let token =
                read_secret("Token: ", "no token given", "an admin creates one: tierup-server user add …")?;
            let token = single_line_token(&token)?;
            (connect::client_with_token(options, &server, token.clone())?, token)
        }
    };
    let me = api.send(requests::me()).await?;
    let token_location =
        credentials.save(server.trim_end_matches('/'), &token).await.map_err(CliError::from_display)?;
    let text =
        format!("Logged in to {} as {}; token saved in {token_location}", me.account_name, me.user.name);
    Output::new(options.json)
        .print(&json!({"server": server, "me": me, "token_in": token_location.to_string()}), &text)
}

async fn log_in_with_password(
    options: &Options,
    server: &str,
    email: String,
) -> Result<(ApiClient, SecretString), CliError> {
    let password =
        read_secret("Password: ", "no password given", "pass it through standard input, or use a terminal")?;
    // A file may have more lines.
    let password = password.expose_secret().lines().next().unwrap_or_default().to_owned();
    let credentials = LogIn { email, password };
    let (logged_in, api) =
        ApiClient::log_in(server, &credentials, connect::response_timeout(options)).await?;
    Ok((api, SecretString::from(logged_in.token)))
}

/// The email address to log in with, asked for on a terminal; `None` to log in with a token.
fn read_email(arguments: &LoginArgs) -> Result<Option<String>, CliError> {
    if let Some(email) = &arguments.email {
        return parse_email(email).map(Some);
    }
    if !stdin().is_terminal() {
        return Ok(None);
    }
    let _ = write!(stderr(), "Email (leave empty to use a token): ").and_then(|()| stderr().flush());
    let mut line = String::new();
    stdin().lock().read_line(&mut line).map_err(CliError::from_display)?;
    if trim_value(&line).is_empty() { Ok(None) } else { parse_email(&line).map(Some) }
}

/// An email address, loosely checked: the server knows which exist.
fn parse_email(raw: &str) -> Result<String, CliError> {
    let address = trim_value(raw);
    if address.contains('@') && !address.contains(char::is_whitespace) {
        return Ok(address.to_owned());
    }
    Err(CliError::usage(format!("{address:?} is not an email address"))
        .with_hint("leave out --email to log in with a token"))
}

fn single_line_token(given: &SecretString) -> Result<SecretString, CliError> {
    let token = trim_value(given.expose_secret());
    let lines = token.lines().count();
    if lines > 1 {
        return Err(CliError::not_logged_in(format!("a token is one line, but standard input has {lines}"))
            .with_hint("pass the token alone: one word that starts with tup_"));
    }
    Ok(SecretString::from(token))
}

/// A secret: asked for without echo on a terminal, else read from standard input.
fn read_secret(prompt: &str, missing: &str, hint: &str) -> Result<SecretString, CliError> {
    let line = if stdin().is_terminal() {
        rpassword::prompt_password(prompt).map_err(CliError::from_display)?
    } else {
        let mut bytes = Vec::new();
        stdin().lock().take(MAX_SECRET_BYTES).read_to_end(&mut bytes).map_err(CliError::from_display)?;
        decode_utf8(bytes)?
    };
    let secret = trim_password_line(&line);
    if secret.trim().is_empty() {
        Err(CliError::usage(missing).with_hint(hint))
    } else {
        Ok(SecretString::from(secret))
    }
}
