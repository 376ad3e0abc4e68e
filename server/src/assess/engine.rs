//! What every engine does. The settings choose one: a line of `Settings::build_engine` and a file in this folder.

pub(super) mod model;
pub(super) mod off;
pub(super) mod playbook;

use std::time::Duration;

use futures_util::future::BoxFuture;

use crate::assess::context::{EngineContext, EngineError, TextSink};
use crate::assess::draft::AssessmentDraft;
use crate::domain::briefing::Briefing;

/// Writes assessments and replies.
pub trait Engine: Send + Sync {
    /// Its name in the settings.
    fn name(&self) -> &'static str;

    /// The model, if it asks one.
    fn model(&self) -> Option<&str> {
        None
    }

    /// Whether there are assessments and replies.
    fn is_enabled(&self) -> bool {
        true
    }

    /// The time limit of an assessment or a reply.
    fn time_limit(&self) -> Duration {
        Duration::from_mins(1)
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
