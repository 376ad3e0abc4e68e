//! The OpenAPI document as a client reads it: its operations, schemas and example bodies.

use reqwest::Method;
use serde_json::{Map, Value, json};

/// The served OpenAPI document.
pub struct OpenApiDocument {
    json: Value,
    /// Every operation.
    pub operations: Vec<Operation>,
}

/// An operation.
#[derive(Clone, Debug)]
pub struct Operation {
    /// Its method.
    pub method: Method,
    /// Its path, a template.
    pub path: String,
    /// The names of its query parameters.
    pub query_parameters: Vec<String>,
    /// The schema of its body, if any.
    pub body_schema: Option<Value>,
    /// Every documented status.
    pub statuses: Vec<u16>,
}

impl OpenApiDocument {
    /// Parses it.
    pub fn new() -> Self {
        let document: Value = serde_json::from_str(tierup_server::api_description().json()).expect("JSON");
        let mut calls = Vec::new();
        for (path, methods) in object_entries(&document["paths"]) {
            for (method, operation) in object_entries(methods) {
                calls.push(Operation::parse(method, path, operation));
            }
        }
        Self { json: document, operations: calls }
    }

    /// An operation.
    pub fn operation(&self, method: &Method, path: &str) -> &Operation {
        let found = self.operations.iter().find(|call| call.method == *method && call.path == path);
        found.unwrap_or_else(|| panic!("{method} {path} is not described"))
    }

    /// A valid body of an operation, with every field.
    pub fn example_body(&self, call: &Operation) -> Option<Value> {
        call.body_schema.as_ref().map(|schema| self.example(schema))
    }

    /// The simplest value of a schema, with every field.
    fn example(&self, schema: &Value) -> Value {
        if let Some(reference) = schema["$ref"].as_str() {
            let pointer = reference.trim_start_matches('#');
            return self.example(self.json.pointer(pointer).expect("a referenced schema"));
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
                let fields = object_entries(&schema["properties"]);
                fields
                    .map(|(name, schema)| (name.clone(), self.example(schema)))
                    .collect::<Map<_, _>>()
                    .into()
            }
            "array" => json!([]),
            "string" => example_string(schema).into(),
            "integer" => schema["minimum"].as_u64().unwrap_or(1).into(),
            "boolean" => false.into(),
            other => panic!("no example of {other}"),
        }
    }
}

impl Default for OpenApiDocument {
    fn default() -> Self {
        Self::new()
    }
}

impl Operation {
    fn parse(method: &str, path: &str, operation: &Value) -> Self {
        let parameters = operation["parameters"].as_array().into_iter().flatten();
        let query_parameters = parameters.filter(|parameter| parameter["in"] == "query");
        let body = &operation["requestBody"]["content"]["application/json"]["schema"];
        Self {
            method: method.to_uppercase().parse().expect("a method"),
            path: path.to_owned(),
            query_parameters: query_parameters
                .filter_map(|parameter| parameter["name"].as_str().map(str::to_owned))
                .collect(),
            body_schema: (!body.is_null()).then(|| body.clone()),
            statuses: object_entries(&operation["responses"])
                .filter_map(|(status, _)| status.parse().ok())
                .collect(),
        }
    }

    /// Its path with each `{name}` filled in.
    pub fn path_with(&self, parameter_value: impl FnMut(&str) -> String) -> String {
        fill_path_template(&self.path, parameter_value)
    }
}

/// A path template with each `{name}` filled in.
pub fn fill_path_template(template: &str, mut parameter_value: impl FnMut(&str) -> String) -> String {
    let segments = template.split('/').map(|part| {
        match part.strip_prefix('{').and_then(|part| part.strip_suffix('}')) {
            Some(name) => parameter_value(name),
            None => part.to_owned(),
        }
    });
    segments.collect::<Vec<_>>().join("/")
}

fn object_entries(value: &Value) -> impl Iterator<Item = (&String, &Value)> {
    value.as_object().into_iter().flatten()
}

/// The shortest text of the required format.
fn example_string(schema: &Value) -> String {
    let id = uuid::Uuid::now_v7();
    match schema["format"].as_str() {
        Some("uuid") => id.to_string(),
        Some("email") => format!("{id}@acme.test"),
        Some("date-time") => "2060-01-01T00:00:00.000Z".into(),
        Some(other) => panic!("no example of {other}"),
        None => "x".repeat(schema["minLength"].as_u64().and_then(|least| least.try_into().ok()).unwrap_or(1)),
    }
}
