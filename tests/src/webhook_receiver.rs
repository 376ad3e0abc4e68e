//! An endpoint that records webhook calls and answers with given statuses.

use std::collections::VecDeque;
use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use parking_lot::Mutex;
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::TIMEOUT;

/// A received call.
#[derive(Clone, Debug)]
pub struct ReceivedRequest {
    /// Its path.
    pub path: String,
    /// Its headers.
    pub headers: HeaderMap,
    /// Its body, unchanged.
    pub body: Bytes,
}

impl ReceivedRequest {
    /// Its body as JSON.
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).expect("JSON")
    }
}

/// An endpoint for webhooks.
pub struct WebhookReceiver {
    base_url: String,
    requests: watch::Receiver<Vec<ReceivedRequest>>,
    server_task: JoinHandle<()>,
}

#[derive(Clone)]
struct ReceiverState {
    requests: watch::Sender<Vec<ReceivedRequest>>,
    statuses: Arc<Mutex<VecDeque<u16>>>,
}

impl WebhookReceiver {
    /// Starts one that answers with these statuses, then with 204.
    pub async fn start_with_statuses(statuses: &[u16]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let base = format!("http://{}", listener.local_addr().expect("an address"));
        let (request_sender, requests) = watch::channel(Vec::new());
        let inner = ReceiverState {
            requests: request_sender,
            statuses: Arc::new(Mutex::new(statuses.iter().copied().collect())),
        };
        let router = Router::new().fallback(record_request).with_state(inner);
        let serving = tokio::spawn(async move {
            axum::serve(listener, router).await.expect("a receiver");
        });
        Self { base_url: base, requests, server_task: serving }
    }

    /// Starts one that answers with 204.
    pub async fn start() -> Self {
        Self::start_with_statuses(&[]).await
    }

    /// The URL of a path.
    pub fn url(&self, path: &str) -> String {
        format!("{}{path}", self.base_url)
    }

    /// Waits until this many calls have arrived.
    pub async fn wait_for_requests(&mut self, count: usize) -> Vec<ReceivedRequest> {
        let arrived = self.requests.wait_for(|calls| calls.len() >= count);
        tokio::time::timeout(TIMEOUT, arrived).await.expect("no call").expect("it is open").clone()
    }

    /// The calls received so far.
    pub fn calls(&self) -> Vec<ReceivedRequest> {
        self.requests.borrow().clone()
    }
}

impl Drop for WebhookReceiver {
    fn drop(&mut self) {
        self.server_task.abort();
    }
}

async fn record_request(
    State(state): State<ReceiverState>,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    state
        .requests
        .send_modify(|calls| calls.push(ReceivedRequest { path: uri.path().into(), headers, body }));
    let status = state.statuses.lock().pop_front().unwrap_or(204);
    let status = StatusCode::from_u16(status).expect("a status");
    if status.is_redirection() {
        return (status, [(header::LOCATION, "/elsewhere")]).into_response();
    }
    status.into_response()
}
