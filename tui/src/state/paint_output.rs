//! Where things stand on the screen, as they were painted last: for the mouse, for pages, and for the next wake.

use std::sync::Arc;

use ratatui::layout::{Position, Rect};
use tierup_common::time::Timestamp;

use crate::keymap::Tab;
use crate::state::briefing::Pane;
use crate::state::lists::RowId;

/// What was painted.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct PaintOutput {
    /// What can be clicked, the last painted on top.
    click_targets: Vec<(Rect, ClickTarget)>,
    /// Rows of the list that had room.
    pub list_height: usize,
    /// Rows that the page keys move by.
    pub page_height: usize,
    /// The first row shown of what happened.
    pub history_top: usize,
    /// The furthest that each half of a briefing can be scrolled.
    pub history_max_scroll: usize,
    /// See [`Self::happened_end`].
    pub assessment_max_scroll: usize,
    /// The furthest that the help or the log can be scrolled.
    pub layer_max_scroll: usize,
    /// The columns and rows of the conversation.
    pub transcript_size: (usize, usize),
    /// The messages of the conversation that are on the screen whole, by `seq`: the first and the last.
    pub visible_messages: Option<(u32, u32)>,
    /// Suggested steps that had room, from the first shown on.
    pub visible_step_count: usize,
    /// Text that leads somewhere.
    pub hyperlinks: Vec<Hyperlink>,
    /// Where the caret is, while one types: the terminal's cursor goes there.
    pub cursor_position: Option<Position>,
    /// When something on the screen will look different by itself.
    pub next_change_at: Option<Timestamp>,
}

/// Text on the screen that leads somewhere.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Hyperlink {
    /// Where it stands.
    pub area: Rect,
    /// Where it leads; see [`crate::text::link::target`].
    pub url: Arc<str>,
}

/// Something that can be clicked.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ClickTarget {
    /// A tab.
    Tab(Tab),
    /// A row of the list.
    Row(RowId),
    /// A half of the briefing.
    Pane(Pane),
    /// The conversation.
    Transcript,
    /// A suggested step, by its number from 1.
    Step(u8),
    /// The cross that hides the steps.
    HideSteps,
    /// A line of the palette, by its place.
    PaletteChoice(usize),
    /// A piece of evidence, by its place.
    Evidence(usize),
    /// What was seen before.
    SimilarCases,
    /// A row to pick, by its place.
    PickerRow(usize),
    /// The strip of suggested steps.
    StepStrip,
    /// A layer: nothing under it is clicked.
    Layer,
}

impl PaintOutput {
    /// Something was painted here.
    pub fn add_click_target(&mut self, area: Rect, target: ClickTarget) {
        self.click_targets.push((area, target));
    }

    /// What is at this place.
    pub fn click_target_at(&self, column: u16, row: u16) -> Option<ClickTarget> {
        let hit = |(area, _): &&(Rect, ClickTarget)| area.contains(Position::new(column, row));
        self.click_targets.iter().rev().find(hit).map(|(_, target)| *target)
    }

    /// Something painted will look different at this moment.
    pub fn schedule_change(&mut self, at: Timestamp) {
        self.next_change_at = Some(self.next_change_at.map_or(at, |known| known.min(at)));
    }
}
