//! A model behind an OpenAI-compatible endpoint: it says what it is told to, when it is told to, or behaves badly.

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

/// How an endpoint behaves.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Temper {
    /// Says this, at once; `{asked}` in it is how often the endpoint was asked by then.
    Says(String),
    /// Says what [`Model::says`] gives it, when it does.
    AsTold,
    /// Answers with this status and nothing else.
    Status(u16),
    /// Takes the request and never answers.
    Hangs,
    /// Begins to answer and never goes on.
    Drips,
    /// Sends a page of HTML.
    Html,
    /// Sends events that are not what they should be.
    Nonsense,
    /// Never stops talking.
    Endless,
    /// Never sends anything but comments.
    Comments,
    /// Answers in one piece that has no end.
    Gigabytes,
    /// Answers with JSON that is ten thousand levels deep.
    Deep,
    /// Answers with what would be a gigabyte, were it unpacked.
    Packed,
    /// Sends the caller elsewhere.
    Redirects(String),
}

/// An endpoint with a model behind it.
pub struct Model {
    base: String,
    told: mpsc::UnboundedSender<Option<String>>,
    asked: Arc<Mutex<Vec<Value>>>,
    poured: Arc<AtomicUsize>,
    serving: JoinHandle<()>,
}

#[derive(Clone)]
struct Inner {
    temper: Temper,
    told: Arc<Mutex<Option<mpsc::UnboundedReceiver<Option<String>>>>>,
    asked: Arc<Mutex<Vec<Value>>>,
    poured: Arc<AtomicUsize>,
}

impl Model {
    /// Starts an endpoint of this temper.
    pub async fn with(temper: Temper) -> Self {
        let (told, words) = mpsc::unbounded_channel();
        let asked: Arc<Mutex<Vec<Value>>> = Arc::default();
        let (told_once, poured) = (Arc::new(Mutex::new(Some(words))), Arc::<AtomicUsize>::default());
        let inner = Inner { temper, told: told_once, asked: Arc::clone(&asked), poured: Arc::clone(&poured) };
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let base = format!("http://{}/v1", listener.local_addr().expect("an address"));
        let router = Router::new().route("/v1/chat/completions", post(complete)).with_state(inner);
        let serving = tokio::spawn(async move {
            axum::serve(listener, router).await.expect("an endpoint");
        });
        Self { base, told, asked, poured, serving }
    }

    /// The settings of a server that asks this model, and waits for it for so many seconds.
    pub fn settings(&self, timeout_seconds: u64) -> Settings {
        Settings {
            assessment_engine: Some("openai".into()),
            assessment_url: Some(self.base.parse().expect("a url")),
            assessment_model: Some("test-model".into()),
            assessment_api_key: Some(secrecy::SecretString::from("sk-very-secret")),
            assessment_timeout_seconds: Some(timeout_seconds),
            ..Settings::default()
        }
    }

    /// Says some more.
    pub fn says(&self, text: &str) {
        self.told.send(Some(text.into())).expect("the endpoint runs");
    }

    /// Has said everything.
    pub fn is_done(&self) {
        self.told.send(None).expect("the endpoint runs");
    }

    /// How many bytes of an answer without an end it got rid of.
    pub fn poured(&self) -> usize {
        self.poured.load(Ordering::Relaxed)
    }

    /// What it was asked so far.
    pub async fn asked(&self) -> Vec<Value> {
        self.asked.lock().await.clone()
    }
}

impl Drop for Model {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

impl Inner {
    /// Says the same again and again, and counts it.
    fn pours(&self, text: String) -> impl futures_util::Stream<Item = String> + Send + use<> {
        let poured = Arc::clone(&self.poured);
        stream::repeat(text).inspect(move |text| {
            poured.fetch_add(text.len(), Ordering::Relaxed);
        })
    }
}

async fn complete(State(inner): State<Inner>, body: Bytes) -> Response {
    let mut asked = inner.asked.lock().await;
    asked.push(serde_json::from_slice(&body).unwrap_or_default());
    let times = asked.len().to_string();
    drop(asked);
    match inner.temper.clone() {
        Temper::Says(text) => {
            let text = text.replace("{asked}", &times);
            events(stream::iter([delta(&text), "data: [DONE]\n\n".to_owned()]))
        }
        Temper::AsTold => {
            let words = inner.told.lock().await.take().expect("one question at a time");
            let words =
                UnboundedReceiverStream::new(words).take_while(|word| std::future::ready(word.is_some()));
            let deltas = words.map(|word| delta(&word.unwrap_or_default()));
            events(deltas.chain(stream::iter(["data: [DONE]\n\n".to_owned()])))
        }
        Temper::Status(status) => StatusCode::from_u16(status).expect("a status").into_response(),
        Temper::Hangs => std::future::pending().await,
        Temper::Drips => events(stream::iter([delta("Likely")]).chain(stream::pending())),
        Temper::Html => ([(header::CONTENT_TYPE, "text/html")], "<h1>It works!</h1>").into_response(),
        Temper::Nonsense => {
            events(stream::iter(["data: {\"choices\": 7}\n\n".to_owned(), "data: [[[[\n\n".to_owned()]))
        }
        Temper::Endless => events(inner.pours(delta(&"blah ".repeat(200)))),
        Temper::Comments => events(inner.pours(format!(":{}\n", " blah".repeat(200)))),
        Temper::Gigabytes => {
            let body = stream::once(async { "{\"choices\": \"".to_owned() })
                .chain(inner.pours("a".repeat(64 * 1024)));
            let body = Body::from_stream(body.map(Ok::<_, Infallible>));
            let head = [(header::CONTENT_TYPE, "application/json"), (header::CONTENT_LENGTH, "1073741824")];
            (head, body).into_response()
        }
        Temper::Deep => ([(header::CONTENT_TYPE, "application/json")], "[".repeat(10_000)).into_response(),
        Temper::Packed => {
            let head = [(header::CONTENT_TYPE, "application/json"), (header::CONTENT_ENCODING, "gzip")];
            (head, [&[0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3][..], &vec![0; 64 * 1024]].concat()).into_response()
        }
        Temper::Redirects(to) => (StatusCode::FOUND, [(header::LOCATION, to)]).into_response(),
    }
}

fn delta(text: &str) -> String {
    format!("data: {}\n\n", json!({"choices": [{"delta": {"content": text}}]}))
}

fn events(events: impl futures_util::Stream<Item = String> + Send + 'static) -> Response {
    let body = Body::from_stream(events.map(Ok::<_, Infallible>));
    ([(header::CONTENT_TYPE, "text/event-stream")], body).into_response()
}
