//! What a script says of an answer: where to look, and what is to be found there.

use regex::Regex;
use serde_json::Value;

use crate::hurl::parser::Token;
use crate::hurl::{ScriptResult, Variables, plain_text, truncate};

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
    pub(super) expectation: Expectation,
}

/// What is to be found.
#[derive(Debug)]
pub(super) struct Expectation {
    is_negated: bool,
    is_count: bool,
    predicate: Predicate,
}

#[derive(Debug)]
enum Predicate {
    Exists,
    IsType(ValueType),
    Equals(Token),
    NotEquals(Token),
    GreaterThan(Token),
    LessThan(Token),
    Contains(Token),
    StartsWith(Token),
    Matches(Token),
}

#[derive(Clone, Copy, Debug)]
enum ValueType {
    String,
    Integer,
    Boolean,
    List,
    Empty,
}

impl Query {
    /// Reads a query; the words after it are left.
    pub(super) fn parse(words: &mut impl Iterator<Item = Token>) -> ScriptResult<Self> {
        let name = words.next();
        match (name.as_ref(), name.as_ref().and_then(Token::as_bare)) {
            (_, Some("jsonpath")) => expect_quoted(words).map(Self::Json),
            (_, Some("header")) => expect_quoted(words).map(Self::Header),
            (_, Some("body")) => Ok(Self::Body),
            (other, _) => Err(format!("{other:?} is no query that is known here")),
        }
    }
}

fn expect_quoted(words: &mut impl Iterator<Item = Token>) -> ScriptResult<String> {
    match words.next() {
        Some(Token::Quoted(text)) => Ok(text),
        other => Err(format!("a text in quotes belongs here, not {other:?}")),
    }
}

impl Expectation {
    /// Reads all that is left of a line.
    pub(super) fn parse(words: impl Iterator<Item = Token>) -> ScriptResult<Self> {
        let mut words = words.peekable();
        let mut next_is = |name: &str| words.next_if(|word| word.as_bare() == Some(name)).is_some();
        let (is_count, is_negated) = (next_is("count"), next_is("not"));
        let name = words.next();
        let name = name.as_ref().and_then(Token::as_bare).unwrap_or_default();
        let mut value = || words.next().ok_or_else(|| format!("{name} wants a value"));
        let predicate = match name {
            "exists" => Predicate::Exists,
            "isString" => Predicate::IsType(ValueType::String),
            "isInteger" => Predicate::IsType(ValueType::Integer),
            "isBoolean" => Predicate::IsType(ValueType::Boolean),
            "isList" => Predicate::IsType(ValueType::List),
            "isEmpty" => Predicate::IsType(ValueType::Empty),
            "==" => Predicate::Equals(value()?),
            "!=" => Predicate::NotEquals(value()?),
            ">" => Predicate::GreaterThan(value()?),
            "<" => Predicate::LessThan(value()?),
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
    pub(super) fn check(&self, found: Option<&Value>, variables: &Variables) -> ScriptResult<()> {
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
            (predicate, Some(found)) => predicate.is_satisfied_by(found, variables)?,
        };
        if holds == self.is_negated {
            let found = found.map_or("nothing".to_owned(), Value::to_string);
            return Err(format!("found {}", truncate(&found)));
        }
        Ok(())
    }
}

impl Predicate {
    fn is_satisfied_by(&self, actual: &Value, variables: &Variables) -> ScriptResult<bool> {
        Ok(match self {
            Self::Exists => true,
            Self::IsType(kind) => kind.matches(actual),
            Self::Equals(word) => *actual == word.evaluate(variables)?,
            Self::NotEquals(word) => *actual != word.evaluate(variables)?,
            Self::GreaterThan(word) => as_number(actual)? > as_number(&word.evaluate(variables)?)?,
            Self::LessThan(word) => as_number(actual)? < as_number(&word.evaluate(variables)?)?,
            Self::Contains(word) => {
                let part = word.evaluate(variables)?;
                match actual.as_array() {
                    Some(items) => items.contains(&part),
                    None => as_text(actual)?.contains(&plain_text(&part)),
                }
            }
            Self::StartsWith(word) => as_text(actual)?.starts_with(&plain_text(&word.evaluate(variables)?)),
            Self::Matches(word) => {
                let pattern = plain_text(&word.evaluate(variables)?);
                Regex::new(&pattern).map_err(|error| error.to_string())?.is_match(as_text(actual)?)
            }
        })
    }
}

impl ValueType {
    fn matches(self, value: &Value) -> bool {
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

fn as_number(value: &Value) -> ScriptResult<f64> {
    value.as_f64().ok_or_else(|| format!("{value} is no number"))
}

fn as_text(value: &Value) -> ScriptResult<&str> {
    value.as_str().ok_or_else(|| format!("{value} is no text"))
}
