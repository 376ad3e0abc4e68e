//! Who assesses handoffs and answers in sessions: an engine, chosen in the settings.
//!
//! Every engine writes its text as it comes and then says the same as data. The `playbook` works offline from what
//! the team already knows; the others ask a model over HTTP. What an engine says is untrusted data: it is held to
//! caps, and changes nothing but its own row.

mod context;
mod draft;
mod model;
mod parse;
mod playbook;
mod prompt;

use std::time::Duration;

use tierup_common::assessment::{Assessment, Step};
use tierup_common::id::StepId;
use tierup_common::time::Timestamp;

use crate::assess::draft::{MAX_QUOTES, MAX_STEPS};
use crate::domain::briefing::Briefing;

pub use context::{EngineContext, EngineError, TextSink};
pub use draft::AssessmentDraft;
pub use model::{ModelApi, ModelEndpoint};
pub use playbook::TypingPace;

/// An engine and what it needs.
pub enum Engine {
    /// Nobody assesses.
    Off,
    /// From runbooks and resolved sessions, offline.
    Playbook(TypingPace),
    /// A model behind an HTTP endpoint.
    Model(ModelEndpoint),
}

impl Engine {
    /// Whether anybody assesses.
    pub const fn is_enabled(&self) -> bool {
        match self {
            Self::Off => false,
            Self::Playbook(_) | Self::Model(_) => true,
        }
    }

    /// The longest that an assessment or an answer may take.
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

    /// Assesses a handoff: the text, and the same as data.
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
                let known = playbook::gather_findings(briefing, context).await?;
                let said = endpoint.complete(prompt::assessment_prompt(briefing, &known), sink).await?;
                let opinion = parse::parse_assessment(&said, briefing)?;
                Ok((said, AssessmentDraft { similar: known.similar, ..opinion }))
            }
        }
    }

    /// Answers the last message of a session.
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
                let known = playbook::gather_findings(briefing, context).await?;
                endpoint.complete(prompt::reply_prompt(briefing, &known), sink).await
            }
        }
    }

    /// The assessment that an opinion makes, each step with an id.
    pub fn build_assessment(&self, draft: AssessmentDraft, duration: Duration, now: Timestamp) -> Assessment {
        let step = |(text, already_tried)| Step { id: StepId::new(now), text, already_tried, outcome: None };
        Assessment {
            likely_cause: draft.likely_cause,
            suggested_steps: draft.steps.into_iter().take(MAX_STEPS).map(step).collect(),
            confidence: draft.confidence,
            evidence: draft.evidence.into_iter().take(MAX_QUOTES).collect(),
            similar: draft.similar.into_iter().take(MAX_QUOTES).collect(),
            engine: self.name().into(),
            model: self.model(),
            took_ms: u64::try_from(duration.as_millis()).unwrap_or(u64::MAX),
        }
    }
}
