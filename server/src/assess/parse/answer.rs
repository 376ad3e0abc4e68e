//! What was read of a model's answer, before any of it is believed.

use tierup_common::assessment::{Confidence, Evidence};

/// A part of an answer, and whether its end was seen. Lists hold only what is whole, so that a step that was cut off is
/// never in them.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(in crate::assess) struct Part<T> {
    pub(in crate::assess) value: T,
    /// Whether no more of it can follow.
    pub(in crate::assess) is_whole: bool,
}

impl<T> Part<T> {
    /// The same, whole if it already is or the answer is.
    pub(in crate::assess) fn or_whole(self, is_complete: bool) -> Self {
        Self { is_whole: self.is_whole || is_complete, ..self }
    }
}

/// An answer, or as much of it as has arrived.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(in crate::assess) struct Answer {
    /// One line of Markdown. The only part that holds what is not whole.
    pub(in crate::assess) cause: Part<String>,
    /// One line each, with commands in backticks.
    pub(in crate::assess) steps: Part<Vec<String>>,
    /// Not compared with the messages yet.
    pub(in crate::assess) quotes: Part<Vec<Evidence>>,
    pub(in crate::assess) find_out: Part<Vec<String>>,
    pub(in crate::assess) confidence: Option<Confidence>,
    /// Whether it is text without a heading: what it begins with may introduce the answer and not belong to it.
    pub(in crate::assess) is_prose: bool,
}

impl Answer {
    /// Whether every part has ended.
    pub(in crate::assess) const fn is_whole(&self) -> bool {
        self.cause.is_whole && self.steps.is_whole && self.quotes.is_whole && self.find_out.is_whole
    }
}

/// The confidence that a text names: `High`, `high (80 %)`, `medium confidence`.
pub(in crate::assess) fn read_confidence(text: &str) -> Option<Confidence> {
    let words = text.split(|c: char| !c.is_alphabetic()).filter(|word| !word.is_empty());
    words.take(3).find_map(|word| match word.to_lowercase().as_str() {
        "moderate" => Some(Confidence::Medium),
        "unknown" | "unclear" => Some(Confidence::Inconclusive),
        word => word.parse().ok(),
    })
}
