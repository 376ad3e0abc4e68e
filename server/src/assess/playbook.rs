//! The offline engine: suggests what helped with similar problems, from runbooks and resolved sessions.
//!
//! Its confidence depends on how much of the problem's wording the best match covers. If nothing matches, it says so.

use std::collections::HashSet;
use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Duration;

use tierup_common::assessment::{Confidence, Evidence, Similar};
use tierup_common::session::{Message, MessageRole};

use crate::assess::context::{EngineContext, EngineError, TextSink};
use crate::assess::draft::{AssessmentDraft, DraftStep, MAX_QUOTES, MAX_STEP_CHARS, MAX_STEPS};
use crate::assess::format::{ConfidenceAt, format_assessment};
use crate::assess::tried::{TriedSteps, mark_tried};
use crate::domain::briefing::Briefing;
use crate::search::runbook::Runbook;
use crate::search::{Hit, HitSource, Solutions, words};
use crate::text::truncate;

/// The lowest coverage that counts as a match.
const MIN_SCORE: f64 = 0.18;
/// Medium confidence from this coverage on.
const MEDIUM_FIT: f64 = 0.30;
/// High confidence from this coverage on.
const HIGH_FIT: f64 = 0.42;
/// The fewest words that a match shares with the problem: fewer are chance.
const MIN_SHARED_WORDS: usize = 3;

/// How fast the playbook writes. Its text is ready at once, but a demo may show it as it is typed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum TypingPace {
    /// All at once.
    Immediate,
    /// With this delay after each word.
    DelayPerWord(Duration),
}

/// Findings about similar problems.
#[derive(Debug, Default)]
pub(super) struct Findings {
    /// The best matching runbook.
    pub(super) runbook: Option<Arc<Runbook>>,
    /// Matching resolved sessions, best first.
    pub(super) similar: Vec<Similar>,
    /// The coverage of the best match.
    best_fit: f64,
    /// Whether the best match is a runbook.
    runbook_is_best: bool,
    solutions: Solutions,
}

/// Searches for similar problems.
pub(super) async fn gather_findings(
    briefing: &Briefing,
    context: EngineContext<'_>,
) -> Result<Findings, EngineError> {
    let words = search_words(briefing);
    let matched = context.search.find_solutions(context.store, context.account, words).await?;
    let fits: Vec<&Hit> = matched
        .hits
        .iter()
        .filter(|hit| hit.coverage >= MIN_SCORE && hit.words.len() >= MIN_SHARED_WORDS)
        .collect();
    let mut findings = Findings {
        best_fit: fits.first().map_or(0.0, |hit| hit.coverage),
        runbook_is_best: fits.first().is_some_and(|hit| matches!(hit.source, HitSource::Runbook(_))),
        ..Findings::default()
    };
    for hit in fits {
        match &hit.source {
            HitSource::Runbook(name) if findings.runbook.is_none() => {
                findings.runbook = context.search.runbook(name);
            }
            HitSource::Session(id) if findings.similar.len() < MAX_QUOTES => {
                let id = *id;
                let session = context.store.read(context.account, move |scope| scope.session(id)).await?;
                findings.similar.push(Similar {
                    session_id: id,
                    number: session.number,
                    problem_summary: session.title,
                    resolution: session.state.resolution().map(|it| it.text.clone()).unwrap_or_default(),
                    why: None,
                });
            }
            HitSource::Runbook(_) | HitSource::Session(_) => {}
        }
    }
    findings.solutions = matched;
    Ok(findings)
}

/// The words to search for. The title counts twice.
fn search_words(briefing: &Briefing) -> Vec<String> {
    let mut all: Vec<String> = Vec::new();
    for text in [&briefing.title, &briefing.title, &briefing.intake, &briefing.notes] {
        all.extend(words::keywords(text));
    }
    for message in briefing.messages.iter().filter(|message| message.role == MessageRole::User) {
        all.extend(words::keywords(&message.content));
    }
    all.extend(briefing.branches.iter().flat_map(|branch| words::keywords(&branch.hypothesis)));
    all
}

pub(super) async fn assess(
    briefing: &Briefing,
    context: EngineContext<'_>,
    pace: TypingPace,
    sink: TextSink<'_>,
) -> Result<(String, AssessmentDraft), EngineError> {
    let findings = gather_findings(briefing, context).await?;
    let draft = draft_assessment(briefing, &findings);
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
    let text = format_reply(briefing, &findings);
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

fn draft_assessment(briefing: &Briefing, findings: &Findings) -> AssessmentDraft {
    let steps = suggested_steps(findings).into_iter().take(MAX_STEPS);
    let steps = steps.map(|step| DraftStep { text: truncate(&step, MAX_STEP_CHARS), ..DraftStep::default() });
    let confidence = confidence_for_fit(findings.best_fit);
    AssessmentDraft {
        steps: mark_tried(briefing, steps.collect()),
        evidence: find_evidence(briefing, &findings.solutions),
        similar: findings.similar.clone(),
        ..AssessmentDraft::new(likely_cause(findings), confidence)
    }
}

fn confidence_for_fit(fit: f64) -> Confidence {
    if fit >= HIGH_FIT {
        Confidence::High
    } else if fit >= MEDIUM_FIT {
        Confidence::Medium
    } else if fit >= MIN_SCORE {
        Confidence::Low
    } else {
        Confidence::Inconclusive
    }
}

fn likely_cause(findings: &Findings) -> String {
    match (&findings.runbook, findings.similar.first()) {
        (Some(runbook), similar) if findings.runbook_is_best || similar.is_none() => runbook.cause.clone(),
        (_, Some(similar)) => {
            let first = words::sentences(&similar.resolution).next().unwrap_or(&similar.resolution);
            format!("As in session {}: {first}", similar.number)
        }
        (Some(_) | None, None) => {
            "Nothing in the runbooks or the resolved sessions matches this problem.".into()
        }
    }
}

/// Steps from the runbook, and resolutions of similar sessions.
fn suggested_steps(findings: &Findings) -> Vec<String> {
    let from_runbook = findings.runbook.iter().flat_map(|runbook| runbook.steps.iter().cloned());
    let from_sessions = findings.similar.iter().take(2).flat_map(|similar| {
        words::sentences(&similar.resolution)
            .take(1)
            .map(|sentence| format!("As in session {}: {sentence}", similar.number))
            .collect::<Vec<_>>()
    });
    if findings.runbook_is_best {
        from_runbook.chain(from_sessions).collect()
    } else {
        from_sessions.chain(from_runbook).collect()
    }
}

/// The sentences with the most significant words of the best match, at most one per message.
fn find_evidence(briefing: &Briefing, solutions: &Solutions) -> Vec<Evidence> {
    let Some(best) = solutions.hits.first() else { return Vec::new() };
    let significant: HashSet<&str> = best.words.iter().map(String::as_str).collect();
    let score = |sentence: &str| -> f64 {
        let words: HashSet<String> = words::keywords(sentence).collect();
        let telling = words.iter().filter(|word| significant.contains(word.as_str()));
        telling.filter_map(|word| solutions.word_weights.get(word)).sum()
    };
    let quote = |message: &Message| -> Option<(f64, Evidence)> {
        let sentences = words::sentences(&message.content).map(|sentence| (score(sentence), sentence));
        let (value, sentence) = sentences.max_by(|one, other| one.0.total_cmp(&other.0))?;
        let evidence = Evidence { message_seq: message.seq, quote: truncate(sentence, 160) };
        (value > 0.0).then_some((value, evidence))
    };
    let people = briefing.messages.iter().filter(|message| message.role == MessageRole::User);
    let mut quotes: Vec<(f64, Evidence)> = people.filter_map(quote).collect();
    quotes.sort_by(|one, other| other.0.total_cmp(&one.0));
    quotes.into_iter().take(MAX_QUOTES).map(|(_, quote)| quote).collect()
}

/// A reply in a session, as Markdown.
fn format_reply(briefing: &Briefing, findings: &Findings) -> String {
    let tried = TriedSteps::from_briefing(briefing);
    let fresh: Vec<String> =
        suggested_steps(findings).into_iter().filter(|step| !tried.contains(step)).take(4).collect();
    if findings.runbook.is_none() && findings.similar.is_empty() {
        return "Nothing in the runbooks or the resolved sessions matches this. What would narrow it down: the \
                exact error text, when it began, what changed just before, and who else has it."
            .into();
    }
    let mut text = format!("{}\n", likely_cause(findings));
    if fresh.is_empty() {
        text.push_str("\nAll known fixes have been tried.\n");
    } else {
        text.push_str("\nNot tried yet:\n");
        for (number, step) in (1..).zip(&fresh) {
            let _ = writeln!(text, "{number}. {step}");
        }
    }
    if let Some(runbook) = &findings.runbook {
        let _ = writeln!(text, "\nFrom the runbook “{}”.", runbook.title);
    }
    text
}
