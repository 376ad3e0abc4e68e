//! The options that every command takes.

use std::ffi::OsString;

use clap::{Args, ValueEnum};
use secrecy::{ExposeSecret, SecretString};
use tierup_common::trim::trim_value;

use crate::cli::settings::ConsoleOptions;
use crate::text::login_input::with_scheme;

/// The options that every command takes.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Global options")]
pub(super) struct Options {
    /// Server, like `http://127.0.0.1:7890` [default: from the last login]
    #[arg(long, global = true, value_name = "URL", env = "TIERUP_SERVER")]
    pub(super) server: Option<String>,
    /// Token [default: from the last login]
    #[arg(long, global = true, value_name = "TOKEN", env = "TIERUP_TOKEN", hide_env_values = true)]
    pub(super) token: Option<SecretString>,
    /// Print JSON
    #[arg(long, global = true)]
    pub(super) json: bool,
    /// Timeout for a response
    #[arg(long, global = true, value_name = "SECONDS", env = "TIERUP_TIMEOUT", default_value_t = 15)]
    pub(super) timeout: u64,
    /// Where `login` saves the token
    #[arg(long, global = true, value_name = "WHEN", env = "TIERUP_KEYRING", default_value = "auto")]
    pub(super) keyring: KeyringMode,
    #[command(flatten)]
    pub(super) console: ConsoleOptions,
    /// Arguments after `--`, which are text even where they look like options.
    #[arg(skip)]
    pub(super) after_double_dash: Vec<OsString>,
}

impl Options {
    /// The same without the blanks and quotes that come along with copied text. An empty value counts as absent.
    pub(super) fn trimmed(&self) -> Self {
        let trim = |raw: &str| Some(trim_value(raw)).filter(|text| !text.is_empty()).map(str::to_owned);
        Self {
            server: self.server.as_deref().and_then(trim).map(|server| with_scheme(&server).into_owned()),
            token: self.token.as_ref().and_then(|token| trim(token.expose_secret())).map(SecretString::from),
            ..self.clone()
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub(super) enum KeyringMode {
    /// In the system keyring, or in a file if there is none
    Auto,
    /// Always in a file
    Off,
}

impl KeyringMode {
    pub(super) const fn is_enabled(self) -> bool {
        matches!(self, Self::Auto)
    }
}
