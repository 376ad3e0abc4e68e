//! Values of settings as they are written down: what stands around them goes where that is certain, and what makes no
//! sense is refused without being repeated.

use std::net::{AddrParseError, SocketAddr};

use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Deserializer, de};
use tierup_common::trim::trim_value;
use url::Url;

use crate::config::error::{ConfigError, invalid_setting};

/// Where to listen.
pub(super) fn parse_address(text: &str) -> Result<SocketAddr, AddrParseError> {
    trim_value(text).parse()
}

/// A URL. The library's own way of reading one quotes it in its error, with the password that may be in it.
pub(crate) fn parse_url(text: &str) -> Result<Url, String> {
    trim_value(text).parse().map_err(|error| format!("not a URL: {error}"))
}

/// The same, of a file.
pub(crate) fn deserialize_url<'de, D: Deserializer<'de>>(from: D) -> Result<Url, D::Error> {
    parse_url(&String::deserialize(from)?).map_err(de::Error::custom)
}

/// The same, of a file that may leave it out.
pub(super) fn deserialize_optional_url<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Url>, D::Error> {
    deserialize_url(from).map(Some)
}

/// That a URL leads to the web: anything else (`javascript:`, `file:`) is not called, and links to nowhere.
pub(super) fn ensure_web_url(setting: &'static str, url: &Url) -> Result<(), ConfigError> {
    if matches!(url.scheme(), "http" | "https") && url.has_host() {
        Ok(())
    } else {
        Err(invalid_setting(setting, "must begin with http:// or https://, and name a host"))
    }
}

/// A key that is sent in a header. Empty is none.
pub(super) fn parse_key(
    setting: &'static str,
    key: &SecretString,
) -> Result<Option<SecretString>, ConfigError> {
    let bare = trim_value(key.expose_secret());
    if bare.chars().any(|c| !c.is_ascii_graphic()) {
        let why = "has a blank, a line break or another character in it that no key has; was more than the key copied?";
        return Err(invalid_setting(setting, why));
    }
    Ok(Some(bare).filter(|key| !key.is_empty()).map(SecretString::from))
}

/// A word that people chose from a few, if it looks like one: whatever else was put in its place is not repeated.
pub(super) fn quote_word(word: &str) -> String {
    let looks_like_one = word.len() <= 12 && word.chars().all(|c| c.is_ascii_lowercase());
    if looks_like_one { format!("{word:?}") } else { "what stands there".into() }
}
