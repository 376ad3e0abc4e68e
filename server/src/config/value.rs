//! Parses single values of settings. Surrounding spaces and quotes are removed; errors never quote a value.

use std::net::{AddrParseError, SocketAddr};

use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Deserializer, de};
use tierup_common::trim::trim_value;
use url::Url;

use crate::config::error::{ConfigError, invalid_setting};

/// An address to listen on.
pub(super) fn parse_address(text: &str) -> Result<SocketAddr, AddrParseError> {
    trim_value(text).parse()
}

/// A URL. Unlike the library's parser, the error does not quote it: it may hold a password.
pub(crate) fn parse_url(text: &str) -> Result<Url, String> {
    trim_value(text).parse().map_err(|error| format!("not a URL: {error}"))
}

/// The same for serde.
pub(crate) fn deserialize_url<'de, D: Deserializer<'de>>(from: D) -> Result<Url, D::Error> {
    parse_url(&String::deserialize(from)?).map_err(de::Error::custom)
}

/// The same for an optional field.
pub(super) fn deserialize_optional_url<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Url>, D::Error> {
    deserialize_url(from).map(Some)
}

/// Fails unless a URL is http or https with a host: others (`javascript:`, `file:`) cannot be called or linked to.
pub(super) fn ensure_web_url(setting: &'static str, url: &Url) -> Result<(), ConfigError> {
    if matches!(url.scheme(), "http" | "https") && url.has_host() {
        Ok(())
    } else {
        Err(invalid_setting(setting, "must begin with http:// or https:// and name a host"))
    }
}

/// An API key, which is sent in a header; none if empty.
pub(super) fn parse_key(
    setting: &'static str,
    key: &SecretString,
) -> Result<Option<SecretString>, ConfigError> {
    let bare = trim_value(key.expose_secret());
    if bare.chars().any(|c| !c.is_ascii_graphic()) {
        let why = "contains a space, a line break or another character that no key has\nhint: check what was copied";
        return Err(invalid_setting(setting, why));
    }
    Ok(Some(bare).filter(|key| !key.is_empty()).map(SecretString::from))
}

/// Quotes a value that looks like one of a few known words; anything else may be a secret.
pub(super) fn quote_word(word: &str) -> String {
    let looks_like_one = word.len() <= 12 && word.chars().all(|c| c.is_ascii_lowercase());
    if looks_like_one { format!("{word:?}") } else { "(not shown)".into() }
}
