//! The description of the API, read as a client reads it: which calls there are, and what they look like.

use reqwest::Method;
use serde_json::{Map, Value, json};

/// The description that the server serves.
pub struct Description {
    document: Value,
    /// Every call there is.
    pub calls: Vec<Call>,
}

/// A call.
#[derive(Clone, Debug)]
pub struct Call {
    /// Its method.
    pub method: Method,
    /// Its path, a template.
    pub path: String,
    /// What may be asked for in its query string.
    pub query: Vec<String>,
    /// What its body looks like, if it takes one.
    pub body: Option<Value>,
    /// Every status that it may answer.
    pub statuses: Vec<u16>,
}

impl Description {
    /// Reads it.
    pub fn new() -> Self {
        let document: Value = serde_json::from_str(tierup_server::openapi::json()).expect("JSON");
        let mut calls = Vec::new();
        for (path, methods) in object(&document["paths"]) {
            for (method, operation) in object(methods) {
                calls.push(Call::read(method, path, operation));
            }
        }
        Self { document, calls }
    }

    /// The call of this name.
    pub fn call(&self, method: &Method, path: &str) -> &Call {
        let found = self.calls.iter().find(|call| call.method == *method && call.path == path);
        found.unwrap_or_else(|| panic!("{method} {path} is not described"))
    }

    /// A body that a call takes, with every field there is.
    pub fn body(&self, call: &Call) -> Option<Value> {
        call.body.as_ref().map(|schema| self.example(schema))
    }

    /// The simplest value that a schema allows, with every field there is.
    fn example(&self, schema: &Value) -> Value {
        if let Some(reference) = schema["$ref"].as_str() {
            let place = reference.trim_start_matches('#');
            return self.example(self.document.pointer(place).expect("what is referred to"));
        }
        let variants = schema["anyOf"].as_array().or(schema["oneOf"].as_array());
        if let Some(first) = variants.and_then(|variants| variants.first()) {
            return self.example(first);
        }
        if let Some(value) = schema.get("const") {
            return value.clone();
        }
        let kind = schema["type"].as_str().or(schema["type"][0].as_str());
        match kind.expect("a type") {
            "object" => {
                let fields = object(&schema["properties"]);
                fields
                    .map(|(name, schema)| (name.clone(), self.example(schema)))
                    .collect::<Map<_, _>>()
                    .into()
            }
            "array" => json!([]),
            "string" => text(schema).into(),
            "integer" => schema["minimum"].as_u64().unwrap_or(1).into(),
            "boolean" => false.into(),
            other => panic!("no example of {other}"),
        }
    }
}

impl Default for Description {
    fn default() -> Self {
        Self::new()
    }
}

impl Call {
    fn read(method: &str, path: &str, operation: &Value) -> Self {
        let parameters = operation["parameters"].as_array().into_iter().flatten();
        let asked = parameters.filter(|parameter| parameter["in"] == "query");
        let body = &operation["requestBody"]["content"]["application/json"]["schema"];
        Self {
            method: method.to_uppercase().parse().expect("a method"),
            path: path.to_owned(),
            query: asked.filter_map(|parameter| parameter["name"].as_str().map(str::to_owned)).collect(),
            body: (!body.is_null()).then(|| body.clone()),
            statuses: object(&operation["responses"]).filter_map(|(status, _)| status.parse().ok()).collect(),
        }
    }

    /// Its path with each `{name}` filled in.
    pub fn at(&self, id: impl FnMut(&str) -> String) -> String {
        filled(&self.path, id)
    }
}

/// A template of a path with each `{name}` filled in.
pub fn filled(template: &str, mut id: impl FnMut(&str) -> String) -> String {
    let parts = template.split('/').map(|part| {
        match part.strip_prefix('{').and_then(|part| part.strip_suffix('}')) {
            Some(name) => id(name),
            None => part.to_owned(),
        }
    });
    parts.collect::<Vec<_>>().join("/")
}

fn object(value: &Value) -> impl Iterator<Item = (&String, &Value)> {
    value.as_object().into_iter().flatten()
}

/// A text as short as it may be, of the form it must have.
fn text(schema: &Value) -> String {
    let new = uuid::Uuid::now_v7();
    match schema["format"].as_str() {
        Some("uuid") => new.to_string(),
        Some("email") => format!("{new}@acme.test"),
        Some("date-time") => "2060-01-01T00:00:00.000Z".into(),
        Some(other) => panic!("no example of {other}"),
        None => "x".repeat(schema["minLength"].as_u64().and_then(|least| least.try_into().ok()).unwrap_or(1)),
    }
}
