//! Runs the scripts of tests/scripts without hurl: the part of its format that they use. A line that is not understood
//! fails the script, so no assert is skipped.

use std::collections::BTreeMap;
use std::sync::LazyLock;
use std::time::Instant;

use regex::{Captures, Regex};
use reqwest::header::{CONTENT_TYPE, HeaderMap};
use serde_json::Value;

use crate::{TIMEOUT, http_client};

/// The error says what is wrong in which line.
pub type ScriptResult<T> = Result<T, String>;

/// The values of `{{name}}`.
#[derive(Clone, Default, Debug)]
pub struct Variables(BTreeMap<String, Value>);

struct ScriptResponse {
    headers: HeaderMap,
    body: String,
}

/// A line that is neither empty nor a comment, with its number.
type Line<'t> = (usize, &'t str);

static REQUEST: LazyLock<Regex> = LazyLock::new(|| regex(r"^(GET|POST|PUT|PATCH|DELETE) (\S+)$"));
static HEADER: LazyLock<Regex> = LazyLock::new(|| regex(r"^([\w-]+): *(.*)$"));
static RETRY: LazyLock<Regex> = LazyLock::new(|| regex(r"^retry(-interval)?: \w+$"));
static STATUS: LazyLock<Regex> = LazyLock::new(|| regex(r"^HTTP (\d{3})$"));
static CAPTURE: LazyLock<Regex> = LazyLock::new(|| regex(r"^(\w+): (.*)$"));
static QUERY: LazyLock<Regex> = LazyLock::new(|| regex(r#"^(?:(jsonpath|header) "([^"\\]*)"|body)(?: |$)"#));
static PREDICATE: LazyLock<Regex> = LazyLock::new(|| {
    regex(concat!(
        r"^(?<count>count )?(?<not>not )?(?:(?<check>exists|isString|isInteger|isBoolean|isEmpty)",
        r"|(?<compare>==|>|<|contains|startsWith|matches) ",
        r#"(?:"(?<text>[^"\\]*)"|\{\{(?<variable>\w+)\}\}|(?<json>true|false|null|\d+)))$"#,
    ))
});

fn regex(pattern: &str) -> Regex {
    Regex::new(pattern).expect("a pattern")
}

/// Runs a script up to its first failure.
pub async fn run_script(text: &str, mut variables: Variables) -> ScriptResult<()> {
    let lines = (1..).zip(text.lines().map(str::trim));
    let lines: Vec<Line> = lines.filter(|(_, line)| !line.is_empty() && !line.starts_with('#')).collect();
    if lines.is_empty() {
        return Err("no requests".into());
    }
    let http = http_client();
    for entry in lines.chunk_by(|_, (_, next)| !REQUEST.is_match(next)) {
        let started = Instant::now();
        let is_retried = entry.iter().any(|(_, line)| RETRY.is_match(line));
        loop {
            let result = run_entry(&http, entry, &mut variables).await;
            if result.is_ok() || !is_retried || started.elapsed() > TIMEOUT {
                result.map_err(|error| format!("line {}: {error}", entry[0].0))?;
                break;
            }
        }
    }
    Ok(())
}

/// Sends one request and checks its response.
async fn run_entry(
    http: &reqwest::Client,
    entry: &[Line<'_>],
    variables: &mut Variables,
) -> ScriptResult<()> {
    let status_at = entry.iter().position(|(_, line)| STATUS.is_match(line)).ok_or("no HTTP status")?;
    let response = build_request(http, &entry[..status_at], variables)?.send().await.map_err(to_text)?;
    let status = response.status();
    let response =
        ScriptResponse { headers: response.headers().clone(), body: response.text().await.map_err(to_text)? };
    if entry[status_at].1 != format!("HTTP {}", status.as_u16()) {
        return Err(format!("{}, not {}: {}", status.as_u16(), entry[status_at].1, truncate(&response.body)));
    }
    let mut section = "";
    for (number, line) in &entry[status_at + 1..] {
        let result = match (section, *line) {
            (_, title @ ("[Captures]" | "[Asserts]")) => {
                section = title;
                Ok(())
            }
            ("[Captures]", line) => capture(line, &response, variables),
            ("[Asserts]", line) => check_assert(line, &response, variables),
            (_, _) => Err("not understood".into()),
        };
        result.map_err(|error| format!("line {number}: {line}: {error}"))?;
    }
    Ok(())
}

fn build_request(
    http: &reqwest::Client,
    head: &[Line<'_>],
    variables: &Variables,
) -> ScriptResult<reqwest::RequestBuilder> {
    let mut lines = head.iter().map(|(_, line)| *line).peekable();
    let first = lines.next().unwrap_or_default();
    let request = REQUEST.captures(first).ok_or_else(|| format!("not a request: {first}"))?;
    let url = variables.substitute(&request[2], plain_text)?;
    let mut builder = http.request(request[1].parse().map_err(to_text)?, url);
    let mut has_type = false;
    while let Some(header) = lines.peek().and_then(|line| HEADER.captures(line)) {
        has_type |= header[1].eq_ignore_ascii_case(CONTENT_TYPE.as_str());
        builder = builder.header(&header[1], variables.substitute(&header[2], plain_text)?);
        lines.next();
    }
    if lines.next_if(|line| *line == "[Options]").is_some() {
        // Retry options apply to hurl only.
        while lines.next_if(|line| RETRY.is_match(line)).is_some() {}
    }
    let body = lines.collect::<Vec<_>>().join("\n");
    if body.is_empty() {
        return Ok(builder);
    }
    if serde_json::from_str::<Value>(&body).is_ok_and(|json| json.is_object()) {
        let builder = if has_type { builder } else { builder.header(CONTENT_TYPE, "application/json") };
        return Ok(builder.body(variables.substitute(&body, json_escaped)?));
    }
    let text = body.strip_prefix('`').and_then(|text| text.strip_suffix('`'));
    let text = text.filter(|text| !text.contains(['`', '\n'])).ok_or("the body is not understood")?;
    Ok(builder.body(variables.substitute(text, plain_text)?))
}

fn capture(line: &str, response: &ScriptResponse, variables: &mut Variables) -> ScriptResult<()> {
    let capture = CAPTURE.captures(line).ok_or("not a capture")?;
    let (found, rest) = query(&capture[2], response, variables)?;
    if !rest.is_empty() {
        return Err(format!("{rest:?} is not understood"));
    }
    variables.0.insert(capture[1].into(), found.ok_or("nothing to capture")?);
    Ok(())
}

fn check_assert(line: &str, response: &ScriptResponse, variables: &Variables) -> ScriptResult<()> {
    let (found, rest) = query(line, response, variables)?;
    let predicate = PREDICATE.captures(rest).ok_or_else(|| format!("{rest:?} is not understood"))?;
    let found = match (found, predicate.name("count")) {
        (Some(Value::Array(items)), Some(_)) => Some(items.len().into()),
        (found, Some(_)) => return Err(format!("{found:?} has no count")),
        (found, None) => found,
    };
    let holds = match (predicate.name("check").map(|check| check.as_str()), &found) {
        (Some("exists"), found) => found.is_some(),
        (_, None) => return Err("found nothing".into()),
        (Some("isString"), Some(found)) => found.is_string(),
        (Some("isInteger"), Some(found)) => found.is_i64() || found.is_u64(),
        (Some("isBoolean"), Some(found)) => found.is_boolean(),
        (Some(_), Some(found)) => found == "" || found.as_array().is_some_and(Vec::is_empty),
        (None, Some(found)) => compare(found, &predicate, variables)?,
    };
    if holds == predicate.name("not").is_some() {
        let found = found.map_or("nothing".to_owned(), |found| found.to_string());
        return Err(format!("found {}", truncate(&found)));
    }
    Ok(())
}

fn compare(found: &Value, predicate: &Captures<'_>, variables: &Variables) -> ScriptResult<bool> {
    let group = |name| predicate.name(name).map(|part| part.as_str());
    let expected = match (group("text"), group("variable")) {
        (Some(text), _) => variables.substitute(text, plain_text)?.into(),
        (_, Some(name)) => variables.get(name)?,
        _ => serde_json::from_str(&predicate["json"]).map_err(to_text)?,
    };
    let number = |value: &Value| value.as_f64().ok_or_else(|| format!("{value} is no number"));
    let text = || found.as_str().ok_or_else(|| format!("{found} is no text"));
    Ok(match &predicate["compare"] {
        "==" => *found == expected,
        ">" => number(found)? > number(&expected)?,
        "<" => number(found)? < number(&expected)?,
        "contains" => match found.as_array() {
            Some(items) => items.contains(&expected),
            None => text()?.contains(&plain_text(&expected)),
        },
        "startsWith" => text()?.starts_with(&plain_text(&expected)),
        _ => Regex::new(&plain_text(&expected)).map_err(to_text)?.is_match(text()?),
    })
}

/// The value of a query in a response, if any, and the rest of its line.
fn query<'t>(
    text: &'t str,
    response: &ScriptResponse,
    variables: &Variables,
) -> ScriptResult<(Option<Value>, &'t str)> {
    let query = QUERY.captures(text).ok_or_else(|| format!("{text:?} is not understood"))?;
    let found = match query.get(1).map(|kind| kind.as_str()) {
        None => Some(response.body.clone().into()),
        Some("header") => {
            let value =
                response.headers.get(&query[2]).map(|value| String::from_utf8_lossy(value.as_bytes()));
            value.map(|value| value.into_owned().into())
        }
        Some(_) => {
            let path = variables.substitute(&query[2], plain_text)?;
            let path = serde_json_path::JsonPath::parse(&path).map_err(to_text)?;
            let json = serde_json::from_str(&response.body).map_err(to_text)?;
            // As in hurl, several matches are a list, and one is the value itself.
            match path.query(&json).all()[..] {
                [] => None,
                [one] => Some(one.clone()),
                ref several => Some(several.iter().copied().cloned().collect()),
            }
        }
    };
    Ok((found, &text[query[0].len()..]))
}

impl Variables {
    /// Adds a variable.
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

    /// A text with the values of its `{{name}}`s, written by `as_text`.
    fn substitute(&self, template: &str, as_text: impl Fn(&Value) -> String) -> ScriptResult<String> {
        let mut parts = template.split("{{");
        let mut filled = parts.next().unwrap_or_default().to_owned();
        for part in parts {
            let (name, after) = part.split_once("}}").ok_or("{{ without }}")?;
            filled += &as_text(&self.get(name.trim())?);
            filled += after;
        }
        Ok(filled)
    }
}

/// A value as it is in a text.
fn plain_text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// A value as it is between the quotes of a JSON string.
fn json_escaped(value: &Value) -> String {
    let quoted = Value::from(plain_text(value)).to_string();
    quoted.trim_matches('"').to_owned()
}

fn to_text(error: impl std::fmt::Display) -> String {
    error.to_string()
}

/// The start of a response, for error messages.
fn truncate(text: &str) -> String {
    text.chars().take(1_000).collect()
}
