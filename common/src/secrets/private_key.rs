//! Private keys in PEM: from the line BEGIN to the line END, or as far as the key goes if one of them was cut off.

use std::ops::Range;

use crate::secrets::kind::{Secret, SecretKind};

const BEGIN: &str = "-----BEGIN ";
const END: &str = "-----END ";
const DASHES: &str = "-----";
/// The longest label, like `OPENSSH PRIVATE KEY` or `PGP PRIVATE KEY BLOCK`.
const MAX_LABEL: usize = 40;
/// The fewest characters of a whole line of a key. Only the last line is shorter.
const MIN_LINE: usize = 16;

pub(super) fn find(text: &str, found: &mut Vec<Secret>) {
    let mut at = 0;
    while let Some(first) = next_marker(text, at) {
        let range = if first.is_begin {
            let next = next_marker(text, first.range.end).filter(|next| !next.is_begin);
            let end = next.map_or_else(|| material_end(text, first.range.end), |next| next.range.end);
            first.range.start..end
        } else {
            material_start(text, at..first.range.start)..first.range.end
        };
        at = range.end;
        found.push(Secret { range, kind: SecretKind::PrivateKey });
    }
}

/// The line that begins or ends a private key.
struct Marker {
    range: Range<usize>,
    is_begin: bool,
}

fn next_marker(text: &str, from: usize) -> Option<Marker> {
    let mut at = from;
    while let Some(offset) = text[at..].find(DASHES) {
        let start = at + offset;
        let rest = &text[start..];
        for (opening, is_begin) in [(BEGIN, true), (END, false)] {
            if let Some(end) = rest.strip_prefix(opening).and_then(label_end) {
                return Some(Marker { range: start..start + opening.len() + end, is_begin });
            }
        }
        at = start + 1;
    }
    None
}

/// The end of the label of a private key, and of the dashes after it.
fn label_end(rest: &str) -> Option<usize> {
    let belongs = |byte: &u8| byte.is_ascii_uppercase() || byte.is_ascii_digit() || *byte == b' ';
    let length = rest.bytes().take(MAX_LABEL).take_while(|byte| belongs(byte)).count();
    if !rest[..length].contains("PRIVATE KEY") {
        return None;
    }
    let dashes = rest[length..].bytes().take(DASHES.len()).take_while(|byte| *byte == b'-').count();
    Some(length + dashes)
}

/// How far a key goes whose END is missing: over lines of base64 and headers, wherever its lines break.
fn material_end(text: &str, from: usize) -> usize {
    let mut end = from;
    let mut in_header = false;
    for (start, word) in words(text, from) {
        if in_header && !text[end..start].contains('\n') {
            end = start + word.len();
            continue;
        }
        // `Proc-Type: 4,ENCRYPTED`
        in_header = word.len() > 2 && word.ends_with(':');
        match (in_header || is_quote_sign(word), key_characters(word)) {
            (true, _) => end = start + word.len(),
            (false, Some(length)) if length == word.len() && length >= MIN_LINE => end = start + length,
            // The last line, or a cut within one.
            (false, Some(length)) => return if length > 0 { start + length } else { end },
            (false, None) => return end,
        }
    }
    end
}

/// Where a key begins whose BEGIN is missing.
fn material_start(text: &str, within: Range<usize>) -> usize {
    let mut start = within.end;
    let before = &text[within.clone()];
    for word in before.rsplit(char::is_whitespace).filter(|word| !word.is_empty()) {
        let at = word.as_ptr() as usize - before.as_ptr() as usize + within.start;
        let is_last_line = start == within.end;
        let is_whole = key_characters(word) == Some(word.len());
        if !is_quote_sign(word) && !(is_whole && (is_last_line || word.len() >= MIN_LINE)) {
            break;
        }
        start = at;
    }
    start
}

/// The sign before quoted lines of mail.
fn is_quote_sign(word: &str) -> bool {
    word.bytes().all(|byte| byte == b'>')
}

/// The characters at the start of a word that a key may have, `\n` written as two among them; none if it has none.
fn key_characters(word: &str) -> Option<usize> {
    let belongs =
        |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'=' | b'\\' | b'>');
    let length = word.bytes().take_while(|byte| belongs(byte)).count();
    (length > 0).then_some(length)
}

/// The words after a position, each with its own.
fn words(text: &str, from: usize) -> impl Iterator<Item = (usize, &str)> {
    let rest = &text[from..];
    let words = rest.split(char::is_whitespace).filter(|word| !word.is_empty());
    words.map(move |word| (word.as_ptr() as usize - rest.as_ptr() as usize + from, word))
}
