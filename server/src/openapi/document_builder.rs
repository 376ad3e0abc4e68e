//! Builds the OpenAPI document.

use std::collections::BTreeMap;

use axum::http::Method;
use schemars::generate::SchemaSettings;
use schemars::{Schema, SchemaGenerator};
use serde_json::{Map, Value, json};
use tierup_common::event::{Event, Signal};
use tierup_common::problem::{self, Code, Problem};

use crate::route_spec::{Access, RequestBody, ResponseBody, RouteSpec};

/// Types may look different as input and as output.
struct SchemaGenerators {
    request: SchemaGenerator,
    response: SchemaGenerator,
}

/// Builds the document.
pub(super) fn build_document(routes: &[RouteSpec]) -> Value {
    let settings = SchemaSettings::draft2020_12().with(|settings| {
        settings.definitions_path = "/components/schemas".into();
        settings.meta_schema = None;
    });
    let mut generators = SchemaGenerators {
        request: SchemaGenerator::new(settings.clone().for_deserialize()),
        response: SchemaGenerator::new(settings.for_serialize()),
    };
    let mut paths: BTreeMap<&str, Map<String, Value>> = BTreeMap::new();
    for row in routes {
        let path = paths.entry(row.route.0).or_default();
        path.insert(row.method.as_str().to_lowercase(), operation(row, &mut generators));
    }
    // Streams carry these outside of any response.
    generators.response.subschema_for::<Event>();
    generators.response.subschema_for::<Signal>();
    generators.response.subschema_for::<Problem>();
    let mut schemas = generators.request.take_definitions(true);
    schemas.extend(generators.response.take_definitions(true));
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "tierup",
            "version": "1",
            "summary": "Sessions, handoffs and events of a support team",
            "license": {"name": "MIT", "identifier": "MIT"},
        },
        "servers": [{"url": "/"}],
        "security": [{"token": []}],
        "paths": paths,
        "components": {
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer", "bearerFormat": "tup_…"}},
            "schemas": schemas,
        },
    })
}

fn operation(spec: &RouteSpec, schemas: &mut SchemaGenerators) -> Value {
    let mut operation = json!({
        "operationId": operation_id(spec),
        "summary": spec.summary,
        "tags": [tag(spec)],
        "parameters": parameters(spec, schemas),
        "responses": responses(spec, schemas),
    });
    if spec.access == Access::Public {
        operation["security"] = json!([]);
    }
    if let Access::AtLeast(role) = spec.access {
        operation["description"] = json!(format!("Requires the role {role} or higher."));
    }
    if let RequestBody::Json(look) = spec.body {
        let schema = look(&mut schemas.request);
        operation["requestBody"] =
            json!({"required": true, "content": {"application/json": {"schema": schema}}});
    }
    operation
}

/// `post_handoffs_claim`: the method and the fixed parts of the path.
fn operation_id(spec: &RouteSpec) -> String {
    let parts = spec.route.0.trim_start_matches("/api/v1").split('/').filter(|part| !part.is_empty());
    let parts: Vec<String> = parts
        .map(|part| if part.starts_with('{') { "one".to_owned() } else { part.replace(['-', '.'], "_") })
        .collect();
    format!("{}_{}", spec.method.as_str().to_lowercase(), parts.join("_"))
}

fn tag(spec: &RouteSpec) -> &'static str {
    let path = spec.route.0.trim_start_matches("/api/v1/");
    match path.split('/').next().unwrap_or_default() {
        "auth" | "me" | "users" | "tokens" => "People",
        "ai-sessions" | "similar" => "Sessions",
        "escalations" | "handoffs" => "Handoffs",
        _ => "Operations",
    }
}

fn parameters(spec: &RouteSpec, schemas: &mut SchemaGenerators) -> Vec<Value> {
    let mut all = Vec::new();
    for part in spec.route.0.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}')) {
        let schema = match part {
            "handoff" => json!({"type": "string", "description": "its id or number"}),
            _ => json!({"type": "string", "format": "uuid"}),
        };
        all.push(json!({"name": part, "in": "path", "required": true, "schema": schema}));
    }
    if let Some(schema_fn) = spec.query {
        let schema = schema_fn(&mut schemas.request).to_value();
        let fields = schema["properties"].as_object().into_iter().flatten();
        for (name, schema) in fields {
            // An empty value counts as absent.
            let schema = json!({"anyOf": [without_null(schema), {"type": "string", "maxLength": 0}]});
            all.push(json!({"name": name, "in": "query", "schema": schema}));
        }
    }
    if spec.takes_idempotency_key {
        all.push(json!({
            "name": "Idempotency-Key",
            "in": "header",
            "description": "A request with the same key, caller and body gets the first response again, for 24 hours.",
            "schema": {"type": "string", "minLength": 1, "maxLength": tierup_common::limit::MAX_IDEMPOTENCY_KEY_BYTES},
        }));
    }
    all
}

/// A query parameter may be absent, but never null.
fn without_null(schema: &Value) -> Value {
    let mut schema = schema.clone();
    if let Some(types) = schema["type"].as_array() {
        let rest: Vec<&Value> = types.iter().filter(|kind| *kind != "null").collect();
        schema["type"] = json!(rest[0]);
    }
    match schema["anyOf"].as_array() {
        Some(any) => any.iter().find(|one| one["type"] != "null").cloned().unwrap_or(schema.clone()),
        None => schema,
    }
}

fn responses(spec: &RouteSpec, schemas: &mut SchemaGenerators) -> Value {
    let mut all: BTreeMap<String, Value> = BTreeMap::new();
    for (status, body) in &spec.responses {
        all.insert(status.to_string(), success_response(spec, *status, body, schemas));
    }
    let mut refusals: BTreeMap<u16, Vec<Code>> = BTreeMap::new();
    for code in problem_codes(spec) {
        refusals.entry(code.status()).or_default().push(code);
    }
    let problem = schemas.response.subschema_for::<Problem>();
    for (status, codes) in refusals {
        all.insert(status.to_string(), problem_response(&codes, &problem));
    }
    json!(all)
}

fn success_response(
    spec: &RouteSpec,
    status: u16,
    body: &ResponseBody,
    schemas: &mut SchemaGenerators,
) -> Value {
    let description = match status {
        201 => "Created",
        202 => "Accepted",
        204 => "No content",
        304 => "Unchanged since the ETag in If-None-Match",
        _ => "OK",
    };
    let mut response = json!({"description": description});
    let content = match body {
        ResponseBody::Empty => None,
        ResponseBody::Json(look) => Some(("application/json", look(&mut schemas.response).to_value())),
        ResponseBody::Events => Some(("text/event-stream", json!({"type": "string"}))),
        ResponseBody::Text(kind) => Some((*kind, json!({"type": "string"}))),
    };
    if let Some((kind, schema)) = content {
        response["content"] = json!({kind: {"schema": schema}});
    }
    if let Some(identifies) = spec.etag {
        response["headers"] = json!({"ETag": {"schema": {"type": "string"}, "description": identifies}});
    }
    response
}

fn problem_response(codes: &[Code], problem: &Schema) -> Value {
    let words: Vec<&str> = codes.iter().map(|code| code.as_str()).collect();
    let mut response = json!({
        "description": words.join(", "),
        "content": {problem::CONTENT_TYPE: {"schema": problem}},
    });
    if codes.contains(&Code::RateLimited) {
        response["headers"] =
            json!({"Retry-After": {"schema": {"type": "integer"}, "description": "seconds"}});
    }
    response
}

/// All problems of a route: its own, and those that follow from access, path and body.
fn problem_codes(spec: &RouteSpec) -> Vec<Code> {
    let mut codes = spec.problem_codes.clone();
    if let Access::AtLeast(role) = spec.access {
        codes.extend([Code::Unauthenticated, Code::RateLimited, Code::Internal, Code::Unavailable]);
        if role > tierup_common::user::Role::Viewer {
            codes.push(Code::Forbidden);
        }
        if spec.method != Method::GET {
            codes.push(Code::StorageFull);
        }
        // A malformed or repeated header.
        codes.push(Code::BadRequest);
    }
    if spec.route.0.contains('{') {
        codes.push(Code::NotFound);
    }
    if matches!(spec.body, RequestBody::Json(_)) {
        codes.extend([Code::BadRequest, Code::UnsupportedMediaType, Code::Invalid]);
        codes.extend([Code::RateLimited, Code::Internal, Code::Unavailable, Code::StorageFull]);
    }
    if matches!(spec.method, Method::POST | Method::PUT | Method::PATCH) {
        codes.push(Code::PayloadTooLarge);
    }
    if spec.takes_idempotency_key {
        codes.push(Code::IdempotencyKeyReused);
    }
    codes.sort_by_key(|code| (code.status(), code.as_str()));
    codes.dedup();
    codes
}
