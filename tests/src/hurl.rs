//! The scripts of tests/scripts without hurl: reads them, does what they say, and holds the answers against them.
//!
//! A script that hurl takes and this does not is refused when it is read: no assert is ever passed over.

mod assert;
mod parser;

use std::collections::BTreeMap;
use std::time::Instant;

use assert::{Assert, Query};
use parser::Entry;
use reqwest::header::HeaderMap;
use serde_json::Value;

use crate::{TIMEOUT, http_client};

/// What is wrong, and in which line.
pub type ScriptResult<T> = std::result::Result<T, String>;

/// A script.
#[derive(Debug)]
pub struct HurlScript {
    entries: Vec<Entry>,
}

/// What stands for `{{name}}`.
#[derive(Clone, Default, Debug)]
pub struct Variables(BTreeMap<String, Value>);

/// What came back.
struct ScriptResponse {
    status: u16,
    headers: HeaderMap,
    body: String,
    json: Option<Value>,
}

impl HurlScript {
    /// Reads a script.
    pub fn parse(text: &str) -> ScriptResult<Self> {
        parser::parse_entries(text).map(|entries| Self { entries })
    }

    /// Does what the script says, in order, up to the first thing that is not as it says.
    pub async fn run(&self, mut variables: Variables) -> ScriptResult<()> {
        let http = http_client();
        for entry in &self.entries {
            let started = Instant::now();
            let captured = loop {
                let result = match entry.send(&http, &variables).await {
                    Ok(answer) => entry.check(&answer, &variables),
                    Err(why) => Err(why),
                };
                // An entry that may be tried again waits for a fact: it asks until it is so.
                if result.is_ok() || !entry.is_retried || started.elapsed() > TIMEOUT {
                    break result;
                }
            };
            variables.0.extend(captured.map_err(|why| format!("line {}: {why}", entry.line))?);
        }
        Ok(())
    }
}

impl Variables {
    /// The same, and this one.
    #[must_use]
    pub fn with(mut self, name: &str, value: &str) -> Self {
        self.0.insert(name.to_owned(), value.into());
        self
    }

    fn get(&self, name: &str) -> ScriptResult<Value> {
        if name == "newUuid" {
            return Ok(uuid::Uuid::new_v4().to_string().into());
        }
        self.0.get(name).cloned().ok_or_else(|| format!("there is no variable {name}"))
    }

    /// A text with its `{{name}}`s filled in; `as_text` says how one stands there.
    fn substitute(&self, template: &str, as_text: impl Fn(&Value) -> String) -> ScriptResult<String> {
        let mut filled = String::with_capacity(template.len());
        let mut rest = template;
        while let Some((before, after)) = rest.split_once("{{") {
            let (name, after) = after.split_once("}}").ok_or("a {{ without its }}")?;
            filled.push_str(before);
            filled.push_str(&as_text(&self.get(name.trim())?));
            rest = after;
        }
        Ok(filled + rest)
    }

    fn substitute_plain(&self, template: &str) -> ScriptResult<String> {
        self.substitute(template, plain_text)
    }
}

/// A value as it stands in a text.
fn plain_text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// A value as it stands between the quotes of a JSON string.
fn json_escaped(value: &Value) -> String {
    let quoted = Value::from(plain_text(value)).to_string();
    quoted.trim_matches('"').to_owned()
}

/// As much of an answer as helps whoever reads why a script failed.
fn truncate(text: &str) -> String {
    text.chars().take(1_000).collect()
}

impl Entry {
    async fn send(&self, http: &reqwest::Client, variables: &Variables) -> ScriptResult<ScriptResponse> {
        let url = variables.substitute_plain(&self.url)?;
        let mut request = http.request(self.method.clone(), url);
        for (name, value) in &self.headers {
            request = request.header(name, variables.substitute_plain(value)?);
        }
        match &self.body {
            Some(parser::RequestBody::Json(text)) => {
                let is_named = self.headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("content-type"));
                if !is_named {
                    request = request.header("content-type", "application/json");
                }
                request = request.body(variables.substitute(text, json_escaped)?);
            }
            Some(parser::RequestBody::Text(text)) => {
                request = request.body(variables.substitute_plain(text)?)
            }
            None => {}
        }
        let response = request.send().await.map_err(|error| error.to_string())?;
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let body = response.text().await.map_err(|error| error.to_string())?;
        let json = serde_json::from_str(&body).ok();
        Ok(ScriptResponse { status, headers, body, json })
    }

    /// What the script keeps of an answer that is as it says.
    fn check(&self, answer: &ScriptResponse, variables: &Variables) -> ScriptResult<Vec<(String, Value)>> {
        if answer.status != self.status {
            return Err(format!("{}, not {}: {}", answer.status, self.status, truncate(&answer.body)));
        }
        for Assert { line, text, query, expectation: expected } in &self.asserts {
            let found = evaluate_query(query, answer, variables);
            let result = found.and_then(|found| expected.check(found.as_ref(), variables));
            result.map_err(|why| format!("line {line}: {text}: {why}"))?;
        }
        let captures = self.captures.iter().map(|(name, query)| {
            let found = evaluate_query(query, answer, variables)?;
            Ok((name.clone(), found.ok_or_else(|| format!("nothing to capture as {name}"))?))
        });
        captures.collect()
    }
}

/// What a query finds in an answer; nothing if it is not there.
fn evaluate_query(
    query: &Query,
    answer: &ScriptResponse,
    variables: &Variables,
) -> ScriptResult<Option<Value>> {
    match query {
        Query::Body => Ok(Some(answer.body.clone().into())),
        Query::Header(name) => {
            let value = answer.headers.get(name).map(|value| String::from_utf8_lossy(value.as_bytes()));
            Ok(value.map(|value| value.into_owned().into()))
        }
        Query::Json(path) => {
            let path = variables.substitute_plain(path)?;
            let read = serde_json_path::JsonPath::parse(&path).map_err(|error| error.to_string())?;
            let json = answer.json.as_ref().ok_or("the answer is not JSON")?;
            let found = read.query(json).all();
            // As hurl has it: several things are a list, one is the thing itself.
            Ok(match found[..] {
                [] => None,
                [one] => Some(one.clone()),
                _ => Some(found.into_iter().cloned().collect()),
            })
        }
    }
}
