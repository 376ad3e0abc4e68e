//! `tierup login`: a server and a token, or an email address and a password, tried and remembered.

use std::io::{BufRead, IsTerminal, Read, Write, stderr, stdin};

use clap::Args;
use secrecy::{ExposeSecret, SecretString};
use serde_json::json;
use tierup_common::trim::bare;
use tierup_common::user::{LogIn, Me};

use crate::cli::errand::utf_8;
use crate::cli::exit::{Exit, complain, no_way, wrong};
use crate::cli::output::Output;
use crate::cli::{Options, connect};
use crate::event::Failure;
use crate::runtime::api::{Api, LogInError};
use crate::runtime::files::Files;
use crate::text::pasted::{can_be_overheard, line_of_a_password};

/// A token or a password, in bytes, at most.
const LONGEST: u64 = 4096;

#[derive(Args)]
pub(super) struct Arguments {
    /// Your email address, to log in by a password instead of a token
    #[arg(long, short, value_name = "ADDRESS")]
    email: Option<String>,
}

pub(super) async fn run(options: &Options, arguments: &Arguments) -> Result<(), Exit> {
    let files = Files::of_platform().map_err(wrong)?;
    let vault = connect::vault(options, &files);
    let server = match &options.server {
        Some(server) => server.clone(),
        None => vault.recall().await.map_err(wrong)?.map(|kept| kept.server).ok_or_else(|| {
            Exit::usage("name the server").hint("tierup login --server http://127.0.0.1:7890")
        })?,
    };
    if can_be_overheard(&server) {
        complain(
            "warning",
            &format!("{server} is not encrypted: what you log in with can be read on the way"),
        );
        complain("hint", "https:// is safe; the server needs TLS in front of it: docs/OPERATING.md");
    }
    let (api, token) = match (&options.token, email(arguments)?) {
        (Some(token), _) => (by_token(options, &server, token)?, token.clone()),
        (None, Some(email)) => by_password(options, &server, email).await?,
        (None, None) => {
            let token =
                secret("Token: ", "no token was given", "an admin makes one: tierup-server user add …")?;
            let token = one_line(&token)?;
            (by_token(options, &server, &token)?, token)
        }
    };
    let me: Me = api.me().await?;
    let place = vault.keep(server.trim_end_matches('/'), &token).await.map_err(wrong)?;
    let words = format!("Logged in to {} as {}; the token is kept in {place}", me.account_name, me.user.name);
    Output::new(options.json)
        .tell(&json!({"server": server, "me": me, "token_in": place.to_string()}), &words)
}

fn by_token(options: &Options, server: &str, token: &SecretString) -> Result<Api, Exit> {
    Ok(Api::new(server, token.clone()).map_err(|error| no_way(&error))?.within(connect::answer_time(options)))
}

async fn by_password(options: &Options, server: &str, email: String) -> Result<(Api, SecretString), Exit> {
    let password = secret("Password: ", "no password was given", "it is read from standard input")?;
    // What stands below it in its file is no part of it.
    let password = password.expose_secret().lines().next().unwrap_or_default().to_owned();
    let credentials = LogIn { email, password };
    match Api::log_in(server, &credentials, connect::answer_time(options)).await {
        Ok((given, api)) => Ok((api, SecretString::from(given.token))),
        Err(LogInError::Api(error)) => Err(no_way(&error)),
        Err(LogInError::Failure(failure)) => Err(Failure::into(failure)),
    }
}

/// The address to log in with. At a terminal one is asked for it; without one, a token is meant.
fn email(arguments: &Arguments) -> Result<Option<String>, Exit> {
    if let Some(email) = &arguments.email {
        return address(email).map(Some);
    }
    if !stdin().is_terminal() {
        return Ok(None);
    }
    let _ = write!(stderr(), "Email (or Enter, to log in by a token): ").and_then(|()| stderr().flush());
    let mut line = String::new();
    stdin().lock().read_line(&mut line).map_err(wrong)?;
    if bare(&line).is_empty() { Ok(None) } else { address(&line).map(Some) }
}

/// An email address, as far as can be said from here: the server knows which there are.
fn address(raw: &str) -> Result<String, Exit> {
    let address = bare(raw);
    if address.contains('@') && !address.contains(char::is_whitespace) {
        return Ok(address.to_owned());
    }
    Err(Exit::usage(format!("{address:?} is not an email address"))
        .hint("without --email one logs in by a token"))
}

/// A token as it was given, which is one line.
fn one_line(given: &SecretString) -> Result<SecretString, Exit> {
    let token = bare(given.expose_secret());
    let lines = token.lines().count();
    if lines > 1 {
        return Err(Exit::not_logged_in(format!("a token is one line, and {lines} came on standard input"))
            .hint("it looks like tup_… and is one word: give it alone, and without a break in the middle"));
    }
    Ok(SecretString::from(token))
}

/// A secret: asked for without showing it, or what comes on standard input.
fn secret(prompt: &str, missing: &str, hint: &str) -> Result<SecretString, Exit> {
    let line = if stdin().is_terminal() {
        rpassword::prompt_password(prompt).map_err(wrong)?
    } else {
        let mut bytes = Vec::new();
        stdin().lock().take(LONGEST).read_to_end(&mut bytes).map_err(wrong)?;
        utf_8(bytes)?
    };
    let secret = line_of_a_password(&line);
    if secret.trim().is_empty() {
        Err(Exit::usage(missing).hint(hint))
    } else {
        Ok(SecretString::from(secret))
    }
}
