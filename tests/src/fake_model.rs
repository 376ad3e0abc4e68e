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
use tokio::sync::{Mutex, mpsc};
use tokio::task::JoinHandle;
use tokio_stream::wrappers::UnboundedReceiverStream;

/// An assessment that suggests two steps.
pub const TWO_STEP_ASSESSMENT: &str =
    "**Likely cause:** DNS\n**Steps**\n1. Flush the cache\n2. Ask the resolver\n**Confidence:** low";

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
}

/// An OpenAI-compatible endpoint.
pub struct FakeModel {
    base_url: String,
    deltas: mpsc::UnboundedSender<Option<String>>,
    requests: Arc<Mutex<Vec<Value>>>,
    bytes_sent: Arc<AtomicUsize>,
    server_task: JoinHandle<()>,
}

#[derive(Clone)]
struct ModelState {
    behavior: ModelBehavior,
    deltas: Arc<Mutex<Option<mpsc::UnboundedReceiver<Option<String>>>>>,
    requests: Arc<Mutex<Vec<Value>>>,
    bytes_sent: Arc<AtomicUsize>,
}

impl FakeModel {
    /// Starts an endpoint with this behaviour.
    pub async fn start(behavior: ModelBehavior) -> Self {
        let (deltas, delta_receiver) = mpsc::unbounded_channel();
        let requests: Arc<Mutex<Vec<Value>>> = Arc::default();
        let (delta_receiver_once, bytes_sent) =
            (Arc::new(Mutex::new(Some(delta_receiver))), Arc::<AtomicUsize>::default());
        let state = ModelState {
            behavior,
            deltas: delta_receiver_once,
            requests: Arc::clone(&requests),
            bytes_sent: Arc::clone(&bytes_sent),
        };
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let base_url = format!("http://{}/v1", listener.local_addr().expect("an address"));
        let router = Router::new().route("/v1/chat/completions", post(chat_completions)).with_state(state);
        let serving = tokio::spawn(async move {
            axum::serve(listener, router).await.expect("an endpoint");
        });
        Self { base_url, deltas, requests, bytes_sent, server_task: serving }
    }

    /// Settings for a server that uses this model, with a timeout in seconds.
    pub fn server_settings(&self, timeout_seconds: u64) -> Settings {
        Settings {
            assessment_engine: Some("openai".into()),
            assessment_url: Some(self.base_url.parse().expect("a url")),
            assessment_model: Some("test-model".into()),
            assessment_api_key: Some(secrecy::SecretString::from("sk-very-secret")),
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

async fn chat_completions(State(state): State<ModelState>, body: Bytes) -> Response {
    let mut requests = state.requests.lock().await;
    requests.push(serde_json::from_slice(&body).unwrap_or_default());
    let request_count = requests.len();
    drop(requests);
    match state.behavior.clone() {
        ModelBehavior::Answers(text) => {
            let text = text.replace("{asked}", &request_count.to_string());
            event_stream_response(stream::iter([delta_event(&text), "data: [DONE]\n\n".to_owned()]))
        }
        ModelBehavior::AnswersInTurn(texts) => {
            let text = &texts[request_count.min(texts.len()) - 1];
            event_stream_response(stream::iter([delta_event(text), "data: [DONE]\n\n".to_owned()]))
        }
        ModelBehavior::StreamsOnDemand => {
            let words = state.deltas.lock().await.take().expect("one question at a time");
            let words =
                UnboundedReceiverStream::new(words).take_while(|word| std::future::ready(word.is_some()));
            let deltas = words.map(|word| delta_event(&word.unwrap_or_default()));
            event_stream_response(deltas.chain(stream::iter(["data: [DONE]\n\n".to_owned()])))
        }
        ModelBehavior::Status(status) => StatusCode::from_u16(status).expect("a status").into_response(),
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
    }
}

fn delta_event(text: &str) -> String {
    format!("data: {}\n\n", json!({"choices": [{"delta": {"content": text}}]}))
}

fn event_stream_response(events: impl futures_util::Stream<Item = String> + Send + 'static) -> Response {
    let body = Body::from_stream(events.map(Ok::<_, Infallible>));
    ([(header::CONTENT_TYPE, "text/event-stream")], body).into_response()
}
