//! The help: every key of a context, what it does and the name of its action, from the keymap.

use ratatui::layout::Rect;

use crate::availability::is_available;
use crate::keymap::{Context, HelpEntry};
use crate::state::State;
use crate::text::{Safe, SafeLine, SafeSpan, TextRole, safe, safe_format, wrap};
use crate::view::canvas::Canvas;
use crate::view::measure::display_width;

/// Columns between the keys, the descriptions and the names.
const COLUMN_GAP: u16 = 2;

/// How wide the columns of the help are.
struct HelpColumns {
    keys: u16,
    descriptions: u16,
    /// Zero where names do not fit. They help with `:` and the settings, but are not worth cutting anything.
    names: u16,
}

impl HelpColumns {
    fn new<'h>(entries: impl Iterator<Item = &'h HelpEntry>, available: u16) -> Self {
        let mut columns = Self { keys: 0, descriptions: 0, names: 0 };
        for entry in entries {
            columns.keys = columns.keys.max(display_width(&entry.keys));
            columns.descriptions = columns.descriptions.max(columns_without_backticks(&entry.description));
            columns.names = columns.names.max(display_width(&entry.action_name));
        }
        if columns.width() > available {
            columns.names = 0;
        }
        columns
    }

    fn width(&self) -> u16 {
        let names = if self.names > 0 { COLUMN_GAP + self.names } else { 0 };
        self.keys + COLUMN_GAP + self.descriptions + names
    }

    /// The lines of an entry; dim if it is unavailable.
    fn lines(&self, entry: &HelpEntry, is_available: bool, width: usize) -> Vec<SafeLine> {
        let role = |role| if is_available { role } else { TextRole::Dim };
        let gap =
            |taken: u16, column: u16| Safe::spaces(usize::from(column.saturating_sub(taken) + COLUMN_GAP));
        let key_gap = gap(display_width(&entry.keys), self.keys);
        let mut line = vec![SafeSpan::new(safe_format!("{}{key_gap}", entry.keys), role(TextRole::Accent))];
        // Every other part is between backticks.
        let roles = [role(TextRole::Plain), role(TextRole::Code)].into_iter().cycle();
        let parts = entry.description.split('`').zip(roles);
        line.extend(parts.map(|(part, role)| SafeSpan::new(safe::sanitize_line(part), role)));
        if self.names > 0 {
            let name_gap = gap(columns_without_backticks(&entry.description), self.descriptions);
            line.push(SafeSpan::new(safe_format!("{name_gap}{}", entry.action_name), TextRole::Dim));
        }
        wrap::spans(&line, width, Safe::spaces(usize::from(self.keys + COLUMN_GAP)))
    }
}

pub(super) fn paint(state: &State, context: Context, top: usize, canvas: &mut Canvas<'_>, area: Rect) {
    let (here, everywhere) = state.settings.keymap.help_entries(context);
    let columns = HelpColumns::new(here.iter().chain(&everywhere), area.width.saturating_sub(4));
    let width = (columns.width() + 4).min(area.width);
    let lines_of = |entry: &HelpEntry| {
        let is_available = is_available(state, context, entry.action);
        columns.lines(entry, is_available, usize::from(width.saturating_sub(4)))
    };
    let mut lines: Vec<SafeLine> = here.iter().flat_map(lines_of).collect();
    if !everywhere.is_empty() {
        lines.extend([SafeLine::default(), SafeLine::from_text("Everywhere", TextRole::Heading)]);
        lines.extend(everywhere.iter().flat_map(lines_of));
    }
    let height = u16::try_from(lines.len() + 2).unwrap_or(u16::MAX);
    let inner = canvas.paint_dialog(area, width, height, safe_format!("Keys: {}", context_title(context)));
    canvas.put_scrolled_lines(inner, &lines, top);
}

/// Columns of a description, without the backticks that mark code.
fn columns_without_backticks(description: &str) -> u16 {
    description.split('`').map(display_width).sum()
}

const fn context_title(context: Context) -> &'static str {
    match context {
        Context::Global => "everywhere",
        Context::Queue => "the queue",
        Context::Filter => "the filter",
        Context::Briefing | Context::BriefingOverlay => "the briefing",
        Context::Session => "the session",
        Context::Dialog => "dialogs",
        Context::Conflict => "a lost claim",
        Context::Branches => "what was tried",
        Context::Steps => "step outcomes",
        Context::SimilarCases => "similar cases",
        Context::Confirm => "questions",
        Context::SecretWarning => "a secret",
        Context::Help => "the help",
        Context::Log => "the log",
        Context::Palette => "the palette",
        Context::CommandLine => "the command line",
    }
}
