//! Who assesses handoffs and answers in sessions: an engine, chosen in the settings.
//!
//! Every engine writes its text as it comes and then says the same as data. The `playbook` works offline from what
//! the team already knows; the others ask a model over HTTP. What an engine says is untrusted data: it is held to
//! caps, and changes nothing but its own row.

mod model;
mod parse;
mod playbook;
mod prompt;

use std::time::Duration;

use tierup_common::assessment::{Assessment, Confidence, Evidence, Similar, Step};
use tierup_common::id::{AccountId, StepId};
use tierup_common::time::Timestamp;

use crate::domain::briefing::Briefing;
use crate::search::{Search, SearchError};
use crate::store::{self, Store};

pub use model::{ModelApi, ModelEndpoint};
pub use playbook::TypingPace;

/// Steps of an assessment, at most: chips are used by the keys 1 to 9.
const MAX_STEPS: usize = 9;
/// Quotes and similar cases, at most.
const MAX_QUOTES: usize = 3;
/// The text of an assessment or an answer, in bytes, at most.
const MAX_TEXT_BYTES: usize = 16 * 1024;
/// A step, in characters, at most.
const MAX_STEP_CHARS: usize = 300;

/// An engine and what it needs.
pub enum Engine {
    /// Nobody assesses.
    Off,
    /// From runbooks and resolved sessions, offline.
    Playbook(TypingPace),
    /// A model behind an HTTP endpoint.
    Model(ModelEndpoint),
}

/// Why an engine did not say anything of use: one sentence, without secrets.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{0}")]
pub struct EngineError(pub String);

impl From<SearchError> for EngineError {
    fn from(error: SearchError) -> Self {
        tracing::error!(%error, "the playbook cannot search");
        Self("The playbook could not search the runbooks and resolved sessions.".into())
    }
}

impl From<store::StoreError> for EngineError {
    fn from(error: store::StoreError) -> Self {
        tracing::error!(%error, "an engine cannot read the store");
        Self("The engine could not read the earlier sessions.".into())
    }
}

/// What an engine works with besides the briefing.
#[derive(Clone, Copy)]
pub struct EngineContext<'a> {
    /// Whose problems it may know.
    pub account: AccountId,
    /// What is kept.
    pub store: &'a Store,
    /// What can be found.
    pub search: &'a Search,
}

/// Where an engine writes, as it comes.
pub type TextSink<'a> = &'a mut (dyn FnMut(&str) + Send);

/// What an engine says, before its steps have ids.
#[derive(Clone, PartialEq, Debug)]
pub struct AssessmentDraft {
    /// What is probably wrong.
    pub likely_cause: String,
    /// What to try, and whether it was tried already.
    pub steps: Vec<(String, bool)>,
    /// How sure it is.
    pub confidence: Confidence,
    /// What speaks for it.
    pub evidence: Vec<Evidence>,
    /// Resolved sessions that look like this one.
    pub similar: Vec<Similar>,
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

/// The beginning of a text, at most so many characters, with a mark where it was cut.
fn truncate(text: &str, max_chars: usize) -> String {
    match text.char_indices().nth(max_chars) {
        None => text.to_owned(),
        Some((end, _)) => format!("{}…", text[..end].trim_end()),
    }
}
