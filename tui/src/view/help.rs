//! The help: every key of a place, what it does and what it is called, from the keymap itself.

use ratatui::layout::Rect;

use crate::keymap::{Context, Help};
use crate::state::State;
use crate::text::{Ink, Piece, Row, wrap};
use crate::update::can;
use crate::view::canvas::Canvas;
use crate::view::sheet::columns;

/// Columns between two columns.
const GAP: u16 = 2;

pub(super) fn paint(state: &State, of: Context, top: usize, canvas: &mut Canvas<'_>, area: Rect) {
    let (here, everywhere) = state.settings.keymap.help(of);
    let widest = |of: &dyn Fn(&Help) -> u16| here.iter().chain(&everywhere).map(of).max().unwrap_or(0);
    let keys = widest(&|line| columns(&line.keys));
    let about = widest(&|line| columns_of(line.about));
    let names = widest(&|line| columns(&line.name));
    let width = keys + GAP + about + 4;
    // Names help with `:` and the settings; where they have no room they are left out, not cut.
    let has_names = width + GAP + names <= area.width;
    let width = if has_names { width + GAP + names } else { width.min(area.width) };
    let indent = " ".repeat(usize::from(keys + GAP));
    let line = |line: &Help| {
        let pad = |text: &str, width: u16| " ".repeat(usize::from(width.saturating_sub(columns(text))));
        // What would do nothing now steps back.
        let (key, text) =
            if can(state, of, line.action) { (Ink::Accent, Ink::Plain) } else { (Ink::Dim, Ink::Dim) };
        let mut row = vec![Piece::new(format!("{}{}  ", line.keys, pad(&line.keys, keys)), key)];
        // Every other part stands between backticks.
        row.extend(
            line.about
                .split('`')
                .zip([text, Ink::Code].into_iter().cycle())
                .map(|(part, ink)| Piece::new(part, if text == Ink::Dim { text } else { ink })),
        );
        if has_names {
            row.push(Piece::new(
                format!(
                    "{}  {}",
                    " ".repeat(usize::from(about.saturating_sub(columns_of(line.about)))),
                    line.name
                ),
                Ink::Dim,
            ));
        }
        wrap::pieces(&row, usize::from(width.saturating_sub(4)), &indent)
    };
    let mut rows: Vec<Row> = here.iter().flat_map(line).collect();
    if !everywhere.is_empty() {
        rows.extend([Row::default(), Row::of("Everywhere", Ink::Heading)]);
        rows.extend(everywhere.iter().flat_map(line));
    }
    let height = u16::try_from(rows.len() + 2).unwrap_or(u16::MAX);
    let inner = canvas.dialog(area, width, height, &format!("Keys: {}", place(of)));
    canvas.scrolled_rows(inner, &rows, top);
}

/// Columns of a text without the backticks that mark code.
fn columns_of(about: &str) -> u16 {
    about.split('`').map(columns).sum()
}

const fn place(context: Context) -> &'static str {
    match context {
        Context::Global => "everywhere",
        Context::Queue => "the queue",
        Context::Filter => "the filter",
        Context::Briefing | Context::BriefingOverlay => "the briefing",
        Context::Session => "the session",
        Context::Dialog => "a dialog",
        Context::Conflict => "a lost claim",
        Context::Tried => "what has been tried",
        Context::Outcomes => "what came of the steps",
        Context::Cases => "what was seen before",
        Context::Confirm => "a question",
        Context::Help => "this help",
        Context::Log => "the log",
        Context::Palette => "the palette",
        Context::CommandLine => "a command",
    }
}
