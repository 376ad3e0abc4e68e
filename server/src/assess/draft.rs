//! What an engine makes of a briefing, and how large it may be.

use tierup_common::assessment::{Confidence, Evidence, Similar};

/// Steps of an assessment, at most: chips are used by the keys 1 to 9.
pub(super) const MAX_STEPS: usize = 9;
/// Quotes and similar cases, at most.
pub(super) const MAX_QUOTES: usize = 3;
/// A step, in characters, at most.
pub(super) const MAX_STEP_CHARS: usize = 300;

/// What an engine says, before its steps have ids.
#[derive(Clone, PartialEq, Debug)]
pub struct AssessmentDraft {
    /// What is probably wrong.
    pub likely_cause: String,
    /// What to try, and whether it was tried already.
    pub steps: Vec<(String, bool)>,
    /// How sure it is.
    pub confidence: Confidence,
    /// What speaks for it.
    pub evidence: Vec<Evidence>,
    /// Resolved sessions that look like this one.
    pub similar: Vec<Similar>,
}
