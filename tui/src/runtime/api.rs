//! The way to the server: one request an answer, over one HTTP client.

mod door;

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
use tierup_common::trim::bare;
use tierup_common::user::{LogIn, LoggedIn, Me, User};

use crate::effect::{Call, Ticket, Watch};
use crate::event::{Answer, Failure, Lost};
use crate::runtime::api::door::Door;

pub use door::ANSWER_TIME;

/// A change whose answer was lost is sent again, with the same key, for so long.
const TRY_FOR: Duration = Duration::from_secs(10);
/// Messages that a session comes with: those that are shown first, and a few screens more.
const NEWEST: u32 = 50;

/// The way to a server, as one user. Clones share its connections.
#[derive(Clone)]
pub struct Api {
    door: Door,
    token: SecretString,
    /// Names this run of the program in idempotency keys.
    run: Arc<str>,
    /// Counts the changes that were asked for without a ticket.
    changes: Arc<AtomicU64>,
}

/// Why there is no way to a server.
#[derive(Debug, thiserror::Error)]
pub enum ApiError {
    /// The address is not one.
    #[error("{0:?} is not the address of a server\nhint: it looks like http://127.0.0.1:7890")]
    Address(String),
    /// The address says who comes. It is not repeated: there may be a password in it.
    #[error(
        "the address of a server takes no user and no password\nhint: it looks like http://127.0.0.1:7890; `tierup login` asks who you are"
    )]
    Userinfo,
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

/// Why there is no token.
#[derive(Debug, thiserror::Error)]
pub enum LogInError {
    /// There is no way to the server.
    #[error(transparent)]
    Api(#[from] ApiError),
    /// The server was not reached, or said no.
    #[error(transparent)]
    Failure(#[from] Failure),
}

impl Api {
    /// The way to the server at this address, with this token.
    pub fn new(server: &str, token: SecretString) -> Result<Self, ApiError> {
        let door = Door::new(server)?;
        let bare = bare(token.expose_secret());
        let bare = (bare.len() < token.expose_secret().len()).then(|| SecretString::from(bare));
        let token = bare.unwrap_or(token);
        if !token.expose_secret().bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(ApiError::Token);
        }
        let mut run = [0; 8];
        getrandom::fill(&mut run).map_err(ApiError::Random)?;
        let run = format!("{:016x}", u64::from_be_bytes(run)).into();
        Ok(Self { door, token, run, changes: Arc::default() })
    }

    /// The way to the server at this address, with a token that it gives for an email address and a password; its
    /// answers take at most so long, this first one too.
    pub async fn log_in(
        server: &str,
        credentials: &LogIn,
        answer_time: Duration,
    ) -> Result<(LoggedIn, Self), LogInError> {
        let door = Door::new(server)?.within(answer_time);
        let request = json(door.request(Method::POST, &route::LOGIN.path(&[])), credentials)?;
        let given: LoggedIn = door.fetch(request).await?;
        let api = Self::new(server, SecretString::from(given.token.clone()))?.within(answer_time);
        Ok((given, api))
    }

    /// The same way, whose answers take at most so long.
    #[must_use]
    pub fn within(self, answer_time: Duration) -> Self {
        Self { door: self.door.within(answer_time), ..self }
    }

    /// The way to the same server, as another user.
    #[must_use]
    pub fn with_token(&self, token: SecretString) -> Self {
        Self { token, ..self.clone() }
    }

    /// The same way, which goes on where another of the same program was: what is asked again counts as asked before.
    #[must_use]
    pub(super) fn after(self, before: &Self) -> Self {
        Self { run: Arc::clone(&before.run), ..self }
    }

    /// How long an answer may take.
    pub const fn answer_time(&self) -> Duration {
        self.door.answer_time
    }

    /// This moment, by the server's clock, as far as its answers have said.
    pub fn server_now(&self) -> Timestamp {
        self.door.server_now()
    }

    /// Waits until the server answers anything: then trying again makes sense.
    pub(super) async fn answers(&self) {
        self.door.answers.notified().await;
    }

    /// Waits until the server does not answer something in time: then what is quiet may be dead.
    pub(super) async fn falls_silent(&self) {
        self.door.silences.notified().await;
    }

    /// The server's address, as it names what is kept for it on this machine.
    pub fn server(&self) -> &str {
        self.door.server.as_str().trim_end_matches('/')
    }

    /// Asks a question. A change whose answer is lost is sent again with the same key, so that it is done once.
    pub async fn ask(&self, ticket: Ticket, call: &Call) -> Result<Answer, Failure> {
        let key = format!("{}-{}", self.run, ticket.0);
        if !changes_something(call) {
            return self.ask_once(call, &key).await;
        }
        let mut patience = Patience::new(Unsent::SendAgain);
        loop {
            let result = self.ask_once(call, &key).await;
            if !patience.asks_again(result.as_ref().err()).await {
                return result;
            }
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
            Call::Search { state, words } => {
                let request = self.get(&route::ESCALATIONS.path(&[]));
                let request = request.query(&queue_query(*state, None)).query(&[("q", words)]);
                self.fetch(request).await.map(Answer::Queue)
            }
            Call::OwnSessions(status) => {
                let query = [("status", status.word()), ("mine", "true"), ("limit", "200")];
                let request = self.get(&route::SESSIONS.path(&[])).query(&query);
                self.fetch(request).await.map(Answer::Sessions)
            }
            Call::Handoff(id) => self.fetch(self.get(&route::HANDOFF.path(&[id]))).await.map(Answer::Handoff),
            Call::Session(id) => {
                let request = self.get(&route::SESSION.path(&[id])).query(&[("last", NEWEST)]);
                self.fetch(request).await.map(Answer::Session)
            }
            Call::Messages { session, before } => {
                let request = self.get(&route::MESSAGES.path(&[session]));
                let request = request.query(&[("before", *before), ("limit", limit::PAGE)]);
                self.fetch(request).await.map(Answer::Messages)
            }
            Call::Claim(id) => self.fetch(post(route::CLAIM, id)).await.map(Answer::Handoff),
            Call::Release { handoff, reason } => {
                let body = Release { reason: reason.clone() };
                self.fetch(json(post(route::RELEASE, handoff), &body)?).await.map(Answer::Handoff)
            }
            Call::Reassess(id) => self.fetch(post(route::REASSESS, id)).await.map(Answer::Handoff),
            Call::Users => {
                let users = self.fetch::<Items<User>>(self.get(&route::USERS.path(&[]))).await;
                users.map(|users| Answer::Users(users.items))
            }
            Call::Assign { handoff, to } => {
                let body = Assign { user_id: *to };
                self.fetch(json(post(route::ASSIGN, handoff), &body)?).await.map(Answer::Handoff)
            }
            Call::SendBack { handoff, question } => {
                let body = SendBack { question: question.clone() };
                self.fetch(json(post(route::SEND_BACK, handoff), &body)?).await.map(Answer::Handoff)
            }
            Call::PutStep { handoff, step, outcome } => {
                let request = self.request(Method::PUT, &route::STEP.path(&[handoff, step]));
                self.fetch(json(request, &PutStep { outcome: *outcome })?).await.map(Answer::Step)
            }
            Call::PutBranch { session, branch, request: body } => {
                let request = self.request(Method::PUT, &route::BRANCH.path(&[session, branch]));
                self.fetch(json(request, body)?).await.map(Answer::Branch)
            }
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
        self.change(Method::POST, &route::CLAIM.path(&[&handoff]), None::<&()>).await
    }

    /// Asks for anything that is read, with a query.
    pub async fn read<T: DeserializeOwned>(
        &self,
        path: &str,
        query: &(impl Serialize + Sync),
    ) -> Result<T, Failure> {
        self.fetch(self.get(path).query(query)).await
    }

    /// Asks for any change. One whose answer is lost is sent again with the same key, so that it is made once.
    pub async fn change<T: DeserializeOwned>(
        &self,
        method: Method,
        path: &str,
        body: Option<&(impl Serialize + Sync)>,
    ) -> Result<T, Failure> {
        let number = self.changes.fetch_add(1, Ordering::Relaxed);
        let key = format!("{}-change-{number}", self.run);
        let mut patience = Patience::new(Unsent::GiveUp);
        loop {
            let request = self.request(method.clone(), path).header("idempotency-key", &key);
            let request = match body {
                Some(body) => json(request, body)?,
                None => request,
            };
            let result = self.fetch(request).await;
            if !patience.asks_again(result.as_ref().err()).await {
                return result;
            }
        }
    }

    /// Opens an event stream: the team's, or one narrowed.
    pub(super) async fn stream(&self, watch: Option<Watch>, after: Option<Seq>) -> Result<Response, Failure> {
        let narrow = match watch {
            Some(Watch::Handoff(id)) => Some(("handoff_id", id.to_string())),
            Some(Watch::Session(id)) => Some(("session_id", id.to_string())),
            None => None,
        };
        let mut request = self.request(Method::GET, route::STREAM.0);
        request = request.query(narrow.as_slice()).query(&[("caught_up", true)]);
        if let Some(after) = after {
            request = request.header("last-event-id", after.to_string());
        }
        self.door.open(request).await
    }

    fn get(&self, path: &str) -> RequestBuilder {
        self.request(Method::GET, path)
    }

    fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let request = self.door.request(method, path);
        match HeaderValue::from_str(&format!("Bearer {}", self.token.expose_secret())) {
            Ok(mut value) => {
                value.set_sensitive(true);
                request.header(AUTHORIZATION, value)
            }
            Err(_) => request,
        }
    }

    async fn fetch<T: DeserializeOwned>(&self, request: RequestBuilder) -> Result<T, Failure> {
        self.door.fetch(request).await
    }
}

/// What is done about a request that found no server at all: nothing can have come of it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Unsent {
    /// The server may be starting anew, and the user sees that one tries.
    SendAgain,
    /// A script is told at once.
    GiveUp,
}

/// How long one goes on asking for an answer that is lost.
struct Patience {
    unsent: Unsent,
    end: tokio::time::Instant,
    pause: Duration,
}

impl Patience {
    fn new(unsent: Unsent) -> Self {
        let end = tokio::time::Instant::now() + TRY_FOR;
        Self { unsent, end, pause: Duration::from_millis(200) }
    }

    /// Whether to ask once more, after a pause that has passed then.
    async fn asks_again(&mut self, failure: Option<&Failure>) -> bool {
        let is_lost = match failure {
            Some(Failure::Unreachable(Lost::NoConnection)) => self.unsent == Unsent::SendAgain,
            Some(Failure::Unreachable(Lost::TooLong | Lost::Other(_))) => true,
            Some(Failure::Problem(problem)) => problem.status >= 500 || problem.status == 429,
            Some(Failure::Nonsense(_)) | None => false,
        };
        if !is_lost || tokio::time::Instant::now() + self.pause >= self.end {
            return false;
        }
        tokio::time::sleep(self.pause).await;
        self.pause *= 2;
        true
    }
}

/// A list that is whole.
#[derive(Deserialize)]
struct Items<T> {
    items: Vec<T>,
}

const fn changes_something(call: &Call) -> bool {
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
