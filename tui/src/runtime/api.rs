//! The way to the server: one request an answer, over one HTTP client.

use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt;
use reqwest::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderValue};
use reqwest::{Method, RequestBuilder, Response, StatusCode, Url};
use secrecy::{ExposeSecret, SecretString};
use serde::Serialize;
use serde::de::DeserializeOwned;
use tierup_common::handoff::{Handoff, QueueState, Release};
use tierup_common::id::{HandoffRef, Seq};
use tierup_common::limit;
use tierup_common::problem::{self, Problem};
use tierup_common::route::{self, Route};
use tierup_common::user::Me;

use crate::effect::{Call, Ticket, Watch};
use crate::event::{Answer, Failure};

/// An answer takes at most so long.
const ANSWER_TIME: Duration = Duration::from_secs(15);
/// A stream that says nothing for so long is dead: the server sends a sign of life every 15 s.
const SILENCE: Duration = Duration::from_secs(45);
/// A change whose answer was lost is sent again, with the same key, for so long.
const TRY_FOR: Duration = Duration::from_secs(10);
/// An answer, in bytes, at most: 200 handoffs with all their limits used, and room.
const LARGEST: usize = 64 * 1024 * 1024;

/// The way to a server, as one user. Clones share its connections.
#[derive(Clone)]
pub struct Api {
    http: reqwest::Client,
    server: Url,
    token: SecretString,
    /// Names this run of the program in idempotency keys.
    run: Arc<str>,
}

/// Why there is no way to a server.
#[derive(Debug, thiserror::Error)]
pub enum ApiError {
    /// The address is not one.
    #[error("{0:?} is not the address of a server\nhint: it looks like http://127.0.0.1:7890")]
    Address(String),
    /// The token cannot be sent.
    #[error("the token has characters that no token has\nhint: it looks like tup_… and is one word")]
    Token,
    /// The client cannot be built.
    #[error("http client: {0}")]
    Client(#[from] reqwest::Error),
    /// The machine has no randomness to give.
    #[error("no randomness: {0}")]
    Random(getrandom::Error),
}

impl Api {
    /// The way to the server at this address, with this token.
    pub fn new(server: &str, token: SecretString) -> Result<Self, ApiError> {
        let address = || ApiError::Address(server.to_owned());
        let mut url: Url = server.parse().map_err(|_| address())?;
        if !matches!(url.scheme(), "http" | "https") || !url.has_host() {
            return Err(address());
        }
        url.set_path("/");
        HeaderValue::from_str(token.expose_secret()).map_err(|_| ApiError::Token)?;
        let roots = webpki_roots::TLS_SERVER_ROOTS.iter().cloned().collect::<rustls::RootCertStore>();
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let tls = rustls::ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map(|builder| builder.with_root_certificates(roots).with_no_client_auth());
        let mut builder = reqwest::Client::builder()
            .connect_timeout(Duration::from_secs(5))
            .read_timeout(SILENCE)
            .redirect(reqwest::redirect::Policy::none())
            .user_agent(concat!("tierup/", env!("CARGO_PKG_VERSION")));
        if let Ok(tls) = tls {
            builder = builder.tls_backend_preconfigured(tls);
        }
        let mut run = [0; 8];
        getrandom::fill(&mut run).map_err(ApiError::Random)?;
        let run = format!("{:016x}", u64::from_be_bytes(run)).into();
        Ok(Self { http: builder.build()?, server: url, token, run })
    }

    /// The way to the same server, as another user.
    #[must_use]
    pub fn with_token(&self, token: SecretString) -> Self {
        Self { token, ..self.clone() }
    }

    /// The server's address, as it names what is kept for it on this machine.
    pub fn server(&self) -> &str {
        self.server.as_str().trim_end_matches('/')
    }

    /// Asks a question. A change whose answer is lost is sent again with the same key, so that it is done once.
    pub async fn ask(&self, ticket: Ticket, call: &Call) -> Result<Answer, Failure> {
        let key = format!("{}-{}", self.run, ticket.0);
        let end = tokio::time::Instant::now() + TRY_FOR;
        let mut pause = Duration::from_millis(200);
        loop {
            let result = self.ask_once(call, &key).await;
            let is_lost = match &result {
                Err(Failure::Unreachable(_)) => true,
                Err(Failure::Problem(problem)) => problem.status >= 500 || problem.status == 429,
                Err(Failure::Nonsense(_)) | Ok(_) => false,
            };
            if !is_lost || !changes_something(call) || tokio::time::Instant::now() + pause >= end {
                return result;
            }
            tokio::time::sleep(pause).await;
            pause *= 2;
        }
    }

    async fn ask_once(&self, call: &Call, key: &str) -> Result<Answer, Failure> {
        let post = |route: Route, id: &(dyn std::fmt::Display + Sync)| {
            self.request(Method::POST, &route.path(&[id])).header("idempotency-key", key)
        };
        match call {
            Call::Me => self.fetch::<Me>(self.get(&route::ME.path(&[]))).await.map(Answer::Me),
            Call::Queue { state, cursor } => {
                let request = self.get(&route::ESCALATIONS.path(&[]));
                let request = request.query(&queue_query(*state, cursor.as_deref()));
                self.fetch(request).await.map(Answer::Queue)
            }
            Call::Parked => {
                let query = [("status", "paused"), ("mine", "true"), ("limit", "200")];
                let request = self.get(&route::SESSIONS.path(&[])).query(&query);
                self.fetch(request).await.map(Answer::Sessions)
            }
            Call::Handoff(id) => self.fetch(self.get(&route::HANDOFF.path(&[id]))).await.map(Answer::Handoff),
            Call::Session(id) => self.fetch(self.get(&route::SESSION.path(&[id]))).await.map(Answer::Session),
            Call::Claim(id) => self.fetch(post(route::CLAIM, id)).await.map(Answer::Handoff),
            Call::Release { handoff, reason } => {
                let body = Release { reason: reason.clone() };
                self.fetch(json(post(route::RELEASE, handoff), &body)?).await.map(Answer::Handoff)
            }
            Call::Reassess(id) => self.fetch(post(route::REASSESS, id)).await.map(Answer::Handoff),
            Call::CreateSession(body) => {
                self.fetch(json(post(route::SESSIONS, &""), body)?).await.map(Answer::Session)
            }
            Call::Say { session, message } => {
                self.fetch(json(post(route::MESSAGES, session), message)?).await.map(Answer::Message)
            }
            Call::HandOff { session, request } => {
                self.fetch(json(post(route::HAND_OFF, session), request)?).await.map(Answer::Handoff)
            }
            Call::Resume(id) => self.fetch(post(route::RESUME, id)).await.map(Answer::Session),
            Call::Resolve { session, request } => {
                self.fetch(json(post(route::RESOLVE, session), request)?).await.map(Answer::Session)
            }
        }
    }

    /// Who the token belongs to: also the way to find out whether it works.
    pub async fn me(&self) -> Result<Me, Failure> {
        self.fetch(self.get(&route::ME.path(&[]))).await
    }

    /// Claims a handoff by id or number.
    pub async fn claim(&self, handoff: HandoffRef) -> Result<Handoff, Failure> {
        let key = format!("{}-claim-{handoff}", self.run);
        let request =
            self.request(Method::POST, &route::CLAIM.path(&[&handoff])).header("idempotency-key", key);
        self.fetch(request).await
    }

    /// Any other request of the API, with or without a body.
    pub async fn send<T: DeserializeOwned>(
        &self,
        method: Method,
        path: &str,
        body: Option<&(impl Serialize + Sync)>,
    ) -> Result<T, Failure> {
        let request = self.request(method, path);
        let request = match body {
            Some(body) => json(request, body)?,
            None => request,
        };
        self.fetch(request).await
    }

    /// Opens an event stream: the team's, or one narrowed.
    pub(super) async fn stream(&self, watch: Option<Watch>, after: Option<Seq>) -> Result<Response, Failure> {
        let narrow = match watch {
            Some(Watch::Handoff(id)) => Some(("handoff_id", id.to_string())),
            Some(Watch::Session(id)) => Some(("session_id", id.to_string())),
            None => None,
        };
        let mut request = self.request(Method::GET, route::STREAM.0).header(ACCEPT, "text/event-stream");
        request = request.query(narrow.as_slice());
        if let Some(after) = after {
            request = request.header("last-event-id", after.to_string());
        }
        let answer = tokio::time::timeout(ANSWER_TIME, request.send()).await;
        let response = answer
            .map_err(|_| Failure::Unreachable("the server took too long".into()))?
            .map_err(|error| unreachable(&error))?;
        if response.status() == StatusCode::OK {
            return Ok(response);
        }
        Err(refusal(response).await)
    }

    fn get(&self, path: &str) -> RequestBuilder {
        self.request(Method::GET, path).timeout(ANSWER_TIME)
    }

    fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let mut url = self.server.clone();
        url.set_path(path);
        let request = self.http.request(method, url);
        match HeaderValue::from_str(&format!("Bearer {}", self.token.expose_secret())) {
            Ok(mut value) => {
                value.set_sensitive(true);
                request.header(AUTHORIZATION, value)
            }
            Err(_) => request,
        }
    }

    async fn fetch<T: DeserializeOwned>(&self, request: RequestBuilder) -> Result<T, Failure> {
        let response = request.timeout(ANSWER_TIME).send().await.map_err(|error| unreachable(&error))?;
        if !response.status().is_success() {
            return Err(refusal(response).await);
        }
        let body = read(response).await?;
        serde_json::from_slice(&body)
            .map_err(|_| Failure::Nonsense("the server's answer is not one of tierup's".into()))
    }
}

const fn changes_something(call: &Call) -> bool {
    match call {
        Call::Me | Call::Queue { .. } | Call::Parked | Call::Handoff(_) | Call::Session(_) => false,
        Call::Claim(_)
        | Call::Release { .. }
        | Call::Reassess(_)
        | Call::CreateSession(_)
        | Call::Say { .. }
        | Call::HandOff { .. }
        | Call::Resume(_)
        | Call::Resolve { .. } => true,
    }
}

fn queue_query(state: QueueState, cursor: Option<&str>) -> Vec<(&'static str, String)> {
    let mut query = vec![("state", state.word().to_owned()), ("limit", limit::PAGE.to_string())];
    if let Some(cursor) = cursor {
        query.push(("cursor", cursor.to_owned()));
    }
    query
}

fn json(request: RequestBuilder, body: &impl Serialize) -> Result<RequestBuilder, Failure> {
    let body = serde_json::to_vec(body).map_err(|error| Failure::Nonsense(error.to_string()))?;
    Ok(request.header(CONTENT_TYPE, "application/json").body(body))
}

/// Why a server said no: its problem, or what can be said without one.
async fn refusal(response: Response) -> Failure {
    let status = response.status();
    let is_problem = response
        .headers()
        .get(CONTENT_TYPE)
        .is_some_and(|kind| kind.as_bytes() == problem::CONTENT_TYPE.as_bytes());
    let body = read(response).await;
    match body.map(|body| serde_json::from_slice::<Problem>(&body)) {
        Ok(Ok(problem)) if is_problem => Failure::Problem(Box::new(problem)),
        Ok(_) if status.is_server_error() => {
            Failure::Unreachable(format!("the server, or a proxy before it, answered {status}"))
        }
        Ok(_) => Failure::Nonsense(format!("this is no tierup server: it answered {status}")),
        Err(failure) => failure,
    }
}

/// Reads a body up to a size that no honest answer has.
async fn read(response: Response) -> Result<Vec<u8>, Failure> {
    let mut body = Vec::new();
    let mut chunks = response.bytes_stream();
    while let Some(chunk) = chunks.next().await {
        let chunk = chunk.map_err(|error| unreachable(&error))?;
        if body.len() + chunk.len() > LARGEST {
            return Err(Failure::Nonsense("the server's answer is far too large".into()));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

/// Why a server was not reached, in a few words and without the address, which the user knows.
fn unreachable(error: &reqwest::Error) -> Failure {
    let why = if error.is_timeout() {
        "the server took too long"
    } else if error.is_connect() {
        "the server cannot be reached"
    } else {
        "the connection broke off"
    };
    Failure::Unreachable(why.into())
}
