//! Checks a model's answer against the case. What does not hold is dropped or marked, whatever the model says.
//!
//! Confidence is what the model says, but at most
//! - low, if no runbook and no resolved session was found, if its quotes are not in the session, if the case rules the
//!   cause out, or if the answer was cut off,
//! - medium, if none of those that were found names the cause.

use std::collections::HashSet;

use tierup_common::assessment::{Basis, Confidence, Evidence};

use crate::assess::case::Case;
use crate::assess::context::EngineError;
use crate::assess::contradiction::contradicting_branch;
use crate::assess::draft::{AssessmentDraft, DraftStep, MAX_FIND_OUT, MAX_QUOTES, MAX_STEP_CHARS, MAX_STEPS};
use crate::assess::parse::answer::Answer;
use crate::assess::tried::mark_tried;
use crate::search::words;
use crate::text::{truncate, truncate_to_line};

/// The longest likely cause, in characters.
const MAX_CAUSE_CHARS: usize = 600;
/// The longest quote, in characters.
const MAX_QUOTE_CHARS: usize = 300;
/// A source names a cause that has this share of the words of one of its sentences.
const MIN_SUPPORT: f64 = 0.5;

/// The assessment of an answer that has ended. If it was cut off, only what is surely whole is left of it.
pub(super) fn check_answer(
    answer: &Answer,
    is_cut_off: bool,
    case: &Case<'_>,
) -> Result<AssessmentDraft, EngineError> {
    let is_cut_off = is_cut_off || !answer.is_whole();
    let cause =
        if answer.cause.is_whole { answer.cause.value.clone() } else { whole_sentences(&answer.cause.value) };
    let cause = match (cause.is_empty(), answer.confidence) {
        (false, _) => truncate(&cause, MAX_CAUSE_CHARS),
        (true, Some(Confidence::Inconclusive)) => "Nothing in the case points to a cause.".into(),
        (true, _) if is_cut_off => {
            return Err(EngineError("The model's answer was cut off before it named a likely cause.".into()));
        }
        (true, _) => return Err(EngineError("The model named no likely cause.".into())),
    };
    let evidence = standing_quotes(answer, case);
    let is_uncited = evidence.is_empty() && !answer.quotes.value.is_empty();
    let contradicted_by = contradicting_branch(case.briefing, &cause).map(|branch| branch.hypothesis.clone());
    let basis = basis(&cause, case);
    let cap = confidence_cap(&basis, case, is_cut_off || is_uncited || contradicted_by.is_some());
    Ok(AssessmentDraft {
        steps: mark_tried(case.briefing, distinct_steps(answer)),
        evidence,
        similar: case.similar.to_vec(),
        basis,
        find_out: questions(answer),
        contradicted_by,
        is_uncited,
        is_cut_off,
        ..AssessmentDraft::new(cause, at_most(answer.confidence.unwrap_or(Confidence::Low), cap))
    })
}

/// What people may see of an answer that is being written, in the order of the final text: each part once the one before
/// it is whole. Empty if they must not see its cause yet, because the case may rule it out. `marked_steps` are those of
/// [`distinct_steps`].
pub(super) fn check_beginning(
    answer: &Answer,
    marked_steps: Vec<DraftStep>,
    case: &Case<'_>,
    must_check_cause: bool,
) -> AssessmentDraft {
    let mut draft = AssessmentDraft::new(String::new(), Confidence::Low);
    let cause = truncate(&answer.cause.value, MAX_CAUSE_CHARS);
    if !answer.cause.is_whole {
        // Marks at the end may close or open something that the final text has not.
        let is_shown = !must_check_cause && !answer.is_prose;
        draft.likely_cause =
            if is_shown { cause.trim_end_matches(['*', '_', ' ']).into() } else { String::new() };
        return draft;
    }
    if contradicting_branch(case.briefing, &cause).is_some() {
        return draft;
    }
    draft.likely_cause = cause;
    draft.steps = marked_steps;
    if !answer.steps.is_whole {
        // Those that were tried come last.
        draft.steps.retain(|step| !step.already_tried);
        return draft;
    }
    draft.evidence = standing_quotes(answer, case);
    if answer.quotes.is_whole {
        draft.find_out = questions(answer);
    }
    draft
}

/// The steps of an answer, each once.
pub(super) fn distinct_steps(answer: &Answer) -> Vec<DraftStep> {
    let mut seen = HashSet::new();
    let steps = answer.steps.value.iter().filter_map(|step| cap_step(step));
    let distinct = steps.filter(|step| {
        let letters: String =
            step.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect();
        seen.insert(letters)
    });
    distinct.take(MAX_STEPS).map(|text| DraftStep { text, ..DraftStep::default() }).collect()
}

/// A step of limited length. A command is never shortened: it would do something else.
fn cap_step(step: &str) -> Option<String> {
    let capped = truncate_to_line(step, MAX_STEP_CHARS);
    let is_in_command = capped.matches('`').count() % 2 == 1 && capped.ends_with('…');
    if !is_in_command {
        return (!capped.is_empty()).then_some(capped);
    }
    let before = capped[..capped.rfind('`')?].trim_end_matches([' ', ':', ',', '`']);
    (!before.is_empty()).then(|| format!("{before}…"))
}

fn standing_quotes(answer: &Answer, case: &Case<'_>) -> Vec<Evidence> {
    let stands = |quote: &&Evidence| case.contains_quote(quote.message_seq, &quote.quote);
    let capped = answer
        .quotes
        .value
        .iter()
        .filter(stands)
        .map(|it| Evidence { quote: truncate_to_line(&it.quote, MAX_QUOTE_CHARS), ..it.clone() });
    capped.take(MAX_QUOTES).collect()
}

fn questions(answer: &Answer) -> Vec<String> {
    let lines = answer.find_out.value.iter().map(|line| truncate_to_line(line, MAX_STEP_CHARS));
    lines.filter(|line| !line.is_empty()).take(MAX_FIND_OUT).collect()
}

/// The sentences whose end was seen.
fn whole_sentences(text: &str) -> String {
    let mut sentences: Vec<&str> = words::sentences(text).collect();
    sentences.pop_if(|last| !last.ends_with(['.', '!', '?', '。', '！', '？']));
    sentences.join(" ")
}

/// The sources that name a cause.
fn basis(cause: &str, case: &Case<'_>) -> Basis {
    let cause = words::stems(cause);
    let names = |source: &str| {
        words::sentences(source)
            .map(words::stems)
            .any(|said| said.len() > 1 && words::overlap(&said, &cause) >= MIN_SUPPORT)
    };
    let cases = case.similar.iter().filter(|similar| names(&similar.resolution)).count();
    Basis {
        cases: u32::try_from(cases).unwrap_or(u32::MAX),
        runbooks: u32::from(case.runbook.is_some_and(|runbook| names(&runbook.cause))),
        identifiers: Vec::new(),
    }
}

fn confidence_cap(basis: &Basis, case: &Case<'_>, is_doubtful: bool) -> Confidence {
    if is_doubtful || (case.runbook.is_none() && case.similar.is_empty()) {
        Confidence::Low
    } else if basis.is_empty() {
        Confidence::Medium
    } else {
        Confidence::High
    }
}

const fn at_most(confidence: Confidence, cap: Confidence) -> Confidence {
    match (confidence, cap) {
        (Confidence::Inconclusive, _) => Confidence::Inconclusive,
        (Confidence::Medium | Confidence::High, Confidence::Low) => Confidence::Low,
        (Confidence::High, Confidence::Medium) => Confidence::Medium,
        (said, _) => said,
    }
}
