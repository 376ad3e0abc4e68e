//! `off`: no assessments and no replies.

use futures_util::FutureExt;
use futures_util::future::{self, BoxFuture};

use crate::assess::context::{EngineContext, EngineError, TextSink};
use crate::assess::draft::AssessmentDraft;
use crate::assess::engine::Engine;
use crate::domain::briefing::Briefing;

/// Refuses everything.
#[derive(Clone, Copy, Debug)]
pub struct OffEngine;

impl Engine for OffEngine {
    fn name(&self) -> &'static str {
        "off"
    }

    fn is_enabled(&self) -> bool {
        false
    }

    fn assess<'a>(
        &'a self,
        _: &'a Briefing,
        _: EngineContext<'a>,
        _: TextSink<'a>,
    ) -> BoxFuture<'a, Result<(String, AssessmentDraft), EngineError>> {
        future::ready(Err(EngineError("The assessment engine is off.".into()))).boxed()
    }

    fn reply<'a>(
        &'a self,
        _: &'a Briefing,
        _: EngineContext<'a>,
        _: TextSink<'a>,
    ) -> BoxFuture<'a, Result<String, EngineError>> {
        future::ready(Err(EngineError("The assistant is off.".into()))).boxed()
    }
}
