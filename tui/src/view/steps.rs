//! The strip of suggested steps above the composer.

use ratatui::layout::Rect;
use tierup_common::assessment::{Outcome, Step};

use crate::keymap::{Action, Context, SessionAction};
use crate::state::paint_output::ClickTarget;
use crate::text::{ellipsize, safe};
use crate::view::canvas::Canvas;
use crate::view::document::display_width;
use crate::view::theme::Glyphs;

/// Less of a step says nothing: where not all have so many columns, the last of them are reached sideways.
const MIN_STEP_WIDTH: usize = 26;
/// On a screen of so many rows the strip may have more than one.
const MIN_HEIGHT_FOR_MORE_ROWS: u16 = 30;
/// Rows of the strip there, at most.
const MAX_ROWS: usize = 3;
/// Columns between two steps.
const STEP_GAP: u16 = 1;

/// How many rows the strip takes.
pub(super) fn strip_height(steps: &[Step], first: usize, canvas: &Canvas<'_>, width: u16) -> u16 {
    let rows =
        layout_steps(steps, first, canvas, &StripFrame::new(canvas, Rect { width, ..canvas.buffer.area }))
            .len();
    u16::try_from(rows).unwrap_or(1).max(1)
}

/// From which step on they are shown: where the last of them leave room, those before them have it.
pub(super) fn first_visible(steps: &[Step], first: usize, canvas: &Canvas<'_>, width: u16) -> usize {
    let frame = StripFrame::new(canvas, Rect { width, ..canvas.buffer.area });
    // An assessment made again may have fewer.
    let mut first = first.min(steps.len().saturating_sub(1));
    while let Some(before) = first.checked_sub(1) {
        let shown: usize = layout_steps(steps, before, canvas, &frame).iter().map(Vec::len).sum();
        if before + shown < steps.len() {
            break;
        }
        first = before;
    }
    first
}

/// What is known of a step, in a word.
fn outcome_label(step: &Step, glyphs: &Glyphs) -> String {
    match (step.outcome, step.already_tried) {
        (Some(Outcome::Worked), _) => format!(" {}worked", glyphs.check),
        (Some(Outcome::Failed), _) => format!(" {}failed", glyphs.cross),
        (None, true) => format!(" {}tried", glyphs.dot),
        (None, false) => String::new(),
    }
}

/// The strip while the steps are still being written: they come by themselves.
pub(super) fn paint_pending(canvas: &mut Canvas<'_>, area: Rect) {
    let text = format!("Suggested  {} steps come with the assessment", canvas.spinner());
    canvas.put_text(area.x + 1, area.y, area.width.saturating_sub(2), &text, canvas.theme.dim);
}

/// What stands around the steps, in every row of them.
struct StripFrame {
    /// The key that hides them.
    hide_label: String,
    /// Where the steps begin, after their name and the mark that says how many are beyond the left end.
    start_x: u16,
    /// Where they end, before the mark that says how many are beyond the right end.
    end_x: u16,
}

impl StripFrame {
    fn new(canvas: &Canvas<'_>, area: Rect) -> Self {
        let hide =
            format!("✕ {}", canvas.key_for(Context::Session, Action::Session(SessionAction::HideSteps)));
        let name = if area.width >= 60 { display_width(STRIP_TITLE) + 1 } else { 0 };
        let end = area.right().saturating_sub(1 + display_width(&hide) + 5);
        Self { hide_label: hide, start_x: area.x + 1 + name, end_x: end }
    }
}

/// What the strip is called.
const STRIP_TITLE: &str = "Suggested";

/// The columns of each step, row for row, from the first shown on.
fn layout_steps(steps: &[Step], first: usize, canvas: &Canvas<'_>, frame: &StripFrame) -> Vec<Vec<usize>> {
    let wanted = |(place, step): (usize, &Step)| {
        let label = display_width(&step_label(place + 1, step))
            + display_width(&outcome_label(step, &canvas.theme.glyphs));
        usize::from(label + display_width(canvas.theme.glyphs.step_marker))
    };
    let wanted: Vec<usize> = steps.iter().enumerate().skip(first).map(wanted).collect();
    let beyond = if first > 0 { OVERFLOW_WIDTH } else { 0 };
    let room = usize::from(frame.end_x.saturating_sub(frame.start_x + beyond));
    let rows = if canvas.buffer.area.height >= MIN_HEIGHT_FOR_MORE_ROWS { MAX_ROWS } else { 1 };
    arrange(&wanted, room, rows)
}

/// Columns of a mark that says how many are beyond the left end.
const OVERFLOW_WIDTH: u16 = 3;

fn step_label(number: usize, step: &Step) -> String {
    format!("{number} {}", safe::sanitize_line(&step.text))
}

/// What wants so many columns each, in at most so many rows. What has no room even so is left out, from the end.
fn arrange(wanted: &[usize], room: usize, rows: usize) -> Vec<Vec<usize>> {
    let found =
        (1..=wanted.len()).rev().find_map(|shown| least_truncated_layout(&wanted[..shown], room, rows));
    found.map(|(_, lines)| lines).unwrap_or_default()
}

/// The rows in which the fewest columns are cut off, and of these the fewest rows; how many are. Those of one row
/// share its columns. None, if something would be cut until it says nothing.
fn least_truncated_layout(wanted: &[usize], room: usize, rows: usize) -> Option<(usize, Vec<Vec<usize>>)> {
    if wanted.is_empty() {
        return Some((0, Vec::new()));
    }
    let mut best: Option<(usize, Vec<Vec<usize>>)> = None;
    for count in 1..=wanted.len() {
        let (here, below) = wanted.split_at(count);
        let gap = usize::from(STEP_GAP);
        let line = share_columns(here, (room + gap).saturating_sub(count * gap));
        let says_nothing =
            |(share, wanted): (&usize, &usize)| *share < (*wanted).min(MIN_STEP_WIDTH).min(room);
        if rows == 0 || line.iter().zip(here).any(says_nothing) {
            break;
        }
        let cut: usize = line.iter().zip(here).map(|(share, wanted)| wanted - share).sum();
        let Some((cut_below, mut lines)) = least_truncated_layout(below, room, rows - 1) else { continue };
        lines.insert(0, line);
        if best
            .as_ref()
            .is_none_or(|(cut_off, known)| (cut + cut_below, lines.len()) <= (*cut_off, known.len()))
        {
            best = Some((cut + cut_below, lines));
        }
    }
    best
}

/// What each gets of so many columns: what it wants, unless that is more than the others leave it.
fn share_columns(wanted: &[usize], room: usize) -> Vec<usize> {
    let mut shares = vec![0; wanted.len()];
    let mut order: Vec<usize> = (0..wanted.len()).collect();
    order.sort_by_key(|place| wanted[*place]);
    let mut left = room;
    for (done, place) in order.iter().enumerate() {
        shares[*place] = wanted[*place].min(left / (wanted.len() - done));
        left -= shares[*place];
    }
    shares
}

pub(super) fn paint(steps: &[Step], first: usize, canvas: &mut Canvas<'_>, area: Rect) {
    let theme = canvas.theme;
    canvas.output.add_click_target(area, ClickTarget::StepStrip);
    let frame = StripFrame::new(canvas, area);
    let end = area.right() - 1;
    let hide_x =
        canvas.put_text_right(end, area.y, display_width(&frame.hide_label), &frame.hide_label, theme.dim);
    let hide = Rect { x: hide_x, width: end - hide_x, height: 1, ..area };
    canvas.output.add_click_target(hide, ClickTarget::HideSteps);
    if frame.start_x > area.x + 1 {
        canvas.put_text(area.x + 1, area.y, area.width, STRIP_TITLE, theme.dim);
    }
    let (left, right) = theme.glyphs.more_sideways;
    let lines = layout_steps(steps, first, canvas, &frame);
    let mut begin = frame.start_x;
    if first > 0 {
        canvas.put_text(begin, area.y, OVERFLOW_WIDTH, &format!("{left}{first}"), theme.accent);
        begin += OVERFLOW_WIDTH;
    }
    let mut place = first;
    let (mut x, mut y) = (begin, area.y);
    for (line, row) in lines.iter().zip(area.top()..area.bottom()) {
        (x, y) = (begin, row);
        for width in line {
            let width = u16::try_from(*width).unwrap_or(u16::MAX);
            paint_step(place + 1, &steps[place], canvas, Rect { x, y, width, height: 1 });
            x += width + STEP_GAP;
            place += 1;
        }
    }
    let beyond = steps.len() - place;
    if beyond > 0 {
        canvas.put_text(x, y, 6, &format!("{beyond}{right}"), theme.accent);
    }
    canvas.output.visible_step_count = place - first;
}

/// A step, and in full what is known of it.
fn paint_step(number: usize, step: &Step, canvas: &mut Canvas<'_>, area: Rect) {
    let theme = canvas.theme;
    let tried = outcome_label(step, &theme.glyphs);
    let digits = number.to_string();
    let mut x = area.x + canvas.put_text(area.x, area.y, 1, theme.glyphs.step_marker, theme.dim);
    let label = step_label(number, step);
    let label = ellipsize(&label, usize::from(area.right().saturating_sub(x + display_width(&tried))));
    x += canvas.put_text(x, area.y, area.width, &digits, theme.accent);
    let style = if tried.is_empty() { theme.text } else { theme.dim };
    x += canvas.put_text(x, area.y, area.width, label.get(digits.len()..).unwrap_or_default(), style);
    canvas.put_text(x, area.y, area.right().saturating_sub(x), &tried, theme.dim);
    let number = u8::try_from(number).unwrap_or(u8::MAX);
    canvas.output.add_click_target(Rect { width: area.width + STEP_GAP, ..area }, ClickTarget::Step(number));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_needs_little_leaves_the_rest_to_the_others() {
        assert_eq!(share_columns(&[10, 20], 40), [10, 20]);
        assert_eq!(share_columns(&[50, 10, 50], 60), [25, 10, 25]);
        assert_eq!(share_columns(&[50, 40, 30], 61), [21, 20, 20]);
    }

    #[test]
    fn steps_are_whole_where_they_can_be_and_else_cut_as_little_as_the_rows_allow() {
        assert_eq!(arrange(&[20, 20, 20], 62, 1), [[20, 20, 20]]);
        assert_eq!(arrange(&[40, 40, 40], 100, 3), [vec![40, 40], vec![40]]);
        assert_eq!(arrange(&[90, 90, 90], 80, 3), [[80], [80], [80]]);
        assert_eq!(arrange(&[90, 90, 30, 90, 90], 101, 3), [vec![50, 50], vec![30, 70], vec![90]]);
        assert_eq!(arrange(&[80, 80, 80, 60, 25], 95, 3), [vec![47, 47], vec![80], vec![60, 25]]);
        assert_eq!(arrange(&[90, 90, 90], 101, 1), [[33, 33, 33]]);
    }

    #[test]
    fn what_would_say_nothing_is_left_out() {
        assert_eq!(arrange(&[90, 90, 90], 55, 1), [[27, 27]]);
        assert_eq!(arrange(&[90, 90], 20, 1), [[20]]);
        assert_eq!(arrange(&[90; 9], 55, 3), vec![vec![27, 27]; 3]);
        assert_eq!(arrange(&[], 55, 3), Vec::<Vec<usize>>::new());
    }
}
