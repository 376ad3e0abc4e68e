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

use tierup_common::assessment::{Assessment, Basis, Similar, Step};
use tierup_common::id::StepId;
use tierup_common::limit::MAX_FIND_OUT;
use tierup_common::text::truncate_to_line;
use tierup_common::time::Timestamp;

use crate::assess::draft::{
    DraftStep, MAX_IDENTIFIER_CHARS, MAX_IDENTIFIERS, MAX_QUOTES, MAX_STEP_CHARS, MAX_STEPS,
};

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

/// The assessment of an engine's draft, with ids for its steps. Every list and line of it is bounded here, whatever an
/// engine, a model or a runbook wrote.
pub fn build_assessment(
    engine: &dyn Engine,
    draft: AssessmentDraft,
    duration: Duration,
    now: Timestamp,
) -> Assessment {
    let line = |text: String| truncate_to_line(&text, MAX_STEP_CHARS);
    let step = |step: DraftStep| Step {
        id: StepId::new(now),
        text: step.text,
        already_tried: step.already_tried,
        outcome: None,
        why: step.why.map(line),
    };
    let similar = |similar: Similar| Similar { why: similar.why.map(line), ..similar };
    let identifiers = draft.basis.identifiers.iter().take(MAX_IDENTIFIERS);
    let identifiers = identifiers.map(|identifier| truncate_to_line(identifier, MAX_IDENTIFIER_CHARS));
    Assessment {
        likely_cause: draft.likely_cause,
        suggested_steps: draft.steps.into_iter().take(MAX_STEPS).map(step).collect(),
        confidence: draft.confidence,
        evidence: draft.evidence.into_iter().take(MAX_QUOTES).collect(),
        similar: draft.similar.into_iter().take(MAX_QUOTES).map(similar).collect(),
        basis: Basis { identifiers: identifiers.collect(), ..draft.basis },
        find_out: draft.find_out.into_iter().take(MAX_FIND_OUT).map(line).collect(),
        contradicted_by: draft.contradicted_by.map(line),
        is_uncited: draft.is_uncited,
        is_cut_off: draft.is_cut_off,
        engine: engine.name().into(),
        model: engine.model().map(str::to_owned),
        took_ms: u64::try_from(duration.as_millis()).unwrap_or(u64::MAX),
    }
}

#[cfg(test)]
mod tests {
    use tierup_common::assessment::Evidence;
    use tierup_common::id::{Number, SessionId};

    use super::*;
    use crate::domain::tests::at;

    /// Mutants seen to fail: each list and each line without its limit.
    #[test]
    fn whatever_an_engine_writes_an_assessment_is_small() {
        let long = || "é\n".repeat(100_000);
        let step = DraftStep { text: "Wait".into(), already_tried: false, why: Some(long()) };
        let similar = Similar {
            session_id: SessionId::new(at(0)),
            number: Number(7),
            problem_summary: "VPN".into(),
            resolution: "Renewed it.".into(),
            why: Some(long()),
        };
        let draft = AssessmentDraft {
            steps: vec![step; 100],
            evidence: vec![Evidence { message_seq: 1, quote: "error 809".into() }; 100],
            similar: vec![similar; 100],
            basis: Basis { cases: 2, runbooks: 1, identifiers: vec![long(); 100] },
            find_out: vec![long(); 100],
            contradicted_by: Some(long()),
            ..AssessmentDraft::default()
        };
        let built = build_assessment(&OffEngine, draft, Duration::ZERO, at(0));
        let counts = [built.suggested_steps.len(), built.evidence.len(), built.similar.len()];
        assert_eq!(counts, [MAX_STEPS, MAX_QUOTES, MAX_QUOTES]);
        assert_eq!((built.find_out.len(), built.basis.identifiers.len()), (MAX_FIND_OUT, MAX_IDENTIFIERS));
        assert_eq!((built.basis.cases, built.basis.runbooks), (2, 1));
        let reasons = built.suggested_steps.iter().filter_map(|step| step.why.as_ref());
        let reasons = reasons.chain(built.similar.iter().filter_map(|similar| similar.why.as_ref()));
        let lines = reasons.chain(&built.find_out).chain(&built.contradicted_by);
        for line in lines.chain(&built.basis.identifiers) {
            assert!(line.chars().count() <= MAX_STEP_CHARS + 1 && line.ends_with('…'), "{line}");
        }
        let identifiers = built.basis.identifiers.iter();
        assert!(identifiers.map(|it| it.chars().count()).all(|count| count <= MAX_IDENTIFIER_CHARS + 1));
    }
}
