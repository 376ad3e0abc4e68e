//! Secrets in text that people wrote: finds keys, tokens, passwords and card numbers, and puts typed marks in their
//! place.
//!
//! A secret is recognized by its form (a prefix, a checksum) or by the word before it (`password=`). Where a form is
//! ambiguous, text is rather marked than sent, except in plain prose. Every search takes linear time, whatever the text.

mod assignment;
mod card;
mod kind;
mod private_key;
mod scan;
mod token;
mod url;
mod value;

use std::borrow::Cow;
use std::ops::Range;

use crate::secrets::kind::MARK_START;

pub use kind::{Secret, SecretKind};

/// A text with marks like `[redacted: AWS key]` in the place of its secrets.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Redacted<'t> {
    /// The text; borrowed if it is unchanged.
    pub text: Cow<'t, str>,
    /// The kind of each secret that was replaced.
    pub kinds: Vec<SecretKind>,
}

/// Finds the secrets of a text, in their order and without overlaps.
pub fn find_secrets(text: &str) -> Vec<Secret> {
    find_all(text, &[])
}

/// Replaces the secrets of a text, and what patterns of the settings match in it: `custom`, in bytes.
pub fn redact<'t>(text: &'t str, custom: &[Range<usize>]) -> Redacted<'t> {
    let secrets = find_all(text, custom);
    if secrets.is_empty() {
        return Redacted { text: Cow::Borrowed(text), kinds: Vec::new() };
    }
    let mut redacted = String::with_capacity(text.len());
    let mut end = 0;
    for Secret { range, kind } in &secrets {
        redacted.push_str(&text[end..range.start]);
        redacted.push_str(MARK_START);
        redacted.push_str(kind.label());
        redacted.push(']');
        end = range.end;
    }
    redacted.push_str(&text[end..]);
    Redacted { text: Cow::Owned(redacted), kinds: secrets.into_iter().map(|secret| secret.kind).collect() }
}

fn find_all(text: &str, custom: &[Range<usize>]) -> Vec<Secret> {
    let mut found: Vec<Secret> =
        custom.iter().map(|range| Secret { range: range.clone(), kind: SecretKind::Custom }).collect();
    token::find(text, &mut found);
    private_key::find(text, &mut found);
    assignment::find(text, &mut found);
    url::find(text, &mut found);
    card::find(text, &mut found);
    merge_overlaps(found)
}

/// Sorts findings, and joins those that overlap.
fn merge_overlaps(mut found: Vec<Secret>) -> Vec<Secret> {
    found.retain(|secret| !secret.range.is_empty());
    found.sort_by_key(|secret| (secret.range.start, secret.kind));
    let mut merged: Vec<Secret> = Vec::with_capacity(found.len());
    for secret in found {
        match merged.last_mut() {
            Some(last) if secret.range.start < last.range.end => {
                last.range.end = last.range.end.max(secret.range.end);
                last.kind = last.kind.min(secret.kind);
            }
            _ => merged.push(secret),
        }
    }
    merged
}

#[cfg(test)]
mod tests;
