//! Changes of single rows, like the outcome of a step, sent one after the other so that the last one wins.

use std::collections::VecDeque;

use tierup_common::assessment::Outcome;
use tierup_common::id::{BranchId, HandoffId, SessionId, StepId};
use tierup_common::session::PutBranch;

use crate::effect::{Call, CallId};

/// A change of a row.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum RowEdit {
    /// The outcome of a suggested step; none removes it.
    Step(HandoffId, StepId, Option<Outcome>),
    /// A hypothesis.
    Branch(SessionId, BranchId, PutBranch),
}

impl RowEdit {
    /// The call that makes the change.
    pub fn to_call(&self) -> Call {
        match self.clone() {
            Self::Step(handoff, step, outcome) => {
                Call::PutStep { handoff_id: handoff, step_id: step, outcome }
            }
            Self::Branch(session, branch, request) => {
                Call::PutBranch { session_id: session, branch_id: branch, request }
            }
        }
    }

    /// Whether it changes the same row.
    fn is_same_row(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Step(_, one, _), Self::Step(_, other, _)) => one == other,
            (Self::Branch(_, one, _), Self::Branch(_, other, _)) => one == other,
            (Self::Step(..), Self::Branch(..)) | (Self::Branch(..), Self::Step(..)) => false,
        }
    }
}

/// The change that is being made, and those that wait for it.
#[derive(Debug, Default)]
pub struct RowEditQueue {
    in_flight: Option<(CallId, RowEdit)>,
    queued: VecDeque<RowEdit>,
}

impl RowEditQueue {
    /// Adds a change, instead of one of the same row that still waits.
    pub fn enqueue(&mut self, edit: RowEdit) {
        self.queued.retain(|other| !edit.is_same_row(other));
        self.queued.push_back(edit);
    }

    /// The next change to make; none while another is being made.
    pub fn pop_next(&mut self) -> Option<RowEdit> {
        if self.in_flight.is_some() { None } else { self.queued.pop_front() }
    }

    /// A change is being made.
    pub fn set_in_flight(&mut self, call_id: CallId, edit: RowEdit) {
        self.in_flight = Some((call_id, edit));
    }

    /// Ends the change that a call makes; false if the call makes none.
    pub fn complete(&mut self, call_id: CallId) -> bool {
        self.in_flight.take_if(|(sent, _)| *sent == call_id).is_some()
    }

    /// Drops the waiting changes of a branch that is being edited in a dialog.
    pub fn drop_queued_branch(&mut self, id: BranchId) {
        self.queued.retain(|edit| !matches!(edit, RowEdit::Branch(_, branch, _) if *branch == id));
    }

    /// Drops the waiting changes.
    pub fn clear_queued(&mut self) {
        self.queued.clear();
    }

    /// The outcome that a step will have, if it is being changed.
    pub fn step_outcome(&self, id: StepId) -> Option<Option<Outcome>> {
        self.iter().rev().find_map(|edit| match edit {
            RowEdit::Step(_, step, outcome) => (*step == id).then_some(*outcome),
            RowEdit::Branch(..) => None,
        })
    }

    /// The pending change of a branch, if any.
    pub fn branch_edit(&self, id: BranchId) -> Option<&PutBranch> {
        self.iter().rev().find_map(|edit| match edit {
            RowEdit::Branch(_, branch, request) => (*branch == id).then_some(request),
            RowEdit::Step(..) => None,
        })
    }

    /// The branch that is being added with this hypothesis, if any.
    pub fn added_branch(&self, hypothesis: &str) -> Option<BranchId> {
        self.iter().find_map(|edit| match edit {
            RowEdit::Branch(_, branch, request) => (request.hypothesis == hypothesis).then_some(*branch),
            RowEdit::Step(..) => None,
        })
    }

    fn iter(&self) -> impl DoubleEndedIterator<Item = &RowEdit> {
        self.in_flight.iter().map(|(_, edit)| edit).chain(&self.queued)
    }
}
