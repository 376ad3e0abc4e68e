//! Who carries mail and whom it is from, as the settings say it. The URL holds a password: nothing here repeats it.

use std::path::PathBuf;
use std::time::Duration;

use lettre::message::Mailbox;
use lettre::transport::smtp::PoolConfig;
use lettre::{AsyncSmtpTransport, Tokio1Executor};
use secrecy::{ExposeSecret, SecretString};
use tierup_common::trim::bare;

use crate::config::{ConfigError, wrong};
use crate::mail::{Mailer, address};

/// Who mail is from, when nobody says it.
const FROM: &str = "tierup <tierup@localhost>";
/// The form of the URL.
const FORM: &str =
    "must be smtp://[user:password@]host[:port][?tls=required|opportunistic], smtps://… or file:DIR";
/// How a URL takes what would end the password in it.
const ENCODED: &str =
    "in the user and the password write / as %2F, ? as %3F, # as %23, @ as %40, : as %3A and % as %25";

/// Who carries mail.
pub(super) fn mailer(url: Option<&SecretString>, from: Option<&str>) -> Result<Mailer, ConfigError> {
    let from = sender(from.map_or(FROM, bare))?;
    let url = url.map_or("off", |url| bare(url.expose_secret()));
    if matches!(url, "off" | "") {
        return Ok(Mailer::Off);
    }
    if let Some(folder) = url.strip_prefix("file:") {
        let folder = PathBuf::from(folder.strip_prefix("//").unwrap_or(folder));
        return Ok(Mailer::Files { folder, from });
    }
    let transport = transport(url)?
        .timeout(Some(Duration::from_secs(10)))
        .pool_config(PoolConfig::new().max_size(4))
        .build();
    Ok(Mailer::Smtp { transport, from })
}

fn transport(url: &str) -> Result<lettre::transport::smtp::AsyncSmtpTransportBuilder, ConfigError> {
    if url.chars().any(|c| c.is_whitespace() || c.is_control()) {
        return Err(wrong(
            "mail_url",
            "has a blank or a line break in it; write a blank of the password as %20",
        ));
    }
    let Some((_, rest)) = url.split_once("://") else { return Err(wrong("mail_url", FORM)) };
    // What a URL takes for the end of host and port, and an @ after it: the end of host and port was none.
    let after = rest.find(['/', '?', '#']).map_or("", |end| &rest[end..]);
    if after.contains('@') {
        return Err(wrong("mail_url", format!("has / ? or # before its last @\nhint: {ENCODED}")));
    }
    // What the library does not know it leaves out without a word, and a `tls` that is mistyped is no TLS.
    let end = rest.find('#').map_or(rest, |end| &rest[..end]);
    let parameters = end.split_once('?').map_or("", |(_, parameters)| parameters);
    let is_known = |parameter: &str| matches!(parameter, "" | "tls=required" | "tls=opportunistic");
    if rest.contains('#') || !parameters.split('&').all(is_known) {
        return Err(wrong("mail_url", FORM));
    }
    // The error may hold the URL, and the URL the password.
    AsyncSmtpTransport::<Tokio1Executor>::from_url(url)
        .map_err(|_| wrong("mail_url", format!("{FORM}\nhint: {ENCODED}")))
}

/// A sender that every mail server takes.
fn sender(from: &str) -> Result<Mailbox, ConfigError> {
    let no_mailbox = || wrong("mail_from", "is not a mailbox, like tierup <tierup@acme.test>");
    if from.chars().any(char::is_control) {
        return Err(no_mailbox());
    }
    // A domain of any script is fine, but the parser of mailboxes wants it in ASCII.
    let (name, inner) = match from.strip_suffix('>').and_then(|from| from.split_once('<')) {
        Some((name, inner)) => (Some(name.trim()), inner),
        None => (None, from),
    };
    let email = address::for_all_servers(inner.trim()).map_err(|_| no_mailbox())?;
    if !email.user().is_ascii() {
        return Err(wrong("mail_from", "must be ASCII before the @: few mail servers take anything else"));
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

    fn why(url: &str) -> String {
        transport(url).err().unwrap().to_string()
    }

    #[test]
    fn a_password_that_a_url_does_not_take_is_told_how_to_be_written() {
        for password in ["hun/ter2", "hun?ter2", "hun#ter2", "12/hunter2", "h@un/ter2", "hunter2%ff"] {
            let why = why(&format!("smtp://ana:{password}@mail.acme.test:587?tls=required"));
            assert!(why.contains("write / as %2F"), "{password}: {why}");
            assert!(!why.contains("hun") && !why.contains("ter2"), "{why}");
        }
        for password in ["hun%2Fter2", "hun%40ter2", "hun@ter2", "hun%25ter2"] {
            transport(&format!("smtp://ana:{password}@mail.acme.test")).unwrap();
        }
        assert!(why("smtp://ana:hunter 2@mail.acme.test").contains("%20"));
        assert!(why("mail.acme.test").contains("smtp://"));
    }

    #[test]
    fn a_wish_for_tls_that_is_mistyped_is_refused() {
        for end in ["?tlss=required", "?TLS=required", "?tls=Required", "?tls=required&x=1", "#frag", "/?tls"]
        {
            let why = why(&format!("smtp://ana:hunter2@mail.acme.test{end}"));
            assert!(why.contains("?tls=required") && !why.contains("hunter2"), "{end}: {why}");
        }
        for end in ["", "/", "?tls=required", "?tls=opportunistic"] {
            transport(&format!("smtp://ana:hunter2@mail.acme.test{end}")).unwrap();
        }
    }

    #[test]
    fn what_stands_around_the_url_goes() {
        for url in ["\"file:./mail\"\r\n", " file:./mail", "\u{feff}file:./mail\n"] {
            let mailer = mailer(Some(&SecretString::from(url)), None).unwrap();
            assert!(
                matches!(mailer, Mailer::Files { folder, .. } if folder.as_os_str() == "./mail"),
                "{url:?}"
            );
        }
    }

    #[test]
    fn a_sender_is_one_that_every_server_takes() {
        assert_eq!(sender("tierup <tierup@acme.test>").unwrap().to_string(), "tierup <tierup@acme.test>");
        assert_eq!(sender("tierup@acme.test").unwrap().to_string(), "tierup@acme.test");
        assert_eq!(sender("Tïerup <t@bücher.test>").unwrap().email.to_string(), "t@xn--bcher-kva.test");
        assert_eq!(sender("\"Team, first\" <t@acme.test>").unwrap().name.as_deref(), Some("Team, first"));
        for wrong in
            ["nobody", "tierup <tierup@>", "jürgen@acme.test", "a\nb <a@acme.test>", "a <b@c> <d@e>", ""]
        {
            assert!(sender(wrong).is_err(), "{wrong}");
        }
    }
}
