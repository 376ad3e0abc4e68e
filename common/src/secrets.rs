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

/// The most passes over a text: a secret may stand right behind another one, and is seen once that is gone.
const MAX_PASSES: usize = 8;

/// Replaces the secrets of a text, and what patterns of the settings match in it: `custom`, in bytes.
pub fn redact<'t>(text: &'t str, custom: &[Range<usize>]) -> Redacted<'t> {
    let mut redacted = Redacted { text: Cow::Borrowed(text), kinds: Vec::new() };
    let mut secrets = find_all(text, custom);
    for _ in 0..MAX_PASSES {
        if secrets.is_empty() {
            break;
        }
        redacted.text = Cow::Owned(replace_with_marks(&redacted.text, &secrets));
        redacted.kinds.extend(secrets.into_iter().map(|secret| secret.kind));
        secrets = find_all(&redacted.text, &[]);
    }
    redacted
}

fn replace_with_marks(text: &str, secrets: &[Secret]) -> String {
    let mut marked = String::with_capacity(text.len());
    let mut end = 0;
    for Secret { range, kind } in secrets {
        marked.push_str(&text[end..range.start]);
        marked.push_str(MARK_START);
        marked.push_str(kind.label());
        marked.push(']');
        end = range.end;
    }
    marked.push_str(&text[end..]);
    marked
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
