//! Parses a model's answer into data. It is untrusted: sizes are limited, and an unusable answer becomes one sentence.
//!
//! The prompt asks for text with headings, which reads well while it streams. A JSON object with the same fields works
//! too, and plain prose becomes the likely cause, with low confidence.

use serde::Deserialize;
use tierup_common::assessment::{Confidence, Evidence};

use crate::assess::context::EngineError;
use crate::assess::draft::{AssessmentDraft, DraftStep, MAX_QUOTES, MAX_STEP_CHARS, MAX_STEPS};
use crate::domain::briefing::Briefing;
use crate::text::{truncate, truncate_to_line};

/// The longest likely cause, in characters.
const MAX_CAUSE_CHARS: usize = 600;
/// The longest quote, in characters.
const MAX_QUOTE_CHARS: usize = 300;

/// Parses an answer about a briefing.
pub(super) fn parse_assessment(answer: &str, briefing: &Briefing) -> Result<AssessmentDraft, EngineError> {
    let text = strip_code_fence(answer.trim());
    let draft = if text.starts_with(['{', '[', '<']) { parse_json(text)? } else { parse_text(text) };
    if draft.likely_cause.is_empty() {
        return Err(EngineError("The model named no likely cause.".into()));
    }
    let is_known =
        |evidence: &Evidence| briefing.messages.iter().any(|message| message.seq == evidence.message_seq);
    let evidence = draft.evidence.into_iter().filter(is_known).take(MAX_QUOTES).collect();
    let steps = draft.steps.into_iter().take(MAX_STEPS).collect();
    Ok(AssessmentDraft { steps, evidence, ..draft })
}

/// The content of a text that is a single code block.
fn strip_code_fence(text: &str) -> &str {
    let inside = text.strip_prefix("```").and_then(|rest| rest.strip_suffix("```"));
    inside.and_then(|inside| inside.split_once('\n')).map_or(text, |(_, body)| body.trim())
}

#[derive(Deserialize)]
struct JsonAssessment {
    likely_cause: String,
    #[serde(default)]
    suggested_steps: Vec<JsonStep>,
    confidence: Option<Confidence>,
    #[serde(default)]
    evidence: Vec<Evidence>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum JsonStep {
    Text(String),
    Step {
        text: String,
        #[serde(default)]
        already_tried: bool,
    },
}

fn parse_json(text: &str) -> Result<AssessmentDraft, EngineError> {
    let parsed: JsonAssessment = serde_json::from_str(text)
        .map_err(|_| EngineError("The model's answer did not have the requested format.".into()))?;
    let steps = parsed.suggested_steps.into_iter().map(|step| match step {
        JsonStep::Text(text) => draft_step(truncate_to_line(&text, MAX_STEP_CHARS), false),
        JsonStep::Step { text, already_tried } => {
            draft_step(truncate_to_line(&text, MAX_STEP_CHARS), already_tried)
        }
    });
    let evidence = parsed.evidence.into_iter();
    Ok(AssessmentDraft {
        steps: steps.filter(|step| !step.text.is_empty()).collect(),
        evidence: evidence
            .map(|it| Evidence { quote: truncate_to_line(&it.quote, MAX_QUOTE_CHARS), ..it })
            .collect(),
        ..AssessmentDraft::new(
            truncate(parsed.likely_cause.trim(), MAX_CAUSE_CHARS),
            parsed.confidence.unwrap_or(Confidence::Low),
        )
    })
}

const fn draft_step(text: String, already_tried: bool) -> DraftStep {
    DraftStep { text, already_tried, why: None }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum AnswerSection {
    Cause,
    Steps,
    Evidence,
}

fn parse_text(text: &str) -> AssessmentDraft {
    let mut section = AnswerSection::Cause;
    let mut cause: Vec<&str> = Vec::new();
    let mut draft = AssessmentDraft::new(String::new(), Confidence::Low);
    for line in text.lines().map(str::trim).filter(|line| !line.is_empty()) {
        if let Some((heading, rest)) = parse_heading(line) {
            match heading {
                Heading::Confidence => {
                    let word = rest.split(|c: char| !c.is_alphabetic()).find(|word| !word.is_empty());
                    let parsed = word.and_then(|word| word.to_lowercase().parse().ok());
                    draft.confidence = parsed.unwrap_or(draft.confidence);
                    continue;
                }
                Heading::Section(next) => {
                    section = next;
                    if rest.is_empty() {
                        continue;
                    }
                }
            }
            if section == AnswerSection::Cause {
                cause.push(rest);
                continue;
            }
        }
        match (section, list_item_text(line)) {
            (AnswerSection::Evidence, Some(item)) => draft.evidence.extend(parse_evidence(item)),
            (AnswerSection::Cause | AnswerSection::Steps, Some(item)) => draft.steps.push(parse_step(item)),
            (AnswerSection::Cause, None) => cause.push(line),
            (AnswerSection::Steps | AnswerSection::Evidence, None) => {}
        }
    }
    draft.likely_cause = truncate(&strip_emphasis(&cause.join(" ")), MAX_CAUSE_CHARS);
    draft
}

enum Heading {
    Section(AnswerSection),
    Confidence,
}

/// A heading: `Likely cause: …`, `## Steps`, `**Confidence:** high`.
fn parse_heading(line: &str) -> Option<(Heading, &str)> {
    let bare = line.trim_start_matches(['#', '*', ' ']);
    let end = bare.find([':', '*']).unwrap_or(bare.len());
    let is_heading = end < bare.len() || bare.len() < line.len();
    let name = bare[..end].trim().to_lowercase();
    let rest = bare[end..].trim_start_matches([':', '*', ' ']).trim_end_matches('*');
    let heading = match name.as_str() {
        "likely cause" | "cause" => Heading::Section(AnswerSection::Cause),
        "steps" | "suggested steps" | "next steps" | "try next" => Heading::Section(AnswerSection::Steps),
        "evidence" => Heading::Section(AnswerSection::Evidence),
        "confidence" => Heading::Confidence,
        _ => return None,
    };
    is_heading.then_some((heading, rest))
}

/// The text after `1.`, `2)`, `-` or `*`.
fn list_item_text(line: &str) -> Option<&str> {
    let digits = line.trim_start_matches(|c: char| c.is_ascii_digit());
    let rest = if digits.len() < line.len() {
        digits.strip_prefix(['.', ')'])?
    } else {
        line.strip_prefix(['-', '*', '•'])?
    };
    rest.starts_with(' ').then(|| rest.trim())
}

fn parse_step(item: &str) -> DraftStep {
    const TRIED_MARKERS: [&str; 3] = ["(already tried)", "[already tried]", "(tried)"];
    let text = strip_emphasis(item);
    let marker = TRIED_MARKERS.iter().find(|marker| text.to_lowercase().ends_with(*marker));
    match marker.and_then(|marker| text.get(..text.len() - marker.len())) {
        Some(text) => draft_step(truncate(text.trim_end(), MAX_STEP_CHARS), true),
        None => draft_step(truncate(&text, MAX_STEP_CHARS), false),
    }
}

/// `[3] "the words"`, as requested.
fn parse_evidence(item: &str) -> Option<Evidence> {
    let (seq, quote) = item.strip_prefix('[')?.split_once(']')?;
    let quote = quote.trim().trim_matches(['"', '“', '”', ':', ' ']);
    Some(Evidence {
        message_seq: seq.trim_start_matches('#').parse().ok()?,
        quote: truncate_to_line(quote, MAX_QUOTE_CHARS),
    })
}

/// Removes Markdown's emphasis.
fn strip_emphasis(text: &str) -> String {
    text.replace("**", "").replace('`', "").trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use tierup_common::id::MessageId;
    use tierup_common::session::{Message, MessageRole};

    use crate::domain::tests::at;

    fn briefing() -> Briefing {
        let message = |seq| Message {
            id: MessageId::new(at(0)),
            seq,
            role: MessageRole::User,
            author_id: None,
            author_name: None,
            content: "error 809".into(),
            created_at: at(0),
        };
        Briefing {
            title: "VPN".into(),
            intake: "VPN".into(),
            messages: vec![message(1), message(2)],
            ..Briefing::default()
        }
    }

    fn parse(answer: &str) -> Result<AssessmentDraft, EngineError> {
        parse_assessment(answer, &briefing())
    }

    #[test]
    fn the_requested_form_is_parsed() {
        let draft = parse(
            "**Likely cause:** The certificate was reissued.\n\n**Steps**\n1. Check the `certificate`\n\
             2) Reinstall (already tried)\n\nConfidence: high\n\nEvidence:\n- [2] \"error 809\"\n- [9] \"made up\"",
        )
        .unwrap();
        assert_eq!(draft.likely_cause, "The certificate was reissued.");
        assert_eq!(
            draft.steps,
            [draft_step("Check the certificate".into(), false), draft_step("Reinstall".into(), true)]
        );
        assert_eq!(draft.confidence, Confidence::High);
        assert_eq!(draft.evidence, [Evidence { message_seq: 2, quote: "error 809".into() }]);
    }

    #[test]
    fn an_answer_in_json_is_parsed_too() {
        let said = "```json\n{\"likely_cause\":\"DNS\",\"suggested_steps\":[\"Flush it\",{\"text\":\"Wait\",\
                    \"already_tried\":true}],\"confidence\":\"medium\"}\n```";
        let draft = parse(said).unwrap();
        assert_eq!((draft.likely_cause.as_str(), draft.confidence), ("DNS", Confidence::Medium));
        assert_eq!(draft.steps, [draft_step("Flush it".into(), false), draft_step("Wait".into(), true)]);
    }

    #[test]
    fn prose_becomes_the_likely_cause_with_low_confidence() {
        let draft = parse("The fan is dead.\n- Replace it").unwrap();
        assert_eq!((draft.likely_cause.as_str(), draft.confidence), ("The fan is dead.", Confidence::Low));
        assert_eq!(draft.steps, [draft_step("Replace it".into(), false)]);
    }

    #[test]
    fn an_unusable_answer_is_refused_with_one_sentence() {
        for said in ["", "   ", "{\"cause\": 1}", "[[[[", "<html>502</html>", "Confidence: high"] {
            let EngineError(why) = parse(said).unwrap_err();
            assert!(why.ends_with('.') && why.starts_with("The model"), "{said:?}: {why}");
        }
    }

    #[test]
    fn cause_and_steps_are_capped() {
        let steps = format!("- {}\n", "x".repeat(1_000)).repeat(50);
        let draft = parse(&format!("{}\n{steps}", "y".repeat(5_000))).unwrap();
        assert_eq!(draft.steps.len(), MAX_STEPS);
        assert!(draft.steps[0].text.chars().count() <= MAX_STEP_CHARS + 1);
        assert!(draft.likely_cause.chars().count() <= MAX_CAUSE_CHARS + 1);
    }
}
