//! What a model said, as data. Its words are untrusted: everything is capped, and what is not as asked for is refused
//! in one sentence.
//!
//! Asked for is text with headed parts, because that reads well while it streams. A model that answers with a JSON
//! object of the same fields is understood too; plain prose is taken as the likely cause, with little confidence.

use serde::Deserialize;
use tierup_common::assessment::{Confidence, Evidence};

use crate::assess::context::EngineError;
use crate::assess::draft::{AssessmentDraft, MAX_QUOTES, MAX_STEP_CHARS, MAX_STEPS};
use crate::domain::briefing::Briefing;
use crate::text::{truncate, truncate_to_line};

/// The likely cause, in characters, at most.
const MAX_CAUSE_CHARS: usize = 600;
/// A quote, in characters, at most.
const MAX_QUOTE_CHARS: usize = 300;

/// Reads what a model said of a briefing.
pub(super) fn parse_assessment(answer: &str, briefing: &Briefing) -> Result<AssessmentDraft, EngineError> {
    let text = strip_code_fence(answer.trim());
    let opinion = if text.starts_with(['{', '[', '<']) { parse_json(text)? } else { parse_text(text) };
    if opinion.likely_cause.is_empty() {
        return Err(EngineError("The model named no likely cause.".into()));
    }
    let known =
        |evidence: &Evidence| briefing.messages.iter().any(|message| message.seq == evidence.message_seq);
    let evidence = opinion.evidence.into_iter().filter(known).take(MAX_QUOTES).collect();
    let steps = opinion.steps.into_iter().take(MAX_STEPS).collect();
    Ok(AssessmentDraft { steps, evidence, ..opinion })
}

/// The inside of a text that is one code block.
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
    let said: JsonAssessment = serde_json::from_str(text)
        .map_err(|_| EngineError("The model's answer was not in the form it was asked for.".into()))?;
    let steps = said.suggested_steps.into_iter().map(|step| match step {
        JsonStep::Text(text) => (truncate_to_line(&text, MAX_STEP_CHARS), false),
        JsonStep::Step { text, already_tried } => (truncate_to_line(&text, MAX_STEP_CHARS), already_tried),
    });
    let evidence = said.evidence.into_iter();
    Ok(AssessmentDraft {
        likely_cause: truncate(said.likely_cause.trim(), MAX_CAUSE_CHARS),
        steps: steps.filter(|(text, _)| !text.is_empty()).collect(),
        confidence: said.confidence.unwrap_or(Confidence::Low),
        evidence: evidence
            .map(|it| Evidence { quote: truncate_to_line(&it.quote, MAX_QUOTE_CHARS), ..it })
            .collect(),
        similar: Vec::new(),
    })
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum AnswerSection {
    Cause,
    Steps,
    Evidence,
}

fn parse_text(text: &str) -> AssessmentDraft {
    let mut part = AnswerSection::Cause;
    let mut cause: Vec<&str> = Vec::new();
    let mut opinion = AssessmentDraft {
        likely_cause: String::new(),
        steps: Vec::new(),
        confidence: Confidence::Low,
        evidence: Vec::new(),
        similar: Vec::new(),
    };
    for line in text.lines().map(str::trim).filter(|line| !line.is_empty()) {
        if let Some((heading, rest)) = parse_heading(line) {
            match heading {
                Heading::Confidence => {
                    let word = rest.split(|c: char| !c.is_alphabetic()).find(|word| !word.is_empty());
                    let parsed = word.and_then(|word| word.to_lowercase().parse().ok());
                    opinion.confidence = parsed.unwrap_or(opinion.confidence);
                    continue;
                }
                Heading::Section(next) => {
                    part = next;
                    if rest.is_empty() {
                        continue;
                    }
                }
            }
            if part == AnswerSection::Cause {
                cause.push(rest);
                continue;
            }
        }
        match (part, list_item_text(line)) {
            (AnswerSection::Evidence, Some(item)) => opinion.evidence.extend(parse_evidence(item)),
            (AnswerSection::Cause | AnswerSection::Steps, Some(item)) => opinion.steps.push(parse_step(item)),
            (AnswerSection::Cause, None) => cause.push(line),
            (AnswerSection::Steps | AnswerSection::Evidence, None) => {}
        }
    }
    opinion.likely_cause = truncate(&strip_emphasis(&cause.join(" ")), MAX_CAUSE_CHARS);
    opinion
}

enum Heading {
    Section(AnswerSection),
    Confidence,
}

/// A line that opens a part: `Likely cause: …`, `## Steps`, `**Confidence:** high`.
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

/// What stands behind `1.`, `2)`, `-` or `*`.
fn list_item_text(line: &str) -> Option<&str> {
    let digits = line.trim_start_matches(|c: char| c.is_ascii_digit());
    let rest = if digits.len() < line.len() {
        digits.strip_prefix(['.', ')'])?
    } else {
        line.strip_prefix(['-', '*', '•'])?
    };
    rest.starts_with(' ').then(|| rest.trim())
}

fn parse_step(item: &str) -> (String, bool) {
    const MARKS: [&str; 3] = ["(already tried)", "[already tried]", "(tried)"];
    let text = strip_emphasis(item);
    let mark = MARKS.iter().find(|mark| text.to_lowercase().ends_with(*mark));
    match mark.and_then(|mark| text.get(..text.len() - mark.len())) {
        Some(text) => (truncate(text.trim_end(), MAX_STEP_CHARS), true),
        None => (truncate(&text, MAX_STEP_CHARS), false),
    }
}

/// `[3] "the words"`, as it was asked for.
fn parse_evidence(item: &str) -> Option<Evidence> {
    let (seq, quote) = item.strip_prefix('[')?.split_once(']')?;
    let quote = quote.trim().trim_matches(['"', '“', '”', ':', ' ']);
    Some(Evidence {
        message_seq: seq.trim_start_matches('#').parse().ok()?,
        quote: truncate_to_line(quote, MAX_QUOTE_CHARS),
    })
}

/// Without the marks of emphasis.
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
            notes: String::new(),
            branches: Vec::new(),
            messages: vec![message(1), message(2)],
        }
    }

    fn parse(answer: &str) -> Result<AssessmentDraft, EngineError> {
        parse_assessment(answer, &briefing())
    }

    #[test]
    fn the_form_that_was_asked_for() {
        let opinion = parse(
            "**Likely cause:** The certificate was reissued.\n\n**Steps**\n1. Check the `certificate`\n\
             2) Reinstall (already tried)\n\nConfidence: high\n\nEvidence:\n- [2] \"error 809\"\n- [9] \"made up\"",
        )
        .unwrap();
        assert_eq!(opinion.likely_cause, "The certificate was reissued.");
        assert_eq!(opinion.steps, [("Check the certificate".into(), false), ("Reinstall".into(), true)]);
        assert_eq!(opinion.confidence, Confidence::High);
        assert_eq!(opinion.evidence, [Evidence { message_seq: 2, quote: "error 809".into() }]);
    }

    #[test]
    fn the_same_as_json() {
        let said = "```json\n{\"likely_cause\":\"DNS\",\"suggested_steps\":[\"Flush it\",{\"text\":\"Wait\",\
                    \"already_tried\":true}],\"confidence\":\"medium\"}\n```";
        let opinion = parse(said).unwrap();
        assert_eq!((opinion.likely_cause.as_str(), opinion.confidence), ("DNS", Confidence::Medium));
        assert_eq!(opinion.steps, [("Flush it".into(), false), ("Wait".into(), true)]);
    }

    #[test]
    fn prose_is_the_likely_cause_with_little_confidence() {
        let opinion = parse("The fan is dead.\n- Replace it").unwrap();
        assert_eq!(
            (opinion.likely_cause.as_str(), opinion.confidence),
            ("The fan is dead.", Confidence::Low)
        );
        assert_eq!(opinion.steps, [("Replace it".into(), false)]);
    }

    #[test]
    fn what_is_not_an_answer_is_refused_in_one_sentence() {
        for said in ["", "   ", "{\"cause\": 1}", "[[[[", "<html>502</html>", "Confidence: high"] {
            let EngineError(why) = parse(said).unwrap_err();
            assert!(why.ends_with('.') && why.starts_with("The model"), "{said:?}: {why}");
        }
    }

    #[test]
    fn everything_is_capped() {
        let steps = format!("- {}\n", "x".repeat(1_000)).repeat(50);
        let opinion = parse(&format!("{}\n{steps}", "y".repeat(5_000))).unwrap();
        assert_eq!(opinion.steps.len(), MAX_STEPS);
        assert!(opinion.steps[0].0.chars().count() <= MAX_STEP_CHARS + 1);
        assert!(opinion.likely_cause.chars().count() <= MAX_CAUSE_CHARS + 1);
    }
}
