//! An assessment as Markdown: one form for all engines, while it is written and when it is final.

use std::fmt::Write as _;

use tierup_common::assessment::{Confidence, Evidence};

use crate::assess::draft::{AssessmentDraft, DraftStep};

/// Said of an answer that is incomplete.
pub(super) const CUT_OFF: &str = "The answer was cut off by the endpoint's length limit.";

/// Where the text says how sure it is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum ConfidenceAt {
    /// Beside the likely cause.
    Start,
    /// After what it rests on: for engines that know it last.
    End,
}

/// A finished assessment.
pub(super) fn format_assessment(draft: &AssessmentDraft, confidence_at: ConfidenceAt) -> String {
    let confidence = draft.confidence.label();
    let mut text = match confidence_at {
        ConfidenceAt::Start => format!("**Likely cause**  {confidence}\n{}\n", draft.likely_cause),
        ConfidenceAt::End => format!("**Likely cause**\n{}\n", draft.likely_cause),
    };
    // Writing to a String cannot fail.
    if let Some(hypothesis) = &draft.contradicted_by {
        let _ = writeln!(text, "\nThe case rules this out: {hypothesis}");
    }
    push_sections(&mut text, draft);
    if !draft.similar.is_empty() {
        text.push_str("\n**Similar cases**\n");
        for similar in &draft.similar {
            let _ = writeln!(text, "- session {}: {}", similar.number, similar.problem_summary);
        }
    }
    if confidence_at == ConfidenceAt::End {
        let _ = writeln!(text, "\n**Confidence**\n{confidence}");
    }
    if draft.is_uncited {
        text.push_str("\nNo words of the session support this.\n");
    }
    if draft.confidence == Confidence::Inconclusive {
        text.push_str("\nA runbook for this would help next time.\n");
    }
    if draft.is_cut_off {
        let _ = writeln!(text, "\n{CUT_OFF}");
    }
    text
}

/// The beginning of the same text, as far as an unfinished draft holds it.
pub(super) fn format_beginning(draft: &AssessmentDraft) -> String {
    if draft.likely_cause.is_empty() {
        return String::new();
    }
    let mut text = format!("**Likely cause**\n{}\n", draft.likely_cause);
    push_sections(&mut text, draft);
    text.truncate(text.trim_end().len());
    text
}

fn push_sections(text: &mut String, draft: &AssessmentDraft) {
    // Writing to a String cannot fail.
    if !draft.steps.is_empty() {
        text.push_str("\n**Try next**\n");
        for (number, DraftStep { text: step, already_tried, .. }) in (1..).zip(&draft.steps) {
            let suffix = if *already_tried { " (already tried)" } else { "" };
            let _ = writeln!(text, "{number}. {step}{suffix}");
        }
    }
    if !draft.evidence.is_empty() {
        text.push_str("\n**From the session**\n");
        for Evidence { message_seq, quote } in &draft.evidence {
            let _ = writeln!(text, "- [{message_seq}] “{quote}”");
        }
    }
    if !draft.find_out.is_empty() {
        text.push_str("\n**To find out**\n");
        for question in &draft.find_out {
            let _ = writeln!(text, "- {question}");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn doubts_are_sentences() {
        let draft = AssessmentDraft {
            contradicted_by: Some("DNS is down".into()),
            is_uncited: true,
            is_cut_off: true,
            ..AssessmentDraft::new("DNS.".into(), Confidence::Low)
        };
        assert_eq!(
            format_assessment(&draft, ConfidenceAt::End),
            "**Likely cause**\nDNS.\n\nThe case rules this out: DNS is down\n\n**Confidence**\nlow confidence\n\n\
             No words of the session support this.\n\nThe answer was cut off by the endpoint's length limit.\n"
        );
    }

    #[test]
    fn an_engine_that_is_sure_from_the_start_says_so_beside_the_cause() {
        let draft = AssessmentDraft {
            steps: vec![DraftStep { text: "Wait".into(), already_tried: true, why: None }],
            ..AssessmentDraft::new("DNS.".into(), Confidence::High)
        };
        assert_eq!(
            format_assessment(&draft, ConfidenceAt::Start),
            "**Likely cause**  high confidence\nDNS.\n\n**Try next**\n1. Wait (already tried)\n"
        );
    }
}
