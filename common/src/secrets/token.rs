//! Tokens and keys that say what they are: by a prefix, or as a JWT.

use crate::secrets::kind::{Secret, SecretKind};
use crate::secrets::scan::{is_cut_off, is_token_start, run_end};

/// The fewest characters of a token that was cut off.
const MIN_CUT_OFF: usize = 4;
/// As far into a token its characters are looked at.
const PROBE_LENGTH: usize = 64;
/// The fewest characters of the header and of the payload of a JWT.
const MIN_JWT_PART: usize = 10;

/// The characters after a prefix.
#[derive(Clone, Copy)]
enum Charset {
    /// Capitals and digits.
    Capitals,
    /// Letters and digits.
    Alphanumeric,
    /// Letters, digits, `_` and `-`.
    Word,
    /// The same and `.`.
    Dotted,
    /// Letters, digits, `_`, `-`, `/`, `+` and `=`.
    Base64,
}

impl Charset {
    const fn contains(self, byte: u8) -> bool {
        match self {
            Self::Capitals => byte.is_ascii_uppercase() || byte.is_ascii_digit(),
            Self::Alphanumeric => byte.is_ascii_alphanumeric(),
            Self::Word => byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'),
            Self::Dotted => Self::Word.contains(byte) || byte == b'.',
            Self::Base64 => Self::Word.contains(byte) || matches!(byte, b'/' | b'+' | b'='),
        }
    }
}

/// A prefix, what follows it, and at least how many characters of that.
struct Prefix(&'static str, Charset, usize, SecretKind);

#[rustfmt::skip]
const PREFIXES: &[Prefix] = &[
    Prefix("AKIA", Charset::Capitals, 16, SecretKind::AwsKey),
    Prefix("ASIA", Charset::Capitals, 16, SecretKind::AwsKey),
    Prefix("ABIA", Charset::Capitals, 16, SecretKind::AwsKey),
    Prefix("ACCA", Charset::Capitals, 16, SecretKind::AwsKey),
    Prefix("ghp_", Charset::Alphanumeric, 20, SecretKind::GithubToken),
    Prefix("gho_", Charset::Alphanumeric, 20, SecretKind::GithubToken),
    Prefix("ghu_", Charset::Alphanumeric, 20, SecretKind::GithubToken),
    Prefix("ghs_", Charset::Alphanumeric, 20, SecretKind::GithubToken),
    Prefix("ghr_", Charset::Alphanumeric, 20, SecretKind::GithubToken),
    Prefix("github_pat_", Charset::Word, 20, SecretKind::GithubToken),
    Prefix("glpat-", Charset::Dotted, 16, SecretKind::GitlabToken),
    Prefix("gldt-", Charset::Dotted, 16, SecretKind::GitlabToken),
    Prefix("glrt-", Charset::Dotted, 16, SecretKind::GitlabToken),
    Prefix("glcbt-", Charset::Dotted, 16, SecretKind::GitlabToken),
    Prefix("glptt-", Charset::Dotted, 16, SecretKind::GitlabToken),
    Prefix("glsoat-", Charset::Dotted, 16, SecretKind::GitlabToken),
    Prefix("xoxa-", Charset::Word, 10, SecretKind::SlackToken),
    Prefix("xoxb-", Charset::Word, 10, SecretKind::SlackToken),
    Prefix("xoxc-", Charset::Word, 10, SecretKind::SlackToken),
    Prefix("xoxd-", Charset::Base64, 10, SecretKind::SlackToken),
    Prefix("xoxe-", Charset::Word, 10, SecretKind::SlackToken),
    Prefix("xoxe.xox", Charset::Word, 10, SecretKind::SlackToken),
    Prefix("xoxp-", Charset::Word, 10, SecretKind::SlackToken),
    Prefix("xoxr-", Charset::Word, 10, SecretKind::SlackToken),
    Prefix("xoxs-", Charset::Word, 10, SecretKind::SlackToken),
    Prefix("xapp-", Charset::Word, 10, SecretKind::SlackToken),
    Prefix("hooks.slack.com/services/", Charset::Base64, 10, SecretKind::SlackToken),
    Prefix("AIza", Charset::Word, 30, SecretKind::GoogleKey),
    Prefix("ya29.", Charset::Dotted, 20, SecretKind::GoogleKey),
    Prefix("GOCSPX-", Charset::Word, 20, SecretKind::GoogleKey),
    Prefix("tup_", Charset::Alphanumeric, 40, SecretKind::TierupToken),
    // OpenAI, Anthropic and others.
    Prefix("sk-", Charset::Word, 20, SecretKind::ApiKey),
    Prefix("gsk_", Charset::Alphanumeric, 30, SecretKind::ApiKey),
    Prefix("nvapi-", Charset::Word, 30, SecretKind::ApiKey),
    Prefix("hf_", Charset::Alphanumeric, 30, SecretKind::ApiKey),
    Prefix("npm_", Charset::Alphanumeric, 30, SecretKind::ApiKey),
    Prefix("pypi-", Charset::Word, 40, SecretKind::ApiKey),
    Prefix("dckr_pat_", Charset::Word, 20, SecretKind::ApiKey),
    // Stripe, and Standard Webhooks.
    Prefix("sk_live_", Charset::Alphanumeric, 10, SecretKind::ApiKey),
    Prefix("sk_test_", Charset::Alphanumeric, 10, SecretKind::ApiKey),
    Prefix("rk_live_", Charset::Alphanumeric, 10, SecretKind::ApiKey),
    Prefix("rk_test_", Charset::Alphanumeric, 10, SecretKind::ApiKey),
    Prefix("whsec_", Charset::Base64, 20, SecretKind::ApiKey),
    // SendGrid, DigitalOcean, Shopify, Grafana, HashiCorp Vault, Atlassian, Linear, age.
    Prefix("SG.", Charset::Dotted, 40, SecretKind::ApiKey),
    Prefix("dop_v1_", Charset::Alphanumeric, 30, SecretKind::ApiKey),
    Prefix("shpat_", Charset::Alphanumeric, 30, SecretKind::ApiKey),
    Prefix("glsa_", Charset::Word, 30, SecretKind::ApiKey),
    Prefix("hvs.", Charset::Word, 20, SecretKind::ApiKey),
    Prefix("ATATT3", Charset::Base64, 40, SecretKind::ApiKey),
    Prefix("lin_api_", Charset::Alphanumeric, 30, SecretKind::ApiKey),
    Prefix("AGE-SECRET-KEY-1", Charset::Capitals, 40, SecretKind::ApiKey),
];

pub(super) fn find(text: &str, found: &mut Vec<Secret>) {
    let bytes = text.as_bytes();
    let (mut at, mut last_end) = (0, 0);
    while at < bytes.len() {
        if !bytes[at].is_ascii_alphabetic() || !(at == last_end || is_token_start(bytes, at)) {
            at += 1;
            continue;
        }
        at = match prefixed_token(bytes, at).or_else(|| json_web_token(bytes, at)) {
            Some(TokenEnd::Secret(end, kind)) => {
                found.push(Secret { range: at..end, kind });
                last_end = end;
                end
            }
            Some(TokenEnd::NotASecret(end)) => end,
            None => at + 1,
        };
    }
}

/// The end of what looked like a token.
enum TokenEnd {
    Secret(usize, SecretKind),
    /// There is none before this position.
    NotASecret(usize),
}

fn prefixed_token(bytes: &[u8], at: usize) -> Option<TokenEnd> {
    let rest = &bytes[at..];
    let has_prefix =
        |prefix: &&Prefix| rest[0] == prefix.0.as_bytes()[0] && rest.starts_with(prefix.0.as_bytes());
    let Prefix(prefix, charset, min, kind) = PREFIXES.iter().find(has_prefix)?;
    let start = at + prefix.len();
    let probe = &bytes[start..bytes.len().min(start + PROBE_LENGTH)];
    let length = run_end(probe, 0, |byte| charset.contains(byte));
    let is_long = length >= *min || (length >= MIN_CUT_OFF && is_cut_off(bytes, start + length));
    // Names of styles and packages begin with sk- too, but have neither capitals nor digits.
    let is_random = |byte: &u8| byte.is_ascii_digit() || byte.is_ascii_uppercase();
    if !is_long || (*prefix == "sk-" && !probe[..length].iter().any(is_random)) {
        return None;
    }
    let end = run_end(bytes, start, |byte| charset.contains(byte));
    if *kind == SecretKind::AwsKey && end - start != *min && !is_cut_off(bytes, end) {
        return Some(TokenEnd::NotASecret(end));
    }
    // A full stop ends a sentence.
    let end = if bytes[end - 1] == b'.' { end - 1 } else { end };
    Some(TokenEnd::Secret(end, *kind))
}

/// A JWT: parts in base64 that dots separate, the first of which begins with the `{"` of its header.
fn json_web_token(bytes: &[u8], at: usize) -> Option<TokenEnd> {
    if !bytes[at..].starts_with(b"eyJ") {
        return None;
    }
    let part_end = |start| run_end(bytes, start, |byte| Charset::Word.contains(byte));
    let header_end = part_end(at);
    // No token begins within this run: its header would end at the same place.
    if header_end - at < MIN_JWT_PART || bytes.get(header_end) != Some(&b'.') {
        return Some(TokenEnd::NotASecret(header_end));
    }
    let mut end = part_end(header_end + 1);
    if end - header_end <= MIN_JWT_PART {
        return Some(TokenEnd::NotASecret(header_end));
    }
    while bytes.get(end) == Some(&b'.')
        && bytes.get(end + 1).is_some_and(|byte| Charset::Word.contains(*byte))
    {
        end = part_end(end + 1);
    }
    Some(TokenEnd::Secret(end, SecretKind::Jwt))
}
