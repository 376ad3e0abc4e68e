//! An OpenAI-compatible endpoint that gives a fixed answer, streams on demand, or misbehaves.

use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use futures_util::{StreamExt, stream};
use serde_json::{Value, json};
use tierup_server::config::Settings;
use tokio::net::TcpListener;
use tokio::sync::{Mutex, mpsc, watch};
use tokio::task::JoinHandle;
use tokio_stream::wrappers::UnboundedReceiverStream;

use crate::TIMEOUT;
use crate::scripted_answer::ScriptedAnswer;

/// An assessment that suggests two steps.
pub const TWO_STEP_ASSESSMENT: &str =
    "**Likely cause:** DNS\n**Steps**\n1. Flush the cache\n2. Ask the resolver\n**Confidence:** low";

/// The key that servers send to the endpoint.
pub const MODEL_API_KEY: &str = "sk-very-secret";

/// What people read of it.
pub const TWO_STEP_TEXT: &str = "**Likely cause**\nDNS\n\n**Try next**\n1. Flush the cache\n2. Ask the resolver\n\n**Confidence**\nlow confidence\n";

/// The behaviour of an endpoint.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum ModelBehavior {
    /// Answers with this text; `{asked}` in it is replaced by the number of requests so far.
    Answers(String),
    /// Answers with these texts, one a request; the last one again and again.
    AnswersInTurn(Vec<String>),
    /// Streams what [`FakeModel::send_delta`] sends.
    StreamsOnDemand,
    /// Answers with this status and no body.
    Status(u16),
    /// Reads the request and never answers.
    NeverAnswers,
    /// Begins a response and never continues.
    Stalls,
    /// Answers with an HTML page.
    HtmlPage,
    /// Streams malformed events.
    InvalidEvents,
    /// Streams text without end.
    EndlessStream,
    /// Streams only comments.
    OnlyComments,
    /// Answers with an endless body.
    EndlessBody,
    /// Answers with JSON nested ten thousand levels deep.
    DeeplyNestedJson,
    /// Answers with a compressed gigabyte.
    GzipBomb,
    /// Redirects.
    Redirects(String),
    /// Gives these answers in turn, then the last one again.
    Scripted(Vec<ScriptedAnswer>),
}

/// An endpoint that speaks the protocols of OpenAI and Anthropic.
pub struct FakeModel {
    base_url: String,
    deltas: mpsc::UnboundedSender<Option<String>>,
    requests: Arc<Mutex<Vec<Value>>>,
    bytes_sent: Arc<AtomicUsize>,
    counts: watch::Sender<RequestCounts>,
    server_task: JoinHandle<()>,
}

/// Requests so far.
#[derive(Clone, Copy, Default)]
struct RequestCounts {
    received: usize,
    /// Those whose client hung up before the answer began.
    dropped: usize,
}

/// Counts a request as dropped unless it is answered.
struct DropCounter {
    counts: watch::Sender<RequestCounts>,
    is_answered: bool,
}

impl Drop for DropCounter {
    fn drop(&mut self) {
        if !self.is_answered {
            self.counts.send_modify(|counts| counts.dropped += 1);
        }
    }
}

#[derive(Clone)]
struct ModelState {
    behavior: ModelBehavior,
    deltas: Arc<Mutex<Option<mpsc::UnboundedReceiver<Option<String>>>>>,
    requests: Arc<Mutex<Vec<Value>>>,
    bytes_sent: Arc<AtomicUsize>,
    counts: watch::Sender<RequestCounts>,
}

impl FakeModel {
    /// Starts an endpoint with this behaviour.
    pub async fn start(behavior: ModelBehavior) -> Self {
        let (deltas, delta_receiver) = mpsc::unbounded_channel();
        let counts = watch::Sender::default();
        let requests: Arc<Mutex<Vec<Value>>> = Arc::default();
        let (delta_receiver_once, bytes_sent) =
            (Arc::new(Mutex::new(Some(delta_receiver))), Arc::<AtomicUsize>::default());
        let state = ModelState {
            behavior,
            deltas: delta_receiver_once,
            requests: Arc::clone(&requests),
            bytes_sent: Arc::clone(&bytes_sent),
            counts: counts.clone(),
        };
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let base_url = format!("http://{}/v1", listener.local_addr().expect("an address"));
        let router = Router::new()
            .route("/v1/chat/completions", post(respond))
            .route("/v1/messages", post(respond))
            .with_state(state);
        let serving = tokio::spawn(async move {
            axum::serve(listener, router).await.expect("an endpoint");
        });
        Self { base_url, deltas, requests, bytes_sent, counts, server_task: serving }
    }

    /// Settings for a server that uses this model, with a timeout in seconds.
    pub fn server_settings(&self, timeout_seconds: u64) -> Settings {
        Settings {
            assessment_engine: Some("openai".into()),
            assessment_url: Some(self.base_url.parse().expect("a url")),
            assessment_model: Some("test-model".into()),
            assessment_api_key: Some(secrecy::SecretString::from(MODEL_API_KEY)),
            assessment_timeout_seconds: Some(timeout_seconds),
            ..Settings::default()
        }
    }

    /// Streams some text.
    pub fn send_delta(&self, text: &str) {
        self.deltas.send(Some(text.into())).expect("the endpoint runs");
    }

    /// Ends the streamed response.
    pub fn finish_answer(&self) {
        self.deltas.send(None).expect("the endpoint runs");
    }

    /// The number of bytes sent of an endless response.
    pub fn bytes_sent(&self) -> usize {
        self.bytes_sent.load(Ordering::Relaxed)
    }

    /// Waits for this many requests.
    pub async fn wait_for_requests(&self, number: usize) {
        self.wait_for("requests", |counts| counts.received >= number).await;
    }

    /// Waits until a client has hung up before it got an answer.
    pub async fn wait_for_dropped_request(&self) {
        self.wait_for("dropped requests", |counts| counts.dropped > 0).await;
    }

    async fn wait_for(&self, what: &str, condition: impl FnMut(&RequestCounts) -> bool) {
        let mut counts = self.counts.subscribe();
        let came = tokio::time::timeout(TIMEOUT, counts.wait_for(condition)).await.is_ok();
        assert!(came, "not enough {what}");
    }

    /// The requests so far.
    pub async fn requests(&self) -> Vec<Value> {
        self.requests.lock().await.clone()
    }
}

impl Drop for FakeModel {
    fn drop(&mut self) {
        self.server_task.abort();
    }
}

impl ModelState {
    /// Repeats the same bytes, and counts them.
    fn repeat_counted(&self, text: String) -> impl futures_util::Stream<Item = String> + Send + use<> {
        let poured = Arc::clone(&self.bytes_sent);
        stream::repeat(text).inspect(move |text| {
            poured.fetch_add(text.len(), Ordering::Relaxed);
        })
    }
}

async fn respond(State(state): State<ModelState>, body: Bytes) -> Response {
    let mut requests = state.requests.lock().await;
    requests.push(serde_json::from_slice(&body).unwrap_or_default());
    let request_number = requests.len();
    drop(requests);
    state.counts.send_modify(|counts| counts.received += 1);
    let mut drop_counter = DropCounter { counts: state.counts.clone(), is_answered: false };
    let response = response_of(&state, request_number).await;
    drop_counter.is_answered = true;
    response
}

async fn response_of(state: &ModelState, request_number: usize) -> Response {
    match state.behavior.clone() {
        ModelBehavior::Answers(text) => {
            let text = text.replace("{asked}", &request_number.to_string());
            event_stream_response(stream::iter([delta_event(&text), "data: [DONE]\n\n".to_owned()]))
        }
        ModelBehavior::AnswersInTurn(texts) => {
            let text = &texts[request_number.min(texts.len()) - 1];
            event_stream_response(stream::iter([delta_event(text), "data: [DONE]\n\n".to_owned()]))
        }
        ModelBehavior::StreamsOnDemand => {
            let words = state.deltas.lock().await.take().expect("one question at a time");
            let words =
                UnboundedReceiverStream::new(words).take_while(|word| std::future::ready(word.is_some()));
            let deltas = words.map(|word| delta_event(&word.unwrap_or_default()));
            event_stream_response(deltas.chain(stream::iter(["data: [DONE]\n\n".to_owned()])))
        }
        ModelBehavior::Status(status) => {
            // Tests do not wait for a retry.
            let status = StatusCode::from_u16(status).expect("a status");
            (status, [(header::RETRY_AFTER, "0")]).into_response()
        }
        ModelBehavior::NeverAnswers => std::future::pending().await,
        ModelBehavior::Stalls => {
            event_stream_response(stream::iter([delta_event("Likely")]).chain(stream::pending()))
        }
        ModelBehavior::HtmlPage => {
            ([(header::CONTENT_TYPE, "text/html")], "<h1>It works!</h1>").into_response()
        }
        ModelBehavior::InvalidEvents => event_stream_response(stream::iter([
            "data: {\"choices\": 7}\n\n".to_owned(),
            "data: [[[[\n\n".to_owned(),
        ])),
        ModelBehavior::EndlessStream => {
            event_stream_response(state.repeat_counted(delta_event(&"blah ".repeat(200))))
        }
        ModelBehavior::OnlyComments => {
            event_stream_response(state.repeat_counted(format!(":{}\n", " blah".repeat(200))))
        }
        ModelBehavior::EndlessBody => {
            let body = stream::once(async { "{\"choices\": \"".to_owned() })
                .chain(state.repeat_counted("a".repeat(64 * 1024)));
            let body = Body::from_stream(body.map(Ok::<_, Infallible>));
            let head = [(header::CONTENT_TYPE, "application/json"), (header::CONTENT_LENGTH, "1073741824")];
            (head, body).into_response()
        }
        ModelBehavior::DeeplyNestedJson => {
            ([(header::CONTENT_TYPE, "application/json")], "[".repeat(10_000)).into_response()
        }
        ModelBehavior::GzipBomb => {
            let head = [(header::CONTENT_TYPE, "application/json"), (header::CONTENT_ENCODING, "gzip")];
            (head, [&[0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3][..], &vec![0; 64 * 1024]].concat()).into_response()
        }
        ModelBehavior::Redirects(to) => (StatusCode::FOUND, [(header::LOCATION, to)]).into_response(),
        ModelBehavior::Scripted(answers) => {
            let answer = answers.get(request_number - 1).or(answers.last()).expect("an answer");
            answer.clone().into_response()
        }
    }
}

fn delta_event(text: &str) -> String {
    format!("data: {}\n\n", json!({"choices": [{"delta": {"content": text}}]}))
}

fn event_stream_response(events: impl futures_util::Stream<Item = String> + Send + 'static) -> Response {
    let body = Body::from_stream(events.map(Ok::<_, Infallible>));
    ([(header::CONTENT_TYPE, "text/event-stream")], body).into_response()
}
