//! The `mail_url` and `mail_from` settings. The URL holds a password, so errors never quote it.

use std::path::PathBuf;
use std::time::Duration;

use lettre::message::Mailbox;
use lettre::transport::smtp::PoolConfig;
use lettre::{AsyncSmtpTransport, Tokio1Executor};
use secrecy::{ExposeSecret, SecretString};
use tierup_common::trim::trim_value;

use crate::config::error::{ConfigError, invalid_setting};
use crate::mail::{Mailer, address};

/// The default of `mail_from`.
const DEFAULT_FROM: &str = "tierup <tierup@localhost>";
/// The format of `mail_url`.
const URL_FORMAT: &str =
    "must be smtp://[user:password@]host[:port][?tls=required|opportunistic], smtps://… or file:DIR";
/// How to write special characters of the password in a URL.
const ENCODING_HINT: &str =
    "in the user and the password, write / as %2F, ? as %3F, # as %23, @ as %40, : as %3A and % as %25";

/// Makes the mailer of these settings.
pub(super) fn build_mailer(url: Option<&SecretString>, from: Option<&str>) -> Result<Mailer, ConfigError> {
    let from = parse_sender(from.map_or(DEFAULT_FROM, trim_value))?;
    let url = url.map_or("off", |url| trim_value(url.expose_secret()));
    if matches!(url, "off" | "") {
        return Ok(Mailer::Off);
    }
    if let Some(folder) = url.strip_prefix("file:") {
        let folder = PathBuf::from(folder.strip_prefix("//").unwrap_or(folder));
        return Ok(Mailer::Folder { path: folder, sender: from });
    }
    let transport = build_transport(url)?
        .timeout(Some(Duration::from_secs(10)))
        .pool_config(PoolConfig::new().max_size(4))
        .build();
    Ok(Mailer::Smtp { transport, sender: from })
}

fn build_transport(url: &str) -> Result<lettre::transport::smtp::AsyncSmtpTransportBuilder, ConfigError> {
    if url.chars().any(|c| c.is_whitespace() || c.is_control()) {
        return Err(invalid_setting(
            "mail_url",
            "must not contain spaces or line breaks\nhint: write a space in the password as %20",
        ));
    }
    let Some((_, rest)) = url.split_once("://") else { return Err(invalid_setting("mail_url", URL_FORMAT)) };
    // An `@` after the first `/`, `?` or `#`: these belong to the user or password and should have been encoded.
    let after = rest.find(['/', '?', '#']).map_or("", |end| &rest[end..]);
    if after.contains('@') {
        return Err(invalid_setting(
            "mail_url",
            format!("must not contain / ? or # before its last @\nhint: {ENCODING_HINT}"),
        ));
    }
    // The library ignores unknown parameters, and a mistyped `tls` would mean no TLS.
    let end = rest.find('#').map_or(rest, |end| &rest[..end]);
    let parameters = end.split_once('?').map_or("", |(_, parameters)| parameters);
    let is_known = |parameter: &str| matches!(parameter, "" | "tls=required" | "tls=opportunistic");
    if rest.contains('#') || !parameters.split('&').all(is_known) {
        return Err(invalid_setting("mail_url", URL_FORMAT));
    }
    // The library's error may quote the URL.
    AsyncSmtpTransport::<Tokio1Executor>::from_url(url)
        .map_err(|_| invalid_setting("mail_url", format!("{URL_FORMAT}\nhint: {ENCODING_HINT}")))
}

/// Parses a sender that every mail server accepts.
fn parse_sender(from: &str) -> Result<Mailbox, ConfigError> {
    let no_mailbox =
        || invalid_setting("mail_from", "not a mailbox\nhint: write it like tierup <tierup@acme.test>");
    if from.chars().any(char::is_control) {
        return Err(no_mailbox());
    }
    // The mailbox parser accepts only ASCII domains, so convert the domain first.
    let (name, inner) = match from.strip_suffix('>').and_then(|from| from.split_once('<')) {
        Some((name, inner)) => (Some(name.trim()), inner),
        None => (None, from),
    };
    let email = address::parse_to_ascii_domain(inner.trim()).map_err(|_| no_mailbox())?;
    if !email.user().is_ascii() {
        return Err(invalid_setting(
            "mail_from",
            "must be ASCII before the @: most mail servers accept nothing else",
        ));
    }
    let mailbox = match name {
        Some(name) if !name.is_empty() => format!("{name} <{email}>"),
        Some(_) | None => email.to_string(),
    };
    mailbox.parse().map_err(|_| no_mailbox())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn transport_error(url: &str) -> String {
        build_transport(url).err().unwrap().to_string()
    }

    #[test]
    fn a_password_with_reserved_characters_is_refused_with_a_percent_encoding_hint() {
        for password in ["hun/ter2", "hun?ter2", "hun#ter2", "12/hunter2", "h@un/ter2", "hunter2%ff"] {
            let why = transport_error(&format!("smtp://ana:{password}@mail.acme.test:587?tls=required"));
            assert!(why.contains("write / as %2F"), "{password}: {why}");
            assert!(!why.contains("hun") && !why.contains("ter2"), "{why}");
        }
        for password in ["hun%2Fter2", "hun%40ter2", "hun@ter2", "hun%25ter2"] {
            build_transport(&format!("smtp://ana:{password}@mail.acme.test")).unwrap();
        }
        assert!(transport_error("smtp://ana:hunter 2@mail.acme.test").contains("%20"));
        assert!(transport_error("mail.acme.test").contains("smtp://"));
    }

    #[test]
    fn a_mistyped_tls_parameter_is_refused() {
        for end in ["?tlss=required", "?TLS=required", "?tls=Required", "?tls=required&x=1", "#frag", "/?tls"]
        {
            let why = transport_error(&format!("smtp://ana:hunter2@mail.acme.test{end}"));
            assert!(why.contains("?tls=required") && !why.contains("hunter2"), "{end}: {why}");
        }
        for end in ["", "/", "?tls=required", "?tls=opportunistic"] {
            build_transport(&format!("smtp://ana:hunter2@mail.acme.test{end}")).unwrap();
        }
    }

    #[test]
    fn quotes_whitespace_and_bom_around_the_mail_url_are_removed() {
        for url in ["\"file:./mail\"\r\n", " file:./mail", "\u{feff}file:./mail\n"] {
            let mailer = build_mailer(Some(&SecretString::from(url)), None).unwrap();
            assert!(matches!(mailer, Mailer::Folder { path, .. } if path.as_os_str() == "./mail"), "{url:?}");
        }
    }

    #[test]
    fn a_sender_is_a_mailbox_with_an_ascii_address() {
        assert_eq!(
            parse_sender("tierup <tierup@acme.test>").unwrap().to_string(),
            "tierup <tierup@acme.test>"
        );
        assert_eq!(parse_sender("tierup@acme.test").unwrap().to_string(), "tierup@acme.test");
        assert_eq!(parse_sender("Tïerup <t@bücher.test>").unwrap().email.to_string(), "t@xn--bcher-kva.test");
        assert_eq!(
            parse_sender("\"Team, first\" <t@acme.test>").unwrap().name.as_deref(),
            Some("Team, first")
        );
        for wrong in
            ["nobody", "tierup <tierup@>", "jürgen@acme.test", "a\nb <a@acme.test>", "a <b@c> <d@e>", ""]
        {
            assert!(parse_sender(wrong).is_err(), "{wrong}");
        }
    }
}
