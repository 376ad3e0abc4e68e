//! An answer as it grows: its text without thoughts, bounded, passed on as it arrives.

use crate::assess::context::TextSink;
use crate::assess::model::failure::CallFailure;
use crate::assess::model::part::{AnswerEnd, AnswerPart, TokenUsage};
use crate::assess::model::thoughts::{ThoughtFilter, strip_unopened_thoughts};

/// The longest text, in bytes. Thoughts do not count: the response is bounded as a whole.
const MAX_TEXT_BYTES: usize = 16 * 1024;

/// What a model wrote.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Completion {
    /// The text, without thoughts.
    pub text: String,
    /// Whether the model had more to say: it reached a limit, a filter stopped it, or its answer ended without an end.
    pub is_cut_off: bool,
}

/// An answer that is being received.
pub(super) struct Answer<'a> {
    sink: TextSink<'a>,
    text: String,
    thoughts: ThoughtFilter,
    is_refusal: bool,
    end: Option<AnswerEnd>,
    usage: TokenUsage,
    has_usage: bool,
}

impl<'a> Answer<'a> {
    pub(super) fn new(sink: TextSink<'a>) -> Self {
        Self {
            sink,
            text: String::new(),
            thoughts: ThoughtFilter::default(),
            is_refusal: false,
            end: None,
            usage: TokenUsage::default(),
            has_usage: false,
        }
    }

    /// Whether somebody may have seen text of it.
    pub(super) const fn has_text(&self) -> bool {
        !self.text.is_empty()
    }

    /// Whether the model has finished.
    pub(super) const fn is_finished(&self) -> bool {
        self.end.is_some()
    }

    /// Whether the answer came with the number of tokens written.
    pub(super) const fn has_usage(&self) -> bool {
        self.has_usage
    }

    pub(super) const fn usage(&self) -> TokenUsage {
        self.usage
    }

    /// Adds a part.
    pub(super) fn add(&mut self, part: &AnswerPart) -> Result<(), CallFailure> {
        let text = self.thoughts.filter(&part.text);
        self.append(&text)?;
        self.is_refusal |= part.is_refusal;
        self.end = self.end.or(part.end);
        self.usage.prompt = part.prompt_tokens.unwrap_or(self.usage.prompt);
        if let Some(tokens) = part.completion_tokens {
            self.usage.completion = tokens;
            self.has_usage = true;
        }
        Ok(())
    }

    /// Marks the answer as complete, unless its end is known already.
    pub(super) fn mark_complete(&mut self) {
        self.end = self.end.or(Some(AnswerEnd::Complete));
    }

    /// The whole answer.
    pub(super) fn finish(mut self) -> Result<Completion, CallFailure> {
        let is_cut_off = self.end != Some(AnswerEnd::Complete) || self.thoughts.is_thinking();
        let rest = self.thoughts.finish();
        self.append(&rest)?;
        let text = strip_unopened_thoughts(&self.text).map_or(self.text.clone(), str::to_owned);
        if !text.trim().is_empty() {
            return Ok(Completion { text, is_cut_off });
        }
        Err(CallFailure::new(if self.is_refusal {
            "The model declined to answer."
        } else if self.end == Some(AnswerEnd::CutOff) {
            "The model reached its limit before it answered."
        } else if self.thoughts.has_removed() {
            "The model returned thoughts and no answer."
        } else {
            "The model returned no text."
        }))
    }

    fn append(&mut self, addition: &str) -> Result<(), CallFailure> {
        if self.text.len() + addition.len() > MAX_TEXT_BYTES {
            return Err(CallFailure::new(format!(
                "The model wrote more than {} KiB.",
                MAX_TEXT_BYTES / 1024
            )));
        }
        // Text never contains NUL.
        let addition = addition.replace('\0', "");
        if !addition.is_empty() {
            self.text.push_str(&addition);
            (self.sink)(&addition);
        }
        Ok(())
    }
}
