//! Changes of single rows, like what came of a step: asked for one after the other, so that the last word is the one that
//! remains.

use std::collections::VecDeque;

use tierup_common::assessment::Outcome;
use tierup_common::id::{BranchId, HandoffId, SessionId, StepId};
use tierup_common::session::PutBranch;

use crate::effect::{Call, Ticket};

/// A change of a row.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Mark {
    /// What came of a suggested step.
    Step(HandoffId, StepId, Option<Outcome>),
    /// What became of a hypothesis.
    Branch(SessionId, BranchId, PutBranch),
}

impl Mark {
    /// How the server is asked for it.
    pub fn call(&self) -> Call {
        match self.clone() {
            Self::Step(handoff, step, outcome) => Call::PutStep { handoff, step, outcome },
            Self::Branch(session, branch, request) => Call::PutBranch { session, branch, request },
        }
    }

    /// Whether it is of the same row.
    fn replaces(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Step(_, one, _), Self::Step(_, other, _)) => one == other,
            (Self::Branch(_, one, _), Self::Branch(_, other, _)) => one == other,
            (Self::Step(..), Self::Branch(..)) | (Self::Branch(..), Self::Step(..)) => false,
        }
    }
}

/// The change that is under way, and those that wait for it.
#[derive(Debug, Default)]
pub struct Marks {
    under_way: Option<(Ticket, Mark)>,
    waiting: VecDeque<Mark>,
}

impl Marks {
    /// Adds a change. One of the same row that still waits is not wanted any more.
    pub fn add(&mut self, mark: Mark) {
        self.waiting.retain(|other| !mark.replaces(other));
        self.waiting.push_back(mark);
    }

    /// The change to ask for now; none while another is under way.
    pub fn take_next(&mut self) -> Option<Mark> {
        if self.under_way.is_some() { None } else { self.waiting.pop_front() }
    }

    /// It is asked for.
    pub fn sent(&mut self, ticket: Ticket, mark: Mark) {
        self.under_way = Some((ticket, mark));
    }

    /// It was answered; whether it was ours.
    pub fn answered(&mut self, ticket: Ticket) -> bool {
        self.under_way.take_if(|(sent, _)| *sent == ticket).is_some()
    }

    /// A line of what was tried is being written anew: what waits to change it is not wanted any more.
    pub fn forget_branch(&mut self, id: BranchId) {
        self.waiting.retain(|mark| !matches!(mark, Mark::Branch(_, branch, _) if *branch == id));
    }

    /// Gives up what waits.
    pub fn clear(&mut self) {
        self.waiting.clear();
    }

    /// What a step will be marked as, if it is being changed.
    pub fn step(&self, id: StepId) -> Option<Option<Outcome>> {
        self.all().rev().find_map(|mark| match mark {
            Mark::Step(_, step, outcome) => (*step == id).then_some(*outcome),
            Mark::Branch(..) => None,
        })
    }

    /// What a line of what was tried will say, if it is being changed.
    pub fn branch(&self, id: BranchId) -> Option<&PutBranch> {
        self.all().rev().find_map(|mark| match mark {
            Mark::Branch(_, branch, request) => (*branch == id).then_some(request),
            Mark::Step(..) => None,
        })
    }

    fn all(&self) -> impl DoubleEndedIterator<Item = &Mark> {
        self.under_way.iter().map(|(_, mark)| mark).chain(&self.waiting)
    }
}
