//! Users, tokens and log-in: who may do what, and what ends at once.
//!
//! Mutants seen to fail: guesses counted only after they failed, delays that follow the wall clock, tokens that survive
//! a new password, a caller who is looked up only when a request begins, a log-in body of any size.

#![expect(clippy::unwrap_used, reason = "tests may panic")]

use std::time::Duration;

use futures_util::future::join_all;
use reqwest::Method;
use serde_json::{Value, json};
use tierup_common::user::Role;
use tierup_e2e::{ApiClient, World, http_client};
use tierup_server::config::Settings;

const PASSWORD: &str = "correct horse battery";

async fn add_user(owner: &ApiClient, email: &str, role: &str) -> Value {
    let body = json!({"email": email, "name": "Somebody", "role": role, "password": PASSWORD});
    owner.post("/users", body).await.expect(201)
}

/// Logs in, without a token.
async fn log_in(world: &World, email: &str, password: &str) -> (u16, Value) {
    let request = http_client().post(format!("{}/api/v1/auth/login", world.url()));
    let response = request.json(&json!({"email": email, "password": password})).send().await.unwrap();
    (response.status().as_u16(), response.json().await.unwrap())
}

#[tokio::test]
async fn a_log_in_gives_a_token_that_works_until_log_out() {
    let world = World::new().await;
    add_user(&world.owner(), "sam@acme.test", "engineer").await;

    let (status, answer) = log_in(&world, "SAM@acme.test", PASSWORD).await;
    assert_eq!(status, 200, "{answer}");
    assert_eq!(answer["user"]["email"], "sam@acme.test");
    let sam = ApiClient::new("Sam", &world.url(), answer["token"].as_str().unwrap());
    sam.open_session("VPN is down").await;

    assert_eq!(sam.post("/auth/logout", json!({})).await.status, 204);
    assert_eq!(sam.get("/me").await.status, 401);
}

#[tokio::test]
async fn wrong_passwords_and_unknown_emails_get_one_answer_and_are_throttled() {
    let world = World::new().await;
    add_user(&world.owner(), "sam@acme.test", "engineer").await;
    let without_id = |mut answer: Value| {
        answer["request_id"] = Value::Null;
        answer
    };
    let (status, wrong) = log_in(&world, "sam@acme.test", "wrong password").await;
    assert_eq!(status, 401);
    let (status, unknown) = log_in(&world, "nobody@acme.test", "wrong password").await;
    assert_eq!((status, without_id(unknown)), (401, without_id(wrong)));

    for _ in 0..4 {
        log_in(&world, "sam@acme.test", "wrong password").await;
    }
    let (status, slowed) = log_in(&world, "sam@acme.test", PASSWORD).await;
    assert_eq!((status, slowed["type"].as_str()), (429, Some("/problems/rate-limited")));
    add_user(&world.owner(), "dana@acme.test", "engineer").await;
    assert_eq!(
        log_in(&world, "dana@acme.test", PASSWORD).await.0,
        200,
        "others at the same address are not slowed"
    );
    world.clock().advance(std::time::Duration::from_mins(1));
    assert_eq!(log_in(&world, "sam@acme.test", PASSWORD).await.0, 200);
}

#[tokio::test]
async fn simultaneous_login_attempts_count_against_the_limit() {
    let world = World::new().await;
    add_user(&world.owner(), "sam@acme.test", "engineer").await;
    let guesses =
        (0..64).map(|guess| log_in(&world, "sam@acme.test", if guess < 63 { "wrong" } else { PASSWORD }));
    let statuses: Vec<_> = join_all(guesses).await.into_iter().map(|(status, _)| status).collect();
    let count = |wanted| statuses.iter().filter(|status| **status == wanted).count();
    assert_eq!((count(401), count(429)), (5, 59), "{statuses:?}");
    // Throttled attempts are not counted: the next waits a second, not a quarter of an hour.
    world.clock().advance(Duration::from_secs(1));
    assert_eq!(log_in(&world, "sam@acme.test", PASSWORD).await.0, 200);
    assert_eq!(log_in(&world, "sam@acme.test", "wrong").await.0, 401, "success frees the attempt");
}

#[tokio::test]
async fn setting_the_clock_back_delays_nothing() {
    let world = World::new().await;
    add_user(&world.owner(), "sam@acme.test", "engineer").await;
    let now = world.clock().now();
    world.clock().set(now.plus(Duration::from_hours(3 * 24)));
    for _ in 0..5 {
        log_in(&world, "sam@acme.test", "wrong").await;
    }
    assert_eq!(log_in(&world, "sam@acme.test", PASSWORD).await.0, 429);
    world.clock().set(now);
    world.clock().advance(Duration::from_secs(1));
    assert_eq!(log_in(&world, "sam@acme.test", PASSWORD).await.0, 200);
}

#[tokio::test]
async fn login_attempts_are_counted_regardless_of_x_forwarded_for() {
    let world = World::with_settings(Settings { behind_proxy: Some(true), ..Settings::default() }).await;
    let guess = async |number: usize, headers: &[&str]| {
        let body = json!({"email": format!("user{number}@acme.test"), "password": "wrong"});
        let mut request = http_client().post(format!("{}/api/v1/auth/login", world.url())).json(&body);
        for header in headers {
            request = request.header("x-forwarded-for", *header);
        }
        request.send().await.unwrap().status().as_u16()
    };
    let unread: [&[&str]; 4] = [&[], &["unknown"], &["203.0.113.9", "unknown"], &["203.0.113.9, "]];
    for (number, form) in (1..=100).zip(unread.iter().cycle()) {
        assert_eq!(guess(number, form).await, 401, "{number} from {form:?}");
    }
    for form in unread {
        assert_eq!(guess(0, form).await, 429, "{form:?}");
    }
    assert_eq!(guess(0, &["unknown, 203.0.113.9:50123"]).await, 401, "others do not wait");
}

#[tokio::test]
async fn login_bodies_over_4_kib_are_refused() {
    let world = World::new().await;
    add_user(&world.owner(), "sam@acme.test", "engineer").await;
    let padded =
        |spaces: usize| format!(r#"{{"email": "sam@acme.test",{}"password": "x"}}"#, " ".repeat(spaces));
    for (spaces, status) in [(3_000, 401), (4_096, 413), (200_000, 413)] {
        let request = http_client().post(format!("{}/api/v1/auth/login", world.url()));
        let request = request.header("content-type", "application/json").body(padded(spaces));
        let answer = request.send().await.unwrap();
        assert_eq!(answer.status(), status, "{spaces} blanks");
        assert!(status != 413 || answer.text().await.unwrap().contains("4 KiB"));
    }
}

#[tokio::test]
async fn a_new_password_revokes_every_other_token() {
    let world = World::new().await;
    let lee = add_user(&world.owner(), "lee@acme.test", "admin").await["id"].as_str().unwrap().to_owned();
    let sam = add_user(&world.owner(), "sam@acme.test", "engineer").await["id"].as_str().unwrap().to_owned();
    let comes = async |email: &str| {
        let (status, answer) = log_in(&world, email, PASSWORD).await;
        assert_eq!(status, 200, "{answer}");
        ApiClient::new(email, &world.url(), answer["token"].as_str().unwrap())
    };
    let (desk, phone, sams) =
        (comes("lee@acme.test").await, comes("lee@acme.test").await, comes("sam@acme.test").await);
    let mut streams = Vec::new();
    for who in [&desk, &phone, &sams] {
        let mut stream = who.subscribe("").await;
        stream.wait_for_event("hello").await;
        streams.push(stream);
    }
    let [at_desk, on_phone, at_sams] = &mut streams[..] else { panic!("three streams") };

    let change = json!({"password": "another horse"});
    desk.send_json(Method::PATCH, &format!("/users/{lee}"), Some(change.clone()), &[]).await.expect(200);

    on_phone.wait_for_end().await;
    assert_eq!(phone.get("/me").await.problem_code(), "unauthenticated");
    desk.get("/me").await.expect(200);
    assert_eq!(log_in(&world, "lee@acme.test", PASSWORD).await.0, 401);
    assert_eq!(log_in(&world, "lee@acme.test", "another horse").await.0, 200);

    // Changing another user's password revokes all their tokens and none of the caller's.
    desk.send_json(Method::PATCH, &format!("/users/{sam}"), Some(change), &[]).await.expect(200);
    at_sams.wait_for_end().await;
    assert_eq!(sams.get("/me").await.problem_code(), "unauthenticated");
    desk.open_session("VPN is down").await;
    at_desk.wait_for_event("session_created").await;
    let renamed =
        desk.send_json(Method::PATCH, &format!("/users/{lee}"), Some(json!({"name": "Lee"})), &[]).await;
    renamed.expect(200);
    desk.open_session("VPN is down again").await;
    at_desk.wait_for_event("session_created").await;
}

#[tokio::test]
async fn a_deactivated_owner_cannot_return_through_pending_requests() {
    let world = World::new().await;
    let (owner, eve) = (world.owner(), world.user("Eve Marsh", Role::Owner).await);
    let id = eve.get("/me").await.expect(200)["id"].as_str().unwrap().to_owned();
    let user = format!("/users/{id}");
    let accomplice = json!({"email": "mallory@acme.test", "name": "Mallory", "role": "owner"});
    let held = [
        eve.start_request(&Method::POST, "/users", &accomplice).await,
        eve.start_request(&Method::PATCH, &user, &json!({"active": true})).await,
        eve.start_request(&Method::POST, &format!("{user}/tokens"), &json!({"name": "later"})).await,
    ];
    let mut stream = eve.subscribe("").await;
    stream.wait_for_event("hello").await;
    owner.send_json(Method::PATCH, &user, Some(json!({"active": false})), &[]).await.expect(200);
    let after = owner.get("/users").await.expect(200);

    for held in held {
        assert_eq!(held.finish().await.problem_code(), "unauthenticated");
    }

    stream.wait_for_end().await;
    assert_eq!(owner.get("/users").await.expect(200), after);
    assert_eq!(owner.get(&format!("{user}/tokens")).await.expect(200)["items"], json!([]));
}

#[tokio::test]
async fn an_address_of_several_lines_is_refused() {
    let world = World::new().await;
    for email in ["sam@acme.test\n", "sam\u{1b}@acme.test", "a\0b"] {
        let (status, answer) = log_in(&world, email, PASSWORD).await;
        assert_eq!((status, &answer["errors"][0]["field"]), (422, &json!("email")), "{answer}");
    }
    assert_eq!(log_in(&world, "no address", PASSWORD).await.0, 401);
}

#[tokio::test]
async fn creating_a_token_again_with_its_key_returns_the_same_token() {
    let world = World::new().await;
    let (owner, sam) = (world.owner(), world.engineer("Sam Ortiz").await);
    let id = sam.get("/me").await.expect(200)["id"].as_str().unwrap().to_owned();
    let path = format!("/users/{id}/tokens");
    let ask = async |who: &ApiClient, key: &str, name: &str| {
        let body = Some(json!({"name": name, "expires_in_days": 7}));
        who.send_json(Method::POST, &path, body, &[("idempotency-key", key)]).await
    };
    let before = owner.get(&path).await.expect(200)["items"].as_array().unwrap().len();
    let first = ask(&owner, "one", "laptop").await.expect(201);
    assert_eq!(ask(&owner, "one", "laptop").await.expect(201), first);
    let works = ApiClient::new("Sam Ortiz", &world.url(), first["token"].as_str().unwrap());
    assert_eq!(works.get("/me").await.expect(200)["id"], id.as_str());
    assert_eq!(ask(&owner, "one", "phone").await.problem_code(), "idempotency-key-reused");
    let other = ask(&owner, "two", "laptop").await.expect(201);
    assert_ne!(other["token"], first["token"]);
    assert_eq!(owner.get(&path).await.expect(200)["items"].as_array().unwrap().len(), before + 2);

    // The same user with another token cannot see it, and gets the reason.
    let mine = ask(&sam, "three", "laptop").await.expect(201);
    let refused = ask(&works, "three", "laptop").await;
    assert_eq!((refused.status, refused.problem_code()), (422, "idempotency-key-reused"));
    assert!(refused.body["detail"].as_str().unwrap().contains("same bearer token"), "{}", refused.body);
    let ended = mine["id"].as_str().unwrap();
    owner.send_raw(Method::DELETE, &format!("/tokens/{ended}"), None, &[]).await;
    assert_eq!(ask(&sam, "three", "laptop").await.status, 422);
    let file = std::fs::read(world.data_dir().join("tierup.db-wal")).unwrap_or_default();
    let secret = first["token"].as_str().unwrap().as_bytes();
    assert!(file.windows(secret.len()).all(|part| part != secret), "a token is stored in plain text");
}

#[tokio::test]
async fn a_deactivated_user_is_locked_out_at_once() {
    let world = World::new().await;
    let owner = world.owner();
    let sam = world.engineer("Sam Ortiz").await;
    let id = sam.get("/me").await.expect(200)["id"].as_str().unwrap().to_owned();
    let mut stream = sam.subscribe("").await;

    let path = format!("/users/{id}");
    let deactivation =
        owner.send_json(Method::PATCH, &path, Some(json!({"active": false})), &[]).await.expect(200);
    assert_eq!(deactivation["active"], false);
    stream.wait_for_end().await;
    assert_eq!(sam.get("/me").await.status, 401);
    owner.send_json(Method::PATCH, &path, Some(json!({"active": true})), &[]).await.expect(200);
    assert_eq!(sam.get("/me").await.status, 401, "the token is deleted");
}

#[tokio::test]
async fn admins_manage_engineers_and_only_owners_manage_admins() {
    let world = World::new().await;
    let owner = world.owner();
    let lee = world.user("Lee Chan", Role::Admin).await;
    let sam = world.engineer("Sam Ortiz").await;
    let new = |role: &str| json!({"email": format!("{role}@acme.test"), "name": "X", "role": role});
    lee.post("/users", new("engineer")).await.expect(201);
    for role in ["admin", "owner"] {
        assert_eq!(lee.post("/users", new(role)).await.problem_code(), "forbidden", "{role}");
    }
    assert_eq!(sam.post("/users", new("viewer")).await.problem_code(), "forbidden");

    let ids = |who: Value| who["id"].as_str().unwrap().to_owned();
    let sam_id = ids(sam.get("/me").await.expect(200));
    let owner_id = ids(owner.get("/me").await.expect(200));
    let promote =
        lee.send_json(Method::PATCH, &format!("/users/{sam_id}"), Some(json!({"role": "admin"})), &[]).await;
    assert_eq!(promote.problem_code(), "forbidden");
    let renamed = lee
        .send_json(Method::PATCH, &format!("/users/{sam_id}"), Some(json!({"name": "Samuel Ortiz"})), &[])
        .await;
    assert_eq!(renamed.expect(200)["name"], "Samuel Ortiz");
    let session = sam.open_session("VPN is down").await;
    assert_eq!(sam.session(&session).await["user_name"], "Samuel Ortiz");
    let last = owner
        .send_json(Method::PATCH, &format!("/users/{owner_id}"), Some(json!({"active": false})), &[])
        .await;
    assert_eq!((last.status, last.problem_code()), (422, "invalid"));
}

#[tokio::test]
async fn tokens_are_listed_without_secrets_and_revoked_at_once() {
    let world = World::new().await;
    let (owner, sam) = (world.owner(), world.engineer("Sam Ortiz").await);
    let priya = world.engineer("Priya Nair").await;
    let id = sam.get("/me").await.expect(200)["id"].as_str().unwrap().to_owned();
    let path = format!("/users/{id}/tokens");
    let made = sam.post(&path, json!({"name": "laptop", "expires_in_days": 7})).await.expect(201);
    assert_eq!(made["expires_at"], "2026-11-29T09:30:00.000Z");
    let laptop = ApiClient::new("Sam", &world.url(), made["token"].as_str().unwrap());
    laptop.get("/me").await.expect(200);

    let listed = owner.get(&path).await.expect(200);
    assert_eq!(listed["items"].as_array().unwrap().len(), 2);
    assert!(!listed.to_string().contains("tup_"));
    assert_eq!(priya.get(&path).await.problem_code(), "forbidden");
    let token = format!("/tokens/{}", made["id"].as_str().unwrap());
    assert_eq!(priya.send_json(Method::DELETE, &token, None, &[]).await.problem_code(), "forbidden");
    assert_eq!(owner.send_json(Method::DELETE, &token, None, &[]).await.status, 204);
    assert_eq!(owner.send_json(Method::DELETE, &token, None, &[]).await.status, 404);
    assert_eq!(laptop.get("/me").await.status, 401);

    let short = sam.post(&path, json!({"name": "short", "expires_in_days": 1})).await.expect(201);
    let short = ApiClient::new("Sam", &world.url(), short["token"].as_str().unwrap());
    short.get("/me").await.expect(200);
    world.clock().advance(std::time::Duration::from_hours(24));
    assert_eq!(short.get("/me").await.status, 401);
}

#[tokio::test]
async fn an_email_address_belongs_to_one_user() {
    let world = World::new().await;
    add_user(&world.owner(), "sam@acme.test", "engineer").await;
    let again = json!({"email": "Sam@Acme.test", "name": "Sam", "role": "viewer"});
    let answer = world.owner().post("/users", again.clone()).await;
    assert_eq!((answer.status, answer.problem_code()), (409, "email-taken"));
    assert_eq!(world.other_account_owner().post("/users", again).await.problem_code(), "email-taken");
}
