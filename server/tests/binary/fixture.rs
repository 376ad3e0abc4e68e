//! A data folder with an account and its owner, for a server to serve.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use reqwest::{Method, Response};
use serde_json::Value;
use tempfile::TempDir;
use tierup_server::admin;

use crate::TIMEOUT;
use crate::server_process::{ServerProcess, start_server, tierup_server};

pub struct Fixture {
    temp_dir: TempDir,
    /// The folder to serve.
    pub data: PathBuf,
    /// The owner's token.
    pub token: String,
}

/// The owner, who talks to a running server.
#[derive(Clone)]
pub struct OwnerClient {
    /// Where the server listens, without a path.
    pub url: String,
    pub token: String,
    pub http: reqwest::Client,
}

impl Fixture {
    pub fn new() -> Self {
        let temp_dir = tempfile::tempdir().unwrap();
        let data = temp_dir.path().join("data");
        let token = admin::init(&data, "Acme", "ana@acme.test", "Ana Ruiz").unwrap().token;
        Self { temp_dir, data, token }
    }

    /// A temporary folder with the data folder in it.
    pub fn folder(&self) -> &Path {
        self.temp_dir.path()
    }

    /// Serves the folder.
    pub fn start(&self, args: &[&str], log: Stdio) -> (ServerProcess, OwnerClient) {
        self.start_with(tierup_server(), args, log)
    }

    /// Serves the folder with this command.
    pub fn start_with(&self, command: Command, args: &[&str], log: Stdio) -> (ServerProcess, OwnerClient) {
        let server = start_server(command, &self.data, args, log);
        let client = OwnerClient { url: server.url.clone(), token: self.token.clone(), http: http_client() };
        (server, client)
    }

    /// The number of sessions in the database, after an integrity check. No server may be running.
    pub fn stored_sessions(&self) -> u64 {
        let report = admin::check(&self.data).unwrap();
        assert!(report.is_sound(), "{:?}", report.problems);
        report.sessions
    }
}

impl OwnerClient {
    /// Sends a request of the API; null is no body, and an empty key no header.
    pub async fn try_send(
        &self,
        method: Method,
        path: &str,
        body: Value,
        key: &str,
    ) -> reqwest::Result<Response> {
        let mut request =
            self.http.request(method, format!("{}/api/v1{path}", self.url)).bearer_auth(&self.token);
        if !body.is_null() {
            request = request.json(&body);
        }
        if !key.is_empty() {
            request = request.header("idempotency-key", key);
        }
        request.send().await
    }

    /// The status and the JSON body; null if the body is not JSON.
    pub async fn try_send_json(
        &self,
        method: Method,
        path: &str,
        body: Value,
        key: &str,
    ) -> reqwest::Result<(u16, Value)> {
        let response = self.try_send(method, path, body, key).await?;
        let status = response.status().as_u16();
        Ok((status, serde_json::from_slice(&response.bytes().await?).unwrap_or_default()))
    }

    pub async fn get(&self, path: &str) -> (u16, Value) {
        self.try_send_json(Method::GET, path, Value::Null, "").await.unwrap()
    }

    pub async fn post(&self, path: &str, body: Value) -> (u16, Value) {
        self.try_send_json(Method::POST, path, body, "").await.unwrap()
    }

    /// Opens a session about this.
    pub async fn open_session(&self, text: &str) -> (u16, Value) {
        self.post("/ai-sessions", intake_body(text)).await
    }

    /// The text at a path outside the API, and its status.
    pub async fn get_text(&self, path: &str) -> (u16, String) {
        let response = self.http.get(format!("{}{path}", self.url)).send().await.unwrap();
        (response.status().as_u16(), response.text().await.unwrap())
    }

    /// The number of log lines that the server has lost.
    pub async fn lost_log_lines(&self) -> u64 {
        let (_, metrics) = self.get_text("/metrics").await;
        let lost = metrics.lines().find_map(|line| line.strip_prefix("tierup_log_lines_lost_total "));
        lost.unwrap().parse().unwrap()
    }
}

/// The body that opens a session.
pub fn intake_body(text: &str) -> Value {
    serde_json::json!({"intake_type": "free_text", "intake_content": {"text": text}})
}

pub fn http_client() -> reqwest::Client {
    // The client needs a cryptography provider even without TLS. The first one installed stays.
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::builder().no_proxy().timeout(TIMEOUT).build().unwrap()
}
