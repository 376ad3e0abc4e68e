//! The strip of suggested steps above the composer.

use ratatui::layout::Rect;
use tierup_common::assessment::{Outcome, Step};

use crate::keymap::{Action, Context, SessionVerb};
use crate::state::painted::Target;
use crate::text::{cut, safe};
use crate::view::canvas::Canvas;
use crate::view::sheet::columns;
use crate::view::theme::Glyphs;

/// Less of a step says nothing: where not all have so many columns, the last of them are reached sideways.
const NARROWEST: usize = 26;
/// On a screen of so many rows the strip may have more than one.
const ROOMY: u16 = 30;
/// Rows of the strip there, at most.
const TALLEST: usize = 3;
/// Columns between two steps.
const GAP: u16 = 1;

/// How many rows the strip takes.
pub(super) fn height(steps: &[Step], first: usize, canvas: &Canvas<'_>, width: u16) -> u16 {
    let rows = layout(steps, first, canvas, &Frame::of(canvas, Rect { width, ..canvas.buffer.area })).len();
    u16::try_from(rows).unwrap_or(1).max(1)
}

/// From which step on they are shown: where the last of them leave room, those before them have it.
pub(super) fn first_shown(steps: &[Step], first: usize, canvas: &Canvas<'_>, width: u16) -> usize {
    let frame = Frame::of(canvas, Rect { width, ..canvas.buffer.area });
    // An assessment made again may have fewer.
    let mut first = first.min(steps.len().saturating_sub(1));
    while let Some(before) = first.checked_sub(1) {
        let shown: usize = layout(steps, before, canvas, &frame).iter().map(Vec::len).sum();
        if before + shown < steps.len() {
            break;
        }
        first = before;
    }
    first
}

/// What is known of a step, in a word.
fn mark(step: &Step, glyphs: &Glyphs) -> String {
    match (step.outcome, step.already_tried) {
        (Some(Outcome::Worked), _) => format!(" {}worked", glyphs.check),
        (Some(Outcome::Failed), _) => format!(" {}failed", glyphs.cross),
        (None, true) => format!(" {}tried", glyphs.dot),
        (None, false) => String::new(),
    }
}

/// The strip while the steps are still being written: they come by themselves.
pub(super) fn paint_coming(canvas: &mut Canvas<'_>, area: Rect) {
    let text = format!("Suggested  {} steps come with the assessment", canvas.spinner());
    canvas.put(area.x + 1, area.y, area.width.saturating_sub(2), &text, canvas.theme.dim);
}

/// What stands around the steps, in every row of them.
struct Frame {
    /// The key that hides them.
    hide: String,
    /// Where the steps begin, after their name and the mark that says how many are beyond the left end.
    begin: u16,
    /// Where they end, before the mark that says how many are beyond the right end.
    end: u16,
}

impl Frame {
    fn of(canvas: &Canvas<'_>, area: Rect) -> Self {
        let hide = format!("✕ {}", canvas.key(Context::Session, Action::Session(SessionVerb::HideSteps)));
        let name = if area.width >= 60 { columns(NAME) + 1 } else { 0 };
        let end = area.right().saturating_sub(1 + columns(&hide) + 5);
        Self { hide, begin: area.x + 1 + name, end }
    }
}

/// What the strip is called.
const NAME: &str = "Suggested";

/// The columns of each step, row for row, from the first shown on.
fn layout(steps: &[Step], first: usize, canvas: &Canvas<'_>, frame: &Frame) -> Vec<Vec<usize>> {
    let wanted = |(place, step): (usize, &Step)| {
        let label = columns(&label(place + 1, step)) + columns(&mark(step, &canvas.theme.glyphs));
        usize::from(label + columns(canvas.theme.glyphs.step))
    };
    let wanted: Vec<usize> = steps.iter().enumerate().skip(first).map(wanted).collect();
    let beyond = if first > 0 { BEYOND } else { 0 };
    let room = usize::from(frame.end.saturating_sub(frame.begin + beyond));
    let rows = if canvas.buffer.area.height >= ROOMY { TALLEST } else { 1 };
    arranged(&wanted, room, rows)
}

/// Columns of a mark that says how many are beyond the left end.
const BEYOND: u16 = 3;

fn label(number: usize, step: &Step) -> String {
    format!("{number} {}", safe::line(&step.text))
}

/// What wants so many columns each, in at most so many rows. What has no room even so is left out, from the end.
fn arranged(wanted: &[usize], room: usize, rows: usize) -> Vec<Vec<usize>> {
    let found = (1..=wanted.len()).rev().find_map(|shown| least_cut(&wanted[..shown], room, rows));
    found.map(|(_, lines)| lines).unwrap_or_default()
}

/// The rows in which the fewest columns are cut off, and of these the fewest rows; how many are. Those of one row
/// share its columns. None, if something would be cut until it says nothing.
fn least_cut(wanted: &[usize], room: usize, rows: usize) -> Option<(usize, Vec<Vec<usize>>)> {
    if wanted.is_empty() {
        return Some((0, Vec::new()));
    }
    let mut best: Option<(usize, Vec<Vec<usize>>)> = None;
    for count in 1..=wanted.len() {
        let (here, below) = wanted.split_at(count);
        let gap = usize::from(GAP);
        let line = shares(here, (room + gap).saturating_sub(count * gap));
        let says_nothing = |(share, wanted): (&usize, &usize)| *share < (*wanted).min(NARROWEST).min(room);
        if rows == 0 || line.iter().zip(here).any(says_nothing) {
            break;
        }
        let cut: usize = line.iter().zip(here).map(|(share, wanted)| wanted - share).sum();
        let Some((cut_below, mut lines)) = least_cut(below, room, rows - 1) else { continue };
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
fn shares(wanted: &[usize], room: usize) -> Vec<usize> {
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
    canvas.painted.target(area, Target::Strip);
    let frame = Frame::of(canvas, area);
    let end = area.right() - 1;
    let hide_x = canvas.put_right(end, area.y, columns(&frame.hide), &frame.hide, theme.dim);
    let hide = Rect { x: hide_x, width: end - hide_x, height: 1, ..area };
    canvas.painted.target(hide, Target::HideSteps);
    if frame.begin > area.x + 1 {
        canvas.put(area.x + 1, area.y, area.width, NAME, theme.dim);
    }
    let (left, right) = theme.glyphs.beyond;
    let lines = layout(steps, first, canvas, &frame);
    let mut begin = frame.begin;
    if first > 0 {
        canvas.put(begin, area.y, BEYOND, &format!("{left}{first}"), theme.accent);
        begin += BEYOND;
    }
    let mut place = first;
    let (mut x, mut y) = (begin, area.y);
    for (line, row) in lines.iter().zip(area.top()..area.bottom()) {
        (x, y) = (begin, row);
        for width in line {
            let width = u16::try_from(*width).unwrap_or(u16::MAX);
            step(place + 1, &steps[place], canvas, Rect { x, y, width, height: 1 });
            x += width + GAP;
            place += 1;
        }
    }
    let beyond = steps.len() - place;
    if beyond > 0 {
        canvas.put(x, y, 6, &format!("{beyond}{right}"), theme.accent);
    }
    canvas.painted.steps_shown = place - first;
}

/// A step, and in full what is known of it.
fn step(number: usize, step: &Step, canvas: &mut Canvas<'_>, area: Rect) {
    let theme = canvas.theme;
    let tried = mark(step, &theme.glyphs);
    let digits = number.to_string();
    let mut x = area.x + canvas.put(area.x, area.y, 1, theme.glyphs.step, theme.dim);
    let label = label(number, step);
    let label = cut(&label, usize::from(area.right().saturating_sub(x + columns(&tried))));
    x += canvas.put(x, area.y, area.width, &digits, theme.accent);
    let style = if tried.is_empty() { theme.text } else { theme.dim };
    x += canvas.put(x, area.y, area.width, label.get(digits.len()..).unwrap_or_default(), style);
    canvas.put(x, area.y, area.right().saturating_sub(x), &tried, theme.dim);
    let number = u8::try_from(number).unwrap_or(u8::MAX);
    canvas.painted.target(Rect { width: area.width + GAP, ..area }, Target::Step(number));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_needs_little_leaves_the_rest_to_the_others() {
        assert_eq!(shares(&[10, 20], 40), [10, 20]);
        assert_eq!(shares(&[50, 10, 50], 60), [25, 10, 25]);
        assert_eq!(shares(&[50, 40, 30], 61), [21, 20, 20]);
    }

    #[test]
    fn steps_are_whole_where_they_can_be_and_else_cut_as_little_as_the_rows_allow() {
        assert_eq!(arranged(&[20, 20, 20], 62, 1), [[20, 20, 20]]);
        assert_eq!(arranged(&[40, 40, 40], 100, 3), [vec![40, 40], vec![40]]);
        assert_eq!(arranged(&[90, 90, 90], 80, 3), [[80], [80], [80]]);
        assert_eq!(arranged(&[90, 90, 30, 90, 90], 101, 3), [vec![50, 50], vec![30, 70], vec![90]]);
        assert_eq!(arranged(&[80, 80, 80, 60, 25], 95, 3), [vec![47, 47], vec![80], vec![60, 25]]);
        assert_eq!(arranged(&[90, 90, 90], 101, 1), [[33, 33, 33]]);
    }

    #[test]
    fn what_would_say_nothing_is_left_out() {
        assert_eq!(arranged(&[90, 90, 90], 55, 1), [[27, 27]]);
        assert_eq!(arranged(&[90, 90], 20, 1), [[20]]);
        assert_eq!(arranged(&[90; 9], 55, 3), vec![vec![27, 27]; 3]);
        assert_eq!(arranged(&[], 55, 3), Vec::<Vec<usize>>::new());
    }
}
