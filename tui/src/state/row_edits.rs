//! Changes of single rows, like what came of a step: asked for one after the other, so that the last word is the one that
//! remains.

use std::collections::VecDeque;

use tierup_common::assessment::Outcome;
use tierup_common::id::{BranchId, HandoffId, SessionId, StepId};
use tierup_common::session::PutBranch;

use crate::effect::{Call, CallId};

/// A change of a row.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum RowEdit {
    /// What came of a suggested step.
    Step(HandoffId, StepId, Option<Outcome>),
    /// What became of a hypothesis.
    Branch(SessionId, BranchId, PutBranch),
}

impl RowEdit {
    /// How the server is asked for it.
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

    /// Whether it is of the same row.
    fn is_same_row(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Step(_, one, _), Self::Step(_, other, _)) => one == other,
            (Self::Branch(_, one, _), Self::Branch(_, other, _)) => one == other,
            (Self::Step(..), Self::Branch(..)) | (Self::Branch(..), Self::Step(..)) => false,
        }
    }
}

/// The change that is under way, and those that wait for it.
#[derive(Debug, Default)]
pub struct RowEditQueue {
    in_flight: Option<(CallId, RowEdit)>,
    queued: VecDeque<RowEdit>,
}

impl RowEditQueue {
    /// Adds a change. One of the same row that still waits is not wanted any more.
    pub fn enqueue(&mut self, mark: RowEdit) {
        self.queued.retain(|other| !mark.is_same_row(other));
        self.queued.push_back(mark);
    }

    /// The change to ask for now; none while another is under way.
    pub fn pop_next(&mut self) -> Option<RowEdit> {
        if self.in_flight.is_some() { None } else { self.queued.pop_front() }
    }

    /// It is asked for.
    pub fn set_in_flight(&mut self, call_id: CallId, mark: RowEdit) {
        self.in_flight = Some((call_id, mark));
    }

    /// It was answered; whether it was ours.
    pub fn complete(&mut self, call_id: CallId) -> bool {
        self.in_flight.take_if(|(sent, _)| *sent == call_id).is_some()
    }

    /// A line of what was tried is being written anew: what waits to change it is not wanted any more.
    pub fn drop_queued_branch(&mut self, id: BranchId) {
        self.queued.retain(|mark| !matches!(mark, RowEdit::Branch(_, branch, _) if *branch == id));
    }

    /// Gives up what waits.
    pub fn clear_queued(&mut self) {
        self.queued.clear();
    }

    /// What a step will be marked as, if it is being changed.
    pub fn step_outcome(&self, id: StepId) -> Option<Option<Outcome>> {
        self.iter().rev().find_map(|mark| match mark {
            RowEdit::Step(_, step, outcome) => (*step == id).then_some(*outcome),
            RowEdit::Branch(..) => None,
        })
    }

    /// What a line of what was tried will say, if it is being changed.
    pub fn branch_edit(&self, id: BranchId) -> Option<&PutBranch> {
        self.iter().rev().find_map(|mark| match mark {
            RowEdit::Branch(_, branch, request) => (*branch == id).then_some(request),
            RowEdit::Step(..) => None,
        })
    }

    fn iter(&self) -> impl DoubleEndedIterator<Item = &RowEdit> {
        self.in_flight.iter().map(|(_, mark)| mark).chain(&self.queued)
    }
}
