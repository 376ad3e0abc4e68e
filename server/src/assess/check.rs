//! Checks a model's answer against the case as it was sent. What does not hold is dropped or marked, whatever the model says.
//!
//! Confidence is what the model says, but at most
//! - low, if no runbook and no resolved session was found, if its quotes are not in the session, if the case rules the
//!   cause out, or if the answer was cut off,
//! - medium, if none of those that were found names the cause.

use std::collections::HashSet;

use tierup_common::assessment::{Basis, Confidence, Evidence};
use tierup_common::limit::MAX_FIND_OUT;
use tierup_common::text::{truncate, truncate_to_line};

use crate::assess::case::Case;
use crate::assess::context::EngineError;
use crate::assess::contradiction::contradicting_branch;
use crate::assess::cut;
use crate::assess::draft::{AssessmentDraft, DraftStep, MAX_QUOTES, MAX_STEP_CHARS, MAX_STEPS};
use crate::assess::parse::answer::Answer;
use crate::assess::tried::mark_tried;
use crate::search::words;

/// The longest likely cause, in characters.
const MAX_CAUSE_CHARS: usize = 600;
/// The longest quote, in characters.
const MAX_QUOTE_CHARS: usize = 300;
/// A source names a cause that has this share of the words of one of its sentences.
const MIN_SUPPORT: f64 = 0.5;

/// The assessment of an answer that has ended. If it was cut off, only what is surely whole is left of it.
pub(super) fn check_answer(answer: &Answer, sent: &Case<'_>) -> Result<AssessmentDraft, EngineError> {
    let is_cut_off = !answer.is_whole();
    let cause = if answer.cause.is_whole {
        answer.cause.value.clone()
    } else {
        cut::whole_sentences(&answer.cause.value)
    };
    let cause = match (cause.is_empty(), answer.confidence) {
        (false, _) => truncate(&cause, MAX_CAUSE_CHARS),
        (true, Some(Confidence::Inconclusive)) => "Nothing in the case points to a cause.".into(),
        (true, _) if is_cut_off => {
            return Err(EngineError("The model's answer was cut off before it named a likely cause.".into()));
        }
        (true, _) => return Err(EngineError("The model named no likely cause.".into())),
    };
    let evidence = standing_quotes(answer, sent);
    let is_uncited = evidence.is_empty() && !answer.quotes.value.is_empty();
    let contradicted_by = contradiction(answer, &cause, sent);
    let basis = basis(&cause, sent);
    let cap = confidence_cap(&basis, sent, is_cut_off || is_uncited || contradicted_by.is_some());
    Ok(AssessmentDraft {
        steps: mark_tried(sent.briefing, distinct_steps(answer), sent.lexicon),
        evidence,
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
    sent: &Case<'_>,
    avoided: &HashSet<String>,
) -> AssessmentDraft {
    let mut draft = AssessmentDraft::new(String::new(), Confidence::Low);
    let cause = truncate(&answer.cause.value, MAX_CAUSE_CHARS);
    if !answer.cause.is_whole {
        if !answer.is_prose {
            let shown = before_avoided(&cause, avoided);
            // Marks at the end may close or open something that the final text has not.
            draft.likely_cause = shown.trim_end_matches(['*', '_', ' ']).into();
        }
        return draft;
    }
    if contradiction(answer, &cause, sent).is_some() {
        return draft;
    }
    draft.likely_cause = cause;
    draft.steps = marked_steps;
    if !answer.steps.is_whole {
        // Those that were tried come last.
        draft.steps.retain(|step| !step.already_tried);
        return draft;
    }
    draft.evidence = standing_quotes(answer, sent);
    if answer.quotes.is_whole {
        draft.find_out = questions(answer);
    }
    draft
}

/// An unfinished text up to its first word with an avoided stem. Its last word may still become one.
fn before_avoided<'t>(text: &'t str, avoided: &HashSet<String>) -> &'t str {
    if avoided.is_empty() {
        return text;
    }
    let mut end = 0;
    for (at, _) in text.match_indices(' ') {
        if words::stems(&text[end..at]).iter().any(|stem| avoided.contains(stem)) {
            break;
        }
        end = at;
    }
    &text[..end]
}

/// The ruled-out hypothesis that an answer names. One that is inconclusive names none, though it may speak of them.
fn contradiction(answer: &Answer, cause: &str, sent: &Case<'_>) -> Option<String> {
    if answer.confidence == Some(Confidence::Inconclusive) {
        return None;
    }
    let branch = contradicting_branch(sent.briefing, cause)?;
    Some(truncate_to_line(&branch.hypothesis, MAX_STEP_CHARS))
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

fn standing_quotes(answer: &Answer, sent: &Case<'_>) -> Vec<Evidence> {
    let stands = |quote: &&Evidence| sent.contains_quote(quote.message_seq, &quote.quote);
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

/// The sources that name a cause.
fn basis(cause: &str, sent: &Case<'_>) -> Basis {
    let cause = words::stems(cause);
    let names = |source: &str| {
        words::sentences(source)
            .map(words::stems)
            .any(|said| said.len() > 1 && words::overlap(&said, &cause) >= MIN_SUPPORT)
    };
    let cases = sent.similar.iter().filter(|similar| names(&similar.resolution)).count();
    Basis {
        cases: u32::try_from(cases).unwrap_or(u32::MAX),
        runbooks: u32::from(sent.runbook.is_some_and(|it| it.causes.iter().any(|cause| names(&cause.text)))),
        identifiers: Vec::new(),
    }
}

fn confidence_cap(basis: &Basis, sent: &Case<'_>, is_doubtful: bool) -> Confidence {
    if is_doubtful || (sent.runbook.is_none() && sent.similar.is_empty()) {
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

#[cfg(test)]
mod tests {
    use tierup_common::assessment::Similar;
    use tierup_common::id::{BranchId, MessageId, Number, SessionId};
    use tierup_common::session::{Branch, BranchStatus, Message, MessageRole};

    use super::*;
    use crate::assess::parse::parse_answer;
    use crate::domain::briefing::Briefing;
    use crate::domain::tests::at;
    use crate::search::lexicon::Lexicon;

    fn briefing() -> Briefing {
        let message = |seq, content: &str| Message {
            id: MessageId::new(at(0)),
            seq,
            role: MessageRole::User,
            author_id: None,
            author_name: None,
            content: content.into(),
            created_at: at(0),
            mentions: Vec::new(),
        };
        Briefing {
            title: "VPN".into(),
            intake: "VPN".into(),
            notes: String::new(),
            branches: vec![Branch {
                id: BranchId::new(at(0)),
                hypothesis: "The firewall drops UDP 4500".into(),
                status: BranchStatus::RuledOut,
                evidence: None,
                updated_at: at(0),
            }],
            messages: vec![
                message(1, "VPN fails"),
                message(2, "It says “error\n  809” since\u{a0}monday. I reinstalled the VPN client."),
            ],
            ..Briefing::default()
        }
    }

    fn resolved(resolution: &str) -> Vec<Similar> {
        vec![Similar {
            session_id: SessionId::new(at(0)),
            number: Number(7),
            problem_summary: "VPN".into(),
            resolution: resolution.into(),
            why: None,
        }]
    }

    fn check_with(
        answer: &str,
        is_cut_off: bool,
        similar: &[Similar],
    ) -> Result<AssessmentDraft, EngineError> {
        let briefing = briefing();
        let lexicon = Lexicon::new("");
        let sent = Case::from_sources(&briefing, None, similar, &lexicon);
        check_answer(&parse_answer(answer, !is_cut_off)?, &sent)
    }

    fn check(answer: &str) -> AssessmentDraft {
        check_with(answer, false, &[]).unwrap()
    }

    #[test]
    fn a_quote_stands_in_its_message_or_is_dropped() {
        let draft = check(
            r#"{"cause": "DNS", "quotes": [{"message": 2, "words": "\"error 809\" since monday."}, {"message": 1, "words": "error 809"},
                {"message": 2, "words": "error 810"}, {"message": 9, "words": "VPN fails"}, {"message": 1, "words": ""}]}"#,
        );
        assert_eq!(
            draft.evidence,
            [Evidence { message_seq: 2, quote: "\"error 809\" since monday.".into() }]
        );
        assert!(!draft.is_uncited);
    }

    #[test]
    fn an_answer_without_a_quote_that_stands_is_uncited_if_it_claimed_one() {
        let similar = resolved("DNS cache was stale. Flushed it.");
        let made_up = r#"{"cause": "DNS cache stale", "confidence": "high", "quotes": ["[2] \"the resolver is down\""]}"#;
        let draft = check_with(made_up, false, &similar).unwrap();
        assert_eq!((draft.is_uncited, draft.confidence), (true, Confidence::Low));
        assert!(!check(r#"{"cause": "DNS", "quotes": []}"#).is_uncited);
    }

    #[test]
    fn the_server_decides_what_was_tried_and_puts_it_last() {
        let draft = check(
            "Likely cause: DNS\nSteps:\n1. Reinstall the VPN client\n2. Flush the cache (already tried)\n3. flush the cache!\n4. Wait",
        );
        let steps: Vec<_> = draft.steps.iter().map(|step| (step.text.as_str(), step.already_tried)).collect();
        assert_eq!(steps, [("Flush the cache", false), ("Wait", false), ("Reinstall the VPN client", true)]);
    }

    #[test]
    fn confidence_is_capped_by_what_was_found() {
        let answer = r#"{"cause": "The machine certificate on gw2 expired.", "confidence": "high"}"#;
        let confidence = |similar: &[Similar]| check_with(answer, false, similar).unwrap().confidence;
        assert_eq!(confidence(&[]), Confidence::Low);
        assert_eq!(confidence(&resolved("Restarted the phone system.")), Confidence::Medium);
        let naming = resolved("Called the customer. Expired machine certificate, renewed it.");
        assert_eq!(confidence(&naming), Confidence::High);
        assert_eq!(check_with(answer, false, &naming).unwrap().basis.cases, 1);
        let unsure =
            r#"{"cause": "Nothing fits.", "confidence": "inconclusive", "to_find_out": ["Which build?"]}"#;
        let draft = check_with(unsure, false, &[]).unwrap();
        assert_eq!(
            (draft.confidence, draft.find_out),
            (Confidence::Inconclusive, vec!["Which build?".to_owned()])
        );
    }

    #[test]
    fn a_cause_that_the_case_rules_out_is_marked() {
        let answer = r#"{"cause": "The firewall drops UDP 4500.", "confidence": "high"}"#;
        let draft = check_with(answer, false, &resolved("The firewall dropped UDP 4500.")).unwrap();
        assert_eq!(draft.contradicted_by.as_deref(), Some("The firewall drops UDP 4500"));
        assert_eq!(draft.confidence, Confidence::Low);
        let unsure = r#"{"cause": "The firewall drops UDP 4500 nowhere.", "confidence": "inconclusive"}"#;
        assert_eq!(check(unsure).contradicted_by, None, "it names no cause");
    }

    #[test]
    fn what_was_cut_off_is_dropped_and_said() {
        let similar = resolved("The disk of gw2 was full. Deleted dumps.");
        for answer in [
            "**Confidence:** high\n**Likely cause:** The disk is full. It holds the du\n",
            "**Confidence:** high\n**Likely cause:** The disk is full.\n**Steps**\n1. Delete with rm -rf /var/lib/app/du",
            r#"{"confidence": "high", "cause": "The disk is full. It holds the du"#,
            r#"{"confidence": "high", "cause": "The disk is full.", "next_steps": [{"action": "Delete", "command": "rm -rf /va"#,
        ] {
            let draft = check_with(answer, true, &similar).unwrap();
            assert_eq!(
                (draft.likely_cause.as_str(), &draft.steps[..]),
                ("The disk is full.", &[][..]),
                "{answer}"
            );
            assert_eq!((draft.is_cut_off, draft.confidence), (true, Confidence::Low), "{answer}");
        }
        // An object without its end was cut off, whatever the endpoint says.
        let draft = check(r#"{"cause": "The disk is full.", "next_steps": ["Look", "rm -rf /va"#);
        assert_eq!((draft.is_cut_off, draft.steps.len()), (true, 1));
        // Whatever follows the object is no part of the answer.
        let draft = check_with("{\"cause\": \"The disk is full.\"}\nI can al", true, &similar).unwrap();
        assert!(!draft.is_cut_off);
        let why = check_with("Likely cause: The disk", true, &[]).unwrap_err().to_string();
        assert_eq!(why, "The model's answer was cut off before it named a likely cause.");
    }

    #[test]
    fn cause_and_steps_are_capped_and_no_command_is_shortened() {
        let steps = format!("- {}\n", "x".repeat(1_000))
            + "- y\n- z\n- z1\n- z2\n- z3\n- z4\n- z5\n- z6\n- z7\n- z8\n";
        let draft = check(&format!("{}\n{steps}", "y".repeat(5_000)));
        assert_eq!(draft.steps.len(), MAX_STEPS);
        assert!(draft.steps[0].text.chars().count() <= MAX_STEP_CHARS + 1);
        assert!(draft.likely_cause.chars().count() <= MAX_CAUSE_CHARS + 1);
        let long = format!("rm -rf {}", "/var/lib/app/dump ".repeat(40));
        let answer = serde_json::json!({"cause": "x", "steps": [{"text": "Delete the dumps", "command": long}, {"command": long}]});
        let steps = check(&answer.to_string()).steps;
        assert_eq!(steps.iter().map(|step| step.text.as_str()).collect::<Vec<_>>(), ["Delete the dumps…"]);
    }

    #[test]
    fn an_answer_without_a_cause_is_refused_with_one_sentence() {
        for answer in ["", "   ", "Confidence: high", "{\"cause\": null}", "{\"steps\": []}"] {
            let why = check_with(answer, false, &[]).unwrap_err().to_string();
            assert_eq!(why, "The model named no likely cause.", "{answer}");
        }
    }
}
