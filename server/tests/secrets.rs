//! Secrets are used and never told: not in the log at its most talkative, not in an answer, not in a backup.
//!
//! Mutants seen to fail: a log of the requests with their headers, or with their whole address.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

#[path = "shared/serving.rs"]
mod serving;

use std::fs::File;
use std::time::Duration;

use rustix::process::Signal;
use serde_json::{Value, json};
use serving::{serve, tierup_server};
use tierup_server::admin;

const PASSWORD: &str = "correct-horse-battery";
const API_KEY: &str = "sk-very-secret-0123";
const MAIL_PASSWORD: &str = "hunter2-of-the-post";
const HOOK: &str = "T0123-secret-path";

#[tokio::test(flavor = "multi_thread")]
async fn no_secret_is_in_the_log_in_an_answer_or_in_a_backup() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let token = admin::init(&data, "Acme", "ana@acme.test", "Ana Ruiz").unwrap().token;
    let _ = rustls::crypto::ring::default_provider().install_default();
    // Nobody answers there: errors are what tells most.
    let webhooks = json!([{"kind": "slack", "url": format!("http://127.0.0.1:1/{HOOK}")}]).to_string();
    let mail = format!("smtp://ana:{MAIL_PASSWORD}@127.0.0.1:1");
    let settings = [
        ["--log", "trace"],
        ["--assessment-engine", "openai"],
        ["--assessment-model", "m"],
        ["--assessment-url", "http://127.0.0.1:1/v1"],
        ["--assessment-api-key", API_KEY],
        ["--mail-url", &mail],
        ["--webhooks", &webhooks],
    ];
    let log = folder.path().join("log");
    let server = serve(&data, &settings.concat(), File::create(&log).unwrap().into());
    let http = reqwest::Client::builder().no_proxy().build().unwrap();
    let mut told = String::new();
    let mut ask = async |method: &str, path: &str, body: Value, token: &str| -> Value {
        let url = format!("{}/api/v1{path}", server.url);
        let request = http.request(method.parse().unwrap(), url).bearer_auth(token);
        let text = request.json(&body).send().await.unwrap().text().await.unwrap();
        told.push_str(&text);
        serde_json::from_str(&text).unwrap_or_default()
    };

    let priya =
        json!({"email": "priya@acme.test", "name": "Priya", "role": "engineer", "password": PASSWORD});
    let priya = ask("POST", "/users", priya, &token).await;
    assert!(priya["id"].is_string(), "{priya}");
    for password in [PASSWORD, "correct-horse-wrong"] {
        let body = json!({"email": "priya@acme.test", "password": password});
        let mut answer = ask("POST", "/auth/login", body, "tup_none").await;
        if password == PASSWORD {
            assert!(answer["token"].as_str().unwrap().starts_with("tup_"), "{answer}");
            answer.take();
        }
    }
    let session = json!({"intake_type": "free_text", "intake_content": {"text": "VPN"}});
    let session = ask("POST", "/ai-sessions", session, &token).await;
    let path = format!("/ai-sessions/{}/handoff", session["id"].as_str().unwrap());
    let handoff = ask("POST", &path, json!({"intent": "escalate", "engineer_notes": "stuck"}), &token).await;
    for nonsense in [json!({"email": PASSWORD}), json!([PASSWORD]), json!({"password": [PASSWORD]})] {
        ask("POST", "/auth/login", nonsense, &token).await;
    }
    ask("GET", &format!("/nowhere?token={token}"), Value::Null, &format!("{token}x")).await;
    // The model and the mail server cannot be reached, which the log says with all it knows of them.
    let path = format!("/handoffs/{}", handoff["id"].as_str().unwrap());
    let tried = async {
        while ask("GET", &path, Value::Null, &token).await["assessment_status"] != "failed"
            || !std::fs::read_to_string(&log).unwrap().contains("a job is put off")
        {}
    };
    tokio::time::timeout(Duration::from_secs(30), tried).await.unwrap();
    // It is up to the clients to keep the token that a log-in gives; everything else is in `told`.
    let backup = folder.path().join("backup");
    admin::backup(&data, &backup).unwrap();
    assert!(server.stops(Signal::TERM).success());

    let log = std::fs::read_to_string(log).unwrap();
    assert!(log.lines().count() > 20, "the log says hardly anything: {log}");
    let backup = String::from_utf8_lossy(&std::fs::read(backup).unwrap()).into_owned();
    for secret in [&token, PASSWORD, "correct-horse-wrong", API_KEY, MAIL_PASSWORD, HOOK] {
        let line = log.lines().find(|line| line.contains(secret));
        assert!(line.is_none(), "{secret} is in the log: {line:?}");
        assert!(!backup.contains(secret), "{secret} is in the backup");
        assert!(!told.contains(secret), "{secret} is in an answer");
    }
    let mut command = tierup_server();
    command.args(["serve", "--mail-url", "smpt://ana:hunter2@x", "--data"]).arg(&data);
    let refused = command.output().unwrap();
    let said = String::from_utf8(refused.stderr).unwrap();
    assert!(said.starts_with("error: mail_url: ") && !said.contains("hunter2"), "{said}");
}
