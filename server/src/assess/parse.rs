//! Reads a model's answer. It is untrusted: its parts are read here, and checked against the case in `check.rs`.
//!
//! The prompt asks for one JSON object. Models also put it into a block of code or into prose, or write text with
//! headings, lists and tables; plain prose becomes the likely cause. What has not ended yet is read as well, so that
//! people see an answer while it is written.

pub(super) mod answer;
mod heading;
mod json;
mod markup;
mod object;
mod quote;
mod table;
mod text;

use crate::assess::context::EngineError;
use crate::assess::parse::answer::Answer;

/// Reads an answer. If it is not complete, it holds only steps and quotes whose end was seen.
pub(super) fn parse_answer(answer: &str, is_complete: bool) -> Result<Answer, EngineError> {
    let trimmed = answer.trim_start_matches('\u{feff}').trim_start();
    let Some((found, range)) = object::find(trimmed) else {
        let inside = trimmed.trim_start_matches(['`', '~']).trim_start_matches("json").trim_start();
        let is_citation =
            inside.strip_prefix('[').is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()));
        if inside.starts_with(['{', '[', '<']) && !is_citation {
            return Err(EngineError("The model's answer did not have the requested format.".into()));
        }
        return Ok(text::read(trimmed, is_complete));
    };
    let around = format!("{}\n{}", &trimmed[..range.start], &trimmed[range.end..]);
    Ok(complete_from_text(found, &text::read(&around, is_complete)))
}

/// What an object lacks may stand in the text around it.
fn complete_from_text(mut found: Answer, around: &Answer) -> Answer {
    if found.is_whole() {
        if found.cause.value.is_empty() {
            found.cause.clone_from(&around.cause);
        }
        if found.steps.value.is_empty() {
            found.steps.clone_from(&around.steps);
        }
        found.confidence = found.confidence.or(around.confidence);
    }
    found
}

/// Whether a line is an item of a list.
pub(super) fn is_list_item(line: &str) -> bool {
    markup::list_item(line).is_some()
}
