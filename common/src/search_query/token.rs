//! The words, phrases and fields of a search, before their values are understood.

use std::fmt::{self, Write};

use crate::string_enum::string_enum;

string_enum! {
    /// A field of a search.
    pub enum Field {
        /// Who escalated it; of a session, who opened it.
        From = "from",
        /// Who works on it, or resolved it.
        By = "by",
        /// `mine` or `unread`.
        Is = "is",
        /// Its priority; of a session, that of its latest escalation.
        Priority = "priority",
        /// Its status.
        Status = "status",
        /// Created before this age.
        Older = "older",
        /// Created after this age.
        Newer = "newer",
    }
}

/// A part of the text.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum TextTerm {
    /// A word, or its beginning.
    Word(String),
    /// Words that follow one another.
    Phrase(String),
}

impl fmt::Display for TextTerm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Word(word) => f.write_str(word),
            Self::Phrase(phrase) => {
                f.write_char('"')?;
                f.write_str(phrase)?;
                f.write_char('"')
            }
        }
    }
}

/// A part of a search, before its fields are understood.
pub(super) enum Token<'t> {
    Field(Field, &'t str),
    Word(&'t str),
    Phrase(&'t str),
}

/// The words and phrases of a text, without fields.
pub fn text_terms(text: &str) -> impl Iterator<Item = TextTerm> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let (token, after) = next_token(rest, |_| None)?;
        rest = after;
        Some(match token {
            Token::Phrase(phrase) => TextTerm::Phrase(phrase.into()),
            Token::Word(word) | Token::Field(_, word) => TextTerm::Word(word.into()),
        })
    })
}

/// The tokens of a search. Blanks separate them, except in quotes.
pub(super) fn tokens(text: &str) -> impl Iterator<Item = Token<'_>> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let (token, after) = next_token(rest, field_named)?;
        rest = after;
        Some(token)
    })
}

/// The first token and what follows it; a phrase without words is skipped.
fn next_token(text: &str, field_named: impl Fn(&str) -> Option<Field>) -> Option<(Token<'_>, &str)> {
    let mut rest = text.trim_start();
    while let Some(quoted) = rest.strip_prefix('"') {
        let (phrase, after) = split_quoted(quoted);
        if !phrase.is_empty() {
            return Some((Token::Phrase(phrase), after));
        }
        rest = after.trim_start();
    }
    let (word, after) = rest.split_at(rest.find(char::is_whitespace).unwrap_or(rest.len()));
    let field = word.split_once(':').and_then(|(name, value)| Some((field_named(name)?, name, value)));
    match field {
        None if word.is_empty() => None,
        None => Some((Token::Word(word), after)),
        Some((field, name, value)) if value.starts_with('"') => {
            let (value, after) = split_quoted(&rest[name.len() + 2..]);
            Some((Token::Field(field, value), after))
        }
        Some((field, _, value)) => Some((Token::Field(field, value), after)),
    }
}

/// The trimmed text up to the closing quote, or all of it, and what follows.
fn split_quoted(text: &str) -> (&str, &str) {
    let (quoted, after) = text.split_once('"').unwrap_or((text, ""));
    (quoted.trim(), after)
}

fn field_named(name: &str) -> Option<Field> {
    Field::ALL.iter().copied().find(|field| field.as_str().eq_ignore_ascii_case(name))
}
