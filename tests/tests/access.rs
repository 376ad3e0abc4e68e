//! Who may call which route, and on whose objects: walks every row of the route table.
//!
//! Mutants seen to fail: a guard that ignores roles, a deleted token whose streams continue, a route without a body
//! that accepts one, a 404 that differs between calls, a caller who is looked up only when a request begins.

#![expect(clippy::unwrap_used, reason = "tests may panic")]

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use reqwest::header::{ALLOW, CONTENT_TYPE};
use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};
use tierup_common::route;
use tierup_common::user::Role;
use tierup_e2e::openapi::{OpenApiDocument, fill_path_template};
use tierup_e2e::{ApiClient, PendingRequest, World, http_client};
use tierup_server::{RouteAccess, route_access};

const JSON: &str = "application/json";

/// The status, relevant headers and body.
#[derive(Clone, PartialEq, Debug)]
struct RouteResponse {
    status: u16,
    content_type: Option<String>,
    allow: BTreeSet<String>,
    body: Value,
}

impl RouteResponse {
    fn problem_code(&self) -> &str {
        self.body["type"].as_str().unwrap_or_default().trim_start_matches("/problems/")
    }
}

fn build_request(world: &World, method: &Method, path: &str, token: Option<&str>) -> RequestBuilder {
    let request = http_client().request(method.clone(), format!("{}{path}", world.url()));
    match token {
        Some(token) => request.bearer_auth(token),
        None => request,
    }
}

/// Sends a request; of an event stream, only the head is read.
async fn send(request: RequestBuilder) -> RouteResponse {
    let response = request.send().await.unwrap();
    let status = response.status().as_u16();
    let header = |name| response.headers().get(name).map(|value| value.to_str().unwrap().to_owned());
    let (kind, allow) = (header(CONTENT_TYPE), header(ALLOW).unwrap_or_default());
    let allow =
        allow.split(',').map(|method| method.trim().to_owned()).filter(|name| !name.is_empty()).collect();
    let mut body = Value::Null;
    if kind.as_deref() != Some("text/event-stream") {
        let text = response.text().await.unwrap();
        body = serde_json::from_str(&text).unwrap_or(Value::Null);
        if let Some(id) = body.get_mut("request_id") {
            *id = Value::Null;
        }
    }
    RouteResponse { status, content_type: kind, allow, body }
}

fn new_id(_: &str) -> String {
    uuid::Uuid::now_v7().to_string()
}

#[test]
fn the_route_table_has_every_path_of_the_client() {
    let listed: BTreeSet<_> = route_access().iter().map(|door| door.path).collect();
    let known: BTreeSet<_> = route::ALL.iter().map(|route| route.0).collect();
    assert_eq!(listed, known);
}

#[tokio::test]
async fn every_route_admits_exactly_the_roles_of_its_row() {
    let world = World::new().await;
    let description = OpenApiDocument::new();
    let wrong = format!("tup_{}", "a".repeat(49));
    for door in route_access() {
        let call = description.operation(&door.method, door.path);
        let ask = async |token: Option<&str>| {
            let mut request = build_request(&world, &door.method, &call.path_with(new_id), token);
            if let Some(body) = description.example_body(call) {
                request = request.json(&body);
            }
            send(request).await
        };
        for token in [None, Some(wrong.as_str())] {
            let answer = ask(token).await;
            let is_out = (answer.status, answer.problem_code()) == (401, "unauthenticated");
            assert_eq!(is_out, door.min_role.is_some(), "{door:?} without a token: {answer:?}");
        }
        for role in [Role::Viewer, Role::Engineer, Role::Admin, Role::Owner] {
            // A new token each time: one of the routes revokes it.
            let who = world.owner().add_user("Lee Chan", role).await;
            let answer = ask(Some(who.token())).await;
            let is_out = (answer.status, answer.problem_code()) == (403, "forbidden");
            assert_eq!(
                is_out,
                door.min_role.is_some_and(|least| role < least),
                "{door:?} as {role}: {answer:?}"
            );
            assert_ne!(answer.problem_code(), "unauthenticated", "{door:?} as {role}");
            assert!(answer.status < 500, "{door:?} as {role}: {answer:?}");
        }
    }
}

/// One object of every kind with an id, by the parameter names of paths.
async fn one_of_each_id(world: &World) -> (ApiClient, BTreeMap<&'static str, String>) {
    let sam = world.engineer("Sam Ortiz").await;
    let text = "VPN error 809 at the branch office";
    let earlier = sam.open_session(text).await;
    sam.resolve(&earlier, "The branch firewall dropped UDP 4500. Opened it.").await;
    let vpn = sam.escalate(text).await;
    let branch = uuid::Uuid::now_v7().to_string();
    let step = sam.wait_for_assessment(&vpn).await["ai_assessment_data"]["suggested_steps"][0]["id"].clone();
    sam.claim(&vpn).await;
    let put = json!({"hypothesis": "The client", "status": "open"});
    sam.put(&format!("/ai-sessions/{}/branches/{branch}", vpn.session_id), put).await.expect(201);
    let user = sam.get("/me").await.expect(200)["id"].as_str().unwrap().to_owned();
    let tokens = sam.get(&format!("/users/{user}/tokens")).await.expect(200);
    let token = tokens["items"][0]["id"].as_str().unwrap().to_owned();
    let ids = [
        ("handoff", vpn.handoff_id),
        ("session_id", vpn.session_id),
        ("branch_id", branch),
        ("step_id", step.as_str().unwrap().to_owned()),
        ("user_id", user),
        ("token_id", token),
    ];
    (sam, BTreeMap::from(ids))
}

#[tokio::test]
async fn an_id_of_another_account_looks_unknown() {
    let world = World::new().await;
    let description = OpenApiDocument::new();
    let (sam, own_ids) = one_of_each_id(&world).await;
    let hank = world.other_account_owner();
    let state = async || {
        let page = sam.get("/escalations?state=all").await.expect(200);
        let session = sam.session(&own_ids["session_id"]).await;
        (page, session, sam.get("/users").await.expect(200))
    };
    let before = state().await;
    let mut checked_count = 0;
    for RouteAccess { method, path, .. } in route_access().into_iter().filter(|door| door.path.contains('{'))
    {
        let call = description.operation(&method, path);
        let body = description.example_body(call);
        let ask = async |path: String| {
            let mut request = build_request(&world, &method, &path, Some(hank.token()));
            if let Some(body) = &body {
                request = request.json(body);
            }
            send(request).await
        };
        let theirs = ask(call.path_with(|name| own_ids[name].clone())).await;
        assert_eq!((theirs.status, theirs.problem_code()), (404, "not-found"), "{method} {path}");
        assert_eq!(theirs, ask(call.path_with(new_id)).await, "{method} {path}");
        checked_count += 1;
    }
    for (asked, name) in [("handoff_id", "handoff"), ("session_id", "session_id")] {
        let narrowed = |id: &str| format!("{}?{asked}={id}", route::STREAM.0);
        let ask =
            async |path: String| send(build_request(&world, &Method::GET, &path, Some(hank.token()))).await;
        let theirs = ask(narrowed(&own_ids[name])).await;
        assert_eq!((theirs.status, theirs.problem_code()), (404, "not-found"), "{asked}");
        assert_eq!(theirs, ask(narrowed(&new_id(""))).await, "{asked}");
    }
    assert!(checked_count >= 18, "{checked_count} routes have an id");
    assert_eq!(state().await, before, "something of ours has changed");
    sam.get("/me").await.expect(200);
}

#[tokio::test]
async fn ids_of_another_account_in_a_body_look_unknown() {
    let world = World::new().await;
    let (_, foreign_ids) = one_of_each_id(&world).await;
    let hank = world.other_account_owner();
    let own = hank.escalate("Flux capacitor overheats").await;
    hank.wait_for_assessment(&own).await;
    hank.claim(&own).await;
    for (path, body) in [
        (format!("/handoffs/{}/assign", own.handoff_id), "{\"user_id\": \"ID\"}"),
        (
            format!("/ai-sessions/{}/resolve", own.session_id),
            "{\"resolution\": \"x\", \"worked_step_ids\": [\"ID\"]}",
        ),
    ] {
        let name = if path.ends_with("assign") { "user_id" } else { "step_id" };
        let ask = async |id: &str| {
            let mut answer = hank.post(&path, serde_json::from_str(&body.replace("ID", id)).unwrap()).await;
            answer.body["request_id"] = Value::Null;
            (answer.status, answer.body.to_string().replace(id, "ID"))
        };
        let got = ask(&foreign_ids[name]).await;
        let expected = if name == "user_id" { 404 } else { 422 };
        assert_eq!(got.0, expected, "{path}: {}", got.1);
        assert_eq!(got, ask(&new_id("")).await, "{path}");
    }
}

#[tokio::test]
async fn an_unknown_field_is_refused_by_every_route() {
    let world = World::new().await;
    let description = OpenApiDocument::new();
    let owner = world.owner();
    let mut refused = 0;
    for RouteAccess { method, path, .. } in route_access() {
        if !matches!(method, Method::POST | Method::PUT | Method::PATCH) {
            continue;
        }
        let call = description.operation(&method, path);
        let body = description.example_body(call).unwrap_or_else(|| json!({}));
        for extra in ["role", "account_id", "claimed_by", "id", "status", "user_name", "version", "__proto__"]
        {
            if body.get(extra).is_some() {
                continue;
            }
            let mut body = body.clone();
            body[extra] = json!("owner");
            let answer = send(
                build_request(&world, &method, &call.path_with(new_id), Some(owner.token())).json(&body),
            )
            .await;
            assert_eq!(
                (answer.status, answer.problem_code()),
                (400, "bad-request"),
                "{method} {path} with {extra}"
            );
            let says = if call.body_schema.is_some() { extra } else { "takes none" };
            assert!(
                answer.body["detail"].as_str().unwrap().contains(says),
                "{method} {path}: {}",
                answer.body
            );
            refused += 1;
        }
    }
    assert!(refused > 100, "{refused} were tried");
    owner.get("/me").await.expect(200);
}

#[tokio::test]
async fn a_large_body_or_another_media_type_is_refused_by_every_route() {
    let world = World::new().await;
    let description = OpenApiDocument::new();
    let owner = world.owner();
    let large = format!("\"{}\"", "x".repeat(1024 * 1024));
    for RouteAccess { method, path, .. } in route_access() {
        if !matches!(method, Method::POST | Method::PUT | Method::PATCH) {
            continue;
        }
        let call = description.operation(&method, path);
        let ask = || build_request(&world, &method, &call.path_with(new_id), Some(owner.token()));
        let answer = send(ask().header(CONTENT_TYPE, JSON).body(large.clone())).await;
        assert_eq!((answer.status, answer.problem_code()), (413, "payload-too-large"), "{method} {path}");
        let Some(body) = description.example_body(call) else { continue };
        for kind in ["text/plain", "application/xml", "application/jsonp", "multipart/form-data", ""] {
            let answer = send(ask().header(CONTENT_TYPE, kind).body(body.to_string())).await;
            assert_eq!(
                (answer.status, answer.problem_code()),
                (415, "unsupported-media-type"),
                "{method} {path}"
            );
        }
        let answer = send(ask().body(body.to_string())).await;
        assert_eq!(answer.status, 415, "{method} {path} without a type");
        let answer = send(ask().header(CONTENT_TYPE, "Application/JSON; charset=utf-8").body("[]")).await;
        assert_eq!((answer.status, answer.problem_code()), (400, "bad-request"), "{method} {path}");
    }
}

#[tokio::test]
async fn an_unsupported_method_is_405_and_lists_the_allowed_ones() {
    let world = World::new().await;
    let owner = world.owner();
    let mut taken: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
    for RouteAccess { method, path, .. } in route_access() {
        let methods = taken.entry(path).or_default();
        if method == Method::GET {
            methods.insert("HEAD".into());
        }
        methods.insert(method.to_string());
    }
    for (template, takes) in taken {
        for method in ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "BREW"] {
            if takes.contains(method) {
                continue;
            }
            let path = fill_path_template(template, new_id);
            let answer =
                send(build_request(&world, &method.parse().unwrap(), &path, Some(owner.token()))).await;
            assert_eq!(
                (answer.status, answer.problem_code()),
                (405, "method-not-allowed"),
                "{method} {template}"
            );
            assert_eq!(answer.allow, takes, "{method} {template}");
        }
    }
}

/// What may happen to a user while the body of their request arrives.
const REVOCATIONS: [(&str, &str); 4] = [
    ("their token ends", "unauthenticated"),
    ("they are deactivated", "unauthenticated"),
    ("they get a new password", "unauthenticated"),
    ("they become a viewer", "forbidden"),
];

#[tokio::test]
async fn a_request_in_flight_of_a_revoked_user_changes_nothing() {
    let world = World::new().await;
    let (owner, description) = (world.owner(), OpenApiDocument::new());
    let mut checked_count = 0;
    for door in route_access() {
        let has_body = matches!(door.method, Method::POST | Method::PUT | Method::PATCH);
        let Some(least) = door.min_role.filter(|_| has_body) else { continue };
        let call = description.operation(&door.method, door.path);
        let (path, body) =
            (call.path_with(new_id), description.example_body(call).unwrap_or_else(|| json!({})));
        for (fate, expected) in REVOCATIONS {
            if expected == "forbidden" && least == Role::Viewer {
                continue;
            }
            let lee = owner.add_user("Lee Chan", Role::Owner).await;
            let id = lee.get("/me").await.expect(200)["id"].as_str().unwrap().to_owned();
            let user = format!("/users/{id}");
            let tokens = owner.get(&format!("{user}/tokens")).await.expect(200);
            let held =
                PendingRequest::start(&world.url(), Some(lee.token()), &door.method, &path, &body).await;
            let (method, path, change) = match fate {
                "their token ends" => {
                    let token = tokens["items"][0]["id"].as_str().unwrap();
                    (Method::DELETE, format!("/tokens/{token}"), None)
                }
                "they are deactivated" => (Method::PATCH, user, Some(json!({"active": false}))),
                "they get a new password" => {
                    (Method::PATCH, user, Some(json!({"password": "Correct horse"})))
                }
                _ => (Method::PATCH, user, Some(json!({"role": "viewer"}))),
            };
            let put_out = owner.send_json(method, &path, change, &[]).await;
            assert!(matches!(put_out.status, 200 | 204), "{put_out:?}");
            let answer = held.finish().await;
            assert_eq!(answer.problem_code(), expected, "{door:?}, {fate}: {answer:?}");
            checked_count += 1;
        }
    }
    assert!(checked_count > 50, "{checked_count} were in flight");
}

#[tokio::test]
async fn revoking_a_token_ends_its_streams_within_a_second() {
    let world = World::new().await;
    let (owner, sam) = (world.owner(), world.engineer("Sam Ortiz").await);
    let id = sam.get("/me").await.expect(200)["id"].as_str().unwrap().to_owned();
    let vpn = sam.escalate("VPN is down").await;
    let change = format!("/users/{id}");
    for (method, ends, body) in [
        (Method::DELETE, None, Value::Null),
        (Method::POST, Some("/auth/logout"), json!({})),
        (Method::PATCH, Some(change.as_str()), json!({"role": "viewer"})),
        (Method::PATCH, Some(change.as_str()), json!({"active": false})),
    ] {
        let made = owner.post(&format!("{change}/tokens"), json!({"name": "laptop"})).await.expect(201);
        let laptop = ApiClient::new("Sam Ortiz", &world.url(), made["token"].as_str().unwrap());
        let mut all = Vec::new();
        for query in
            ["", &format!("?handoff_id={}", vpn.handoff_id), &format!("?session_id={}", vpn.session_id)]
        {
            let mut stream = laptop.subscribe(query).await;
            stream.wait_for_event("hello").await;
            all.push(stream);
        }
        let token = format!("/tokens/{}", made["id"].as_str().unwrap());
        let by = if ends == Some("/auth/logout") { &laptop } else { &owner };
        let answer = by.send_json(method, ends.unwrap_or(&token), Some(body), &[]).await;
        assert!(matches!(answer.status, 200 | 204), "{answer:?}");
        let ended = Instant::now();
        for stream in &mut all {
            stream.wait_for_end().await;
        }
        assert!(ended.elapsed() < Duration::from_secs(1), "{:?} after {ends:?}", ended.elapsed());
    }
}
