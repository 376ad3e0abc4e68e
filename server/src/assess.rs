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

pub use model::{Endpoint, Wire};
pub use playbook::Pace;

/// Steps of an assessment, at most: chips are used by the keys 1 to 9.
const STEPS: usize = 9;
/// Quotes and similar cases, at most.
const QUOTES: usize = 3;
/// The text of an assessment or an answer, in bytes, at most.
const TEXT: usize = 16 * 1024;
/// A step, in characters, at most.
const STEP_LENGTH: usize = 300;

/// An engine and what it needs.
pub enum Engine {
    /// Nobody assesses.
    Off,
    /// From runbooks and resolved sessions, offline.
    Playbook(Pace),
    /// A model behind an HTTP endpoint.
    Model(Endpoint),
}

/// Why an engine did not say anything of use: one sentence, without secrets.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{0}")]
pub struct Unable(pub String);

impl From<SearchError> for Unable {
    fn from(error: SearchError) -> Self {
        tracing::error!(%error, "the playbook cannot search");
        Self("The playbook could not search the runbooks and resolved sessions.".into())
    }
}

impl From<store::Error> for Unable {
    fn from(error: store::Error) -> Self {
        tracing::error!(%error, "an engine cannot read the store");
        Self("The engine could not read the earlier sessions.".into())
    }
}

/// What an engine works with besides the briefing.
#[derive(Clone, Copy)]
pub struct Library<'a> {
    /// Whose problems it may know.
    pub account: AccountId,
    /// What is kept.
    pub store: &'a Store,
    /// What can be found.
    pub search: &'a Search,
}

/// Where an engine writes, as it comes.
pub type Write<'a> = &'a mut (dyn FnMut(&str) + Send);

/// What an engine says, before its steps have ids.
#[derive(Clone, PartialEq, Debug)]
pub struct Opinion {
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
    pub const fn is_on(&self) -> bool {
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
            Self::Model(endpoint) => endpoint.wire.name(),
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
        library: Library<'_>,
        write: Write<'_>,
    ) -> Result<(String, Opinion), Unable> {
        match self {
            Self::Off => Err(Unable("The assessment engine is off.".into())),
            Self::Playbook(pace) => playbook::assess(briefing, library, *pace, write).await,
            Self::Model(endpoint) => {
                let known = playbook::known(briefing, library).await?;
                let said = endpoint.complete(prompt::assessment(briefing, &known), write).await?;
                let opinion = parse::opinion(&said, briefing)?;
                Ok((said, Opinion { similar: known.similar, ..opinion }))
            }
        }
    }

    /// Answers the last message of a session.
    pub async fn reply(
        &self,
        briefing: &Briefing,
        library: Library<'_>,
        write: Write<'_>,
    ) -> Result<String, Unable> {
        match self {
            Self::Off => Err(Unable("The assistant is off.".into())),
            Self::Playbook(pace) => playbook::reply(briefing, library, *pace, write).await,
            Self::Model(endpoint) => {
                let known = playbook::known(briefing, library).await?;
                endpoint.complete(prompt::reply(briefing, &known), write).await
            }
        }
    }

    /// The assessment that an opinion makes, each step with an id.
    pub fn assessment(&self, opinion: Opinion, took: Duration, now: Timestamp) -> Assessment {
        let step = |(text, already_tried)| Step { id: StepId::new(now), text, already_tried, outcome: None };
        Assessment {
            likely_cause: opinion.likely_cause,
            suggested_steps: opinion.steps.into_iter().take(STEPS).map(step).collect(),
            confidence: opinion.confidence,
            evidence: opinion.evidence.into_iter().take(QUOTES).collect(),
            similar: opinion.similar.into_iter().take(QUOTES).collect(),
            engine: self.name().into(),
            model: self.model(),
            took_ms: u64::try_from(took.as_millis()).unwrap_or(u64::MAX),
        }
    }
}

/// The beginning of a text, at most so many characters, with a mark where it was cut.
fn cut(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        None => text.to_owned(),
        Some((end, _)) => format!("{}…", text[..end].trim_end()),
    }
}
