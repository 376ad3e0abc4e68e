//! The strip of suggested steps above the composer.

use ratatui::layout::Rect;
use tierup_common::assessment::{Outcome, Step};

use crate::keymap::{Action, Context, SessionVerb};
use crate::state::painted::Target;
use crate::text::{cut, safe};
use crate::view::canvas::Canvas;
use crate::view::sheet::columns;
use crate::view::theme::Glyphs;

/// A step, in columns, at most; a longer one is cut with a mark.
const WIDEST: usize = 30;
/// Less of a step says nothing.
const NARROWEST: usize = 14;

/// What is known of a step, in a word.
fn mark(step: &Step, glyphs: &Glyphs) -> String {
    match (step.outcome, step.already_tried) {
        (Some(Outcome::Worked), _) => format!(" {}worked", glyphs.check),
        (Some(Outcome::Failed), _) => format!(" {}failed", glyphs.cross),
        (None, true) => format!(" {}tried", glyphs.check),
        (None, false) => String::new(),
    }
}

/// The strip while the steps are still being written: they come by themselves.
pub(super) fn paint_coming(canvas: &mut Canvas<'_>, area: Rect) {
    let text = format!("Suggested  {} steps come with the assessment", canvas.spinner());
    canvas.put(area.x + 1, area.y, area.width.saturating_sub(2), &text, canvas.theme.dim);
}

pub(super) fn paint(steps: &[Step], first: usize, canvas: &mut Canvas<'_>, area: Rect) {
    let theme = canvas.theme;
    // An assessment made again may have fewer.
    let first = first.min(steps.len().saturating_sub(1));
    canvas.painted.target(area, Target::Strip);
    let end = area.right() - 1;
    let hide = format!("✕ {}", canvas.key(Context::Session, Action::Session(SessionVerb::HideSteps)));
    let hide_x = canvas.put_right(end, area.y, columns(&hide), &hide, theme.dim);
    canvas.painted.target(Rect { x: hide_x, width: end - hide_x, ..area }, Target::HideSteps);
    let mut x = area.x + 1;
    if area.width >= 60 {
        x += canvas.put(x, area.y, area.width, "Suggested", theme.dim) + 1;
    }
    let (left, right) = theme.glyphs.beyond;
    if first > 0 {
        x += canvas.put(x, area.y, 6, &format!("{left}{first} "), theme.accent);
    }
    // Room for the mark that says how many are beyond the right end.
    let room_end = hide_x.saturating_sub(5);
    let mut shown = 0;
    for (place, step) in steps.iter().enumerate().skip(first) {
        let number = place + 1;
        let tried = mark(step, &theme.glyphs);
        let room = usize::from(room_end.saturating_sub(x));
        let label = format!("{number} {}", safe::line(&step.text));
        let around = 2 + tried.chars().count();
        let wanted = (usize::from(columns(&label)) + around).min(WIDEST);
        if shown > 0 && room < wanted.min(NARROWEST + around) {
            break;
        }
        let label = cut(&label, wanted.min(room).saturating_sub(around));
        let begin = x;
        x += canvas.put(x, area.y, 1, theme.glyphs.step, theme.dim);
        let style = if tried.is_empty() { theme.text } else { theme.dim };
        let digits = columns(&number.to_string());
        x += canvas.put(x, area.y, digits, &number.to_string(), theme.accent);
        x += canvas.put(x, area.y, area.width, label.get(usize::from(digits)..).unwrap_or_default(), style);
        x += canvas.put(x, area.y, area.width, &tried, theme.dim) + 1;
        let number = u8::try_from(number).unwrap_or(u8::MAX);
        canvas.painted.target(Rect { x: begin, width: x - begin, ..area }, Target::Step(number));
        shown += 1;
    }
    let beyond = steps.len() - first - shown;
    if beyond > 0 {
        canvas.put(x, area.y, 6, &format!("{beyond}{right}"), theme.accent);
    }
    canvas.painted.steps_shown = shown;
}
