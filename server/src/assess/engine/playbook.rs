//! `playbook`: offline, from runbooks and resolved sessions.

use futures_util::FutureExt;
use futures_util::future::BoxFuture;

use crate::assess::context::{EngineContext, EngineError, TextSink};
use crate::assess::draft::AssessmentDraft;
use crate::assess::engine::Engine;
use crate::assess::playbook::{self, TypingPace};
use crate::domain::briefing::Briefing;

/// Asks nobody.
#[derive(Clone, Copy, Debug)]
pub struct PlaybookEngine(pub TypingPace);

impl Engine for PlaybookEngine {
    fn name(&self) -> &'static str {
        "playbook"
    }

    fn assess<'a>(
        &'a self,
        briefing: &'a Briefing,
        context: EngineContext<'a>,
        sink: TextSink<'a>,
    ) -> BoxFuture<'a, Result<(String, AssessmentDraft), EngineError>> {
        playbook::assess(briefing, context, self.0, sink).boxed()
    }

    fn reply<'a>(
        &'a self,
        briefing: &'a Briefing,
        context: EngineContext<'a>,
        sink: TextSink<'a>,
    ) -> BoxFuture<'a, Result<String, EngineError>> {
        playbook::reply(briefing, context, self.0, sink).boxed()
    }
}
