//! Values after a word that says that they are secret: `password=…`, `"api_key": "…"`, `Authorization: Bearer …`,
//! `--token …`, `<password>…`.

use std::ops::Range;

use crate::secrets::kind::{MARK_START, Secret, SecretKind};
use crate::secrets::scan::{run_end, run_start, skip_blanks};
use crate::secrets::value::{Context, secret_at};

/// As much of a name is looked at, from its end.
const MAX_NAME: usize = 40;

/// Names of passwords; other names may end with them.
const PASSWORD_NAMES: &[&str] = &[
    "password",
    "passwd",
    "passwort",
    "passphrase",
    "passcode",
    "kennwort",
    "pwd",
    "contraseña",
    "motdepasse",
];
/// The same, where they are a whole part of a name: `DB_PASS`.
const PASSWORD_PARTS: &[&str] = &["pass", "pw"];
/// Names of other secrets; other names may end with them.
const SECRET_NAMES: &[&str] = &[
    "secret",
    "apikey",
    "accesskey",
    "secretkey",
    "privatekey",
    "accountkey",
    "authkey",
    "encryptionkey",
    "signingkey",
    "masterkey",
    "sharedkey",
    "licensekey",
    "secretkeybase",
];
/// Before `key` as a word of its own.
const KEY_WORDS: &[&str] =
    &["api", "access", "secret", "account", "encryption", "signing", "master", "license"];
/// Schemes of the header Authorization. What follows them is secret.
const SCHEMES: &[&str] =
    &["bearer", "basic", "token", "digest", "negotiate", "ntlm", "apikey", "aws4-hmac-sha256"];
/// Before `token` in the errors of parsers.
const PARSER_WORDS: &[&str] = &["unexpected", "unrecognized", "illegal", "unknown", "bad", "next"];
/// Verbs between a name and a value in prose.
const VERBS: &[&str] = &["is", "was", "ist", "war", "lautet", "es", "est"];

pub(super) fn find(text: &str, found: &mut Vec<Secret>) {
    let bytes = text.as_bytes();
    let mut at = 0;
    while at < bytes.len() {
        if !is_name_byte(bytes[at]) {
            // The kind in a mark is no name.
            let mark = text.get(at..).filter(|rest| rest.starts_with(MARK_START));
            at += mark.and_then(|mark| mark[..mark.floor_char_boundary(MAX_NAME)].find(']')).unwrap_or(1);
            continue;
        }
        let end = run_end(bytes, at, is_name_byte);
        at = match secret_after(text, at..end) {
            Some(secret) => {
                let after = secret.range.end.max(end);
                found.push(secret);
                after
            }
            None => end,
        };
    }
}

const fn is_name_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-') || !byte.is_ascii()
}

/// What a name says about its value.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Name {
    Password,
    /// A name that also means something else, like `pass`.
    ShortPassword,
    Secret,
    Token,
    Authorization,
    Bearer,
}

fn secret_after(text: &str, name: Range<usize>) -> Option<Secret> {
    let kind = classify(text, &name)?;
    let secret_kind = match kind {
        Name::Password | Name::ShortPassword => SecretKind::Password,
        Name::Secret | Name::Token | Name::Authorization | Name::Bearer => SecretKind::Secret,
    };
    let range = match kind {
        Name::Bearer => secret_at(text, name.end, Context::WeakLabel),
        Name::Authorization => authorization(text, name.end),
        Name::Password | Name::ShortPassword | Name::Secret | Name::Token => value_range(text, &name, kind),
    }?;
    Some(Secret { range, kind: secret_kind })
}

fn classify(text: &str, name: &Range<usize>) -> Option<Name> {
    let from = text.floor_char_boundary(name.start.max(name.end.saturating_sub(MAX_NAME)));
    let name_text =
        text[from..name.end].trim_end_matches(|c: char| c.is_ascii_digit() || matches!(c, '_' | '-'));
    let plain: String =
        name_text.chars().filter(|c| !matches!(c, '_' | '-')).flat_map(char::to_lowercase).collect();
    let ends_with = |names: &[&str]| names.iter().any(|known| plain.ends_with(known));
    let last_part = name_text.rsplit(['_', '-']).next().unwrap_or_default().to_ascii_lowercase();
    if ends_with(PASSWORD_NAMES) {
        return Some(Name::Password);
    }
    if PASSWORD_PARTS.contains(&last_part.as_str()) {
        return Some(Name::ShortPassword);
    }
    if ends_with(SECRET_NAMES) {
        return Some(Name::Secret);
    }
    match plain.as_str() {
        _ if plain.ends_with("authorization") => return Some(Name::Authorization),
        _ if last_part == "bearer" => return Some(Name::Bearer),
        "key" if KEY_WORDS.contains(&word_before(text, name.start).as_str()) => return Some(Name::Secret),
        "passe" if word_before(text, name.start) == "de" => return Some(Name::Password),
        _ => {}
    }
    let is_parsers = || PARSER_WORDS.contains(&word_before(text, name.start).as_str());
    (plain.ends_with("token") && !is_parsers()).then_some(Name::Token)
}

/// The word before a position, if one space is between them.
fn word_before(text: &str, at: usize) -> String {
    let bytes = text.as_bytes();
    if at == 0 || bytes[at - 1] != b' ' {
        return String::new();
    }
    let start = run_start(bytes, at - 1, MAX_NAME, |byte| byte.is_ascii_alphabetic());
    text[start..at - 1].to_ascii_lowercase()
}

/// The value of a name: after a separator, in a tag, after an option, or in prose.
fn value_range(text: &str, name: &Range<usize>, kind: Name) -> Option<Range<usize>> {
    let bytes = text.as_bytes();
    let label = match kind {
        Name::Token | Name::ShortPassword => Context::WeakLabel,
        Name::Password | Name::Secret | Name::Authorization | Name::Bearer => Context::Label,
    };
    let is_tag = name.start > 0 && bytes[name.start - 1] == b'<';
    if is_tag && bytes.get(name.end) == Some(&b'>') {
        return secret_at(text, name.end + 1, Context::Setting);
    }
    // `"password":`, `\"password\":`, `$_POST['password'] =`
    let quoted = run_end(bytes, name.end, |byte| matches!(byte, b'\\' | b'"' | b'\'' | b'`' | b']' | b'*'));
    let blank = skip_blanks(bytes, quoted);
    if let Some((after, context)) = separator(bytes, blank, label) {
        let range = secret_at(text, after, context)?;
        // PWD is the working directory.
        let is_folder = text[name.clone()].to_ascii_lowercase().ends_with("pwd")
            && (matches!(bytes[range.start], b'/' | b'~') || bytes[range.start + 1..].starts_with(b":\\"));
        return (!is_folder).then_some(range);
    }
    if blank == name.end {
        return None;
    }
    if bytes[name.start] == b'-' {
        return secret_at(text, blank, label).filter(|range| bytes[range.start] != b'-');
    }
    let verb_end = run_end(bytes, blank, |byte| byte.is_ascii_alphabetic());
    let is_prose = VERBS.contains(&text[blank..verb_end].to_ascii_lowercase().as_str());
    if !is_prose {
        return None;
    }
    match bytes.get(verb_end) {
        Some(b':') => secret_at(text, verb_end + 1, label),
        _ => secret_at(text, verb_end, Context::Prose),
    }
}

/// The end of the separator at `at`, and what it says about the value.
fn separator(bytes: &[u8], at: usize, label: Context) -> Option<(usize, Context)> {
    let rest = &bytes[at..];
    let settings: [&[u8]; 7] = [b":=", b"=>", b"->", b"==", b"=", b"%3D", b"%3d"];
    if let Some(sign) = settings.iter().find(|sign| rest.starts_with(sign)) {
        return Some((at + sign.len(), Context::Setting));
    }
    // `**Password:** x` in Markdown.
    let length = if rest.starts_with(b":** ") { 3 } else { 1 };
    rest.starts_with(b":").then_some((at + length, label))
}

/// The credentials of an Authorization header: after the scheme, if it has one.
fn authorization(text: &str, name_end: usize) -> Option<Range<usize>> {
    let bytes = text.as_bytes();
    let at = run_end(bytes, name_end, |byte| matches!(byte, b'\\' | b'"' | b'\''));
    let (after, _) = separator(bytes, skip_blanks(bytes, at), Context::Label)?;
    let start = run_end(bytes, after, |byte| matches!(byte, b' ' | b'\t' | b'\\' | b'"' | b'\''));
    let scheme_end = run_end(bytes, start, |byte| byte.is_ascii_alphanumeric() || byte == b'-');
    let scheme = text[start..scheme_end].to_ascii_lowercase();
    if !SCHEMES.contains(&scheme.as_str()) {
        return secret_at(text, after, Context::Label);
    }
    if matches!(scheme.as_str(), "digest" | "aws4-hmac-sha256") {
        // Several values, to the end of the line.
        let start = skip_blanks(bytes, scheme_end);
        let is_list = bytes[start..].iter().take(MAX_NAME).any(|byte| *byte == b'=');
        return is_list.then(|| start..run_end(bytes, start, |byte| !matches!(byte, b'\n' | b'\r')));
    }
    secret_at(text, scheme_end, Context::Label)
}
