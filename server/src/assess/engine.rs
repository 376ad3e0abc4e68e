//! What every engine does. The settings choose one: a line of `Settings::build_engine` and a file in this folder.

pub(super) mod model;
pub(super) mod off;
pub(super) mod playbook;

use std::time::Duration;

use futures_util::future::BoxFuture;

use crate::assess::context::{EngineContext, EngineError, TextSink};
use crate::assess::draft::AssessmentDraft;
use crate::assess::model::ModelEndpoint;
use crate::domain::briefing::Briefing;

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
        self.endpoint().map_or(Duration::from_mins(1), |endpoint| endpoint.time_limit)
    }
}
