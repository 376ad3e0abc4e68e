//! Engines, which assess handoffs and reply in sessions. The settings choose one.
//!
//! An engine streams its text and then returns the same as data. The `playbook` works offline, from runbooks and
//! resolved sessions; the others ask a model over HTTP. What a model writes is untrusted: it is read (`parse.rs`) and
//! checked against the case (`check.rs`), its size is limited, and it changes no row but its own.

mod case;
mod check;
mod context;
mod contradiction;
mod cut;
mod draft;
mod engine;
mod format;
mod health;
mod live;
mod model;
mod outgoing;
mod parse;
mod playbook;
mod prompt;
mod similar;
mod statement;
mod tried;

use std::time::Duration;

use tierup_common::assessment::{Assessment, Step};
use tierup_common::id::StepId;
use tierup_common::time::Timestamp;

use crate::assess::draft::{DraftStep, MAX_FIND_OUT, MAX_QUOTES, MAX_STEPS};

pub use context::{EngineContext, EngineError, FailureReason, TextSink};
pub use draft::AssessmentDraft;
pub use engine::Engine;
pub use engine::model::ModelEngine;
pub use engine::off::OffEngine;
pub use engine::playbook::PlaybookEngine;
pub use health::EngineHealth;
pub use model::{Completion, ModelApi, ModelEndpoint};
pub use playbook::TypingPace;
pub(crate) use similar::find_similar;

/// The assessment of an engine's draft, with ids for its steps.
pub fn build_assessment(
    engine: &dyn Engine,
    draft: AssessmentDraft,
    duration: Duration,
    now: Timestamp,
) -> Assessment {
    let step = |step: DraftStep| Step {
        id: StepId::new(now),
        text: step.text,
        already_tried: step.already_tried,
        outcome: None,
        why: step.why,
    };
    Assessment {
        likely_cause: draft.likely_cause,
        suggested_steps: draft.steps.into_iter().take(MAX_STEPS).map(step).collect(),
        confidence: draft.confidence,
        evidence: draft.evidence.into_iter().take(MAX_QUOTES).collect(),
        similar: draft.similar.into_iter().take(MAX_QUOTES).collect(),
        basis: draft.basis,
        find_out: draft.find_out.into_iter().take(MAX_FIND_OUT).collect(),
        contradicted_by: draft.contradicted_by,
        is_uncited: draft.is_uncited,
        is_cut_off: draft.is_cut_off,
        engine: engine.name().into(),
        model: engine.model().map(str::to_owned),
        took_ms: u64::try_from(duration.as_millis()).unwrap_or(u64::MAX),
    }
}
