//! Where things stand on the screen, as they were painted last: for the mouse, for pages, and for the next wake.

use std::sync::Arc;

use ratatui::layout::{Position, Rect};
use tierup_common::id::{HandoffId, SessionId};
use tierup_common::time::Timestamp;

use crate::state::briefing::Pane;
use crate::state::queue::Tab;

/// What was painted.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Painted {
    /// What can be clicked, the last painted on top.
    targets: Vec<(Rect, Target)>,
    /// Rows of the list that had room.
    pub list_room: usize,
    /// Rows that the page keys move by.
    pub page: usize,
    /// The first row shown of what happened.
    pub happened: usize,
    /// The furthest that each half of a briefing can be scrolled.
    pub happened_end: usize,
    /// See [`Self::happened_end`].
    pub assessment_end: usize,
    /// The furthest that the help or the log can be scrolled.
    pub layer_end: usize,
    /// The columns and rows of the conversation.
    pub transcript: (usize, usize),
    /// The messages of the conversation that are on the screen whole, by `seq`: the first and the last.
    pub seen: Option<(u32, u32)>,
    /// Suggested steps that had room, from the first shown on.
    pub steps_shown: usize,
    /// Text that leads somewhere.
    pub links: Vec<Link>,
    /// Where the caret is, while one types: the terminal's cursor goes there.
    pub caret: Option<Position>,
    /// When something on the screen will look different by itself.
    pub changes_at: Option<Timestamp>,
}

/// Text on the screen that leads somewhere.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Link {
    /// Where it stands.
    pub area: Rect,
    /// Where it leads; see [`crate::text::link::target`].
    pub target: Arc<str>,
}

/// Something that can be clicked.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Target {
    /// A tab.
    Tab(Tab),
    /// A row of the list.
    Handoff(HandoffId),
    /// A session of the user's own.
    Session(SessionId),
    /// A half of the briefing.
    Pane(Pane),
    /// The conversation.
    Transcript,
    /// A suggested step, by its number from 1.
    Step(u8),
    /// The cross that hides the steps.
    HideSteps,
    /// A line of the palette, by its place.
    Choice(usize),
    /// A piece of evidence, by its place.
    Evidence(usize),
    /// What was seen before.
    Cases,
    /// A row to pick, by its place.
    Pick(usize),
    /// The strip of suggested steps.
    Strip,
    /// A layer: nothing under it is clicked.
    Layer,
}

impl Painted {
    /// Something was painted here.
    pub fn target(&mut self, area: Rect, target: Target) {
        self.targets.push((area, target));
    }

    /// What is at this place.
    pub fn at(&self, column: u16, row: u16) -> Option<Target> {
        let hit = |(area, _): &&(Rect, Target)| area.contains(Position::new(column, row));
        self.targets.iter().rev().find(hit).map(|(_, target)| *target)
    }

    /// Something painted will look different at this moment.
    pub fn changes(&mut self, at: Timestamp) {
        self.changes_at = Some(self.changes_at.map_or(at, |known| known.min(at)));
    }
}
