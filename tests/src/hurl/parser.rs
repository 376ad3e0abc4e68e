//! The part of hurl's format (<https://hurl.dev/docs/hurl-file.html>) that our scripts are written in: a request line,
//! headers, `[Options]`, a body of JSON or between backticks, a status, `[Captures]` and `[Asserts]`.

use std::str::Lines;

use reqwest::Method;
use serde_json::Value;

use crate::hurl::assert::{Assert, Expectation, Query};
use crate::hurl::{ScriptResult, Variables};

/// One request, and what is said of its answer.
#[derive(Debug)]
pub(super) struct Entry {
    pub(super) line: usize,
    pub(super) method: Method,
    pub(super) url: String,
    pub(super) headers: Vec<(String, String)>,
    pub(super) is_retried: bool,
    pub(super) body: Option<RequestBody>,
    pub(super) status: u16,
    pub(super) captures: Vec<(String, Query)>,
    pub(super) asserts: Vec<Assert>,
}

/// What a request sends.
#[derive(Debug)]
pub(super) enum RequestBody {
    /// JSON, with its own media type.
    Json(String),
    /// Any text.
    Text(String),
}

/// A word of a line.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Token {
    Bare(String),
    Quoted(String),
}

impl Token {
    /// The word, if it stands without quotes.
    pub(super) fn as_bare(&self) -> Option<&str> {
        match self {
            Self::Bare(word) => Some(word),
            Self::Quoted(_) => None,
        }
    }

    /// What it is worth: a text with its variables filled in, a variable, or JSON.
    pub(super) fn evaluate(&self, variables: &Variables) -> ScriptResult<Value> {
        match self {
            Self::Quoted(text) => variables.substitute_plain(text).map(Value::from),
            Self::Bare(word) => match word.strip_prefix("{{").and_then(|word| word.strip_suffix("}}")) {
                Some(name) => variables.get(name),
                None => serde_json::from_str(word).map_err(|_| format!("{word} is no value")),
            },
        }
    }
}

/// The text from a place on, line by line.
struct LineCursor<'t> {
    remaining: &'t str,
    line: usize,
}

/// Every entry of a script.
pub(super) fn parse_entries(text: &str) -> ScriptResult<Vec<Entry>> {
    let mut cursor = LineCursor { remaining: text, line: 1 };
    let mut all = Vec::new();
    while cursor.peek().is_some() {
        let entry = parse_entry(&mut cursor)
            .map_err(|why| format!("line {}: {why}", cursor.line.saturating_sub(1)))?;
        all.push(entry);
    }
    if all.is_empty() { Err("there is nothing in it".into()) } else { Ok(all) }
}

impl<'t> LineCursor<'t> {
    /// The next line that says something; comments and empty lines are passed over.
    fn peek(&mut self) -> Option<&'t str> {
        loop {
            let line = self.lines().next()?.trim();
            if !line.is_empty() && !line.starts_with('#') {
                return Some(line);
            }
            self.skip_line();
        }
    }

    fn next_if(&mut self, is_wanted: impl Fn(&str) -> bool) -> Option<&'t str> {
        let line = self.peek().filter(|line| is_wanted(line))?;
        self.skip_line();
        Some(line)
    }

    fn lines(&self) -> Lines<'t> {
        self.remaining.lines()
    }

    fn skip_line(&mut self) {
        self.remaining = self.remaining.split_once('\n').map_or("", |(_, rest)| rest);
        self.line += 1;
    }

    /// Takes so many bytes, which must end their line.
    fn take_bytes(&mut self, bytes: usize) -> ScriptResult<&'t str> {
        let (taken, rest) = self.remaining.split_at(bytes);
        self.line += taken.matches('\n').count();
        self.remaining = rest;
        let left = self.lines().next().unwrap_or_default();
        if !left.trim().is_empty() {
            return Err(format!("{left:?} after the body"));
        }
        self.skip_line();
        Ok(taken)
    }
}

fn parse_entry(cursor: &mut LineCursor<'_>) -> ScriptResult<Entry> {
    let first = cursor.next_if(|_| true).ok_or("a request belongs here")?;
    let line = cursor.line - 1;
    let (method, url) = first.split_once(' ').ok_or_else(|| format!("{first:?} is no request"))?;
    let methods = [Method::GET, Method::POST, Method::PUT, Method::PATCH, Method::DELETE];
    let method = methods.into_iter().find(|known| known.as_str() == method);
    let method = method.ok_or_else(|| format!("{first:?} is no request"))?;
    let mut headers = Vec::new();
    while let Some(header) = cursor.next_if(is_header_line) {
        let (name, value) = header.split_once(':').ok_or("a header has a colon")?;
        headers.push((name.trim().to_owned(), value.trim().to_owned()));
    }
    let retries = parse_options(cursor)?;
    let body = parse_body(cursor)?;
    let status = cursor.next_if(|line| line.starts_with("HTTP ")).ok_or("HTTP and a status belong here")?;
    let status = status["HTTP ".len()..].trim().parse().map_err(|_| format!("{status:?} names no status"))?;
    let mut entry = Entry {
        line,
        method,
        url: url.trim().into(),
        headers,
        is_retried: retries,
        body,
        status,
        captures: vec![],
        asserts: vec![],
    };
    if cursor.next_if(|line| line == "[Captures]").is_some() {
        while let Some(line) = cursor.next_if(|line| !is_request_line(line) && !line.starts_with('[')) {
            let (name, query) = line.split_once(':').ok_or("a capture has a name and a colon")?;
            entry.captures.push((name.trim().into(), parse_query(query)?));
        }
    }
    if cursor.next_if(|line| line == "[Asserts]").is_some() {
        while let Some(line) = cursor.next_if(|line| !is_request_line(line) && !line.starts_with('[')) {
            let mut words = tokenize(line)?.into_iter();
            let query = Query::parse(&mut words)?;
            let expected = Expectation::parse(words)?;
            entry.asserts.push(Assert {
                line: cursor.line - 1,
                text: line.into(),
                query,
                expectation: expected,
            });
        }
    }
    match cursor.peek() {
        Some(line) if !is_request_line(line) => Err(format!("{line:?} is not known here")),
        _ => Ok(entry),
    }
}

fn is_request_line(line: &str) -> bool {
    let method = line.split(' ').next().unwrap_or_default();
    method != "HTTP" && !method.is_empty() && method.chars().all(|c| c.is_ascii_uppercase())
}

fn is_header_line(line: &str) -> bool {
    let name = line.split(':').next().unwrap_or_default();
    line.contains(':') && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '-')
}

/// Whether an entry may be tried again. How often and how fast is for hurl.
fn parse_options(cursor: &mut LineCursor<'_>) -> ScriptResult<bool> {
    let mut retries = false;
    if cursor.next_if(|line| line == "[Options]").is_some() {
        while let Some(line) = cursor.next_if(is_header_line) {
            match line.split(':').next() {
                Some("retry") => retries = true,
                Some("retry-interval") => {}
                _ => return Err(format!("{line:?} is no option that is known here")),
            }
        }
    }
    Ok(retries)
}

fn parse_body(cursor: &mut LineCursor<'_>) -> ScriptResult<Option<RequestBody>> {
    let Some(line) = cursor.peek() else { return Ok(None) };
    if line.starts_with('{') {
        let mut values = serde_json::Deserializer::from_str(cursor.remaining).into_iter::<Value>();
        let read = values.next().ok_or("JSON belongs here")?;
        read.map_err(|error| format!("the body: {error}"))?;
        let length = values.byte_offset();
        return Ok(Some(RequestBody::Json(cursor.take_bytes(length)?.into())));
    }
    let between = line.strip_prefix('`').map(|line| line.strip_suffix('`').ok_or("a ` without its `"));
    let between = between.transpose()?.filter(|text| !text.contains('`'));
    if let Some(text) = between {
        cursor.skip_line();
        return Ok(Some(RequestBody::Text(text.into())));
    }
    Ok(None)
}

fn parse_query(text: &str) -> ScriptResult<Query> {
    let mut words = tokenize(text)?.into_iter();
    let query = Query::parse(&mut words)?;
    match words.next() {
        None => Ok(query),
        Some(more) => Err(format!("{more:?} is one word too many")),
    }
}

/// The words of a line. Of what a backslash can say, only itself and a quote are known here.
fn tokenize(line: &str) -> ScriptResult<Vec<Token>> {
    let mut tokens = Vec::new();
    let mut rest = line.trim();
    while !rest.is_empty() {
        if let Some(quoted) = rest.strip_prefix('"') {
            let mut text = String::new();
            let mut chars = quoted.chars();
            loop {
                match (chars.next().ok_or("a quote without its end")?, chars.as_str().chars().next()) {
                    ('"', _) => break,
                    ('\\', Some(c @ ('"' | '\\'))) => {
                        chars.next();
                        text.push(c);
                    }
                    ('\\', other) => return Err(format!("\\{other:?} is not known here")),
                    (c, _) => text.push(c),
                }
            }
            tokens.push(Token::Quoted(text));
            rest = chars.as_str().trim_start();
        } else {
            let end = rest.find(char::is_whitespace).unwrap_or(rest.len());
            tokens.push(Token::Bare(rest[..end].into()));
            rest = rest[end..].trim_start();
        }
    }
    Ok(tokens)
}
