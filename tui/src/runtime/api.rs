//! The client of the server's API.

mod error;
mod http;
pub mod requests;
mod retry;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderValue};
use reqwest::{Method, RequestBuilder, Response, Url};
use secrecy::{ExposeSecret, SecretString};
use serde::de::DeserializeOwned;
use tierup_common::route;
use tierup_common::time::Timestamp;
use tierup_common::trim::trim_value;
use tierup_common::user::{LogIn, LoggedIn};

use crate::effect::{Call, CallId, StoryCall, StreamFilter};
use crate::event::{CallError, ReplyBody};
use crate::runtime::api::http::HttpClient;
use crate::runtime::api::requests::ApiRequest;
use crate::runtime::api::retry::{OnUnreachable, RetryPolicy};

pub use error::{ApiError, LogInError};
pub use http::DEFAULT_RESPONSE_TIMEOUT;

/// A server, as one user. Clones share its connections.
#[derive(Clone)]
pub struct ApiClient {
    http: HttpClient,
    token: SecretString,
    /// Names this run of the program in idempotency keys.
    run_id: Arc<str>,
    /// Counts the changes sent with [`ApiClient::send`].
    change_counter: Arc<AtomicU64>,
}

impl ApiClient {
    /// The server at this address, with this token.
    pub fn new(server: &str, token: SecretString) -> Result<Self, ApiError> {
        let http = HttpClient::new(server)?;
        let bare = trim_value(token.expose_secret());
        let bare = (bare.len() < token.expose_secret().len()).then(|| SecretString::from(bare));
        let token = bare.unwrap_or(token);
        if !token.expose_secret().bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(ApiError::InvalidToken);
        }
        let mut run = [0; 8];
        getrandom::fill(&mut run).map_err(ApiError::Randomness)?;
        let run_id = format!("{:016x}", u64::from_be_bytes(run)).into();
        Ok(Self { http, token, run_id, change_counter: Arc::default() })
    }

    /// The server at this address, with a token that it gives for an email address and a password. The timeout counts
    /// for this request too.
    pub async fn log_in(
        server: &str,
        credentials: &LogIn,
        response_timeout: Duration,
    ) -> Result<(LoggedIn, Self), LogInError> {
        let http = HttpClient::new(server)?.with_timeout(response_timeout);
        let request = requests::log_in(credentials);
        let request = with_parts(http.request(request.method.clone(), &request.path), &request);
        let logged_in: LoggedIn = http.fetch(request).await?;
        let api =
            Self::new(server, SecretString::from(logged_in.token.clone()))?.with_timeout(response_timeout);
        Ok((logged_in, api))
    }

    /// The same, with another limit for the time of a response.
    #[must_use]
    pub fn with_timeout(self, response_timeout: Duration) -> Self {
        Self { http: self.http.with_timeout(response_timeout), ..self }
    }

    /// The same server, as another user.
    #[must_use]
    pub fn with_token(&self, token: SecretString) -> Self {
        Self { token, ..self.clone() }
    }

    /// The same, as the continuation of another client of this program: a change that is sent again keeps its key.
    #[must_use]
    pub(super) fn with_run_of(self, before: &Self) -> Self {
        Self { run_id: Arc::clone(&before.run_id), ..self }
    }

    /// How long a response may take.
    pub const fn response_timeout(&self) -> Duration {
        self.http.response_timeout
    }

    /// Now, by the server's clock as its responses have it.
    pub fn server_now(&self) -> Timestamp {
        self.http.server_now()
    }

    /// Waits until the server answers any request: then it is there.
    pub(super) async fn wait_for_response(&self) {
        self.http.responses.notified().await;
    }

    /// Waits until any request times out: then a quiet stream may be dead.
    pub(super) async fn wait_for_timeout(&self) {
        self.http.timeouts.notified().await;
    }

    /// The server's address, as it names what is kept for it on this machine.
    pub fn server_url(&self) -> &str {
        self.http.base_url.as_str().trim_end_matches('/')
    }

    /// Makes one of the console's calls. A change whose answer is lost is sent again with the same idempotency key, so
    /// that it is made once.
    #[expect(clippy::too_many_lines, reason = "a line or two per call")]
    pub async fn call(&self, call_id: CallId, call: &Call) -> Result<ReplyBody, CallError> {
        let key = format!("{}-{}", self.run_id, call_id.0);
        let sender = ConsoleSender { api: self, key };
        match call {
            Call::Me => sender.send(requests::me(), ReplyBody::Me).await,
            Call::Queue { state, cursor } => {
                sender.send(requests::queue(*state, cursor.as_deref()), ReplyBody::Queue).await
            }
            Call::Search { state, query } => {
                sender.send(requests::queue(*state, None).query("q", Some(query)), ReplyBody::Queue).await
            }
            Call::OwnSessions(status) => {
                sender.send(requests::own_sessions(*status), ReplyBody::Sessions).await
            }
            Call::Events { after, before } => {
                sender.send(requests::inbox_events(*after, *before), ReplyBody::Events).await
            }
            Call::History { query, cursor } => {
                sender.send(requests::history(query, cursor.as_deref()), ReplyBody::Sessions).await
            }
            Call::FindHandoff(n) => sender.send(requests::handoff(*n), ReplyBody::Handoff).await,
            Call::FindSession(n) => sender.send(requests::sessions_by_number(*n), ReplyBody::Sessions).await,
            Call::Handoff(id) => sender.send(requests::handoff(*id), ReplyBody::Handoff).await,
            Call::Session(id) => {
                sender.send(requests::session_with_newest_messages(*id), ReplyBody::Session).await
            }
            Call::Messages { session_id, before_seq } => {
                sender.send(requests::messages_before(*session_id, *before_seq), ReplyBody::Messages).await
            }
            Call::Story(call) => sender.send_story_call(*call).await,
            Call::ChangeHandoff { handoff_id, request } => {
                sender.send(requests::change_handoff(*handoff_id, request), ReplyBody::Handoff).await
            }
            Call::Claim(id) => sender.send(requests::claim(*id), ReplyBody::Handoff).await,
            Call::Release { handoff_id, reason } => {
                sender.send(requests::release(*handoff_id, reason.clone()), ReplyBody::Handoff).await
            }
            Call::Reassess(id) => sender.send(requests::reassess(*id), ReplyBody::Handoff).await,
            Call::Users => sender.send(requests::users(), |users| ReplyBody::Users(users.items)).await,
            Call::Assign { handoff_id, request } => {
                sender.send(requests::assign(*handoff_id, request), ReplyBody::Handoff).await
            }
            Call::SendBack { handoff_id, question } => {
                sender.send(requests::send_back(*handoff_id, question.clone()), ReplyBody::Handoff).await
            }
            Call::PutStep { handoff_id, step_id, outcome } => {
                sender.send(requests::put_step(*handoff_id, *step_id, *outcome), ReplyBody::Step).await
            }
            Call::PutBranch { session_id, branch_id, request } => {
                sender.send(requests::put_branch(*session_id, *branch_id, request), ReplyBody::Branch).await
            }
            Call::CreateSession(body) => {
                sender.send(requests::create_session(body), ReplyBody::Session).await
            }
            Call::CreateMessage { session_id, message } => {
                sender.send(requests::create_message(*session_id, message), ReplyBody::Message).await
            }
            Call::HandOff { session_id, request } => {
                sender.send(requests::hand_off(*session_id, request), ReplyBody::Handoff).await
            }
            Call::Resume(id) => sender.send(requests::resume(*id), ReplyBody::Session).await,
            Call::Resolve { session_id, request } => {
                sender.send(requests::resolve(*session_id, request), ReplyBody::Session).await
            }
        }
    }

    /// Sends a request of a command. A change whose answer is lost is sent again with the same idempotency key.
    pub async fn send<T: DeserializeOwned>(&self, request: ApiRequest<T>) -> Result<T, CallError> {
        let number = self.change_counter.fetch_add(1, Ordering::Relaxed);
        let key = format!("{}-change-{number}", self.run_id);
        self.send_with_key(&request, &key, OnUnreachable::GiveUp).await
    }

    async fn send_with_key<T: DeserializeOwned>(
        &self,
        request: &ApiRequest<T>,
        key: &str,
        on_unreachable: OnUnreachable,
    ) -> Result<T, CallError> {
        let mut policy = RetryPolicy::new(on_unreachable);
        loop {
            let mut http_request = with_parts(self.request(request.method.clone(), &request.path), request);
            if request.is_mutation() {
                http_request = http_request.header("idempotency-key", key);
            }
            let result = self.http.fetch(http_request).await;
            if !request.is_mutation() || !policy.wait_before_retry(result.as_ref().err()).await {
                return result;
            }
        }
    }

    /// Where the team's event stream is, or a filtered one.
    pub(super) fn stream_url(&self, filter: Option<StreamFilter>) -> Url {
        let mut url = self.http.url(route::STREAM.0);
        let mut query = url.query_pairs_mut();
        match filter {
            Some(StreamFilter::Handoff(id)) => _ = query.append_pair("handoff_id", &id.to_string()),
            Some(StreamFilter::Session(id)) => _ = query.append_pair("session_id", &id.to_string()),
            None => {}
        }
        query.append_pair("caught_up", "true");
        drop(query);
        url
    }

    /// Opens the event stream at this URL. Only its beginning has a time limit.
    pub(super) async fn open_stream(&self, url: &str, headers: HeaderMap) -> Result<Response, CallError> {
        self.http.open_stream(self.authorized(self.http.request_url(Method::GET, url)).headers(headers)).await
    }

    fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.authorized(self.http.request(method, path))
    }

    fn authorized(&self, request: RequestBuilder) -> RequestBuilder {
        match HeaderValue::from_str(&format!("Bearer {}", self.token.expose_secret())) {
            Ok(mut value) => {
                value.set_sensitive(true);
                request.header(AUTHORIZATION, value)
            }
            Err(_) => request,
        }
    }
}

/// Sends the request of one of the console's calls.
struct ConsoleSender<'a> {
    api: &'a ApiClient,
    key: String,
}

impl ConsoleSender<'_> {
    async fn send<T: DeserializeOwned>(
        &self,
        request: ApiRequest<T>,
        reply: impl FnOnce(T) -> ReplyBody,
    ) -> Result<ReplyBody, CallError> {
        self.api.send_with_key(&request, &self.key, OnUnreachable::Retry).await.map(reply)
    }

    async fn send_story_call(&self, call: StoryCall) -> Result<ReplyBody, CallError> {
        match call {
            StoryCall::NewestMessages(id) => {
                self.send(requests::newest_messages(id), ReplyBody::Messages).await
            }
            StoryCall::Events { session_id, before } => {
                self.send(requests::conversation_events(session_id, before), ReplyBody::Timeline).await
            }
        }
    }
}

fn with_parts<T>(builder: RequestBuilder, request: &ApiRequest<T>) -> RequestBuilder {
    let builder = builder.query(&request.query);
    match &request.body {
        Some(body) => builder.header(CONTENT_TYPE, "application/json").body(body.clone()),
        None => builder,
    }
}
