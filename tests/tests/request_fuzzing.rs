//! Thousands of invalid requests, generated from the OpenAPI document: each is refused with a problem and a documented
//! status, and reveals nothing about the machine.

use std::collections::{BTreeMap, BTreeSet};

use fastrand::Rng;
use futures_util::{StreamExt, stream};
use reqwest::Method;
use reqwest::header::{CONTENT_TYPE, HeaderName, HeaderValue};
use serde_json::{Value, json};
use tierup_common::problem::{CONTENT_TYPE as PROBLEM, Code};
use tierup_common::user::Role;
use tierup_e2e::openapi::{OpenApiDocument, Operation};
use tierup_e2e::{ApiClient, World, http_client};
use tierup_server::admin;
use tokio::io::AsyncReadExt;

/// A fixed seed makes the same requests every time.
const SEED: u64 = 7;
const REQUEST_COUNT: usize = 3_000;

/// Invalid ids.
const INVALID_IDS: &[&str] = &[
    "0",
    "-1",
    "99999999999999999999",
    "%00",
    "%2e%2e%2f%2e%2e%2fetc%2fpasswd",
    "1%20OR%201=1",
    "%27;--",
    "%ff%fe",
    "00000000-0000-0000-0000-000000000000",
    "%F0%9F%92%A5",
    "%7B%7D",
    "null",
    "1.5",
    "stream",
    "*",
];
/// Invalid query strings.
const QUERY_VALUES: &[&str] = &[
    "",
    "-1",
    "0",
    "201",
    "4294967296",
    "%00",
    "%ff",
    "true",
    "open",
    "%22",
    "a%20OR%20b%20NEAR(",
    "*",
    "%27;--",
    "urgent-",
    "%F0%9F%92%A5",
    "2060-01-01T00:00:00Z",
    "[]",
];
/// Invalid headers.
const UNUSUAL_HEADERS: &[(&str, &[u8])] = &[
    ("idempotency-key", b""),
    ("idempotency-key", b"\xff\xfe"),
    ("idempotency-key", &[b'k'; 256]),
    ("idempotency-key", b"k"),
    ("last-event-id", b"-1"),
    ("last-event-id", b"\xff"),
    ("last-event-id", b"18446744073709551616"),
    ("if-none-match", b"\"\xff"),
    ("if-none-match", b"*"),
    ("if-none-match", b",,,\""),
    ("authorization", b"Bearer"),
    ("authorization", b"Bearer \xff"),
    ("authorization", b"Basic YTpi"),
    ("content-type", b"text/plain"),
    ("content-type", b"application/json"),
    ("content-type", b"\xff"),
    ("content-type", b""),
    ("content-encoding", b"gzip"),
    ("accept", b"text/html"),
    ("range", b"bytes=0-1"),
    ("expect", b"nothing"),
    ("x-forwarded-for", b"\xff, ,"),
    ("x-request-id", b"mine"),
];
/// Text that would reveal the machine or the storage.
const INTERNAL_DETAILS: &[&str] = &[
    "sqlite",
    "SELECT ",
    "INSERT ",
    "UPDATE ",
    "no such table",
    "constraint",
    "panicked",
    ".rs",
    "tierup.db",
];

/// An invalid request.
#[derive(Clone, Debug)]
struct GeneratedRequest {
    operation_index: usize,
    method: Method,
    path: String,
    token: Option<String>,
    headers: Vec<(&'static str, &'static [u8])>,
    body: Option<Vec<u8>>,
}

/// The caller and the objects of a request.
struct TestData {
    tokens: Vec<String>,
    /// A user who may be changed, deactivated and logged out.
    expendable_token: String,
    ids: BTreeMap<&'static str, String>,
}

impl TestData {
    async fn create(world: &World) -> Self {
        let (sam, ned) = (world.engineer("Sam Ortiz").await, world.engineer("Ned Fry").await);
        let vpn = sam.escalate("VPN is down").await;
        let id = async |of: &ApiClient| {
            of.get("/me").await.expect(200)["id"].as_str().unwrap_or_default().to_owned()
        };
        let ned_id = id(&ned).await;
        let tokens = ned.get(&format!("/users/{ned_id}/tokens")).await.expect(200);
        let token = tokens["items"][0]["id"].as_str().unwrap_or_default().to_owned();
        let ids = [
            ("handoff", vpn.number.to_string()),
            ("session_id", vpn.session_id),
            ("user_id", ned_id),
            ("token_id", token),
            ("branch_id", uuid::Uuid::now_v7().to_string()),
            ("step_id", uuid::Uuid::now_v7().to_string()),
        ];
        let vic = world.user("Vic Low", Role::Viewer).await;
        let tokens = [world.owner().token(), sam.token(), vic.token()].map(str::to_owned).to_vec();
        Self { tokens, expendable_token: ned.token().to_owned(), ids: BTreeMap::from(ids) }
    }
}

/// A valid request with one to three faults.
fn generate_request(rng: &mut Rng, description: &OpenApiDocument, data: &TestData) -> GeneratedRequest {
    let operation_index = rng.usize(..description.operations.len());
    let operation = &description.operations[operation_index];
    let path = operation.path_with(|name| {
        if rng.u8(..4) == 0 {
            rng.choice(INVALID_IDS).map_or_else(String::new, |id| (*id).to_owned())
        } else {
            data.ids[name].clone()
        }
    });
    let token = if operation.path.ends_with("/logout") {
        Some(data.expendable_token.clone())
    } else {
        rng.choice(&data.tokens).cloned()
    };
    let mut value = description.example_body(operation);
    let mut request = GeneratedRequest {
        operation_index,
        method: operation.method.clone(),
        path,
        token,
        headers: vec![],
        body: None,
    };
    let mut corrupts_bytes = false;
    for _ in 0..rng.usize(1..=3) {
        match rng.u8(..8) {
            0 => request.path = with_random_query(rng, operation, &request.path),
            1 | 2 => {
                if let Some(value) = &mut value {
                    corrupt_json(rng, value);
                }
            }
            3 => corrupts_bytes = true,
            4 | 5 => request.headers.extend(rng.choice(UNUSUAL_HEADERS)),
            6 => {
                request.token =
                    rng.choice([None, Some("tup_".to_owned()), Some("x".repeat(5_000))]).flatten();
            }
            _ => {
                request.method = rng.choice([Method::PATCH, Method::DELETE, Method::PUT]).unwrap_or_default();
            }
        }
    }
    request.body = value.map(|value| value.to_string().into_bytes());
    if corrupts_bytes {
        request.body = Some(corrupt_bytes(rng, request.body.unwrap_or_default()));
    }
    request
}

/// The path with an invalid query string.
fn with_random_query(rng: &mut Rng, operation: &Operation, path: &str) -> String {
    let names =
        operation.query_parameters.iter().map(String::as_str).chain(["role", "account_id", "%00", ""]);
    let names: Vec<&str> = names.collect();
    let one = |rng: &mut Rng| {
        format!("{}={}", rng.choice(&names).unwrap_or(&""), rng.choice(QUERY_VALUES).unwrap_or(&""))
    };
    let parameters: Vec<String> = (0..rng.usize(1..=3)).map(|_| one(rng)).collect();
    format!("{}?{}", path.split('?').next().unwrap_or_default(), parameters.join("&"))
}

/// Corrupts a value or removes a part of it.
fn corrupt_json(rng: &mut Rng, value: &mut Value) {
    let is_deeper = rng.bool();
    match value.as_object_mut() {
        Some(fields) if !fields.is_empty() && rng.u8(..8) > 0 => {
            let names: Vec<String> = fields.keys().cloned().collect();
            let name = &names[rng.usize(..names.len())];
            match rng.u8(..6) {
                0 => drop(fields.remove(name)),
                1 => drop(fields.insert("account_id".into(), json!("x"))),
                _ if is_deeper && fields[name].is_object() => corrupt_json(rng, &mut fields[name]),
                _ => fields[name] = random_invalid_value(rng),
            }
        }
        _ => *value = random_invalid_value(rng),
    }
}

fn random_invalid_value(rng: &mut Rng) -> Value {
    let values = [
        json!(null),
        json!(-1),
        json!(1.5e300),
        json!(u64::MAX),
        json!(true),
        json!(""),
        json!(" \t\n"),
        json!("a\0b"),
        json!("line\nline"),
        json!("\u{202e}\u{200b}\u{1b}[2J"),
        json!("2060-13-45T99:99:99Z"),
        json!("0000-00-00T00:00:00Z"),
        json!("00000000-0000-0000-0000-000000000000"),
        json!("x".repeat(40_000)),
        json!("é".repeat(301)),
        json!([]),
        json!([null, {}, "x"]),
        json!({}),
        json!({"text": {"text": []}}),
    ];
    rng.choice(values).unwrap_or_default()
}

/// Invalid or unacceptable JSON.
fn corrupt_bytes(rng: &mut Rng, mut body: Vec<u8>) -> Vec<u8> {
    match rng.u8(..10) {
        0 => body.truncate(rng.usize(..=body.len())),
        1 => body.extend(b" {}"),
        2 => body = vec![b'['; 100_000],
        3 => body = br#"{"a":"#.repeat(20_000),
        4 => body = br#"{"content": "\ud800"}"#.to_vec(),
        5 => body = br#"{"name": "a", "name": "b", "content": "c", "content": "d"}"#.to_vec(),
        6 => body = vec![b' '; 300_000],
        7 => body.insert(0, 0xef),
        8 => body.clear(),
        _ => {
            for _ in 0..4 {
                let at = rng.usize(..=body.len());
                body.insert(at, rng.u8(..));
            }
        }
    }
    body
}

/// The operation of a request: another one of the same path, if its method was changed to that.
fn sent_operation<'d>(description: &'d OpenApiDocument, request: &GeneratedRequest) -> &'d Operation {
    let meant = &description.operations[request.operation_index];
    let is_sent = |other: &&Operation| other.path == meant.path && other.method == request.method;
    description.operations.iter().find(is_sent).unwrap_or(meant)
}

/// Sends a request. Returns the status, and what is wrong with the response.
async fn send_and_check(
    client: &reqwest::Client,
    world: &World,
    operation: &Operation,
    request: &GeneratedRequest,
) -> Result<u16, String> {
    let mut sent = client.request(request.method.clone(), format!("{}{}", world.url(), request.path));
    if let Some(token) = &request.token {
        sent = sent.bearer_auth(token);
    }
    if let Some(body) = &request.body {
        sent = sent.body(body.clone());
        if request.headers.iter().all(|(name, _)| *name != "content-type") {
            sent = sent.header(CONTENT_TYPE, "application/json");
        }
    }
    for (name, value) in &request.headers {
        let value = HeaderValue::from_bytes(value).map_err(|error| error.to_string())?;
        sent = sent.header(HeaderName::from_static(name), value);
    }
    let response = sent.send().await.map_err(|error| format!("no answer: {error:?}"))?;
    let status = response.status().as_u16();
    if status < 400 {
        return Ok(status);
    }
    let content_type = response.headers().get(CONTENT_TYPE).cloned();
    let is_named = response.headers().contains_key("x-request-id");
    let text = response.text().await.map_err(|error| error.to_string())?;
    let problem: Value = serde_json::from_str(&text).unwrap_or_default();
    let code = Code::ALL.iter().find(|code| problem["type"] == code.uri());
    let is_documented = operation.statuses.contains(&status) || matches!(status, 404 | 405);
    let folder = world.folder().display().to_string();
    let paths = [env!("CARGO_MANIFEST_DIR"), &folder];
    let token = request.token.as_deref().filter(|token| token.len() > "tup_".len());
    let secret =
        INTERNAL_DETAILS.iter().copied().chain(paths).chain(token).find(|secret| text.contains(*secret));
    if status >= 500 {
        Err(format!("{status}: {text}"))
    } else if content_type.as_ref().map(HeaderValue::as_bytes) != Some(PROBLEM.as_bytes()) || !is_named {
        Err(format!("{status} in another form: {content_type:?} {text}"))
    } else if code.is_none_or(|code| code.status() != status) {
        Err(format!("{status} is not of the catalogue: {text}"))
    } else if !is_documented {
        Err(format!("{status} is not described: {text}"))
    } else if let Some(secret) = secret {
        Err(format!("{status} tells of {secret}: {text}"))
    } else {
        Ok(status)
    }
}

#[tokio::test]
async fn malformed_requests_are_only_refused() {
    let mut world = World::new().await;
    let (description, cast) = (OpenApiDocument::new(), TestData::create(&world).await);
    let (mut rng, client) = (Rng::with_seed(SEED), http_client());
    let requests: Vec<_> =
        (0..REQUEST_COUNT).map(|_| generate_request(&mut rng, &description, &cast)).collect();
    let answers = stream::iter(requests).map(async |request| {
        let answer = send_and_check(&client, &world, sent_operation(&description, &request), &request).await;
        answer.map_err(|error| format!("{error}\n{} {} {:?}", request.method, request.path, request.headers))
    });
    let answers: Vec<Result<u16, String>> = answers.buffer_unordered(8).collect().await;
    let wrong: Vec<_> = answers.iter().filter_map(|answer| answer.as_ref().err()).collect();
    assert!(wrong.is_empty(), "{} of {REQUEST_COUNT}, the first:\n{}", wrong.len(), wrong[0]);

    let seen: BTreeSet<u16> = answers.into_iter().flatten().collect();
    let every = [200, 201, 400, 401, 403, 404, 405, 409, 413, 415, 422];
    assert!(every.iter().all(|status| seen.contains(status)), "too tame: {seen:?}");
    world.owner().get("/me").await.expect(200);
    world.stop().await;
    assert!(admin::check(&world.data_dir()).is_ok_and(|found| found.is_sound()));
}

#[tokio::test]
async fn a_request_without_exactly_one_host_is_refused() {
    let world = World::new().await;
    let ask = async |path: &str, hosts: &str| {
        let request = format!("GET {path} HTTP/1.1\r\n{hosts}Connection: close\r\n\r\n");
        let mut socket = world.connect(&request).await;
        let mut answer = String::new();
        socket.read_to_string(&mut answer).await.unwrap();
        answer
    };
    assert!(ask("/health/live", "Host: a.test\r\n").await.starts_with("HTTP/1.1 200 "));
    for path in ["/health/live", "/api/v1/me", "/nowhere", "/docs"] {
        for hosts in ["", "Host: a.test\r\nHost: b.test\r\n", "Host: a.test\r\nhost: a.test\r\n"] {
            let answer = ask(path, hosts).await;
            assert!(answer.starts_with("HTTP/1.1 400 "), "{path} with {hosts:?}: {answer}");
            assert!(answer.contains("/problems/bad-request") && answer.contains("host header"), "{answer}");
        }
    }
}

#[tokio::test]
async fn a_repeated_header_is_refused() {
    let world = World::new().await;
    let sam = world.engineer("Sam Ortiz").await;
    let body = json!({"intake_type": "free_text", "intake_content": {"text": "VPN is down"}});
    for (method, path, body, name) in [
        (Method::POST, "/ai-sessions", Some(body), "idempotency-key"),
        (Method::GET, "/escalations/stream", None, "last-event-id"),
        (Method::GET, "/me", None, "authorization"),
    ] {
        let twice = sam.send_json(method, path, body, &[(name, "1"), (name, "2")]).await;
        assert_eq!((twice.status, twice.problem_code()), (400, "bad-request"), "{name}: {twice:?}");
        assert!(twice.body["detail"].as_str().unwrap().contains("is repeated"), "{twice:?}");
    }
}
