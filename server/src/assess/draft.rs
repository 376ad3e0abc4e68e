//! An assessment as an engine returns it, before its steps have ids, and its size limits.

use tierup_common::assessment::{Confidence, Evidence, Similar};

/// The most steps: keys 1 to 9 select one.
pub(super) const MAX_STEPS: usize = 9;
/// The most quotes, and the most similar sessions.
pub(super) const MAX_QUOTES: usize = 3;
/// The longest step, in characters.
pub(super) const MAX_STEP_CHARS: usize = 300;

/// An assessment whose steps have no ids yet.
#[derive(Clone, PartialEq, Debug)]
pub struct AssessmentDraft {
    /// The likely cause, in Markdown.
    pub likely_cause: String,
    /// Steps to try, each with whether it was tried already.
    pub steps: Vec<(String, bool)>,
    /// How certain the engine is.
    pub confidence: Confidence,
    /// Quotes that support it.
    pub evidence: Vec<Evidence>,
    /// Similar resolved sessions.
    pub similar: Vec<Similar>,
}
