//! Somebody with a token who talks to the server over HTTP.

use std::sync::atomic::{AtomicU32, Ordering};

use reqwest::{Method, RequestBuilder, Response};
use serde_json::{Value, json};
use tierup_common::user::Role;

use crate::{Held, Listener};

/// Somebody with a token.
#[derive(Clone, Debug)]
pub struct Engineer {
    /// Their name.
    pub name: String,
    server: String,
    token: String,
    http: reqwest::Client,
}

/// An escalation, by the names it has.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Escalated {
    /// The handoff.
    pub handoff: String,
    /// Its session.
    pub session: String,
    /// What people call it.
    pub number: u64,
}

/// A status and a JSON body.
#[derive(Clone, PartialEq, Debug)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// The body; null if it is not JSON.
    pub body: Value,
}

impl Answer {
    /// The body, of an answer with this status.
    #[track_caller]
    pub fn expect(self, status: u16) -> Value {
        assert_eq!(self.status, status, "{}", self.body);
        self.body
    }

    /// The code of a problem.
    pub fn problem(&self) -> &str {
        self.body["type"].as_str().unwrap_or_default().trim_start_matches("/problems/")
    }
}

impl Engineer {
    /// Somebody with this token.
    pub fn new(name: &str, server: &str, token: &str) -> Self {
        Self { name: name.into(), server: server.into(), token: token.into(), http: http() }
    }

    /// Their token.
    pub fn token(&self) -> &str {
        &self.token
    }

    /// Asks for something.
    pub async fn get(&self, path: &str) -> Answer {
        self.ask(Method::GET, path, None, &[]).await
    }

    /// Sends something.
    pub async fn post(&self, path: &str, body: Value) -> Answer {
        self.ask(Method::POST, path, Some(body), &[]).await
    }

    /// Puts something.
    pub async fn put(&self, path: &str, body: Value) -> Answer {
        self.ask(Method::PUT, path, Some(body), &[]).await
    }

    /// Any request of the API, with headers of its own.
    pub async fn ask(
        &self,
        method: Method,
        path: &str,
        body: Option<Value>,
        headers: &[(&str, &str)],
    ) -> Answer {
        self.may_ask(method, path, body, headers).await.expect("an answer")
    }

    /// Asks a server that may be gone, or go; none if the whole answer did not arrive.
    pub async fn may_ask(
        &self,
        method: Method,
        path: &str,
        body: Option<Value>,
        headers: &[(&str, &str)],
    ) -> Option<Answer> {
        let response = self.request(method, path, body, headers).send().await.ok()?;
        let status = response.status().as_u16();
        let body = response.bytes().await.ok()?;
        Some(Answer { status, body: serde_json::from_slice(&body).unwrap_or_default() })
    }

    /// The same, with the whole answer.
    pub async fn send(
        &self,
        method: Method,
        path: &str,
        body: Option<Value>,
        headers: &[(&str, &str)],
    ) -> Response {
        self.request(method, path, body, headers).send().await.expect("an answer")
    }

    fn request(
        &self,
        method: Method,
        path: &str,
        body: Option<Value>,
        headers: &[(&str, &str)],
    ) -> RequestBuilder {
        let mut request =
            self.http.request(method, format!("{}/api/v1{path}", self.server)).bearer_auth(&self.token);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        if let Some(body) = body {
            request = request.json(&body);
        }
        request
    }

    /// Begins a request whose body is held back.
    pub async fn holds(&self, method: &Method, path: &str, body: &Value) -> Held {
        Held::begins(&self.server, Some(&self.token), method, &format!("/api/v1{path}"), body).await
    }

    /// Listens to the event stream; `query` begins with `?` or is empty.
    pub async fn listens(&self, query: &str) -> Listener {
        Listener::open(self.send(Method::GET, &format!("/escalations/stream{query}"), None, &[]).await)
    }

    /// Listens from after an event on, and wants to know when what was missed is there.
    pub async fn resumes(&self, last_event_id: &str) -> Listener {
        let headers = [("last-event-id", last_event_id)];
        let path = "/escalations/stream?caught_up=true";
        Listener::open(self.send(Method::GET, path, None, &headers).await)
    }

    /// Adds somebody to the account.
    pub async fn hires(&self, name: &str, role: Role) -> Self {
        static HIRED: AtomicU32 = AtomicU32::new(0);
        let number = HIRED.fetch_add(1, Ordering::Relaxed);
        let email = format!("{}{number}@acme.test", name.to_lowercase().replace(' ', "."));
        let body = json!({"email": email, "name": name, "role": role});
        let user = self.post("/users", body).await.expect(201);
        let id = user["id"].as_str().expect("an id");
        let token = self.post(&format!("/users/{id}/tokens"), json!({"name": "test"})).await.expect(201);
        Self::new(name, &self.server, token["token"].as_str().expect("a token"))
    }

    /// Opens a session about a problem; its id.
    pub async fn opens(&self, problem: &str) -> String {
        let body = json!({
            "intake_type": "free_text",
            "intake_content": {"text": problem},
            "problem_summary": problem,
        });
        text(&self.post("/ai-sessions", body).await.expect(201), "id")
    }

    /// Leaves a note in a session.
    pub async fn notes(&self, session: &str, content: &str) {
        let body = json!({"content": content, "kind": "note"});
        self.post(&format!("/ai-sessions/{session}/messages"), body).await.expect(201);
    }

    /// Asks the assistant in a session.
    pub async fn asks(&self, session: &str, content: &str) -> Value {
        let body = json!({"content": content});
        self.post(&format!("/ai-sessions/{session}/messages"), body).await.expect(201)
    }

    /// Notes what was tried in a session, and what became of it.
    pub async fn tried(&self, session: &str, hypothesis: &str, status: &str) {
        let branch = uuid::Uuid::now_v7();
        let body = json!({"hypothesis": hypothesis, "status": status});
        self.put(&format!("/ai-sessions/{session}/branches/{branch}"), body).await.expect(201);
    }

    /// Runs into a problem and escalates it.
    pub async fn escalates(&self, problem: &str) -> Escalated {
        self.escalates_as(problem, "normal").await
    }

    /// The same, with a priority.
    pub async fn escalates_as(&self, problem: &str, priority: &str) -> Escalated {
        let session = self.opens(problem).await;
        self.hands_off(&session, priority).await
    }

    /// Escalates a session.
    pub async fn hands_off(&self, session: &str, priority: &str) -> Escalated {
        let body = json!({"intent": "escalate", "engineer_notes": "I am stuck.", "priority": priority});
        let handoff = self.post(&format!("/ai-sessions/{session}/handoff"), body).await.expect(201);
        Escalated {
            handoff: text(&handoff, "id"),
            session: session.into(),
            number: handoff["number"].as_u64().expect("a number"),
        }
    }

    /// Parks a session; the id of the handoff.
    pub async fn parks(&self, session: &str) -> String {
        let body = json!({"intent": "park", "engineer_notes": "Waiting for the vendor."});
        text(&self.post(&format!("/ai-sessions/{session}/handoff"), body).await.expect(201), "id")
    }

    /// A handoff, as it is now.
    pub async fn handoff(&self, escalated: &Escalated) -> Value {
        self.get(&format!("/handoffs/{}", escalated.handoff)).await.expect(200)
    }

    /// A session, as it is now.
    pub async fn session(&self, id: &str) -> Value {
        self.get(&format!("/ai-sessions/{id}")).await.expect(200)
    }

    /// Claims a handoff, and wins.
    pub async fn claims(&self, escalated: &Escalated) -> Value {
        self.tries_to_claim(escalated).await.expect(200)
    }

    /// Claims a handoff, and wins or not.
    pub async fn tries_to_claim(&self, escalated: &Escalated) -> Answer {
        self.post(&format!("/handoffs/{}/claim", escalated.handoff), json!({})).await
    }

    /// Resolves a session.
    pub async fn resolves(&self, session: &str, resolution: &str) -> Value {
        let body = json!({"resolution": resolution});
        self.post(&format!("/ai-sessions/{session}/resolve"), body).await.expect(200)
    }

    /// The problems that wait, in the order of the queue.
    pub async fn queue(&self) -> Vec<String> {
        let page = self.get("/escalations").await.expect(200);
        page["items"].as_array().expect("items").iter().map(|item| text(item, "problem_summary")).collect()
    }

    /// Waits until the assessment of a handoff is no longer on its way.
    pub async fn waits_for_assessment(&self, escalated: &Escalated) -> Value {
        let mut stream = self.listens("?last_event_id=0").await;
        loop {
            let event = stream.hears_any(&["handoff_assessment_ready", "handoff_assessment_failed"]).await;
            if event["handoff_id"] == escalated.handoff.as_str() {
                return self.handoff(escalated).await;
            }
        }
    }
}

/// An HTTP client of nobody in particular.
pub fn http() -> reqwest::Client {
    // The client wants a provider of cryptography even where none is used; the first one in wins.
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::builder().no_proxy().tls_danger_accept_invalid_certs(true).build().expect("a client")
}

/// The text in a field.
#[track_caller]
pub fn text(value: &Value, field: &str) -> String {
    value[field].as_str().unwrap_or_else(|| panic!("no text in {field:?} of {value}")).to_owned()
}
