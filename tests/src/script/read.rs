//! The part of hurl's format (<https://hurl.dev/docs/hurl-file.html>) that our scripts are written in: a request line,
//! headers, `[Options]`, a body of JSON or between backticks, a status, `[Captures]` and `[Asserts]`.

use std::str::Lines;

use reqwest::Method;
use serde_json::Value;

use crate::script::assert::{Assert, Expected, Query};
use crate::script::{Result, Variables};

/// One request, and what is said of its answer.
#[derive(Debug)]
pub(super) struct Entry {
    pub(super) line: usize,
    pub(super) method: Method,
    pub(super) url: String,
    pub(super) headers: Vec<(String, String)>,
    pub(super) retries: bool,
    pub(super) body: Option<Body>,
    pub(super) status: u16,
    pub(super) captures: Vec<(String, Query)>,
    pub(super) asserts: Vec<Assert>,
}

/// What a request sends.
#[derive(Debug)]
pub(super) enum Body {
    /// JSON, with its own media type.
    Json(String),
    /// Any text.
    Text(String),
}

/// A word of a line.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Word {
    Bare(String),
    Quoted(String),
}

impl Word {
    /// The word, if it stands without quotes.
    pub(super) fn bare(&self) -> Option<&str> {
        match self {
            Self::Bare(word) => Some(word),
            Self::Quoted(_) => None,
        }
    }

    /// What it is worth: a text with its variables filled in, a variable, or JSON.
    pub(super) fn value(&self, variables: &Variables) -> Result<Value> {
        match self {
            Self::Quoted(text) => variables.fill_plainly(text).map(Value::from),
            Self::Bare(word) => match word.strip_prefix("{{").and_then(|word| word.strip_suffix("}}")) {
                Some(name) => variables.get(name),
                None => serde_json::from_str(word).map_err(|_| format!("{word} is no value")),
            },
        }
    }
}

/// The text from a place on, line by line.
struct Rest<'t> {
    text: &'t str,
    line: usize,
}

/// Every entry of a script.
pub(super) fn entries(text: &str) -> Result<Vec<Entry>> {
    let mut rest = Rest { text, line: 1 };
    let mut all = Vec::new();
    while rest.peek().is_some() {
        let entry = entry(&mut rest).map_err(|why| format!("line {}: {why}", rest.line.saturating_sub(1)))?;
        all.push(entry);
    }
    if all.is_empty() { Err("there is nothing in it".into()) } else { Ok(all) }
}

impl<'t> Rest<'t> {
    /// The next line that says something; comments and empty lines are passed over.
    fn peek(&mut self) -> Option<&'t str> {
        loop {
            let line = self.lines().next()?.trim();
            if !line.is_empty() && !line.starts_with('#') {
                return Some(line);
            }
            self.skip();
        }
    }

    fn take_if(&mut self, is_wanted: impl Fn(&str) -> bool) -> Option<&'t str> {
        let line = self.peek().filter(|line| is_wanted(line))?;
        self.skip();
        Some(line)
    }

    fn lines(&self) -> Lines<'t> {
        self.text.lines()
    }

    fn skip(&mut self) {
        self.text = self.text.split_once('\n').map_or("", |(_, rest)| rest);
        self.line += 1;
    }

    /// Takes so many bytes, which must end their line.
    fn take(&mut self, bytes: usize) -> Result<&'t str> {
        let (taken, rest) = self.text.split_at(bytes);
        self.line += taken.matches('\n').count();
        self.text = rest;
        let left = self.lines().next().unwrap_or_default();
        if !left.trim().is_empty() {
            return Err(format!("{left:?} after the body"));
        }
        self.skip();
        Ok(taken)
    }
}

fn entry(rest: &mut Rest<'_>) -> Result<Entry> {
    let first = rest.take_if(|_| true).ok_or("a request belongs here")?;
    let line = rest.line - 1;
    let (method, url) = first.split_once(' ').ok_or_else(|| format!("{first:?} is no request"))?;
    let known = [Method::GET, Method::POST, Method::PUT, Method::PATCH, Method::DELETE];
    let method = known.into_iter().find(|known| known.as_str() == method);
    let method = method.ok_or_else(|| format!("{first:?} is no request"))?;
    let mut headers = Vec::new();
    while let Some(header) = rest.take_if(is_header) {
        let (name, value) = header.split_once(':').ok_or("a header has a colon")?;
        headers.push((name.trim().to_owned(), value.trim().to_owned()));
    }
    let retries = options(rest)?;
    let body = body(rest)?;
    let status = rest.take_if(|line| line.starts_with("HTTP ")).ok_or("HTTP and a status belong here")?;
    let status = status["HTTP ".len()..].trim().parse().map_err(|_| format!("{status:?} names no status"))?;
    let mut new = Entry {
        line,
        method,
        url: url.trim().into(),
        headers,
        retries,
        body,
        status,
        captures: vec![],
        asserts: vec![],
    };
    if rest.take_if(|line| line == "[Captures]").is_some() {
        while let Some(line) = rest.take_if(|line| !is_request(line) && !line.starts_with('[')) {
            let (name, query) = line.split_once(':').ok_or("a capture has a name and a colon")?;
            new.captures.push((name.trim().into(), whole_query(query)?));
        }
    }
    if rest.take_if(|line| line == "[Asserts]").is_some() {
        while let Some(line) = rest.take_if(|line| !is_request(line) && !line.starts_with('[')) {
            let mut words = words(line)?.into_iter();
            let query = Query::read(&mut words)?;
            let expected = Expected::read(words)?;
            new.asserts.push(Assert { line: rest.line - 1, text: line.into(), query, expected });
        }
    }
    match rest.peek() {
        Some(line) if !is_request(line) => Err(format!("{line:?} is not known here")),
        _ => Ok(new),
    }
}

fn is_request(line: &str) -> bool {
    let method = line.split(' ').next().unwrap_or_default();
    method != "HTTP" && !method.is_empty() && method.chars().all(|c| c.is_ascii_uppercase())
}

fn is_header(line: &str) -> bool {
    let name = line.split(':').next().unwrap_or_default();
    line.contains(':') && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '-')
}

/// Whether an entry may be tried again. How often and how fast is for hurl.
fn options(rest: &mut Rest<'_>) -> Result<bool> {
    let mut retries = false;
    if rest.take_if(|line| line == "[Options]").is_some() {
        while let Some(line) = rest.take_if(is_header) {
            match line.split(':').next() {
                Some("retry") => retries = true,
                Some("retry-interval") => {}
                _ => return Err(format!("{line:?} is no option that is known here")),
            }
        }
    }
    Ok(retries)
}

fn body(rest: &mut Rest<'_>) -> Result<Option<Body>> {
    let Some(line) = rest.peek() else { return Ok(None) };
    if line.starts_with('{') {
        let mut values = serde_json::Deserializer::from_str(rest.text).into_iter::<Value>();
        let read = values.next().ok_or("JSON belongs here")?;
        read.map_err(|error| format!("the body: {error}"))?;
        let length = values.byte_offset();
        return Ok(Some(Body::Json(rest.take(length)?.into())));
    }
    let between = line.strip_prefix('`').map(|line| line.strip_suffix('`').ok_or("a ` without its `"));
    let between = between.transpose()?.filter(|text| !text.contains('`'));
    if let Some(text) = between {
        rest.skip();
        return Ok(Some(Body::Text(text.into())));
    }
    Ok(None)
}

fn whole_query(text: &str) -> Result<Query> {
    let mut words = words(text)?.into_iter();
    let query = Query::read(&mut words)?;
    match words.next() {
        None => Ok(query),
        Some(more) => Err(format!("{more:?} is one word too many")),
    }
}

/// The words of a line. Of what a backslash can say, only itself and a quote are known here.
fn words(line: &str) -> Result<Vec<Word>> {
    let mut all = Vec::new();
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
            all.push(Word::Quoted(text));
            rest = chars.as_str().trim_start();
        } else {
            let end = rest.find(char::is_whitespace).unwrap_or(rest.len());
            all.push(Word::Bare(rest[..end].into()));
            rest = rest[end..].trim_start();
        }
    }
    Ok(all)
}
