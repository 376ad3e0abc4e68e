//! An assessment as an engine returns it, before its steps have ids, and its size limits.

use tierup_common::assessment::{Basis, Confidence, Evidence, Similar};

/// The most steps: keys 1 to 9 select one.
pub(super) const MAX_STEPS: usize = 9;
/// The most quotes, and the most similar sessions.
pub(super) const MAX_QUOTES: usize = 3;
/// The longest step, question, reason or hypothesis, in characters.
pub(super) const MAX_STEP_CHARS: usize = 300;
/// The most identifiers of a basis: more say nothing more.
pub(super) const MAX_IDENTIFIERS: usize = 5;
/// The longest of them, in characters.
pub(super) const MAX_IDENTIFIER_CHARS: usize = 100;

/// A step without an id.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct DraftStep {
    /// What to do, one line.
    pub text: String,
    /// Whether it was tried already.
    pub already_tried: bool,
    /// Why it is suggested.
    pub why: Option<String>,
}

/// An assessment whose steps have no ids yet.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct AssessmentDraft {
    /// The likely cause, in Markdown.
    pub likely_cause: String,
    /// Steps to try, best first.
    pub steps: Vec<DraftStep>,
    /// How certain the engine is.
    pub confidence: Confidence,
    /// Quotes that support it.
    pub evidence: Vec<Evidence>,
    /// Similar resolved sessions.
    pub similar: Vec<Similar>,
    /// What the confidence rests on.
    pub basis: Basis,
    /// What to ask or to try, to tell the remaining causes apart.
    pub find_out: Vec<String>,
    /// The ruled-out hypothesis that names the likely cause.
    pub contradicted_by: Option<String>,
    /// Whether no quote supports the likely cause, although the engine claimed one.
    pub is_uncited: bool,
    /// Whether the answer is incomplete.
    pub is_cut_off: bool,
}

impl AssessmentDraft {
    /// An assessment with only a likely cause.
    pub(super) fn new(likely_cause: String, confidence: Confidence) -> Self {
        Self { likely_cause, confidence, ..Self::default() }
    }
}
