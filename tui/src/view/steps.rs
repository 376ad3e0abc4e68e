//! The strip of suggested steps above the composer. Where not all of them fit, it scrolls sideways.

mod layout;

use ratatui::layout::Rect;
use tierup_common::assessment::{Assessment, Step};

use crate::state::paint_output::ClickTarget;
use crate::text::{Safe, safe_format};
use crate::view::canvas::Canvas;
use crate::view::measure::display_width;
use crate::view::steps::layout::STEP_GAP;
use crate::view::{confidence, labels};

/// Rows of a screen on which the strip may have more than one.
const MIN_HEIGHT_FOR_MORE_ROWS: u16 = 30;
/// Rows of the strip there, at most.
const MAX_ROWS: usize = 3;
/// The title of the strip.
const STRIP_TITLE: &str = "Suggested";
/// Columns of the count of steps beyond the left end.
const OVERFLOW_WIDTH: u16 = 3;
/// Columns of the count of steps beyond the right end, with a gap.
const RIGHT_OVERFLOW_WIDTH: u16 = 5;
/// Columns of a screen below which the title is left out.
const MIN_WIDTH_FOR_TITLE: u16 = 60;
/// Columns of a screen below which a warning is a word or two.
const MIN_WIDTH_FOR_LABEL: u16 = 100;

/// The steps, laid out for a screen.
pub(super) struct StepStrip<'s> {
    steps: &'s [Step],
    /// The first step shown, by its index.
    first: usize,
    /// The columns of each step, row by row.
    rows: Vec<Vec<usize>>,
    frame: StripLayout,
}

/// The frame around the steps.
struct StripLayout {
    /// The key that hides them.
    hide_label: Safe<'static>,
    /// The title, or why the steps must not be taken as they stand; may be empty.
    title: Safe<'static>,
    /// Whether the title is a warning.
    is_warning: bool,
    /// Columns of the title, with a gap.
    title_width: u16,
    /// Columns of the steps, with the count beyond the left end.
    steps_width: u16,
    max_rows: usize,
}

impl<'s> StepStrip<'s> {
    /// Lays out the steps of an assessment from `first` on, or from an earlier one if all after that fit.
    pub(super) fn new(
        assessment: Option<&'s Assessment>,
        first: usize,
        hide_key: &Safe<'_>,
        canvas: &Canvas<'_>,
        width: u16,
    ) -> Self {
        let steps = assessment.map_or::<&[Step], _>(&[], |assessment| &assessment.suggested_steps);
        let frame = StripLayout::new(assessment, hide_key, canvas, width);
        // There may be fewer steps than before.
        let mut first = first.min(steps.len().saturating_sub(1));
        let mut rows = frame.layout(steps, first, canvas);
        while let Some(before) = first.checked_sub(1) {
            let earlier_rows = frame.layout(steps, before, canvas);
            let shown: usize = earlier_rows.iter().map(Vec::len).sum();
            if before + shown < steps.len() {
                break;
            }
            (first, rows) = (before, earlier_rows);
        }
        Self { steps, first, rows, frame }
    }

    /// How many rows it takes.
    pub(super) fn height(&self) -> u16 {
        u16::try_from(self.rows.len()).unwrap_or(1).max(1)
    }

    pub(super) fn paint(&self, canvas: &mut Canvas<'_>, area: Rect) {
        let theme = canvas.theme;
        canvas.output.add_click_target(area, ClickTarget::StepStrip);
        let hide_label = &self.frame.hide_label;
        let end_x = area.right() - 1;
        let hide_x = canvas.put_text_right(end_x, area.y, display_width(hide_label), hide_label, theme.dim);
        let hide_area = Rect { x: hide_x, width: end_x - hide_x, height: 1, ..area };
        canvas.output.add_click_target(hide_area, ClickTarget::HideSteps);
        let title_style = if self.frame.is_warning { theme.warn } else { theme.dim };
        canvas.put_text(area.x + 1, area.y, self.frame.title_width, &self.frame.title, title_style);
        let (left, right) = theme.glyphs.more_sideways;
        let mut start_x = area.x + 1 + self.frame.title_width;
        if self.first > 0 {
            let count = safe_format!("{left}{}", self.first);
            canvas.put_text(start_x, area.y, OVERFLOW_WIDTH, count, theme.accent);
            start_x += OVERFLOW_WIDTH;
        }
        let mut index = self.first;
        let (mut x, mut y) = (start_x, area.y);
        for (row, row_y) in self.rows.iter().zip(area.top()..area.bottom()) {
            (x, y) = (start_x, row_y);
            for width in row {
                let width = u16::try_from(*width).unwrap_or(u16::MAX);
                paint_step(index + 1, &self.steps[index], canvas, Rect { x, y, width, height: 1 });
                x += width + STEP_GAP;
                index += 1;
            }
        }
        let beyond = self.steps.len() - index;
        if beyond > 0 {
            let count = safe_format!("{beyond}{right}");
            canvas.put_text(x, y, RIGHT_OVERFLOW_WIDTH + 1, count, theme.accent);
        }
        canvas.output.visible_step_count = index - self.first;
    }
}

impl StripLayout {
    fn new(assessment: Option<&Assessment>, hide_key: &Safe<'_>, canvas: &Canvas<'_>, width: u16) -> Self {
        let hide_label = safe_format!("✕ {hide_key}");
        let glyphs = &canvas.theme.glyphs;
        let reservation = assessment.and_then(|assessment| assessment.reservations().next());
        let title = match reservation {
            Some(reservation) if width >= MIN_WIDTH_FOR_LABEL => {
                confidence::reservation_label(reservation, glyphs)
            }
            Some(reservation) if width >= MIN_WIDTH_FOR_TITLE => {
                safe_format!("{} {}", glyphs.reservation(reservation), reservation.word())
            }
            // A warning is never left out.
            Some(reservation) => glyphs.reservation(reservation).into(),
            None if width >= MIN_WIDTH_FOR_TITLE => STRIP_TITLE.into(),
            None => Safe::default(),
        };
        let is_warning = reservation.is_some();
        let title_width = if title.is_empty() { 0 } else { display_width(&title) + 1 };
        let taken = title_width + 2 + display_width(&hide_label) + RIGHT_OVERFLOW_WIDTH;
        let max_rows = if canvas.area().height >= MIN_HEIGHT_FOR_MORE_ROWS { MAX_ROWS } else { 1 };
        let steps_width = width.saturating_sub(taken);
        Self { hide_label, title, is_warning, title_width, steps_width, max_rows }
    }

    /// The columns of each step from `first` on, row by row.
    fn layout(&self, steps: &[Step], first: usize, canvas: &Canvas<'_>) -> Vec<Vec<usize>> {
        let wanted = |(index, step): (usize, &Step)| {
            let label = step_label(index + 1, step).width() + outcome_label(step, canvas).width();
            label + usize::from(display_width(canvas.theme.glyphs.step_marker))
        };
        let wanted: Vec<usize> = steps.iter().enumerate().skip(first).map(wanted).collect();
        let overflow = if first > 0 { OVERFLOW_WIDTH } else { 0 };
        layout::arrange(&wanted, usize::from(self.steps_width.saturating_sub(overflow)), self.max_rows)
    }
}

/// Paints the strip while the steps are still being written.
pub(super) fn paint_pending(canvas: &mut Canvas<'_>, area: Rect) {
    let text = safe_format!("{STRIP_TITLE}  {} waiting for the assessment", canvas.time.spinner());
    canvas.put_text(area.x + 1, area.y, area.width.saturating_sub(2), text, canvas.theme.dim);
}

fn step_label(number: usize, step: &Step) -> Safe<'static> {
    safe_format!("{number} {}", step_text(step))
}

/// A step has too little room here for marks of code.
fn step_text(step: &Step) -> String {
    step.text.replace('`', "")
}

/// The outcome of a step, in a word; empty while it is unknown.
fn outcome_label(step: &Step, canvas: &Canvas<'_>) -> Safe<'static> {
    match labels::step_outcome(step, &canvas.theme.glyphs) {
        Some((glyph, word, _)) => safe_format!(" {glyph}{word}"),
        None => Safe::default(),
    }
}

/// Paints a step. Its text may be cut, its outcome is not.
fn paint_step(number: usize, step: &Step, canvas: &mut Canvas<'_>, area: Rect) {
    let theme = canvas.theme;
    let outcome = outcome_label(step, canvas);
    let mut x = area.x + canvas.put_text(area.x, area.y, 1, theme.glyphs.step_marker, theme.dim);
    let text_end = area.right().saturating_sub(display_width(&outcome));
    x += canvas.put_text(x, area.y, text_end.saturating_sub(x), safe_format!("{number}"), theme.accent);
    let style = if outcome.is_empty() { theme.text } else { theme.dim };
    x += canvas.put_text(x, area.y, text_end.saturating_sub(x), safe_format!(" {}", step_text(step)), style);
    canvas.put_text(x, area.y, area.right().saturating_sub(x), &outcome, theme.dim);
    let number = u8::try_from(number).unwrap_or(u8::MAX);
    canvas.output.add_click_target(Rect { width: area.width + STEP_GAP, ..area }, ClickTarget::Step(number));
}
