//! The offline engine: says of a problem what the team's runbooks and resolved sessions say of ones like it.
//!
//! It claims no more than it found. How sure it is follows from how much of the problem's own words the best fit
//! speaks of; when nothing fits it says so plainly.

use std::collections::HashSet;
use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Duration;

use tierup_common::assessment::{Confidence, Evidence, Similar};
use tierup_common::session::{Branch, BranchStatus, Message, MessageRole};

use crate::assess::context::{EngineContext, EngineError, TextSink};
use crate::assess::draft::{AssessmentDraft, MAX_QUOTES, MAX_STEP_CHARS, MAX_STEPS};
use crate::domain::briefing::Briefing;
use crate::search::runbook::Runbook;
use crate::search::{Hit, HitSource, Solutions, words};
use crate::text::truncate;

/// A fit that covers less than this is none.
const MIN_FIT: f64 = 0.18;
/// From here on it fits in part.
const MEDIUM_FIT: f64 = 0.30;
/// From here on it fits well.
const HIGH_FIT: f64 = 0.42;
/// A step was tried when so much of it stands in one sentence of the session.
const TRIED_OVERLAP: f64 = 0.6;
/// Words that a fit must share with the problem: one alone is chance.
const MIN_SHARED_WORDS: usize = 3;

/// How fast the playbook writes: what it says is known at once, and people read at their own speed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum TypingPace {
    /// All at once.
    Immediate,
    /// A word after each such pause.
    DelayPerWord(Duration),
}

/// What the team knows of problems like this one.
#[derive(Debug, Default)]
pub(super) struct Findings {
    /// The runbook that fits best, if one fits.
    pub(super) runbook: Option<Arc<Runbook>>,
    /// Resolved sessions that fit, the best first.
    pub(super) similar: Vec<Similar>,
    /// How well the best fit of all fits.
    best_fit: f64,
    /// Whether the runbook is the best fit of all.
    runbook_is_best: bool,
    solutions: Solutions,
}

/// Looks up what is known of a problem.
pub(super) async fn gather_findings(
    briefing: &Briefing,
    context: EngineContext<'_>,
) -> Result<Findings, EngineError> {
    let words = search_words(briefing);
    let matched = context.search.find_solutions(context.store, context.account, words).await?;
    let fits: Vec<&Hit> = matched
        .hits
        .iter()
        .filter(|hit| hit.coverage >= MIN_FIT && hit.words.len() >= MIN_SHARED_WORDS)
        .collect();
    let mut known = Findings {
        best_fit: fits.first().map_or(0.0, |hit| hit.coverage),
        runbook_is_best: fits.first().is_some_and(|hit| matches!(hit.source, HitSource::Runbook(_))),
        ..Findings::default()
    };
    for hit in fits {
        match &hit.source {
            HitSource::Runbook(name) if known.runbook.is_none() => {
                known.runbook = context.search.runbook(name);
            }
            HitSource::Session(id) if known.similar.len() < MAX_QUOTES => {
                let id = *id;
                let session = context.store.read(context.account, move |scope| scope.session(id)).await?;
                known.similar.push(Similar {
                    session_id: id,
                    number: session.number,
                    problem_summary: session.title,
                    resolution: session.resolution.unwrap_or_default(),
                });
            }
            HitSource::Runbook(_) | HitSource::Session(_) => {}
        }
    }
    known.solutions = matched;
    Ok(known)
}

/// The words to look for: what people wrote, their one-line summary first and twice.
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
    let known = gather_findings(briefing, context).await?;
    let opinion = draft_assessment(briefing, &known);
    let text = format_assessment(&opinion);
    write_at_pace(&text, pace, sink).await;
    Ok((text, opinion))
}

pub(super) async fn reply(
    briefing: &Briefing,
    context: EngineContext<'_>,
    pace: TypingPace,
    sink: TextSink<'_>,
) -> Result<String, EngineError> {
    // The last question counts most; what was said before says what it is about.
    let asked = briefing.messages.last().map(|message| message.content.clone()).unwrap_or_default();
    let known = gather_findings(&Briefing { title: asked, ..briefing.clone() }, context).await?;
    let text = format_reply(briefing, &known);
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
    let tried = TriedSteps::from_briefing(briefing);
    let steps = suggested_steps(findings).into_iter().map(|step| {
        let was_tried = tried.contains(&step);
        (truncate(&step, MAX_STEP_CHARS), was_tried)
    });
    AssessmentDraft {
        likely_cause: likely_cause(findings),
        steps: steps.take(MAX_STEPS).collect(),
        confidence: confidence_for_fit(findings.best_fit),
        evidence: find_evidence(briefing, &findings.solutions),
        similar: findings.similar.clone(),
    }
}

fn confidence_for_fit(fit: f64) -> Confidence {
    if fit >= HIGH_FIT {
        Confidence::High
    } else if fit >= MEDIUM_FIT {
        Confidence::Medium
    } else if fit >= MIN_FIT {
        Confidence::Low
    } else {
        Confidence::Inconclusive
    }
}

fn likely_cause(findings: &Findings) -> String {
    match (&findings.runbook, findings.similar.first()) {
        (Some(book), similar) if findings.runbook_is_best || similar.is_none() => book.cause.clone(),
        (_, Some(similar)) => {
            let first = words::sentences(&similar.resolution).next().unwrap_or(&similar.resolution);
            format!("As in session {}: {first}", similar.number)
        }
        (Some(_) | None, None) => {
            "Nothing in the runbooks or the resolved sessions matches this problem.".into()
        }
    }
}

/// What to try: the runbook's steps, and what ended the sessions that were alike.
fn suggested_steps(findings: &Findings) -> Vec<String> {
    let from_runbook = findings.runbook.iter().flat_map(|book| book.steps.iter().cloned());
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

/// The sentences that share the most telling words with what fits, one of a message.
fn find_evidence(briefing: &Briefing, solutions: &Solutions) -> Vec<Evidence> {
    let Some(best) = solutions.hits.first() else { return Vec::new() };
    let telling: HashSet<&str> = best.words.iter().map(String::as_str).collect();
    let worth = |sentence: &str| -> f64 {
        let words: HashSet<String> = words::keywords(sentence).collect();
        let telling = words.iter().filter(|word| telling.contains(word.as_str()));
        telling.filter_map(|word| solutions.word_weights.get(word)).sum()
    };
    let quote = |message: &Message| -> Option<(f64, Evidence)> {
        let sentences = words::sentences(&message.content).map(|sentence| (worth(sentence), sentence));
        let (value, sentence) = sentences.max_by(|one, other| one.0.total_cmp(&other.0))?;
        let evidence = Evidence { message_seq: message.seq, quote: truncate(sentence, 160) };
        (value > 0.0).then_some((value, evidence))
    };
    let people = briefing.messages.iter().filter(|message| message.role == MessageRole::User);
    let mut quotes: Vec<(f64, Evidence)> = people.filter_map(quote).collect();
    quotes.sort_by(|one, other| other.0.total_cmp(&one.0));
    quotes.into_iter().take(MAX_QUOTES).map(|(_, quote)| quote).collect()
}

/// What the session shows to have been tried: settled branches, and what people said in it.
struct TriedSteps(Vec<HashSet<String>>);

impl TriedSteps {
    fn from_briefing(briefing: &Briefing) -> Self {
        let settled = |branch: &&Branch| branch.status != BranchStatus::Open;
        let branches = briefing.branches.iter().filter(settled).map(|branch| branch.hypothesis.as_str());
        let people = briefing.messages.iter().filter(|message| message.role == MessageRole::User);
        let said = people.map(|message| message.content.as_str()).chain([briefing.notes.as_str()]);
        let claims = said.flat_map(words::sentences).filter(|sentence| !words::is_question(sentence));
        Self(branches.chain(claims).map(words::stems).collect())
    }

    fn contains(&self, step: &str) -> bool {
        let step = words::stems(step);
        step.len() >= 2 && self.0.iter().any(|said| words::overlap(&step, said) >= TRIED_OVERLAP)
    }
}

/// An opinion as people read it.
fn format_assessment(draft: &AssessmentDraft) -> String {
    let sure = match draft.confidence {
        Confidence::Inconclusive => "inconclusive".into(),
        Confidence::Low | Confidence::Medium | Confidence::High => {
            format!("{} confidence", draft.confidence)
        }
    };
    let mut text = format!("**Likely cause**  {sure}\n{}\n", draft.likely_cause);
    // Writing to a String cannot fail.
    if !draft.steps.is_empty() {
        text.push_str("\n**Try next**\n");
        for (number, (step, tried)) in (1..).zip(&draft.steps) {
            let mark = if *tried { " (already tried)" } else { "" };
            let _ = writeln!(text, "{number}. {step}{mark}");
        }
    }
    if !draft.evidence.is_empty() {
        text.push_str("\n**From the session**\n");
        for Evidence { message_seq, quote } in &draft.evidence {
            let _ = writeln!(text, "- [{message_seq}] “{quote}”");
        }
    }
    if !draft.similar.is_empty() {
        text.push_str("\n**Seen before**\n");
        for similar in &draft.similar {
            let _ = writeln!(text, "- session {}: {}", similar.number, similar.problem_summary);
        }
    }
    if draft.confidence == Confidence::Inconclusive {
        text.push_str("\nA runbook for this would help the next one.\n");
    }
    text
}

/// An answer in a session.
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
        text.push_str("\nEverything known for this has been tried already.\n");
    } else {
        text.push_str("\nNot tried yet:\n");
        for (number, step) in (1..).zip(&fresh) {
            let _ = writeln!(text, "{number}. {step}");
        }
    }
    if let Some(book) = &findings.runbook {
        let _ = writeln!(text, "\nFrom the runbook “{}”.", book.title);
    }
    text
}
