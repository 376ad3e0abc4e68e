//! Secrets never leak: not into the log at trace level, responses, files, or errors about settings. The endpoints here
//! repeat everything they receive, as hostile ones would.
//!
//! Mutants seen to fail: logged headers or full URLs, lettre's own tracing, an error about settings that quotes the
//! line or the value of a variable.

use std::io::{BufRead, BufReader};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use rustix::process::Signal;
use serde_json::{Value, json};
use tierup_server::admin;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

use crate::TIMEOUT;
use crate::fake_mail_server::{FakeMailServer, MailBehavior};
use crate::fixture::Fixture;
use crate::secret_scan::CollectedOutput;
use crate::server_process::tierup_server;

const PASSWORD: &str = "correct horse/battery";
const WRONG_PASSWORD: &str = "correct-horse-wrong";
const NEW_PASSWORD: &str = "staple&correct?horse";
const API_KEY: &str = "sk-very/secret+0123==";
/// Plain, and escaped for a URL.
const MAIL_PASSWORD: [&str; 2] = ["hunter2/of the@post", "hunter2%2Fof%20the%40post"];
const PROXY_PASSWORD: [&str; 2] = ["pass+the:proxy", "pass%2Bthe%3Aproxy"];
const PHONE_PASSWORD: &str = "ring-the-phone";
const WEBHOOK_PATH: &str = "T0123-secret-path";
const WEBHOOK_QUERY: &str = "q-secret-4567";
const WEBHOOK_SECRET: &str = "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

/// An endpoint that answers every request with this status and the request itself, in some form.
struct EchoEndpoint {
    address: String,
    received: watch::Receiver<String>,
}

impl EchoEndpoint {
    async fn start(status: &'static str, repeat: fn(&[u8]) -> Vec<u8>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let (notes, received) = watch::channel(String::new());
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(echo_request(stream, status, repeat, notes.clone()));
            }
        });
        Self { address, received }
    }

    /// Waits until it has received this text.
    async fn wait_for(&mut self, text: &str) {
        wait_for_text(&mut self.received, text).await;
    }
}

async fn echo_request(
    mut stream: TcpStream,
    status: &str,
    repeat: fn(&[u8]) -> Vec<u8>,
    notes: watch::Sender<String>,
) -> std::io::Result<()> {
    let mut request = Vec::new();
    let (head, length) = loop {
        if stream.read_buf(&mut request).await? == 0 {
            return Ok(());
        }
        let text = String::from_utf8_lossy(&request).to_lowercase();
        let Some(head) = text.find("\r\n\r\n") else { continue };
        let length = text.split("content-length: ").nth(1).and_then(|rest| rest.lines().next());
        break (head + 4, length.map_or(0, |length| length.parse().unwrap()));
    };
    while request.len() < head + length {
        stream.read_buf(&mut request).await?;
    }
    notes.send_modify(|received| received.push_str(&String::from_utf8_lossy(&request)));
    let body = repeat(&request);
    let answer = format!(
        "HTTP/1.1 {status}\r\ncontent-type: application/json\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
        body.len()
    );
    stream.write_all(answer.as_bytes()).await?;
    stream.write_all(&body).await
}

/// The request as the message of an error, as a model's endpoint words it: its credentials first.
fn as_error_message(request: &[u8]) -> Vec<u8> {
    let request = String::from_utf8_lossy(request).into_owned();
    let credentials = request.lines().find(|line| line.to_lowercase().starts_with("authorization"));
    json!({"error": {"message": format!("refused: {} {request}", credentials.unwrap_or_default())}})
        .to_string()
        .into_bytes()
}

async fn wait_for_text(received: &mut watch::Receiver<String>, text: &str) {
    let came = async { received.wait_for(|received| received.contains(text)).await.is_ok() };
    let came = tokio::time::timeout(TIMEOUT, came).await == Ok(true);
    assert!(came, "never heard {text:?} in: {}", *received.borrow());
}

/// The output of a process, as it is written.
fn follow_log(log: std::io::PipeReader) -> watch::Receiver<String> {
    let (log_sender, output_text) = watch::channel(String::new());
    std::thread::spawn(move || {
        for line in BufReader::new(log).lines().map_while(Result::ok) {
            log_sender.send_modify(|log| {
                log.push_str(&line);
                log.push('\n');
            });
        }
    });
    output_text
}

/// Runs a server with every kind of secret against endpoints that repeat them.
#[expect(clippy::too_many_lines, reason = "one story, in order")]
async fn assert_nothing_leaks(behavior: MailBehavior, log_format: &str, mail_log_line: &str) {
    let fixture = Fixture::new();
    let token = fixture.token.clone();
    let mut mail_server = FakeMailServer::start(behavior).await;
    let mut model = EchoEndpoint::start("401 Unauthorized", as_error_message).await;
    let mut hooks = EchoEndpoint::start("500 Oops", <[u8]>::to_vec).await;
    let webhooks = json!([
        {"kind": "slack", "url": format!("http://{}/{WEBHOOK_PATH}", hooks.address)},
        {"kind": "json", "url": format!("http://{}/?key={WEBHOOK_QUERY}", hooks.address),
         "secret": format!("whsec_{WEBHOOK_SECRET}")},
        {"kind": "ntfy", "url": format!("http://ana:{PHONE_PASSWORD}@{}/ops", hooks.address)},
        // Another host: through the proxy.
        {"kind": "mattermost", "url": format!("http://chat.test/{WEBHOOK_PATH}")},
    ]);
    let (webhooks, mail) = (webhooks.to_string(), mail_server.url_with_credentials("ana", MAIL_PASSWORD[1]));
    let proxy = format!("http://ana:{}@{}", PROXY_PASSWORD[1], hooks.address);
    let model_url = format!("http://{}/v1", model.address);
    let settings = [
        ["--log", "trace,lettre=trace,hyper=trace,reqwest=trace,rustls=trace"],
        ["--log-format", log_format],
        ["--assessment-engine", "openai"],
        ["--assessment-model", "m"],
        ["--assessment-url", &model_url],
        ["--assessment-api-key", API_KEY],
        ["--mail-url", &mail],
        ["--outgoing-proxy", &proxy],
        ["--webhooks", &webhooks],
    ];
    let (reader, writer) = std::io::pipe().unwrap();
    let mut log = follow_log(reader);
    let (server, client) = fixture.start(&settings.concat(), writer.into());
    let http = client.http;
    let mut collected = CollectedOutput(Vec::new());
    let next_key = std::sync::atomic::AtomicU32::new(0);
    let ask = async |method: &str, path: &str, body: Value, token: &str| -> String {
        let request =
            http.request(method.parse().unwrap(), format!("{}{path}", server.url)).bearer_auth(token);
        let key = next_key.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        let request = request.header("Idempotency-Key", format!("key-{key}"));
        let request = if body.is_null() { request } else { request.json(&body) };
        request.send().await.unwrap().text().await.unwrap()
    };
    let read = |text: &str| -> Value { serde_json::from_str(text).unwrap() };
    macro_rules! collect {
        ($method:expr, $path:expr, $body:expr, $token:expr) => {{
            let text = ask($method, $path, $body, $token).await;
            collected.0.push((format!("the answer to {} {}", $method, $path), text.clone()));
            text
        }};
    }

    let priya =
        json!({"email": "priya@acme.test", "name": "Priya", "role": "engineer", "password": PASSWORD});
    let priya = read(&collect!("POST", "/api/v1/users", priya, &token))["id"].as_str().unwrap().to_owned();
    let credentials = |password: &str| json!({"email": "priya@acme.test", "password": password});
    collect!("POST", "/api/v1/auth/login", credentials(WRONG_PASSWORD), "tup_none");
    // Only these two responses may contain a token.
    let entered = read(&ask("POST", "/api/v1/auth/login", credentials(PASSWORD), "tup_none").await);
    let entered = entered["token"].as_str().unwrap().to_owned();
    let tokens = format!("/api/v1/users/{priya}/tokens");
    let made = read(&ask("POST", &tokens, json!({"name": "laptop"}), &token).await);
    let made = made["token"].as_str().unwrap().to_owned();
    collect!("GET", &tokens, Value::Null, &token);
    for nonsense in
        [json!({"email": PASSWORD}), json!([PASSWORD]), json!({"password": [PASSWORD]}), json!(PASSWORD)]
    {
        collect!("POST", "/api/v1/auth/login", nonsense, &token);
    }
    ask("GET", &format!("/api/v1/nowhere?token={token}"), Value::Null, &format!("{token}x")).await;

    let session = json!({"intake_type": "free_text", "intake_content": {"text": "VPN"}});
    let session =
        read(&collect!("POST", "/api/v1/ai-sessions", session, &token))["id"].as_str().unwrap().to_owned();
    let path = format!("/api/v1/ai-sessions/{session}/handoff");
    let notes = json!({"intent": "escalate", "engineer_notes": "the notes of a mail"});
    let handoff = read(&collect!("POST", &path, notes, &token))["id"].as_str().unwrap().to_owned();

    // Every endpoint received its secret.
    model.wait_for(&format!("Bearer {API_KEY}")).await;
    let output_text = mail_server.wait_for_credentials().await;
    let output_text =
        output_text.split(' ').map(|part| STANDARD.decode(part).unwrap()).collect::<Vec<_>>().concat();
    assert!(
        String::from_utf8(output_text).unwrap().ends_with(MAIL_PASSWORD[0]),
        "AUTH with another password"
    );
    let proxy_log_in = STANDARD.encode(format!("ana:{}", PROXY_PASSWORD[0]));
    let phone_log_in = STANDARD.encode(format!("ana:{PHONE_PASSWORD}"));
    for text in [WEBHOOK_PATH, WEBHOOK_QUERY, "webhook-signature: v1,", &proxy_log_in, &phone_log_in] {
        hooks.wait_for(text).await;
    }
    // The log has the outcome.
    for text in [mail_log_line, "a job will be retried"] {
        wait_for_text(&mut log, text).await;
    }
    let mut events = http.get(format!("{}/api/v1/escalations/stream?last_event_id=0", server.url));
    events = events.bearer_auth(&token);
    let mut events = events.send().await.unwrap();
    let mut received = String::new();
    while !received.contains("handoff_assessment_failed") {
        let chunk = tokio::time::timeout(TIMEOUT, events.chunk()).await.unwrap().unwrap().unwrap();
        received.push_str(&String::from_utf8_lossy(&chunk));
    }
    drop(events);
    collected.0.push(("the stream".into(), received));
    let change = json!({"password": NEW_PASSWORD});
    collect!("PATCH", &format!("/api/v1/users/{priya}"), change, &token);
    for path in [
        "/metrics".to_owned(),
        "/docs".to_owned(),
        "/health/ready".to_owned(),
        "/api/v1/openapi.json".to_owned(),
        "/api/v1/me".to_owned(),
        "/api/v1/users".to_owned(),
        "/api/v1/escalations".to_owned(),
        format!("/api/v1/handoffs/{handoff}"),
        format!("/api/v1/ai-sessions/{session}"),
        format!("/api/v1/ai-sessions/{session}/timeline"),
    ] {
        collect!("GET", &path, Value::Null, &token);
    }
    let backup = fixture.folder().join("backup");
    admin::backup(&fixture.data, &backup).unwrap();
    collected.add_folder(fixture.folder());
    assert!(server.stop(Signal::TERM).success());

    let log = log.borrow().clone();
    assert!(log.lines().count() > 20, "the log says hardly anything: {log}");
    assert!(!log.contains("the notes of a mail"), "a whole mail is in the log");
    collected.0.push(("the log".into(), log));
    let mut secrets = vec![token, entered, made];
    secrets.extend(
        [
            PASSWORD,
            WRONG_PASSWORD,
            NEW_PASSWORD,
            API_KEY,
            MAIL_PASSWORD[0],
            PROXY_PASSWORD[0],
            PHONE_PASSWORD,
            WEBHOOK_PATH,
            WEBHOOK_QUERY,
            WEBHOOK_SECRET,
        ]
        .map(str::to_owned),
    );
    collected.assert_contains_none_of(&secrets);
}

#[tokio::test(flavor = "multi_thread")]
async fn no_secret_is_in_log_responses_or_backup() {
    assert_nothing_leaks(MailBehavior::AuthPlain, "text", "mail was sent").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn no_secret_leaks_when_the_mail_server_repeats_and_rejects() {
    assert_nothing_leaks(MailBehavior::AuthLoginThenRejects, "json", "mail could not be sent").await;
}

/// Runs a command that must fail without printing the secret. Returns its standard error.
#[track_caller]
fn run_refused(fixture: &Fixture, command: &mut std::process::Command) -> String {
    let output = command.arg("--data").arg(&fixture.data).output().unwrap();
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert!(!output.status.success(), "it serves: {command:?}");
    assert!(stderr.starts_with("error: ") && !stderr.to_lowercase().contains("hunter"), "{stderr}");
    stderr
}

#[test]
fn an_error_in_the_settings_file_names_place_and_reason_but_no_value() {
    let fixture = Fixture::new();
    let file = fixture.folder().join("server.toml");
    for (line, reason) in [
        (r#"mail_url = "smtp://ana:Hunter2@x" oops"#, "expected newline"),
        (r#"mail_url = "smtp://ana:Hunter2@x"#, "invalid basic string"),
        ("mail_url = smtp://ana:Hunter2@x", "must be quoted"),
        (r#"Hunter2 = "x""#, "unknown field: expected"),
        (r#""smtp://ana:hunter2@x" = 1"#, "unknown field: expected"),
        (r#"mail_url = ["Hunter2"]"#, "invalid type: sequence, expected"),
        (r#"assessment_url = "http//ana:Hunter2@x""#, "not a URL"),
        (r#"outgoing_proxy = "http://ana:Hunter2@[x""#, "not a URL"),
        (r#"listen = "Hunter2""#, "invalid socket address"),
        (r#"log_format = "Hunter2""#, "unknown word: expected"),
        (r#"stale_claim_hours = "Hunter2""#, "invalid type: string, expected u64"),
        ("[[webhooks]]\nkind = \"Hunter2\"", "unknown word: expected"),
        ("[[webhooks]]\nkind = \"slack\"\nurl = \"Hunter2\"", "not a URL"),
    ] {
        std::fs::write(&file, format!("# settings\n{line}\n")).unwrap();
        let stderr = run_refused(&fixture, tierup_server().arg("serve").arg("--config").arg(&file));
        let place = stderr.contains("server.toml, line 2, column ") || line.contains('\n');
        assert!(place && stderr.contains(reason), "{line}: {stderr}");
    }
}

#[test]
fn an_error_in_a_variable_names_the_reason_but_no_value() {
    let fixture = Fixture::new();
    let hook = |more: &str| format!(r#"[{{"kind": "json", "url": "http://127.0.0.1/Hunter2"{more}}}]"#);
    for (name, value, reason) in [
        ("LISTEN", "Hunter2", "--listen <ADDRESS>"),
        ("ASSESSMENT_URL", "http//ana:Hunter2@x", "--assessment-url <URL>"),
        ("OUTGOING_PROXY", "http://ana:Hunter2@[x", "--outgoing-proxy <URL>"),
        ("OUTGOING_PROXY", "socks5://ana:Hunter2@x", "outgoing_proxy: must begin with http://"),
        ("PUBLIC_URL", "javascript:Hunter2", "public_url: must begin with http://"),
        ("PUBLIC_URL", "http://ana:Hunter2@x", "public_url: must not contain a user name or a password"),
        ("STALE_CLAIM_HOURS", " Hunter2", "remove the spaces"),
        ("LOG_FORMAT", "Hunter2", "[possible values: text, json]"),
        ("ASSESSMENT_ENGINE", "sk-Hunter2", "unknown engine"),
        ("MAIL_FROM", "Hunter2", "mail_from: not a mailbox"),
        ("MAIL_URL", "smtp://ana:Hun/ter2@x", "write / as %2F"),
        ("MAIL_URL", "smpt://ana:Hunter2@x", "mail_url: must be smtp://"),
        ("WEBHOOKS", "Hunter2", "line 1, column 1"),
        ("WEBHOOKS", r#"[{"kind": "Hunter2"}]"#, "unknown word: expected one of"),
        ("WEBHOOKS", &hook(r#", "secret": "Hunter2""#), "the secret must be whsec_"),
        ("WEBHOOKS", &hook(r#", "events": ["Hunter2"]"#), "unknown event at position 1"),
        ("WEBHOOKS", &hook(r#", "account": "Hunter2""#), "known are: Acme"),
    ] {
        let stderr =
            run_refused(&fixture, tierup_server().env(format!("TIERUP_SERVER_{name}"), value).arg("serve"));
        assert!(stderr.contains(reason), "{name}={value}: {stderr}");
    }
    let mut key = tierup_server();
    key.env("TIERUP_SERVER_ASSESSMENT_ENGINE", "openai").env("TIERUP_SERVER_ASSESSMENT_MODEL", "m");
    assert!(
        run_refused(&fixture, key.env("TIERUP_SERVER_ASSESSMENT_API_KEY", "sk\nHunter2").arg("serve"))
            .contains("line break")
    );
    assert!(
        run_refused(&fixture, tierup_server().args(["serve", "smtp://ana:Hunter2@x"]))
            .contains("unexpected argument")
    );
}
