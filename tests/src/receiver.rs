//! A chat tool or a program that webhooks call: keeps every call, and answers as it is told to.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::SOON;

/// A call that arrived.
#[derive(Clone, Debug)]
pub struct Call {
    /// Its path.
    pub path: String,
    /// Its headers.
    pub headers: HeaderMap,
    /// Its body, to the byte.
    pub body: Bytes,
}

impl Call {
    /// Its body as JSON.
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).expect("JSON")
    }
}

/// Somebody who is called.
pub struct Receiver {
    base: String,
    calls: watch::Receiver<Vec<Call>>,
    serving: JoinHandle<()>,
}

#[derive(Clone)]
struct Inner {
    arrived: watch::Sender<Vec<Call>>,
    answers: Arc<Mutex<VecDeque<u16>>>,
}

impl Receiver {
    /// Opens one that answers with these statuses, and then 204 for ever.
    pub async fn answering(statuses: &[u16]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let base = format!("http://{}", listener.local_addr().expect("an address"));
        let (arrived, calls) = watch::channel(Vec::new());
        let inner = Inner { arrived, answers: Arc::new(Mutex::new(statuses.iter().copied().collect())) };
        let router = Router::new().fallback(take).with_state(inner);
        let serving = tokio::spawn(async move {
            axum::serve(listener, router).await.expect("a receiver");
        });
        Self { base, calls, serving }
    }

    /// Opens one that takes everything.
    pub async fn open() -> Self {
        Self::answering(&[]).await
    }

    /// The address of one of its paths.
    pub fn url(&self, path: &str) -> String {
        format!("{}{path}", self.base)
    }

    /// Waits until so many calls have arrived.
    pub async fn receives(&mut self, count: usize) -> Vec<Call> {
        let arrived = self.calls.wait_for(|calls| calls.len() >= count);
        tokio::time::timeout(SOON, arrived).await.expect("no call").expect("it is open").clone()
    }

    /// The calls that have arrived so far.
    pub fn calls(&self) -> Vec<Call> {
        self.calls.borrow().clone()
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

async fn take(State(inner): State<Inner>, uri: Uri, headers: HeaderMap, body: Bytes) -> Response {
    inner.arrived.send_modify(|calls| calls.push(Call { path: uri.path().into(), headers, body }));
    let status = inner.answers.lock().expect("answers").pop_front().unwrap_or(204);
    let status = StatusCode::from_u16(status).expect("a status");
    if status.is_redirection() {
        return (status, [(header::LOCATION, "/elsewhere")]).into_response();
    }
    status.into_response()
}
