//! What every engine does. The settings choose one: a line of `Settings::build_engine` and a file in this folder.

pub(super) mod model;
pub(super) mod off;
pub(super) mod playbook;

use std::time::Duration;

use futures_util::future::BoxFuture;
use tierup_common::engine::{EngineFailure, EngineStatus};
use tierup_common::id::AccountId;
use tierup_common::time::Timestamp;

use crate::assess::context::{EngineContext, EngineError, TextSink};
use crate::assess::draft::AssessmentDraft;
use crate::assess::model::ModelEndpoint;
use crate::domain::briefing::Briefing;
use crate::metrics::ModelMetrics;

/// Writes assessments and replies.
pub trait Engine: Send + Sync {
    /// Its name in the settings.
    fn name(&self) -> &'static str;

    /// The endpoint of its model, if it asks one.
    fn endpoint(&self) -> Option<&ModelEndpoint> {
        None
    }

    /// Whether there are assessments and replies.
    fn is_enabled(&self) -> bool {
        true
    }

    /// Assesses a handoff; returns the text and the same as data.
    fn assess<'a>(
        &'a self,
        briefing: &'a Briefing,
        context: EngineContext<'a>,
        sink: TextSink<'a>,
    ) -> BoxFuture<'a, Result<(String, AssessmentDraft), EngineError>>;

    /// Replies to the last message of a session.
    fn reply<'a>(
        &'a self,
        briefing: &'a Briefing,
        context: EngineContext<'a>,
        sink: TextSink<'a>,
    ) -> BoxFuture<'a, Result<String, EngineError>>;
}

impl dyn Engine + '_ {
    /// The model, if it asks one.
    pub fn model(&self) -> Option<&str> {
        self.endpoint().map(|endpoint| endpoint.model.as_str())
    }

    /// The time limit of an assessment or a reply.
    pub fn time_limit(&self) -> Duration {
        self.model_time_limit().unwrap_or(Duration::from_mins(1))
    }

    /// The time limit of the model; none without a model.
    pub fn model_time_limit(&self) -> Option<Duration> {
        self.endpoint().map(|endpoint| endpoint.time_limit)
    }

    /// Takes one of an account's calls to the model; fails with the time until it has more.
    pub fn take_call(&self, account: AccountId, now: Timestamp) -> Result<(), Duration> {
        self.endpoint().map_or(Ok(()), |endpoint| endpoint.take_call(account, now))
    }

    /// What calls to the model cost.
    pub(crate) fn model_metrics(&self) -> ModelMetrics {
        self.endpoint().map(|endpoint| endpoint.metrics.clone()).unwrap_or_default()
    }

    /// What admins see of it.
    pub fn status(&self, last_failure: Option<EngineFailure>) -> EngineStatus {
        let metrics = self.model_metrics();
        let ((calls, failed_calls), (prompt_tokens, completion_tokens)) = (metrics.calls(), metrics.tokens());
        EngineStatus {
            engine: self.name().into(),
            model: self.model().map(str::to_owned),
            calls,
            failed_calls,
            last_call_ms: metrics.last_call_ms(),
            prompt_tokens,
            completion_tokens,
            last_failure,
        }
    }
}
