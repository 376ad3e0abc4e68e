//! The layout of the last paint: for the mouse, for page keys and for the next paint.

use ratatui::layout::{Position, Rect};
use tierup_common::time::Timestamp;

use crate::keymap::Tab;
use crate::state::briefing::Pane;
use crate::state::lists::RowId;
use crate::text::link::SafeUrl;

/// The layout of a paint.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct PaintOutput {
    /// What can be clicked; later ones are on top.
    click_targets: Vec<(Rect, ClickTarget)>,
    /// Rows of the list that fit.
    pub list_height: usize,
    /// Rows that the page keys move by.
    pub page_height: usize,
    /// The first visible row of the history.
    pub history_top: usize,
    /// The last row that the history can be scrolled to.
    pub history_max_scroll: usize,
    /// The last row that the assessment can be scrolled to.
    pub assessment_max_scroll: usize,
    /// The last row that the help or the log can be scrolled to.
    pub layer_max_scroll: usize,
    /// The first visible row of the assessment.
    pub assessment_top: usize,
    /// The first visible row of the log or of a long text.
    pub layer_top: usize,
    /// The pane of the current match.
    pub match_pane: Option<Pane>,
    /// The current match, counted from 1, and the number of matches.
    pub match_position: Option<(usize, usize)>,
    /// The `seq` of the visible messages that are folded.
    pub visible_folds: Vec<u32>,
    /// The columns and rows of the transcript.
    pub transcript_size: (usize, usize),
    /// The `seq` of the first and the last message that are entirely visible.
    pub visible_messages: Option<(u32, u32)>,
    /// Suggested steps that fit, from the first visible one.
    pub visible_step_count: usize,
    /// Links.
    pub hyperlinks: Vec<Hyperlink>,
    /// Where the terminal's cursor goes, while text is typed.
    pub cursor_position: Option<Position>,
    /// The panel or box around the text that is typed, which nothing must cover.
    pub typing_area: Option<Rect>,
    /// When the screen has to be painted again although nothing happens.
    pub next_repaint_at: Option<Timestamp>,
}

/// A link on the screen.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Hyperlink {
    /// Its area.
    pub area: Rect,
    /// Its target.
    pub url: SafeUrl,
}

/// What can be clicked.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ClickTarget {
    /// A tab.
    Tab(Tab),
    /// A row of the list.
    Row(RowId),
    /// A pane of the briefing.
    Pane(Pane),
    /// The transcript.
    Transcript,
    /// The message that is being typed.
    Composer,
    /// A suggested step, by its number from 1.
    Step(u8),
    /// The cross that hides the steps.
    HideSteps,
    /// A choice of the palette, by its index.
    PaletteChoice(usize),
    /// A piece of evidence, by its index.
    Evidence(usize),
    /// The similar cases.
    SimilarCases,
    /// A row of a picker, by its index.
    PickerRow(usize),
    /// The row that stands for the hidden ones of a message, by its `seq`.
    Fold(u32),
    /// The strip of suggested steps.
    StepStrip,
    /// A layer: what is below it cannot be clicked.
    Layer,
}

impl PaintOutput {
    /// Makes an area clickable.
    pub fn add_click_target(&mut self, area: Rect, target: ClickTarget) {
        self.click_targets.push((area, target));
    }

    /// What can be clicked at a cell.
    pub fn click_target_at(&self, column: u16, row: u16) -> Option<ClickTarget> {
        let hit = |(area, _): &&(Rect, ClickTarget)| area.contains(Position::new(column, row));
        self.click_targets.iter().rev().find(hit).map(|(_, target)| *target)
    }
}
