//! Where text is in what leaves the server. Every field is named, so that a new one cannot be forgotten.

use tierup_common::assessment::{Assessment, Basis, Evidence, Similar, Step};
use tierup_common::event::{Event, EventBody, HandoffSummary, SessionSummary};
use tierup_common::handoff::{AnsweredQuestion, BranchChange, ChangesSince, StepOutcome};
use tierup_common::session::{Branch, Message};
use tierup_common::user::{Person, User};

use crate::domain::briefing::Briefing;
use crate::search::runbook::{Runbook, RunbookCause};

/// A value with text that people, or models, wrote.
pub trait Texts {
    /// Visits each text. Ids, times and words of closed sets are none.
    fn for_each_text(&mut self, visit: &mut dyn FnMut(&mut String));
}

impl Texts for String {
    fn for_each_text(&mut self, visit: &mut dyn FnMut(&mut String)) {
        visit(self);
    }
}

impl<T: Texts> Texts for Vec<T> {
    fn for_each_text(&mut self, visit: &mut dyn FnMut(&mut String)) {
        for value in self {
            value.for_each_text(visit);
        }
    }
}

impl<T: Texts> Texts for Option<T> {
    fn for_each_text(&mut self, visit: &mut dyn FnMut(&mut String)) {
        if let Some(value) = self {
            value.for_each_text(visit);
        }
    }
}

impl<T: Texts> Texts for &mut T {
    fn for_each_text(&mut self, visit: &mut dyn FnMut(&mut String)) {
        (**self).for_each_text(visit);
    }
}

impl<A: Texts, B: Texts> Texts for (A, B) {
    fn for_each_text(&mut self, visit: &mut dyn FnMut(&mut String)) {
        self.0.for_each_text(visit);
        self.1.for_each_text(visit);
    }
}

/// Implements [`Texts`] for structs: their fields with text, then all others.
macro_rules! texts {
    ($($Type:ident { $($text:ident),+ $(; $($other:ident),+)? })+) => {$(
        impl Texts for $Type {
            fn for_each_text(&mut self, visit: &mut dyn FnMut(&mut String)) {
                let Self { $($text,)+ $($($other: _,)+)? } = self;
                $($text.for_each_text(visit);)+
            }
        }
    )+};
}

texts! {
    Person { name; id }
    // An address that was changed would reach nobody.
    User { name; id, email, role, active, created_at }
    Branch { hypothesis, evidence; id, status, updated_at }
    Message { author_name, content; id, seq, role, author_id, created_at, mentions }
    HandoffSummary { problem_summary, handed_off_by; handoff_id, session_id, number, priority, created_at, due_at, version }
    SessionSummary { problem_summary, assignee; session_id, number, status, confidence_tier }
    Step { text, why; id, already_tried, outcome }
    Evidence { quote; message_seq }
    Similar { problem_summary, resolution, why; session_id, number }
    Basis { identifiers; cases, runbooks }
    Assessment {
        likely_cause, suggested_steps, evidence, similar, basis, find_out, contradicted_by;
        confidence, is_uncited, is_cut_off, engine, model, took_ms
    }
    RunbookCause { heading, text, steps; label }
    Runbook { title, overview, causes, text }
    BranchChange { hypothesis; branch_id, status, previous_status }
    StepOutcome { text; outcome }
    AnsweredQuestion { by, text, answer; asked_at }
    ChangesSince { branches, steps, question; handoff_id, number, handed_off_at, new_messages }
    Briefing { title, intake, notes, branches, messages, earlier_steps, changes_since }
    Event { body; seq, at }
}

impl Texts for EventBody {
    fn for_each_text(&mut self, visit: &mut dyn FnMut(&mut String)) {
        match self {
            Self::HandoffCreated {
                handoff,
                by,
                engineer_notes,
                assessment_status: _,
                supersedes: _,
                asked_by,
            } => {
                ((handoff, by), (engineer_notes, asked_by)).for_each_text(visit);
            }
            Self::HandoffChanged { handoff, by, previous_priority: _, previous_summary } => {
                ((handoff, by), previous_summary).for_each_text(visit);
            }
            Self::HandoffClaimed { handoff, by, claimed_at: _ } | Self::HandoffWithdrawn { handoff, by } => {
                (handoff, by).for_each_text(visit);
            }
            Self::HandoffAssessmentReady { handoff, ai_assessment, ai_assessment_data } => {
                handoff.for_each_text(visit);
                visit(ai_assessment);
                ai_assessment_data.for_each_text(visit);
            }
            Self::HandoffAssessmentFailed { handoff, assessment_error } => {
                handoff.for_each_text(visit);
                visit(assessment_error);
            }
            Self::HandoffReleased { handoff, by, reason: text }
            | Self::HandoffSentBack { handoff, by, question: text }
            | Self::HandoffResolved { handoff, by, resolution: text, duplicate_of: _ } => {
                handoff.for_each_text(visit);
                by.for_each_text(visit);
                visit(text);
            }
            Self::HandoffAssigned { handoff, by, to, claimed_at: _ } => {
                handoff.for_each_text(visit);
                by.for_each_text(visit);
                to.for_each_text(visit);
            }
            Self::HandoffStepUpdated { handoff, by, step } => {
                handoff.for_each_text(visit);
                by.for_each_text(visit);
                step.for_each_text(visit);
            }
            Self::HandoffReminder { handoff, reason: _ } => handoff.for_each_text(visit),
            Self::SessionCreated { session, by } => (session, by).for_each_text(visit),
            Self::SessionUpdated { session, by, branch, handoff_id: _, duplicate: _ } => {
                session.for_each_text(visit);
                by.for_each_text(visit);
                branch.for_each_text(visit);
            }
            Self::SessionResolved { session, by, resolution, duplicate_of: _ } => {
                session.for_each_text(visit);
                by.for_each_text(visit);
                visit(resolution);
            }
            Self::MessageAdded { session_id: _, message, session_number: _, problem_summary } => {
                (message, problem_summary).for_each_text(visit);
            }
        }
    }
}
