//! What every handler and worker shares, and the one way in for a change that may be asked for twice.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use serde::de::DeserializeOwned;
use tierup_common::id::AccountId;
use tierup_common::problem::Problem;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use crate::assess::Engine;
use crate::auth::{Authenticator, AuthorizedCaller, LoginThrottle};
use crate::clock::Clock;
use crate::domain::{Caller, Policy};
use crate::error::{ApiError, ApiResult, problem_from_refusal};
use crate::events::EventHub;
use crate::limits::UserLimits;
use crate::mail::Mailer;
use crate::metrics::Metrics;
use crate::queue_cache::QueueCache;
use crate::search::Search;
use crate::store::{
    self, AccountScope, AccountTx, IdempotencyKey, JsonResponse, RawHandoff, Replayable, Store,
    StoredResponse,
};
use crate::webhook::WebhookRegistry;

/// The running server, as its handlers and workers see it. Clones share it.
#[derive(Clone)]
pub struct App(Arc<AppParts>);

/// What a server is made of.
pub struct AppParts {
    /// The time.
    pub clock: Clock,
    /// What is kept.
    pub store: Store,
    /// What is new.
    pub events: EventHub,
    /// Pages of the queue as they were last sent.
    pub queue_cache: Arc<QueueCache>,
    /// Who callers are.
    pub authenticator: Arc<Authenticator>,
    /// Whose log-ins failed.
    pub login_throttle: LoginThrottle,
    /// What is counted and timed.
    pub metrics: Arc<Metrics>,
    /// How much of what costs something one user may ask for.
    pub limits: UserLimits,
    /// What is known of earlier problems.
    pub search: Search,
    /// Who assesses and answers.
    pub engine: Engine,
    /// Who carries mail.
    pub mailer: Mailer,
    /// Who is told what happens.
    pub webhooks: WebhookRegistry,
    /// An escalation that nobody claims rings again after so long.
    pub remind_after: Option<Duration>,
    /// A claim that stands still goes back to the queue after so long.
    pub stale_after: Option<Duration>,
    /// Older events cannot be replayed; none if all can.
    pub event_retention: Option<Duration>,
    /// A proxy in front of this server says where requests come from.
    pub behind_proxy: bool,
    /// Where people reach this server, for links.
    pub public_url: Option<url::Url>,
    /// Cancelled when the server is to stop.
    pub shutdown: CancellationToken,
    /// Gone when all of the above is: the last part to be dropped, so that whoever waits for it finds the folder free.
    pub shutdown_complete: mpsc::Sender<Infallible>,
}

impl App {
    /// The server made of these parts.
    pub fn new(parts: AppParts) -> Self {
        Self(Arc::new(parts))
    }

    /// Which jobs follow from a decision.
    pub fn policy(&self) -> Policy {
        Policy {
            assessment_enabled: self.engine.is_enabled(),
            announcements_enabled: self.mailer.is_enabled(),
            mail_enabled: self.mailer.is_enabled(),
            remind_after: self.remind_after,
            stale_after: self.stale_after,
        }
    }

    /// Commits a change that somebody asked for, if they may still when it is decided; the work is given who they are
    /// then. The one way in for handlers.
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

    /// Reads more of what somebody began to read, if they still may: an answer in pieces can take its time.
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

    /// The same as [`Self::commit`] for a change that was asked for with a key: done once, however often it is asked for.
    /// Without a key it is simply done.
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
                Some(StoredResponse::Complete(answer)) => return Ok(ApiReply::Stored(answer)),
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
                    // A conflict is an answer about the world, and stays the answer to this request. Anything else
                    // can be mended and sent again.
                    if problem.status != StatusCode::CONFLICT.as_u16() {
                        return Err(refusal.into());
                    }
                    JsonResponse { status: problem.status, body: serde_json::to_string(&problem)? }
                }
                Err(other) => return Err(other),
            };
            tx.store_response(&key, &StoredResponse::Complete(answer.clone()), now)?;
            Ok(ApiReply::Stored(answer))
        });
        reply.await
    }

    /// A handoff with who is reading it.
    pub fn with_viewers(&self, account: AccountId, mut handoff: RawHandoff) -> RawHandoff {
        handoff.item.viewers = self.events.viewers(account, handoff.item.id);
        handoff
    }
}

impl std::ops::Deref for App {
    type Target = AppParts;

    fn deref(&self) -> &AppParts {
        &self.0
    }
}

/// An answer in JSON: made just now, or the same as the first time.
pub enum ApiReply<T> {
    /// Made just now.
    Fresh(StatusCode, T),
    /// As it was, or will be, answered to the same key.
    Idempotent(StatusCode, T),
    /// The same, kept as it was sent: a problem.
    Stored(JsonResponse),
}

impl<T> ApiReply<T> {
    /// What an answer of success says.
    pub fn into_value(self) -> ApiResult<T>
    where
        T: DeserializeOwned,
    {
        match self {
            Self::Fresh(_, value) | Self::Idempotent(_, value) => Ok(value),
            Self::Stored(answer) => match serde_json::from_str(&answer.body) {
                Ok(value) => Ok(value),
                Err(_) => Err(stored_problem(&answer)),
            },
        }
    }

    /// Adds to an answer made just now what only the answer knows; a kept one stays as it is.
    #[must_use]
    pub fn map(self, add: impl FnOnce(T) -> T) -> Self {
        match self {
            Self::Fresh(status, value) => Self::Fresh(status, add(value)),
            Self::Idempotent(status, value) => Self::Idempotent(status, value),
            Self::Stored(answer) => Self::Stored(answer),
        }
    }

    /// The answer on its way, with a body made by this.
    pub fn into_response_with(self, send: impl FnOnce(T) -> Response) -> Response {
        match self {
            Self::Fresh(status, value) | Self::Idempotent(status, value) => {
                (status, send(value)).into_response()
            }
            Self::Stored(answer) => match StatusCode::from_u16(answer.status) {
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
