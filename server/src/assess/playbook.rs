//! The offline engine: suggests what helped with similar problems, from runbooks and resolved sessions.
//!
//! It reads what a case is about and what it is not ([`problem`]), finds the known causes that share the most telling
//! terms with it, and ranks them by the evidence for each ([`ranking`]). Its confidence is a probability, fitted on
//! cases with known answers ([`confidence`]). If nothing fits, it says so.

mod candidate;
mod confidence;
mod denial;
mod evidence;
mod findings;
mod problem;
mod ranking;
mod resolution;
mod write;

use std::time::Duration;

use crate::assess::context::{EngineContext, EngineError, TextSink};
use crate::assess::draft::AssessmentDraft;
use crate::assess::format::{ConfidenceAt, format_assessment};
use crate::domain::briefing::Briefing;

pub(super) use findings::{Findings, gather_findings};

/// How fast the playbook writes. Its text is ready at once, but a demo may show it as it is typed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum TypingPace {
    /// All at once.
    Immediate,
    /// With this delay after each word.
    DelayPerWord(Duration),
}

pub(super) async fn assess(
    briefing: &Briefing,
    context: EngineContext<'_>,
    pace: TypingPace,
    sink: TextSink<'_>,
) -> Result<(String, AssessmentDraft), EngineError> {
    let findings = gather_findings(briefing, context).await?;
    let draft = write::draft_assessment(briefing, &findings);
    let text = format_assessment(&draft, ConfidenceAt::Start);
    write_at_pace(&text, pace, sink).await;
    Ok((text, draft))
}

pub(super) async fn reply(
    briefing: &Briefing,
    context: EngineContext<'_>,
    pace: TypingPace,
    sink: TextSink<'_>,
) -> Result<String, EngineError> {
    // The last message is the question; the rest is context.
    let question = briefing.messages.last().map(|message| message.content.clone()).unwrap_or_default();
    let findings = gather_findings(&Briefing { title: question, ..briefing.clone() }, context).await?;
    let text = write::format_reply(briefing, &findings);
    write_at_pace(&text, pace, sink).await;
    Ok(text)
}

async fn write_at_pace(text: &str, pace: TypingPace, sink: TextSink<'_>) {
    match pace {
        TypingPace::Immediate => sink(text),
        TypingPace::DelayPerWord(pause) => {
            for word in text.split_inclusive(' ') {
                sink(word);
                tokio::time::sleep(pause).await;
            }
        }
    }
}
