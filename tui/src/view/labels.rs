//! Words and glyphs of statuses, the same wherever they are shown.

use tierup_common::assessment::{Outcome, Step};
use tierup_common::handoff::QueueItem;
use tierup_common::id::UserId;
use tierup_common::session::{BranchStatus, SessionStatus};

use crate::state::toast::ToastLevel;
use crate::text::{Safe, SafeSpan, TextRole, safe_format};
use crate::theme::Glyphs;

/// A glyph, its word, and their style.
pub(super) type StatusLabel = (&'static str, &'static str, TextRole);

/// The outcome of a suggested step, if it is known.
pub(super) const fn step_outcome(step: &Step, glyphs: &Glyphs) -> Option<StatusLabel> {
    match (step.outcome, step.already_tried) {
        (Some(known), _) => Some(outcome(known, glyphs)),
        (None, true) => Some((glyphs.dot, "tried", TextRole::Dim)),
        (None, false) => None,
    }
}

/// An outcome.
pub(super) const fn outcome(outcome: Outcome, glyphs: &Glyphs) -> StatusLabel {
    match outcome {
        Outcome::Worked => (glyphs.check, "worked", TextRole::Good),
        Outcome::Failed => (glyphs.cross, "failed", TextRole::Warn),
    }
}

/// The outcome of a suggested step, after its text.
pub(super) fn step_outcome_span(step: &Step, glyphs: &Glyphs) -> Option<SafeSpan> {
    let (glyph, word, role) = step_outcome(step, glyphs)?;
    Some(SafeSpan::new(safe_format!("  {glyph} {word}"), role))
}

/// The status of a branch.
pub(super) const fn branch_status(status: BranchStatus, glyphs: &Glyphs) -> StatusLabel {
    match status {
        BranchStatus::RuledOut => (glyphs.cross, "ruled out", TextRole::Dim),
        BranchStatus::Confirmed => (glyphs.check, "confirmed", TextRole::Good),
        BranchStatus::Open => (glyphs.question, "open", TextRole::Warn),
    }
}

/// The glyph of a toast.
pub(super) const fn toast_level(level: ToastLevel, glyphs: &Glyphs) -> (&'static str, TextRole) {
    match level {
        ToastLevel::Success => (glyphs.check, TextRole::Good),
        ToastLevel::Info => (glyphs.unread, TextRole::Accent),
        ToastLevel::Error => (glyphs.cross, TextRole::Bad),
    }
}

/// The status of a session.
pub(super) const fn session_status(status: SessionStatus) -> &'static str {
    match status {
        SessionStatus::Active => "active",
        SessionStatus::Paused => "parked",
        SessionStatus::Escalated => "escalated",
        SessionStatus::Resolved => "resolved",
    }
}

/// Who else is reading a handoff: `Dana reading`; `None` if nobody is.
pub(super) fn readers(item: &QueueItem, my_id: Option<UserId>) -> Option<Safe<'static>> {
    let others: Vec<&str> = item
        .viewers
        .iter()
        .filter(|viewer| Some(viewer.id) != my_id)
        .map(|viewer| viewer.name.split(' ').next().unwrap_or(&viewer.name))
        .collect();
    match others.as_slice() {
        [] => None,
        [one] => Some(safe_format!("{one} reading")),
        [one, other] => Some(safe_format!("{one}, {other} reading")),
        [one, rest @ ..] => Some(safe_format!("{one} and {} more reading", rest.len())),
    }
}
