//! A user who calls the API.

use std::sync::atomic::{AtomicU32, Ordering};

use reqwest::{Method, RequestBuilder, Response};
use serde_json::{Value, json};
use tierup_common::user::Role;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;

use crate::{PendingRequest, SseClient};

/// A user with a token.
#[derive(Clone, Debug)]
pub struct ApiClient {
    /// Their name.
    pub name: String,
    base_url: String,
    token: String,
    http: reqwest::Client,
}

/// The ids of an escalation.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Escalation {
    /// The handoff.
    pub handoff_id: String,
    /// Its session.
    pub session_id: String,
    /// Its short number.
    pub number: u64,
}

/// A status and a JSON body.
#[derive(Clone, PartialEq, Debug)]
pub struct ApiResponse {
    /// The HTTP status.
    pub status: u16,
    /// The body; null if it is not JSON.
    pub body: Value,
}

impl ApiResponse {
    /// The body; panics unless the status is this.
    #[track_caller]
    pub fn expect(self, status: u16) -> Value {
        assert_eq!(self.status, status, "{}", self.body);
        self.body
    }

    /// The code of a problem.
    pub fn problem_code(&self) -> &str {
        self.body["type"].as_str().unwrap_or_default().trim_start_matches("/problems/")
    }
}

impl ApiClient {
    /// A user with this token.
    pub fn new(name: &str, server: &str, token: &str) -> Self {
        Self { name: name.into(), base_url: server.into(), token: token.into(), http: http_client() }
    }

    /// Their token.
    pub fn token(&self) -> &str {
        &self.token
    }

    /// GET.
    pub async fn get(&self, path: &str) -> ApiResponse {
        self.send_json(Method::GET, path, None, &[]).await
    }

    /// POST.
    pub async fn post(&self, path: &str, body: Value) -> ApiResponse {
        self.send_json(Method::POST, path, Some(body), &[]).await
    }

    /// PUT.
    pub async fn put(&self, path: &str, body: Value) -> ApiResponse {
        self.send_json(Method::PUT, path, Some(body), &[]).await
    }

    /// Any request, with headers.
    pub async fn send_json(
        &self,
        method: Method,
        path: &str,
        body: Option<Value>,
        headers: &[(&str, &str)],
    ) -> ApiResponse {
        self.try_send_json(method, path, body, headers).await.expect("an answer")
    }

    /// The same for a server that may stop. None if the response did not arrive completely.
    pub async fn try_send_json(
        &self,
        method: Method,
        path: &str,
        body: Option<Value>,
        headers: &[(&str, &str)],
    ) -> Option<ApiResponse> {
        let response = self.build_request(method, path, body, headers).send().await.ok()?;
        let status = response.status().as_u16();
        let body = response.bytes().await.ok()?;
        Some(ApiResponse { status, body: serde_json::from_slice(&body).unwrap_or_default() })
    }

    /// The same, returning the whole response.
    pub async fn send_raw(
        &self,
        method: Method,
        path: &str,
        body: Option<Value>,
        headers: &[(&str, &str)],
    ) -> Response {
        self.build_request(method, path, body, headers).send().await.expect("an answer")
    }

    fn build_request(
        &self,
        method: Method,
        path: &str,
        body: Option<Value>,
        headers: &[(&str, &str)],
    ) -> RequestBuilder {
        let mut request =
            self.http.request(method, format!("{}/api/v1{path}", self.base_url)).bearer_auth(&self.token);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        if let Some(body) = body {
            request = request.json(&body);
        }
        request
    }

    /// Starts a request and holds its body back.
    pub async fn start_request(&self, method: &Method, path: &str, body: &Value) -> PendingRequest {
        PendingRequest::start(&self.base_url, Some(&self.token), method, &format!("/api/v1{path}"), body)
            .await
    }

    /// Sends a GET request on its own connection, and reads nothing.
    pub async fn get_without_reading(&self, path: &str) -> TcpStream {
        let mut socket =
            TcpStream::connect(self.base_url.trim_start_matches("http://")).await.expect("a connection");
        let head =
            format!("GET /api/v1{path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {}\r\n\r\n", self.token);
        socket.write_all(head.as_bytes()).await.expect("a request");
        socket
    }

    /// Opens the event stream; `query` begins with `?` or is empty.
    pub async fn subscribe(&self, query: &str) -> SseClient {
        SseClient::from_response(
            self.send_raw(Method::GET, &format!("/escalations/stream{query}"), None, &[]).await,
        )
    }

    /// Resumes the event stream after an event, with a frame once it has caught up.
    pub async fn subscribe_after(&self, last_event_id: &str) -> SseClient {
        let headers = [("last-event-id", last_event_id)];
        let path = "/escalations/stream?caught_up=true";
        SseClient::from_response(self.send_raw(Method::GET, path, None, &headers).await)
    }

    /// Adds a user to the account.
    pub async fn add_user(&self, name: &str, role: Role) -> Self {
        static USERS_ADDED: AtomicU32 = AtomicU32::new(0);
        let number = USERS_ADDED.fetch_add(1, Ordering::Relaxed);
        let email = format!("{}{number}@acme.test", name.to_lowercase().replace(' ', "."));
        let body = json!({"email": email, "name": name, "role": role});
        let user = self.post("/users", body).await.expect(201);
        let id = user["id"].as_str().expect("an id");
        let token = self.post(&format!("/users/{id}/tokens"), json!({"name": "test"})).await.expect(201);
        Self::new(name, &self.base_url, token["token"].as_str().expect("a token"))
    }

    /// Opens a session about a problem and returns its id.
    pub async fn open_session(&self, problem: &str) -> String {
        let body = json!({
            "intake_type": "free_text",
            "intake_content": {"text": problem},
            "problem_summary": problem,
        });
        string_field(&self.post("/ai-sessions", body).await.expect(201), "id")
    }

    /// Writes a note in a session.
    pub async fn add_note(&self, session: &str, content: &str) {
        let body = json!({"content": content, "kind": "note"});
        self.post(&format!("/ai-sessions/{session}/messages"), body).await.expect(201);
    }

    /// Asks the assistant a question.
    pub async fn ask_assistant(&self, session: &str, content: &str) -> Value {
        let body = json!({"content": content});
        self.post(&format!("/ai-sessions/{session}/messages"), body).await.expect(201)
    }

    /// Records what was tried in a session, with its status.
    pub async fn add_branch(&self, session: &str, hypothesis: &str, status: &str) {
        let branch = uuid::Uuid::now_v7();
        let body = json!({"hypothesis": hypothesis, "status": status});
        self.put(&format!("/ai-sessions/{session}/branches/{branch}"), body).await.expect(201);
    }

    /// Opens a session about a problem and escalates it.
    pub async fn escalate(&self, problem: &str) -> Escalation {
        self.escalate_with_priority(problem, "normal").await
    }

    /// The same, with a priority.
    pub async fn escalate_with_priority(&self, problem: &str, priority: &str) -> Escalation {
        let session = self.open_session(problem).await;
        self.escalate_session(&session, priority).await
    }

    /// Escalates a session.
    pub async fn escalate_session(&self, session: &str, priority: &str) -> Escalation {
        let body = json!({"intent": "escalate", "engineer_notes": "I am stuck.", "priority": priority});
        let handoff = self.post(&format!("/ai-sessions/{session}/handoff"), body).await.expect(201);
        Escalation {
            handoff_id: string_field(&handoff, "id"),
            session_id: session.into(),
            number: handoff["number"].as_u64().expect("a number"),
        }
    }

    /// Parks a session and returns the handoff's id.
    pub async fn park(&self, session: &str) -> String {
        let body = json!({"intent": "park", "engineer_notes": "Waiting for the vendor."});
        string_field(&self.post(&format!("/ai-sessions/{session}/handoff"), body).await.expect(201), "id")
    }

    /// The current handoff.
    pub async fn handoff(&self, escalated: &Escalation) -> Value {
        self.get(&format!("/handoffs/{}", escalated.handoff_id)).await.expect(200)
    }

    /// The current session.
    pub async fn session(&self, id: &str) -> Value {
        self.get(&format!("/ai-sessions/{id}")).await.expect(200)
    }

    /// Claims a handoff and must win.
    pub async fn claim(&self, escalated: &Escalation) -> Value {
        self.try_claim(escalated).await.expect(200)
    }

    /// Claims a handoff and may lose.
    pub async fn try_claim(&self, escalated: &Escalation) -> ApiResponse {
        self.post(&format!("/handoffs/{}/claim", escalated.handoff_id), json!({})).await
    }

    /// Resolves a session.
    pub async fn resolve(&self, session: &str, resolution: &str) -> Value {
        let body = json!({"resolution": resolution});
        self.post(&format!("/ai-sessions/{session}/resolve"), body).await.expect(200)
    }

    /// The problem summaries in the queue, in order.
    pub async fn queue_summaries(&self) -> Vec<String> {
        let page = self.get("/escalations").await.expect(200);
        page["items"]
            .as_array()
            .expect("items")
            .iter()
            .map(|item| string_field(item, "problem_summary"))
            .collect()
    }

    /// Waits until the assessment of a handoff is ready or has failed.
    pub async fn wait_for_assessment(&self, escalated: &Escalation) -> Value {
        let mut stream = self.subscribe("?last_event_id=0").await;
        loop {
            let event =
                stream.wait_for_any_event(&["handoff_assessment_ready", "handoff_assessment_failed"]).await;
            if event["handoff_id"] == escalated.handoff_id.as_str() {
                return self.handoff(escalated).await;
            }
        }
    }
}

/// An HTTP client without a token.
pub fn http_client() -> reqwest::Client {
    // The client needs a cryptography provider even without TLS. The first one installed stays.
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::builder().no_proxy().tls_danger_accept_invalid_certs(true).build().expect("a client")
}

/// The text of a field.
#[track_caller]
pub fn string_field(value: &Value, field: &str) -> String {
    value[field].as_str().unwrap_or_else(|| panic!("no text in {field:?} of {value}")).to_owned()
}
