//! The help: every key of a place, what it does and what it is called, from the keymap itself.

use ratatui::layout::Rect;

use crate::availability::is_available;
use crate::keymap::{Context, HelpEntry};
use crate::state::State;
use crate::text::{SafeLine, SafeSpan, TextRole, wrap};
use crate::view::canvas::Canvas;
use crate::view::document::display_width;

/// Columns between two columns.
const COLUMN_GAP: u16 = 2;

pub(super) fn paint(state: &State, context: Context, top: usize, canvas: &mut Canvas<'_>, area: Rect) {
    let (here, everywhere) = state.settings.keymap.help_entries(context);
    let widest = |of: &dyn Fn(&HelpEntry) -> u16| here.iter().chain(&everywhere).map(of).max().unwrap_or(0);
    let keys = widest(&|line| display_width(&line.keys));
    let about = widest(&|line| columns_without_backticks(line.description));
    let names = widest(&|line| display_width(&line.action_name));
    let width = keys + COLUMN_GAP + about + 4;
    // Names help with `:` and the settings; where they have no room they are left out, not cut.
    let has_names = width + COLUMN_GAP + names <= area.width;
    let width = if has_names { width + COLUMN_GAP + names } else { width.min(area.width) };
    let indent = " ".repeat(usize::from(keys + COLUMN_GAP));
    let line = |line: &HelpEntry| {
        let pad = |text: &str, width: u16| " ".repeat(usize::from(width.saturating_sub(display_width(text))));
        // What would do nothing now steps back.
        let (key, text) = if is_available(state, context, line.action) {
            (TextRole::Accent, TextRole::Plain)
        } else {
            (TextRole::Dim, TextRole::Dim)
        };
        let mut row = vec![SafeSpan::new(format!("{}{}  ", line.keys, pad(&line.keys, keys)), key)];
        // Every other part stands between backticks.
        row.extend(
            line.description
                .split('`')
                .zip([text, TextRole::Code].into_iter().cycle())
                .map(|(part, ink)| SafeSpan::new(part, if text == TextRole::Dim { text } else { ink })),
        );
        if has_names {
            row.push(SafeSpan::new(
                format!(
                    "{}  {}",
                    " ".repeat(usize::from(
                        about.saturating_sub(columns_without_backticks(line.description))
                    )),
                    line.action_name
                ),
                TextRole::Dim,
            ));
        }
        wrap::spans(&row, usize::from(width.saturating_sub(4)), &indent)
    };
    let mut rows: Vec<SafeLine> = here.iter().flat_map(line).collect();
    if !everywhere.is_empty() {
        rows.extend([SafeLine::default(), SafeLine::from_text("Everywhere", TextRole::Heading)]);
        rows.extend(everywhere.iter().flat_map(line));
    }
    let height = u16::try_from(rows.len() + 2).unwrap_or(u16::MAX);
    let inner = canvas.paint_dialog(area, width, height, &format!("Keys: {}", context_title(context)));
    canvas.put_scrolled_lines(inner, &rows, top);
}

/// Columns of a text without the backticks that mark code.
fn columns_without_backticks(about: &str) -> u16 {
    about.split('`').map(display_width).sum()
}

const fn context_title(context: Context) -> &'static str {
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
