//! What a script says of an answer: where to look, and what is to be found there.

use regex::Regex;
use serde_json::Value;

use crate::script::read::Word;
use crate::script::{Result, Variables, cut, plain};

/// Where to look.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Query {
    Json(String),
    Header(String),
    Body,
}

/// One line of `[Asserts]`.
#[derive(Debug)]
pub(super) struct Assert {
    pub(super) line: usize,
    pub(super) text: String,
    pub(super) query: Query,
    pub(super) expected: Expected,
}

/// What is to be found.
#[derive(Debug)]
pub(super) struct Expected {
    is_negated: bool,
    is_count: bool,
    predicate: Predicate,
}

#[derive(Debug)]
enum Predicate {
    Exists,
    Is(Kind),
    Equals(Word),
    Differs(Word),
    IsAbove(Word),
    IsBelow(Word),
    Contains(Word),
    StartsWith(Word),
    Matches(Word),
}

#[derive(Clone, Copy, Debug)]
enum Kind {
    String,
    Integer,
    Boolean,
    List,
    Empty,
}

impl Query {
    /// Reads a query; the words after it are left.
    pub(super) fn read(words: &mut impl Iterator<Item = Word>) -> Result<Self> {
        let name = words.next();
        match (name.as_ref(), name.as_ref().and_then(Word::bare)) {
            (_, Some("jsonpath")) => quoted(words).map(Self::Json),
            (_, Some("header")) => quoted(words).map(Self::Header),
            (_, Some("body")) => Ok(Self::Body),
            (other, _) => Err(format!("{other:?} is no query that is known here")),
        }
    }
}

fn quoted(words: &mut impl Iterator<Item = Word>) -> Result<String> {
    match words.next() {
        Some(Word::Quoted(text)) => Ok(text),
        other => Err(format!("a text in quotes belongs here, not {other:?}")),
    }
}

impl Expected {
    /// Reads all that is left of a line.
    pub(super) fn read(words: impl Iterator<Item = Word>) -> Result<Self> {
        let mut words = words.peekable();
        let mut next_is = |name: &str| words.next_if(|word| word.bare() == Some(name)).is_some();
        let (is_count, is_negated) = (next_is("count"), next_is("not"));
        let name = words.next();
        let name = name.as_ref().and_then(Word::bare).unwrap_or_default();
        let mut value = || words.next().ok_or_else(|| format!("{name} wants a value"));
        let predicate = match name {
            "exists" => Predicate::Exists,
            "isString" => Predicate::Is(Kind::String),
            "isInteger" => Predicate::Is(Kind::Integer),
            "isBoolean" => Predicate::Is(Kind::Boolean),
            "isList" => Predicate::Is(Kind::List),
            "isEmpty" => Predicate::Is(Kind::Empty),
            "==" => Predicate::Equals(value()?),
            "!=" => Predicate::Differs(value()?),
            ">" => Predicate::IsAbove(value()?),
            "<" => Predicate::IsBelow(value()?),
            "contains" => Predicate::Contains(value()?),
            "startsWith" => Predicate::StartsWith(value()?),
            "matches" => Predicate::Matches(value()?),
            other => return Err(format!("{other:?} is no predicate that is known here")),
        };
        match words.next() {
            None => Ok(Self { is_negated, is_count, predicate }),
            Some(more) => Err(format!("{more:?} is one word too many")),
        }
    }

    /// Whether it was found; if not, what was.
    pub(super) fn check(&self, found: Option<&Value>, variables: &Variables) -> Result<()> {
        let count = match found {
            Some(Value::Array(items)) if self.is_count => Some(Value::from(items.len())),
            Some(other) if self.is_count => return Err(format!("{other} has no count")),
            _ => None,
        };
        let found = count.as_ref().or(found);
        let holds = match (&self.predicate, found) {
            (Predicate::Exists, found) => found.is_some(),
            // What is not there is neither this nor that.
            (_, None) => return Err("nothing is there".into()),
            (predicate, Some(found)) => predicate.holds(found, variables)?,
        };
        if holds == self.is_negated {
            let found = found.map_or("nothing".to_owned(), Value::to_string);
            return Err(format!("found {}", cut(&found)));
        }
        Ok(())
    }
}

impl Predicate {
    fn holds(&self, found: &Value, variables: &Variables) -> Result<bool> {
        Ok(match self {
            Self::Exists => true,
            Self::Is(kind) => kind.is_of(found),
            Self::Equals(word) => *found == word.value(variables)?,
            Self::Differs(word) => *found != word.value(variables)?,
            Self::IsAbove(word) => number(found)? > number(&word.value(variables)?)?,
            Self::IsBelow(word) => number(found)? < number(&word.value(variables)?)?,
            Self::Contains(word) => {
                let part = word.value(variables)?;
                match found.as_array() {
                    Some(items) => items.contains(&part),
                    None => text(found)?.contains(&plain(&part)),
                }
            }
            Self::StartsWith(word) => text(found)?.starts_with(&plain(&word.value(variables)?)),
            Self::Matches(word) => {
                let pattern = plain(&word.value(variables)?);
                Regex::new(&pattern).map_err(|error| error.to_string())?.is_match(text(found)?)
            }
        })
    }
}

impl Kind {
    fn is_of(self, value: &Value) -> bool {
        match self {
            Self::String => value.is_string(),
            Self::Integer => value.is_i64() || value.is_u64(),
            Self::Boolean => value.is_boolean(),
            Self::List => value.is_array(),
            Self::Empty => {
                value.as_array().is_some_and(Vec::is_empty) || value.as_str().is_some_and(str::is_empty)
            }
        }
    }
}

fn number(value: &Value) -> Result<f64> {
    value.as_f64().ok_or_else(|| format!("{value} is no number"))
}

fn text(value: &Value) -> Result<&str> {
    value.as_str().ok_or_else(|| format!("{value} is no text"))
}
