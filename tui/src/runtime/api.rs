//! The way to the server: one request an answer, over one HTTP client.

mod http;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, HeaderValue};
use reqwest::{Method, RequestBuilder, Response};
use secrecy::{ExposeSecret, SecretString};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use tierup_common::handoff::{Assign, Handoff, PutStep, QueueState, Release, SendBack};
use tierup_common::id::{HandoffRef, Seq};
use tierup_common::limit;
use tierup_common::route::{self, Route};
use tierup_common::time::Timestamp;
use tierup_common::trim::trim_value;
use tierup_common::user::{LogIn, LoggedIn, Me, User};

use crate::effect::{Call, CallId, StreamFilter};
use crate::event::{CallError, ReplyBody, TransportError};
use crate::runtime::api::http::HttpClient;

pub use http::DEFAULT_RESPONSE_TIMEOUT;

/// A change whose answer was lost is sent again, with the same key, for so long.
const RETRY_FOR: Duration = Duration::from_secs(10);
/// Messages that a session comes with: those that are shown first, and a few screens more.
const NEWEST_MESSAGES: u32 = 50;

/// The way to a server, as one user. Clones share its connections.
#[derive(Clone)]
pub struct ApiClient {
    http: HttpClient,
    token: SecretString,
    /// Names this run of the program in idempotency keys.
    run_id: Arc<str>,
    /// Counts the changes that were asked for without a ticket.
    change_counter: Arc<AtomicU64>,
}

/// Why there is no way to a server.
#[derive(Debug, thiserror::Error)]
pub enum ApiError {
    /// The address is not one.
    #[error("{0:?} is not the address of a server\nhint: it looks like http://127.0.0.1:7890")]
    InvalidAddress(String),
    /// The address says who comes. It is not repeated: there may be a password in it.
    #[error(
        "the address of a server takes no user and no password\nhint: it looks like http://127.0.0.1:7890; `tierup login` asks who you are"
    )]
    AddressHasUserinfo,
    /// The token cannot be sent.
    #[error("the token has characters that no token has\nhint: it looks like tup_… and is one word")]
    InvalidToken,
    /// The client cannot be built.
    #[error("http client: {0}")]
    Client(#[from] reqwest::Error),
    /// The machine has no randomness to give.
    #[error("no randomness: {0}")]
    Randomness(getrandom::Error),
}

/// Why there is no token.
#[derive(Debug, thiserror::Error)]
pub enum LogInError {
    /// There is no way to the server.
    #[error(transparent)]
    Api(#[from] ApiError),
    /// The server was not reached, or said no.
    #[error(transparent)]
    Call(#[from] CallError),
}

impl ApiClient {
    /// The way to the server at this address, with this token.
    pub fn new(server: &str, token: SecretString) -> Result<Self, ApiError> {
        let door = HttpClient::new(server)?;
        let bare = trim_value(token.expose_secret());
        let bare = (bare.len() < token.expose_secret().len()).then(|| SecretString::from(bare));
        let token = bare.unwrap_or(token);
        if !token.expose_secret().bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(ApiError::InvalidToken);
        }
        let mut run = [0; 8];
        getrandom::fill(&mut run).map_err(ApiError::Randomness)?;
        let run = format!("{:016x}", u64::from_be_bytes(run)).into();
        Ok(Self { http: door, token, run_id: run, change_counter: Arc::default() })
    }

    /// The way to the server at this address, with a token that it gives for an email address and a password; its
    /// answers take at most so long, this first one too.
    pub async fn log_in(
        server: &str,
        credentials: &LogIn,
        answer_time: Duration,
    ) -> Result<(LoggedIn, Self), LogInError> {
        let door = HttpClient::new(server)?.with_timeout(answer_time);
        let request = with_json_body(door.request(Method::POST, &route::LOGIN.path(&[])), credentials)?;
        let given: LoggedIn = door.fetch(request).await?;
        let api = Self::new(server, SecretString::from(given.token.clone()))?.with_timeout(answer_time);
        Ok((given, api))
    }

    /// The same way, whose answers take at most so long.
    #[must_use]
    pub fn with_timeout(self, answer_time: Duration) -> Self {
        Self { http: self.http.with_timeout(answer_time), ..self }
    }

    /// The way to the same server, as another user.
    #[must_use]
    pub fn with_token(&self, token: SecretString) -> Self {
        Self { token, ..self.clone() }
    }

    /// The same way, which goes on where another of the same program was: what is asked again counts as asked before.
    #[must_use]
    pub(super) fn with_run_of(self, before: &Self) -> Self {
        Self { run_id: Arc::clone(&before.run_id), ..self }
    }

    /// How long an answer may take.
    pub const fn response_timeout(&self) -> Duration {
        self.http.response_timeout
    }

    /// This moment, by the server's clock, as far as its answers have said.
    pub fn server_now(&self) -> Timestamp {
        self.http.server_now()
    }

    /// Waits until the server answers anything: then trying again makes sense.
    pub(super) async fn wait_for_response(&self) {
        self.http.responses.notified().await;
    }

    /// Waits until the server does not answer something in time: then what is quiet may be dead.
    pub(super) async fn wait_for_timeout(&self) {
        self.http.timeouts.notified().await;
    }

    /// The server's address, as it names what is kept for it on this machine.
    pub fn server_url(&self) -> &str {
        self.http.base_url.as_str().trim_end_matches('/')
    }

    /// Asks a question. A change whose answer is lost is sent again with the same key, so that it is done once.
    pub async fn call(&self, call_id: CallId, call: &Call) -> Result<ReplyBody, CallError> {
        let key = format!("{}-{}", self.run_id, call_id.0);
        if !is_mutation(call) {
            return self.call_once(call, &key).await;
        }
        let mut patience = RetryPolicy::new(OnUnreachable::Retry);
        loop {
            let result = self.call_once(call, &key).await;
            if !patience.wait_before_retry(result.as_ref().err()).await {
                return result;
            }
        }
    }

    async fn call_once(&self, call: &Call, key: &str) -> Result<ReplyBody, CallError> {
        let post = |route: Route, id: &(dyn std::fmt::Display + Sync)| {
            self.request(Method::POST, &route.path(&[id])).header("idempotency-key", key)
        };
        match call {
            Call::Me => self.fetch::<Me>(self.get(&route::ME.path(&[]))).await.map(ReplyBody::Me),
            Call::Queue { state, cursor } => {
                let request = self.get(&route::ESCALATIONS.path(&[]));
                let request = request.query(&queue_query(*state, cursor.as_deref()));
                self.fetch(request).await.map(ReplyBody::Queue)
            }
            Call::Search { state, query: words } => {
                let request = self.get(&route::ESCALATIONS.path(&[]));
                let request = request.query(&queue_query(*state, None)).query(&[("q", words)]);
                self.fetch(request).await.map(ReplyBody::Queue)
            }
            Call::OwnSessions(status) => {
                let query = [("status", status.as_str()), ("mine", "true"), ("limit", "200")];
                let request = self.get(&route::SESSIONS.path(&[])).query(&query);
                self.fetch(request).await.map(ReplyBody::Sessions)
            }
            Call::Handoff(id) => {
                self.fetch(self.get(&route::HANDOFF.path(&[id]))).await.map(ReplyBody::Handoff)
            }
            Call::Session(id) => {
                let request = self.get(&route::SESSION.path(&[id])).query(&[("last", NEWEST_MESSAGES)]);
                self.fetch(request).await.map(ReplyBody::Session)
            }
            Call::Messages { session_id: session, before_seq: before } => {
                let request = self.get(&route::MESSAGES.path(&[session]));
                let request = request.query(&[("before", *before), ("limit", limit::PAGE)]);
                self.fetch(request).await.map(ReplyBody::Messages)
            }
            Call::Claim(id) => self.fetch(post(route::CLAIM, id)).await.map(ReplyBody::Handoff),
            Call::Release { handoff_id: handoff, reason } => {
                let body = Release { reason: reason.clone() };
                self.fetch(with_json_body(post(route::RELEASE, handoff), &body)?)
                    .await
                    .map(ReplyBody::Handoff)
            }
            Call::Reassess(id) => self.fetch(post(route::REASSESS, id)).await.map(ReplyBody::Handoff),
            Call::Users => {
                let users = self.fetch::<ItemList<User>>(self.get(&route::USERS.path(&[]))).await;
                users.map(|users| ReplyBody::Users(users.items))
            }
            Call::Assign { handoff_id: handoff, to } => {
                let body = Assign { user_id: *to };
                self.fetch(with_json_body(post(route::ASSIGN, handoff), &body)?).await.map(ReplyBody::Handoff)
            }
            Call::SendBack { handoff_id: handoff, question } => {
                let body = SendBack { question: question.clone() };
                self.fetch(with_json_body(post(route::SEND_BACK, handoff), &body)?)
                    .await
                    .map(ReplyBody::Handoff)
            }
            Call::PutStep { handoff_id: handoff, step_id: step, outcome } => {
                let request = self.request(Method::PUT, &route::STEP.path(&[handoff, step]));
                self.fetch(with_json_body(request, &PutStep { outcome: *outcome })?)
                    .await
                    .map(ReplyBody::Step)
            }
            Call::PutBranch { session_id: session, branch_id: branch, request: body } => {
                let request = self.request(Method::PUT, &route::BRANCH.path(&[session, branch]));
                self.fetch(with_json_body(request, body)?).await.map(ReplyBody::Branch)
            }
            Call::CreateSession(body) => {
                self.fetch(with_json_body(post(route::SESSIONS, &""), body)?).await.map(ReplyBody::Session)
            }
            Call::CreateMessage { session_id: session, message } => self
                .fetch(with_json_body(post(route::MESSAGES, session), message)?)
                .await
                .map(ReplyBody::Message),
            Call::HandOff { session_id: session, request } => self
                .fetch(with_json_body(post(route::HAND_OFF, session), request)?)
                .await
                .map(ReplyBody::Handoff),
            Call::Resume(id) => self.fetch(post(route::RESUME, id)).await.map(ReplyBody::Session),
            Call::Resolve { session_id: session, request } => self
                .fetch(with_json_body(post(route::RESOLVE, session), request)?)
                .await
                .map(ReplyBody::Session),
        }
    }

    /// Who the token belongs to: also the way to find out whether it works.
    pub async fn me(&self) -> Result<Me, CallError> {
        self.fetch(self.get(&route::ME.path(&[]))).await
    }

    /// Claims a handoff by id or number.
    pub async fn claim(&self, handoff: HandoffRef) -> Result<Handoff, CallError> {
        self.mutate(Method::POST, &route::CLAIM.path(&[&handoff]), None::<&()>).await
    }

    /// Asks for anything that is read, with a query.
    pub async fn query<T: DeserializeOwned>(
        &self,
        path: &str,
        query: &(impl Serialize + Sync),
    ) -> Result<T, CallError> {
        self.fetch(self.get(path).query(query)).await
    }

    /// Asks for any change. One whose answer is lost is sent again with the same key, so that it is made once.
    pub async fn mutate<T: DeserializeOwned>(
        &self,
        method: Method,
        path: &str,
        body: Option<&(impl Serialize + Sync)>,
    ) -> Result<T, CallError> {
        let number = self.change_counter.fetch_add(1, Ordering::Relaxed);
        let key = format!("{}-change-{number}", self.run_id);
        let mut patience = RetryPolicy::new(OnUnreachable::GiveUp);
        loop {
            let request = self.request(method.clone(), path).header("idempotency-key", &key);
            let request = match body {
                Some(body) => with_json_body(request, body)?,
                None => request,
            };
            let result = self.fetch(request).await;
            if !patience.wait_before_retry(result.as_ref().err()).await {
                return result;
            }
        }
    }

    /// Opens an event stream: the team's, or one narrowed.
    pub(super) async fn open_stream(
        &self,
        watch: Option<StreamFilter>,
        after: Option<Seq>,
    ) -> Result<Response, CallError> {
        let narrow = match watch {
            Some(StreamFilter::Handoff(id)) => Some(("handoff_id", id.to_string())),
            Some(StreamFilter::Session(id)) => Some(("session_id", id.to_string())),
            None => None,
        };
        let mut request = self.request(Method::GET, route::STREAM.0);
        request = request.query(narrow.as_slice()).query(&[("caught_up", true)]);
        if let Some(after) = after {
            request = request.header("last-event-id", after.to_string());
        }
        self.http.open_stream(request).await
    }

    fn get(&self, path: &str) -> RequestBuilder {
        self.request(Method::GET, path)
    }

    fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let request = self.http.request(method, path);
        match HeaderValue::from_str(&format!("Bearer {}", self.token.expose_secret())) {
            Ok(mut value) => {
                value.set_sensitive(true);
                request.header(AUTHORIZATION, value)
            }
            Err(_) => request,
        }
    }

    async fn fetch<T: DeserializeOwned>(&self, request: RequestBuilder) -> Result<T, CallError> {
        self.http.fetch(request).await
    }
}

/// What is done about a request that found no server at all: nothing can have come of it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum OnUnreachable {
    /// The server may be starting anew, and the user sees that one tries.
    Retry,
    /// A script is told at once.
    GiveUp,
}

/// How long one goes on asking for an answer that is lost.
struct RetryPolicy {
    on_unreachable: OnUnreachable,
    deadline: tokio::time::Instant,
    delay: Duration,
}

impl RetryPolicy {
    fn new(unsent: OnUnreachable) -> Self {
        let end = tokio::time::Instant::now() + RETRY_FOR;
        Self { on_unreachable: unsent, deadline: end, delay: Duration::from_millis(200) }
    }

    /// Whether to ask once more, after a pause that has passed then.
    async fn wait_before_retry(&mut self, failure: Option<&CallError>) -> bool {
        let is_lost = match failure {
            Some(CallError::Unreachable(TransportError::NoConnection)) => {
                self.on_unreachable == OnUnreachable::Retry
            }
            Some(CallError::Unreachable(TransportError::TimedOut | TransportError::Other(_))) => true,
            Some(CallError::Problem(problem)) => problem.status >= 500 || problem.status == 429,
            Some(CallError::InvalidResponse(_)) | None => false,
        };
        if !is_lost || tokio::time::Instant::now() + self.delay >= self.deadline {
            return false;
        }
        tokio::time::sleep(self.delay).await;
        self.delay *= 2;
        true
    }
}

/// A list that is whole.
#[derive(Deserialize)]
struct ItemList<T> {
    items: Vec<T>,
}

const fn is_mutation(call: &Call) -> bool {
    match call {
        Call::Me
        | Call::Queue { .. }
        | Call::Search { .. }
        | Call::OwnSessions(_)
        | Call::Handoff(_)
        | Call::Session(_)
        | Call::Messages { .. }
        | Call::Users => false,
        Call::Claim(_)
        | Call::Release { .. }
        | Call::Reassess(_)
        | Call::Assign { .. }
        | Call::SendBack { .. }
        | Call::PutStep { .. }
        | Call::PutBranch { .. }
        | Call::CreateSession(_)
        | Call::CreateMessage { .. }
        | Call::HandOff { .. }
        | Call::Resume(_)
        | Call::Resolve { .. } => true,
    }
}

fn queue_query(state: QueueState, cursor: Option<&str>) -> Vec<(&'static str, String)> {
    let mut query = vec![("state", state.as_str().to_owned()), ("limit", limit::PAGE.to_string())];
    if let Some(cursor) = cursor {
        query.push(("cursor", cursor.to_owned()));
    }
    query
}

fn with_json_body(request: RequestBuilder, body: &impl Serialize) -> Result<RequestBuilder, CallError> {
    let body = serde_json::to_vec(body).map_err(|error| CallError::InvalidResponse(error.to_string()))?;
    Ok(request.header(CONTENT_TYPE, "application/json").body(body))
}
