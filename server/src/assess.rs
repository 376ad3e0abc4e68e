//! Engines, which assess handoffs and reply in sessions. The settings choose one.
//!
//! An engine streams its text and then returns the same as data. The `playbook` works offline, from runbooks and
//! resolved sessions; the others ask a model over HTTP. Output is untrusted: its size is limited, and it changes no row
//! but its own.

mod context;
mod draft;
mod model;
mod parse;
mod playbook;
mod prompt;
mod similar;

use std::time::Duration;

use tierup_common::assessment::{Assessment, Step};
use tierup_common::id::StepId;
use tierup_common::time::Timestamp;

use crate::assess::draft::{DraftStep, MAX_QUOTES, MAX_STEPS};
use crate::domain::briefing::Briefing;

pub use context::{EngineContext, EngineError, TextSink};
pub use draft::AssessmentDraft;
pub use model::{ModelApi, ModelEndpoint};
pub use playbook::TypingPace;
pub(crate) use similar::find_similar;

/// The engine that the settings choose.
pub enum Engine {
    /// No assessments and no replies.
    Off,
    /// Offline, from runbooks and resolved sessions.
    Playbook(TypingPace),
    /// A model behind an HTTP endpoint.
    Model(ModelEndpoint),
}

impl Engine {
    /// Whether there are assessments and replies.
    pub const fn is_enabled(&self) -> bool {
        match self {
            Self::Off => false,
            Self::Playbook(_) | Self::Model(_) => true,
        }
    }

    /// The time limit of an assessment or a reply.
    pub const fn time_limit(&self) -> Duration {
        match self {
            Self::Off | Self::Playbook(_) => Duration::from_mins(1),
            Self::Model(endpoint) => endpoint.time_limit,
        }
    }

    const fn name(&self) -> &'static str {
        match self {
            Self::Off => "off",
            Self::Playbook(_) => "playbook",
            Self::Model(endpoint) => endpoint.api.name(),
        }
    }

    fn model(&self) -> Option<String> {
        match self {
            Self::Off | Self::Playbook(_) => None,
            Self::Model(endpoint) => Some(endpoint.model.clone()),
        }
    }

    /// Assesses a handoff; returns the text and the same as data.
    pub async fn assess(
        &self,
        briefing: &Briefing,
        context: EngineContext<'_>,
        sink: TextSink<'_>,
    ) -> Result<(String, AssessmentDraft), EngineError> {
        match self {
            Self::Off => Err(EngineError("The assessment engine is off.".into())),
            Self::Playbook(pace) => playbook::assess(briefing, context, *pace, sink).await,
            Self::Model(endpoint) => {
                let findings = playbook::gather_findings(briefing, context).await?;
                let text = endpoint.complete(prompt::assessment_prompt(briefing, &findings), sink).await?;
                let draft = parse::parse_assessment(&text, briefing)?;
                Ok((text, AssessmentDraft { similar: findings.similar, ..draft }))
            }
        }
    }

    /// Replies to the last message of a session.
    pub async fn reply(
        &self,
        briefing: &Briefing,
        context: EngineContext<'_>,
        sink: TextSink<'_>,
    ) -> Result<String, EngineError> {
        match self {
            Self::Off => Err(EngineError("The assistant is off.".into())),
            Self::Playbook(pace) => playbook::reply(briefing, context, *pace, sink).await,
            Self::Model(endpoint) => {
                let findings = playbook::gather_findings(briefing, context).await?;
                endpoint.complete(prompt::reply_prompt(briefing, &findings), sink).await
            }
        }
    }

    /// The assessment of a draft, with ids for its steps.
    pub fn build_assessment(&self, draft: AssessmentDraft, duration: Duration, now: Timestamp) -> Assessment {
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
            find_out: draft.find_out,
            contradicted_by: draft.contradicted_by,
            is_uncited: draft.is_uncited,
            is_cut_off: draft.is_cut_off,
            engine: self.name().into(),
            model: self.model(),
            took_ms: u64::try_from(duration.as_millis()).unwrap_or(u64::MAX),
        }
    }
}
