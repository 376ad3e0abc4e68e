//! The description as an HTML page, without scripts or external resources.

use minijinja::value::Serde;
use minijinja::{AutoEscape, Environment, context};
use serde_json::{Value, json};

use crate::html::API_REFERENCE;

/// Renders the page. If that fails, it links to the JSON.
pub(super) fn render(document: &Value) -> String {
    let mut environment = Environment::new();
    environment.set_auto_escape_callback(|_| AutoEscape::Html);
    let values = context! {
        groups => minijinja::Value::from(Serde(operation_groups(document))),
        shapes => minijinja::Value::from(Serde(schema_views(document))),
    };
    environment.render_str(API_REFERENCE, values).unwrap_or_else(|error| {
        tracing::error!(%error, "cannot render the API reference");
        "The API reference cannot be rendered. The description is at /api/v1/openapi.json.".into()
    })
}

/// The operations, grouped by tag.
fn operation_groups(document: &Value) -> Value {
    let mut groups: Vec<(String, Vec<Value>)> = Vec::new();
    for (path, methods) in document["paths"].as_object().into_iter().flatten() {
        for (method, operation) in methods.as_object().into_iter().flatten() {
            let tag = operation["tags"][0].as_str().unwrap_or_default().to_owned();
            let call = operation_view(path, method, operation);
            match groups.iter_mut().find(|(known, _)| *known == tag) {
                Some((_, calls)) => calls.push(call),
                None => groups.push((tag, vec![call])),
            }
        }
    }
    json!(groups.into_iter().map(|(tag, calls)| json!({"tag": tag, "calls": calls})).collect::<Vec<_>>())
}

fn operation_view(path: &str, method: &str, operation: &Value) -> Value {
    let body = &operation["requestBody"]["content"]["application/json"]["schema"];
    let responses = operation["responses"].as_object().into_iter().flatten();
    let responses = responses.map(|(status, response)| {
        let content = response["content"].as_object().and_then(|content| content.values().next());
        let schema = content.map(|content| type_label(&content["schema"]));
        json!({"status": status, "description": response["description"], "schema": schema})
    });
    let parameters = operation["parameters"].as_array().into_iter().flatten();
    let parameters = parameters.map(|parameter| {
        json!({
            "name": parameter["name"],
            "in": parameter["in"],
            // Every query parameter may be empty.
            "type": type_label(parameter["schema"]["anyOf"].get(0).unwrap_or(&parameter["schema"])),
            "description": parameter["description"],
        })
    });
    json!({
        "id": operation["operationId"],
        "method": method.to_uppercase(),
        "path": path,
        "summary": operation["summary"],
        "description": operation["description"],
        "body": (!body.is_null()).then(|| type_label(body)),
        "parameters": parameters.collect::<Vec<_>>(),
        "responses": responses.collect::<Vec<_>>(),
    })
}

/// The schemas of requests and responses.
fn schema_views(document: &Value) -> Value {
    let all = document["components"]["schemas"].as_object().into_iter().flatten();
    json!(all.map(|(name, schema)| schema_view(name, schema)).collect::<Vec<_>>())
}

fn schema_view(name: &str, schema: &Value) -> Value {
    let required = |field: &str| {
        schema["required"].as_array().is_some_and(|required| required.iter().any(|name| name == field))
    };
    let fields = schema["properties"].as_object().into_iter().flatten();
    let fields = fields.map(|(field, field_schema)| {
        json!({
            "name": field,
            "type": type_label(field_schema),
            "required": required(field),
            "description": field_schema["description"],
        })
    });
    let variants = schema["oneOf"].as_array().into_iter().flatten();
    let variants = variants.map(|variant| {
        let inner = schema_view("", variant);
        let constant = variant["const"].as_str().or_else(|| variant["properties"]["type"]["const"].as_str());
        json!({"name": constant, "description": variant["description"], "fields": inner["fields"]})
    });
    json!({
        "name": name,
        "description": schema["description"],
        "type": type_label(schema),
        "fields": fields.collect::<Vec<_>>(),
        "variants": variants.collect::<Vec<_>>(),
    })
}

/// A short label of a schema: `text`, `Handoff`, `list of Branch`, `one of open, claimed`.
fn type_label(schema: &Value) -> String {
    if let Some(reference) = schema["$ref"].as_str() {
        return reference.rsplit('/').next().unwrap_or_default().to_owned();
    }
    if let Some(words) = schema["enum"].as_array() {
        let words: Vec<&str> = words.iter().filter_map(Value::as_str).collect();
        return words.join(" | ");
    }
    if let Some(word) = schema["const"].as_str() {
        return format!("\"{word}\"");
    }
    if let Some(any) = schema["anyOf"].as_array().or_else(|| schema["oneOf"].as_array()) {
        return any.iter().map(type_label).collect::<Vec<_>>().join(" | ");
    }
    let kind = &schema["type"];
    let kind = match kind.as_array() {
        Some(kinds) => kinds.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(" | "),
        None => kind.as_str().unwrap_or("object").to_owned(),
    };
    match (schema["format"].as_str(), kind.as_str()) {
        (Some(format @ ("uuid" | "date-time" | "email")), _) => kind.replace("string", format),
        (_, "array") => format!("list of {}", type_label(&schema["items"])),
        _ => kind,
    }
}
