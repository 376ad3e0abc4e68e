//! Rows to pick from: what has been tried, what came of the steps, what was seen before.

use std::borrow::Cow;

use ratatui::layout::Rect;
use tierup_common::assessment::{Outcome, Similar, Step};
use tierup_common::session::{Branch, BranchStatus};

use crate::keymap::{Action, Context, TriedVerb};
use crate::state::State;
use crate::state::layer::{Pick, PickOf};
use crate::state::painted::Target;
use crate::text::{Ink, Piece, Row, markdown, safe, wrap};
use crate::update::pick;
use crate::view::canvas::{Canvas, around};

/// Columns of the box, at most.
const WIDEST: u16 = 96;

pub(super) fn paint(state: &State, open: &Pick, canvas: &mut Canvas<'_>, area: Rect) {
    let width = WIDEST.min(area.width.saturating_sub(4)).max(area.width.min(40));
    let inside = usize::from(width.saturating_sub(6));
    let ink = |place| if place == open.at { Ink::Strong } else { Ink::Plain };
    let (title, items, empty) = match open.of {
        PickOf::Tried => {
            let rows = |(place, branch): (usize, &Branch)| {
                tried(branch, ink(place), state.marks.branch(branch.id).is_some(), inside, canvas)
            };
            let items: Vec<Vec<Row>> = pick::tried(state).iter().enumerate().map(rows).collect();
            let add = canvas.key(Context::Tried, Action::Tried(TriedVerb::Add));
            ("Tried", items, format!("Nothing yet. {add} notes what might be the cause."))
        }
        PickOf::Outcomes => {
            let rows = |(place, step): (usize, &Step)| {
                outcome((place, ink(place)), step, state.marks.step(step.id).is_some(), inside, canvas)
            };
            let items = pick::steps(state).iter().enumerate().map(rows).collect();
            ("What came of the steps", items, "No steps were suggested.".into())
        }
        PickOf::Cases => {
            let rows = |(place, case)| similar(case, ink(place), inside);
            let items = pick::cases(state).iter().enumerate().map(rows).collect();
            ("Seen before", items, "Nothing like it was seen before.".into())
        }
    };
    let rows: usize = items.iter().map(Vec::len).sum();
    let error =
        open.error.as_deref().map(|why| wrap::plain(why, usize::from(width.saturating_sub(4)), Ink::Bad));
    let error = error.unwrap_or_default();
    let foot = u16::try_from(error.len()).unwrap_or(0).min(3);
    let height = u16::try_from(rows.max(1) + 2).unwrap_or(u16::MAX).saturating_add(foot).min(area.height);
    let inner = canvas.dialog(area, width, height, title);
    if items.is_empty() {
        canvas.put(inner.x, inner.y, inner.width, &empty, canvas.theme.dim);
    }
    let body = Rect { height: inner.height.saturating_sub(foot), ..inner };
    list(&items, open.at, canvas, body, around(inner));
    canvas.rows(Rect { y: body.bottom(), height: foot, ..inner }, &error);
}

/// The items from the one on that lets the chosen one be seen whole; on the border, which part of all that is.
fn list(items: &[Vec<Row>], at: usize, canvas: &mut Canvas<'_>, area: Rect, panel: Rect) {
    let room = usize::from(area.height);
    let mut top = at.min(items.len());
    let mut taken = items.get(at).map_or(0, Vec::len);
    while let Some(before) = top.checked_sub(1).filter(|before| taken + items[*before].len() <= room) {
        taken += items[before].len();
        top = before;
    }
    let mut y = area.y;
    for (place, rows) in items.iter().enumerate().skip(top) {
        let begin = y;
        for (row, y_of_row) in rows.iter().zip(begin..area.bottom()) {
            if place == at {
                canvas.put(area.x, y_of_row, 1, canvas.theme.glyphs.bar, canvas.theme.accent);
            }
            canvas.row(area.x + 2, y_of_row, area.width.saturating_sub(2), row);
            y = y_of_row + 1;
        }
        canvas.painted.target(Rect { y: begin, height: y - begin, ..area }, Target::Pick(place));
    }
    let rows = |items: &[Vec<Row>]| items.iter().map(Vec::len).sum::<usize>();
    let all = rows(items);
    if all > room {
        canvas.thumb(panel, area, rows(&items[..top]).min(all - room), room, all);
        canvas.foot_of_panel(panel, &format!("{} of {}", at + 1, items.len()));
    }
}

fn tried(branch: &Branch, text: Ink, is_under_way: bool, width: usize, canvas: &mut Canvas<'_>) -> Vec<Row> {
    let glyphs = canvas.theme.glyphs;
    let (glyph, word, ink) = match branch.status {
        BranchStatus::RuledOut => (glyphs.cross, "ruled out", Ink::Dim),
        BranchStatus::Confirmed => (glyphs.check, "confirmed", Ink::Good),
        BranchStatus::Open => (glyphs.question, "open", Ink::Warn),
    };
    let glyph = if is_under_way { canvas.spinner() } else { glyph };
    let mut line = vec![Piece::new(format!("{glyph} "), ink)];
    line.extend(markdown::line(&first_line(&branch.hypothesis), text));
    line.push(Piece::new(format!("  {word}"), ink));
    let mut rows = wrap::pieces(&line, width, "  ");
    if let Some(evidence) = branch.evidence.as_deref().filter(|evidence| !evidence.trim().is_empty()) {
        let mut why = vec![Piece::new("  ", Ink::Dim)];
        why.extend(markdown::line(&first_line(evidence), Ink::Dim));
        rows.extend(wrap::pieces(&why, width, "  "));
    }
    rows
}

/// The first line that says something, with a mark if more follows.
fn first_line(raw: &str) -> Cow<'_, str> {
    let mut lines = raw.lines().map(str::trim).filter(|line| !line.is_empty());
    let first = lines.next().unwrap_or_default();
    if lines.next().is_some() { format!("{first} …").into() } else { first.into() }
}

fn outcome(
    (place, text): (usize, Ink),
    step: &Step,
    is_under_way: bool,
    width: usize,
    canvas: &mut Canvas<'_>,
) -> Vec<Row> {
    let glyphs = canvas.theme.glyphs;
    let mut line = vec![Piece::new(format!("{}. ", place + 1), Ink::Accent)];
    line.extend(markdown::line(&step.text, text));
    if is_under_way {
        line.push(Piece::new(format!("  {}", canvas.spinner()), Ink::Accent));
    } else {
        line.extend(marks(step, &glyphs));
    }
    wrap::pieces(&line, width, "   ")
}

/// What is known of a step, behind it.
pub(super) fn marks(step: &Step, glyphs: &crate::view::theme::Glyphs) -> Option<Piece> {
    match (step.outcome, step.already_tried) {
        (Some(Outcome::Worked), _) => Some(Piece::new(format!("  {} worked", glyphs.check), Ink::Good)),
        (Some(Outcome::Failed), _) => Some(Piece::new(format!("  {} failed", glyphs.cross), Ink::Warn)),
        (None, true) => Some(Piece::new(format!("  {} tried", glyphs.dot), Ink::Dim)),
        (None, false) => None,
    }
}

fn similar(case: &Similar, text: Ink, width: usize) -> Vec<Row> {
    let head = [
        Piece::new(format!("session {}  ", case.number), Ink::Dim),
        Piece::new(safe::line(&case.problem_summary), text),
    ];
    let mut rows = wrap::pieces(&head, width, "  ");
    let mut resolution = vec![Piece::new("  ", Ink::Plain)];
    resolution.extend(markdown::line(&case.resolution, Ink::Plain));
    rows.extend(wrap::pieces(&resolution, width, "  "));
    rows
}
