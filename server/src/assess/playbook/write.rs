//! Writes assessments and replies from findings.

use std::collections::HashSet;
use std::fmt::Write as _;

use tierup_common::assessment::{Confidence, Evidence};
use tierup_common::session::Message;
use tierup_common::text::truncate;

use crate::assess::draft::{AssessmentDraft, DraftStep, MAX_QUOTES, MAX_STEP_CHARS, MAX_STEPS};
use crate::assess::playbook::evidence;
use crate::assess::playbook::findings::Findings;
use crate::assess::playbook::problem;
use crate::assess::tried::{is_same_step, mark_tried};
use crate::domain::briefing::Briefing;
use crate::search::terms;
use crate::search::words;

const NOTHING_FITS: &str = "Nothing in the runbooks or the resolved sessions matches this problem.";
const NOTHING_LEFT: &str = "No known cause fits well enough to be named.";
/// The longest thing to find out, in characters.
const MAX_FIND_OUT_CHARS: usize = 200;

pub(super) fn draft_assessment(briefing: &Briefing, findings: &Findings) -> AssessmentDraft {
    let confidence = findings.confidence.unwrap_or(Confidence::Inconclusive);
    let Some(best) = findings.causes.first().filter(|_| confidence != Confidence::Inconclusive) else {
        let cause = if findings.causes.is_empty() { NOTHING_FITS } else { NOTHING_LEFT };
        return AssessmentDraft {
            similar: findings.similar.clone(),
            find_out: find_out(findings),
            ..AssessmentDraft::new(cause.into(), Confidence::Inconclusive)
        };
    };
    AssessmentDraft {
        steps: suggested_steps(briefing, findings),
        evidence: find_evidence(briefing, findings),
        similar: findings.similar.clone(),
        basis: best.basis.clone(),
        ..AssessmentDraft::new(best.text.clone(), confidence)
    }
}

/// The steps of the best cause, tried ones last.
fn suggested_steps(briefing: &Briefing, findings: &Findings) -> Vec<DraftStep> {
    let mut seen: Vec<HashSet<String>> = Vec::new();
    let mut steps = Vec::new();
    for step in findings.causes.first().iter().flat_map(|cause| &cause.steps) {
        let keys = terms::key_set(&step.text, &findings.lexicon);
        if seen.iter().any(|known| words::overlap(&keys, known) >= 0.8) {
            continue;
        }
        seen.push(keys);
        steps.push(DraftStep { text: truncate(&step.text, MAX_STEP_CHARS), ..step.clone() });
    }
    let mut steps = mark_tried(briefing, steps, &findings.lexicon);
    steps.truncate(MAX_STEPS);
    steps
}

/// What would tell the remaining causes apart.
fn find_out(findings: &Findings) -> Vec<String> {
    let mut questions: Vec<String> = findings
        .causes
        .iter()
        .take(2)
        .map(|cause| {
            let first = words::sentences(&cause.text).next().unwrap_or(&cause.text);
            format!("Rule out: {}", truncate(first, MAX_FIND_OUT_CHARS))
        })
        .collect();
    questions.push("The exact error text or code, and since when.".into());
    questions.push("What changed just before, and who else has it.".into());
    questions.truncate(MAX_QUOTES);
    questions
}

/// The sentences with the most telling terms of the best cause, at most one per message.
fn find_evidence(briefing: &Briefing, findings: &Findings) -> Vec<Evidence> {
    let value = |sentence: &str| -> f64 {
        let keys = terms::key_set(sentence, &findings.lexicon);
        let shared = findings.shared.iter().filter(|term| term.term.is_in(&keys));
        shared.map(|term| evidence::value(term, &findings.rarity)).sum()
    };
    let quote = |message: &Message| -> Option<(f64, Evidence)> {
        let sentences = words::sentences(&message.content).map(|sentence| (value(sentence), sentence));
        let (value, sentence) = sentences.max_by(|one, other| one.0.total_cmp(&other.0))?;
        let evidence = Evidence { message_seq: message.seq, quote: truncate(sentence, 160) };
        (value > 0.0).then_some((value, evidence))
    };
    let mut quotes: Vec<(f64, Evidence)> = problem::people(briefing).filter_map(quote).collect();
    quotes.sort_by(|one, other| other.0.total_cmp(&one.0));
    quotes.into_iter().take(MAX_QUOTES).map(|(_, quote)| quote).collect()
}

/// A reply in a session, as Markdown.
pub(super) fn format_reply(briefing: &Briefing, findings: &Findings) -> String {
    let draft = draft_assessment(briefing, findings);
    if draft.confidence == Confidence::Inconclusive {
        return "Nothing in the runbooks or the resolved sessions matches this. What would narrow it down: the \
                exact error text, when it began, what changed just before, and who else has it."
            .into();
    }
    let question = briefing.messages.last().map(|message| message.content.as_str()).unwrap_or_default();
    let is_asked = |step: &&DraftStep| is_same_step(&step.text, question);
    let untried: Vec<&DraftStep> =
        draft.steps.iter().filter(|step| !step.already_tried && !is_asked(step)).take(4).collect();
    let mut text = if draft.steps.iter().any(|step| is_asked(&step)) {
        // The cause is known to whoever sends a step of the assessment.
        format!("After this, check whether it still happens: {}\n", briefing.title)
    } else {
        format!("{}\n", draft.likely_cause)
    };
    if untried.is_empty() {
        text.push_str("\nAll known fixes have been tried.\n");
    } else {
        text.push_str("\nNot tried yet:\n");
        for (number, step) in (1..).zip(untried) {
            let _ = writeln!(text, "{number}. {}", step.text);
        }
    }
    if let Some(runbook) = &findings.runbook {
        let _ = writeln!(text, "\nFrom the runbook “{}”.", runbook.title);
    }
    text
}
