//! Whether what follows a word like `password` is a secret, and where it ends.

use std::ops::Range;

use crate::secrets::kind::MARK_START;
use crate::secrets::scan::{run_end, skip_blanks};

/// As far into a value it is looked at to tell a placeholder from a secret.
const PROBE_LENGTH: usize = 64;
/// The fewest characters of a word of letters that is taken for random.
const MIN_RANDOM_LENGTH: usize = 16;

/// Words that programs show instead of a secret, or for none.
const EMPTY_WORDS: &[&str] = &[
    "none",
    "null",
    "nil",
    "undefined",
    "true",
    "false",
    "yes",
    "no",
    "ok",
    "n/a",
    "hidden",
    "masked",
    "redacted",
    "removed",
    "required",
    "optional",
    "empty",
    "string",
    "set",
    "unset",
    "missing",
];
/// Words that people write about a password, in the languages of support.
const STATUS_WORDS: &[&str] = &[
    "wrong",
    "invalid",
    "incorrect",
    "correct",
    "right",
    "reset",
    "resetted",
    "changed",
    "expired",
    "expires",
    "locked",
    "unlocked",
    "forgotten",
    "forgot",
    "lost",
    "unknown",
    "known",
    "same",
    "new",
    "old",
    "works",
    "working",
    "worked",
    "fails",
    "failed",
    "failure",
    "failing",
    "denied",
    "rejected",
    "refused",
    "accepted",
    "valid",
    "verified",
    "disabled",
    "enabled",
    "blocked",
    "protected",
    "prompt",
    "needed",
    "stored",
    "saved",
    "updated",
    "renewed",
    "revoked",
    "rotated",
    "leaked",
    "mismatch",
    "unchanged",
    "different",
    "fine",
    "good",
    "bad",
    "error",
    "expected",
    "is",
    "was",
    "has",
    "not",
    "the",
    "it",
    "see",
    "please",
    "and",
    "or",
    "for",
    "in",
    "of",
    "to",
    "ask",
    "check",
    "falsch",
    "richtig",
    "abgelaufen",
    "gesperrt",
    "vergessen",
    "unbekannt",
    "geändert",
    "zurückgesetzt",
    "ungültig",
    "incorrecta",
    "caducada",
    "olvidada",
    "expiré",
    "oublié",
    "erroné",
];
/// Names of techniques, which have digits as passwords do.
const TECHNICAL_WORDS: &[&str] = &[
    "base64", "sha1", "sha2", "sha256", "sha512", "md5", "oauth2", "utf8", "http2", "argon2", "pbkdf2",
    "x509", "ntlmv2",
];

/// How much speaks for a secret before the value is looked at.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Context {
    /// `password=…`: what follows is a value.
    Setting,
    /// `password: …`: a value, or prose.
    Label,
    /// `token: …`, which is often about a parser's.
    WeakLabel,
    /// `the password is …`: prose.
    Prose,
}

/// The secret that begins at `at`, after blanks and a quote.
pub(super) fn secret_at(text: &str, at: usize, context: Context) -> Option<Range<usize>> {
    let bytes = text.as_bytes();
    let start = skip_blanks(bytes, at);
    let escape = usize::from(bytes.get(start) == Some(&b'\\') && is_quote(bytes.get(start + 1)));
    if let Some(quote) = bytes.get(start + escape).filter(|byte| is_quote(Some(byte))) {
        let range = quoted(bytes, start + escape + 1, *quote, escape > 0);
        return (!is_placeholder(&text[range.clone()])).then_some(range);
    }
    if is_placeholder_at(text, start) {
        return None;
    }
    let range = start..word_end(bytes, start);
    let word = &text[range.clone()];
    let is_secret = match context {
        Context::Setting => !is_empty_word(word) && !is_call(bytes, &range),
        Context::Label => {
            looks_random(word) || (is_last(bytes, range.end) && !is_empty_word(word) && !is_status_word(word))
        }
        Context::WeakLabel => word.len() >= 6 && looks_random(word),
        Context::Prose => word.len() >= 6 && has_letter_and_digit(word) && !is_technical_word(word),
    };
    (is_secret && word.bytes().any(|byte| byte.is_ascii_alphanumeric() || !byte.is_ascii())).then_some(range)
}

/// Whether a text stands for a secret, or is a mark: `***`, `<password>`, `${PASSWORD}`.
pub(super) fn is_placeholder(value: &str) -> bool {
    value.is_empty() || is_placeholder_at(value, 0) || is_empty_word(value)
}

fn is_placeholder_at(text: &str, start: usize) -> bool {
    let rest = &text[start..];
    let probe_end = rest.floor_char_boundary(PROBE_LENGTH);
    let word =
        rest[..probe_end].split([' ', '\t', '\n', '\r', '"', '\'', ',', ';']).next().unwrap_or_default();
    let Some(first) = word.chars().next() else { return true };
    let is_repeated = |c: char| word.chars().all(|other| other == c);
    let is_name = |name: &str| {
        name.bytes().all(|byte| byte.is_ascii_alphabetic() || matches!(byte, b'_' | b'-' | b'.'))
    };
    match first {
        _ if rest.starts_with(MARK_START) => true,
        '<' => rest[..probe_end].contains('>'),
        '{' | '[' | '(' => word.len() == 1 || word.ends_with(['}', ']', ')']) || word.starts_with("{{"),
        '$' => word.starts_with("${") || word.starts_with("$(") || is_name(&word[1..]),
        '%' => word.len() <= 2 || (word.ends_with('%') && is_name(&word[1..word.len() - 1])),
        '*' | '•' | '…' | '.' | '-' | '_' | '?' | '#' | 'x' | 'X' => is_repeated(first),
        _ => false,
    }
}

/// The text in quotes that begins at `start`: up to the quote, or to the end of the line. In JSON within JSON, both
/// quotes are escaped.
fn quoted(bytes: &[u8], start: usize, quote: u8, is_escaped: bool) -> Range<usize> {
    let mut end = start;
    while let Some(byte) = bytes.get(end).filter(|byte| **byte != quote && **byte != b'\n') {
        let skips_next = *byte == b'\\' && bytes.get(end + 1).is_some_and(|next| *next != b'\n');
        if skips_next && is_escaped && bytes[end + 1] == quote {
            break;
        }
        end += if skips_next { 2 } else { 1 };
    }
    start..end
}

const fn is_quote(byte: Option<&u8>) -> bool {
    matches!(byte, Some(b'"' | b'\'' | b'`'))
}

/// The end of a value without quotes. Signs within it belong to it; those between it and what follows do not.
fn word_end(bytes: &[u8], start: usize) -> usize {
    let mut end = start;
    while let Some(byte) = bytes.get(end) {
        let ends = match byte {
            b'"' | b'\'' | b'`' | b'<' => true,
            b'[' if bytes[end..].starts_with(MARK_START.as_bytes()) => true,
            b'&' | b',' | b';' | b'|' => begins_next_setting(bytes, end + 1),
            b')' | b']' | b'}' | b'>' | b'.' | b':' => {
                bytes.get(end + 1).is_none_or(|next| !next.is_ascii_alphanumeric() && next.is_ascii())
            }
            b'\\' => bytes.get(end + 1).is_some_and(|next| matches!(next, b'n' | b'r' | b't' | b'"')),
            other => other.is_ascii_whitespace() || other.is_ascii_control(),
        };
        if ends {
            break;
        }
        end += 1;
    }
    end
}

/// Whether nothing follows a separator, or the name of another value: `&user=`.
fn begins_next_setting(bytes: &[u8], at: usize) -> bool {
    let rest = &bytes[at..bytes.len().min(at + PROBE_LENGTH)];
    let name =
        run_end(rest, 0, |byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.' | b' '));
    match rest.get(name) {
        None => rest.first().is_none_or(u8::is_ascii_whitespace),
        Some(b'=' | b':') => name > 0,
        Some(byte) => rest[0].is_ascii_whitespace() || byte.is_ascii_whitespace() && name == 0,
    }
}

/// Whether a value is the last of its line, or of its part of the sentence.
fn is_last(bytes: &[u8], end: usize) -> bool {
    let after = run_end(bytes, end, |byte| matches!(byte, b'.' | b'!' | b')' | b']' | b'}'));
    let after = skip_blanks(bytes, after);
    bytes
        .get(after)
        .is_none_or(|byte| matches!(byte, b'\n' | b'\r' | b',' | b';' | b'(' | b'|' | b'\\' | b'<' | b'"'))
}

/// Whether a value is a call in some program: `getpass()`, `os.environ["X"]`.
fn is_call(bytes: &[u8], word: &Range<usize>) -> bool {
    let name = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b':' | b'-' | b'>');
    let end = run_end(&bytes[word.clone()], 0, name);
    let rest = &bytes[word.start + end..];
    end > 0
        && (rest.starts_with(b"()")
            || rest.starts_with(b"[\"")
            || rest.starts_with(b"['")
            || rest.starts_with(b"(\""))
}

/// Whether a word is unlike those of prose: with digits or signs in it, or with capitals after its first letter.
fn looks_random(word: &str) -> bool {
    let word = word.trim_end_matches(['.', '!', '?', ',', ';', ':', ')']);
    let inner = word.get(1..).unwrap_or_default();
    let has_sign =
        inner.bytes().any(|byte| byte.is_ascii_punctuation() && !matches!(byte, b'-' | b'/' | b'\''));
    let is_mixed = inner.bytes().any(|byte| byte.is_ascii_uppercase())
        && word.bytes().any(|byte| byte.is_ascii_lowercase());
    has_letter_and_digit(word) || has_sign || is_mixed || word.len() >= MIN_RANDOM_LENGTH
}

fn has_letter_and_digit(word: &str) -> bool {
    word.bytes().any(|byte| byte.is_ascii_digit()) && word.chars().any(char::is_alphabetic)
}

fn is_empty_word(word: &str) -> bool {
    is_one_of(word, EMPTY_WORDS)
}

fn is_status_word(word: &str) -> bool {
    is_one_of(word, STATUS_WORDS)
}

fn is_technical_word(word: &str) -> bool {
    let name = word.to_lowercase().replace('-', "");
    TECHNICAL_WORDS.iter().any(|known| name.starts_with(known))
}

fn is_one_of(word: &str, words: &[&str]) -> bool {
    let word = word.trim_end_matches(['.', '!', '?', ',', ';', ':', ')']);
    words.iter().any(|known| known.len() == word.len() && known.to_lowercase() == word.to_lowercase())
}
