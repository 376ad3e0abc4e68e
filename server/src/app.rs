//! The state that all handlers and workers share, and how handlers commit changes.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::{FromRef, FromRequestParts};
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use serde::de::DeserializeOwned;
use tierup_common::id::AccountId;
use tierup_common::problem::Problem;
use tierup_common::user::User;
use tokio::sync::{mpsc, watch};
use tokio_util::sync::CancellationToken;

use crate::assess::{Engine, EngineHealth};
use crate::auth::{Authenticator, AuthorizedCaller, LoginThrottle};
use crate::clock::Clock;
use crate::domain::{Caller, Policy, RespondWithin, TokenRecord, user};
use crate::error::{ApiError, ApiResult, problem_from_refusal};
use crate::events::EventHub;
use crate::extract::BehindProxy;
use crate::limits::UserLimits;
use crate::mail::Mailer;
use crate::metrics::Metrics;
use crate::progress::IndexProgress;
use crate::queue_cache::QueueCache;
use crate::redactor::Redactor;
use crate::search::Search;
use crate::store::{
    self, AccountScope, AccountTx, IdempotencyKey, JsonResponse, RawHandoff, Replayable, Store,
    StoredResponse,
};
use crate::webhook::WebhookRegistry;

/// The state of a running server. Clones share it.
#[derive(Clone)]
pub struct App(Arc<AppParts>);

/// The parts of [`App`].
pub struct AppParts {
    /// The clock; manual in tests.
    pub clock: Clock,
    /// The database.
    pub store: Store,
    /// Publishes events to streams, workers and followers.
    pub events: EventHub,
    /// Rendered pages of the queue.
    pub queue_cache: Arc<QueueCache>,
    /// Resolves tokens to callers.
    pub authenticator: Arc<Authenticator>,
    /// Delays logins after failed attempts.
    pub login_throttle: LoginThrottle,
    /// Counters and histograms for `/metrics`.
    pub metrics: Arc<Metrics>,
    /// Rate limits per user.
    pub limits: UserLimits,
    /// The full-text index of sessions and runbooks.
    pub search: Search,
    /// How far the index has come since the start.
    pub index_progress: watch::Sender<IndexProgress>,
    /// Writes assessments and replies.
    pub engine: Box<dyn Engine>,
    /// The last failure of the engine, by account.
    pub engine_health: EngineHealth,
    /// Removes secrets from what leaves the server.
    pub redactor: Redactor,
    /// Sends mail.
    pub mailer: Mailer,
    /// The configured webhooks, by account.
    pub webhooks: WebhookRegistry,
    /// Reminds of an unclaimed escalation after this time; never if none.
    pub remind_after: Option<Duration>,
    /// By when escalations should be claimed.
    pub respond_within: RespondWithin,
    /// Returns an inactive claim to the queue after this time; never if none.
    pub stale_after: Option<Duration>,
    /// How long events are kept; forever if none.
    pub event_retention: Option<Duration>,
    /// A proxy stands in front of this server: trust `X-Forwarded-For`.
    pub behind_proxy: bool,
    /// The base of links in mail; mail has no links if none.
    pub public_url: Option<url::Url>,
    /// Cancelled when the server begins to stop.
    pub shutdown: CancellationToken,
    /// Closes when the last clone is dropped; the folder is free from then on. Declared last, so that it is dropped
    /// last.
    pub shutdown_complete: mpsc::Sender<Infallible>,
}

impl App {
    /// Shares these parts.
    pub fn new(parts: AppParts) -> Self {
        Self(Arc::new(parts))
    }

    /// The settings that the domain needs to decide which jobs follow.
    pub fn policy(&self) -> Policy {
        Policy {
            assessment_enabled: self.engine.is_enabled(),
            announcements_enabled: self.mailer.is_enabled(),
            mail_enabled: self.mailer.is_enabled(),
            remind_after: self.remind_after,
            respond_within: self.respond_within,
            stale_claim_after: self.stale_after,
        }
    }

    /// Commits a change for a caller, who is authorized again inside the transaction; `work` gets the caller as of
    /// then. All changes by handlers go through here, except a log-in ([`Self::commit_login`]).
    pub async fn commit<T: Send + 'static>(
        &self,
        caller: &AuthorizedCaller,
        work: impl FnOnce(&mut AccountTx<'_>, &Caller) -> store::Result<T> + Send + 'static,
    ) -> ApiResult<T> {
        let (clock, admitted) = (self.clock.clone(), caller.clone());
        let done = self.store.commit(caller.account, move |tx| {
            let caller = admitted.recheck(tx, clock.now())?;
            work(tx, &caller)
        });
        Ok(done.await?)
    }

    /// Reads another chunk of a streamed response, if the caller is still authorized: a response may take long to send.
    pub async fn continue_read<T: Send + 'static>(
        self,
        caller: AuthorizedCaller,
        work: impl FnOnce(&AccountScope<'_>) -> store::Result<T> + Send + 'static,
    ) -> store::Result<T> {
        let now = self.clock.now();
        let read = self.store.read(caller.account, move |scope| {
            caller.recheck(scope, now)?;
            work(scope)
        });
        read.await
    }

    /// Like [`Self::commit`], but a request repeated with the same key gets the first response again. Without a key,
    /// nothing is stored.
    pub async fn commit_idempotent<T: Replayable>(
        &self,
        caller: &AuthorizedCaller,
        key: Option<IdempotencyKey>,
        status: StatusCode,
        work: impl FnOnce(&mut AccountTx<'_>, &Caller) -> store::Result<T> + Send + 'static,
    ) -> ApiResult<ApiReply<T>> {
        let Some(key) = key else {
            return Ok(ApiReply::Fresh(status, self.commit(caller, work).await?));
        };
        let now = self.clock.now();
        let reply = self.commit(caller, move |tx, caller| {
            match tx.stored_response(&key, now)? {
                Some(StoredResponse::Complete(answer)) => return Ok(ApiReply::Replayed(answer)),
                Some(StoredResponse::Outline(status, outline)) => {
                    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::OK);
                    return Ok(ApiReply::Idempotent(
                        status,
                        T::restore(serde_json::from_str(&outline)?, tx)?,
                    ));
                }
                None => {}
            }
            let answer = match tx.with_savepoint(|tx| work(tx, caller)) {
                Ok(value) => {
                    let outline = serde_json::to_string(&value.outline())?;
                    tx.store_response(&key, &StoredResponse::Outline(status.as_u16(), outline), now)?;
                    return Ok(ApiReply::Idempotent(status, value));
                }
                Err(store::StoreError::Refused(refusal)) => {
                    let problem = problem_from_refusal(refusal.clone());
                    // Store a conflict: it is the final answer to this request. Any other refusal can be fixed and sent
                    // again with the same key.
                    if problem.status != StatusCode::CONFLICT.as_u16() {
                        return Err(refusal.into());
                    }
                    JsonResponse { status: problem.status, body: serde_json::to_string(&problem)? }
                }
                Err(other) => return Err(other),
            };
            tx.store_response(&key, &StoredResponse::Complete(answer.clone()), now)?;
            Ok(ApiReply::Replayed(answer))
        });
        reply.await
    }

    /// Adds a token if its user is active and still has this password hash; returns the user then.
    pub async fn commit_login(
        &self,
        account: AccountId,
        token: TokenRecord,
        password_hash: String,
    ) -> ApiResult<Option<User>> {
        let now = self.clock.now();
        let committed = self.store.commit(account, move |tx| {
            let user = tx.user_with_password(token.user, &password_hash)?;
            if user.is_some() {
                tx.apply(user::issue_token(token), now)?;
            }
            Ok(user)
        });
        Ok(committed.await?)
    }

    /// Adds the current viewers to a handoff.
    pub fn with_viewers(&self, account: AccountId, mut handoff: RawHandoff) -> RawHandoff {
        handoff.item.viewers = self.events.viewers(account, handoff.item.id);
        handoff
    }
}

impl FromRequestParts<App> for App {
    type Rejection = Infallible;

    async fn from_request_parts(_: &mut Parts, app: &App) -> Result<Self, Infallible> {
        Ok(app.clone())
    }
}

impl FromRef<App> for BehindProxy {
    fn from_ref(app: &App) -> Self {
        Self(app.behind_proxy)
    }
}

impl std::ops::Deref for App {
    type Target = AppParts;

    fn deref(&self) -> &AppParts {
        &self.0
    }
}

/// A JSON response, fresh or replayed.
pub enum ApiReply<T> {
    /// To a request without an idempotency key.
    Fresh(StatusCode, T),
    /// To a request with a key; a repeated request gets the same.
    Idempotent(StatusCode, T),
    /// A stored response, or a conflict that is stored with this request.
    Replayed(JsonResponse),
}

impl<T> ApiReply<T> {
    /// The value of a successful response; the problem of any other.
    pub fn into_value(self) -> ApiResult<T>
    where
        T: DeserializeOwned,
    {
        match self {
            Self::Fresh(_, value) | Self::Idempotent(_, value) => Ok(value),
            Self::Replayed(answer) => match serde_json::from_str(&answer.body) {
                Ok(value) => Ok(value),
                Err(_) => Err(stored_problem(&answer)),
            },
        }
    }

    /// Adds data to a fresh response; one with a key stays as it will be replayed.
    #[must_use]
    pub fn map(self, add: impl FnOnce(T) -> T) -> Self {
        match self {
            Self::Fresh(status, value) => Self::Fresh(status, add(value)),
            Self::Idempotent(status, value) => Self::Idempotent(status, value),
            Self::Replayed(answer) => Self::Replayed(answer),
        }
    }

    /// The HTTP response, with a body made by `send`.
    pub fn into_response_with(self, send: impl FnOnce(T) -> Response) -> Response {
        match self {
            Self::Fresh(status, value) | Self::Idempotent(status, value) => {
                (status, send(value)).into_response()
            }
            Self::Replayed(answer) => match StatusCode::from_u16(answer.status) {
                Ok(status) if status.is_success() => {
                    let json = [(axum::http::header::CONTENT_TYPE, "application/json")];
                    (status, json, answer.body).into_response()
                }
                _ => stored_problem(&answer).into_response(),
            },
        }
    }
}

impl<T: Serialize> IntoResponse for ApiReply<T> {
    fn into_response(self) -> Response {
        self.into_response_with(|value| axum::Json(value).into_response())
    }
}

fn stored_problem(answer: &JsonResponse) -> ApiError {
    match serde_json::from_str::<Problem>(&answer.body) {
        Ok(problem) => problem.into(),
        Err(error) => ApiError::internal(&error),
    }
}
