//! The help: every key of a context by what it is for, what it does and the name of its action, from the keymap.

use ratatui::layout::Rect;

use crate::availability::is_available;
use crate::keymap::{Context, HelpEntry, Purpose};
use crate::state::State;
use crate::state::composer::Composer;
use crate::text::{Safe, SafeLine, SafeSpan, TextRole, safe, safe_format, wrap};
use crate::view::canvas::{Canvas, panel_around};
use crate::view::composer;
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

/// Paints the keys of a place by what they are for, those that have the words of the filter.
pub(super) fn paint(
    state: &State,
    context: Context,
    filter: &Composer,
    top: usize,
    canvas: &mut Canvas<'_>,
    area: Rect,
) {
    let groups = state.settings.keymap.help_groups(context);
    let entries = groups.iter().flat_map(|(_, entries)| entries);
    let columns = HelpColumns::new(entries, area.width.saturating_sub(4));
    let width = (columns.width() + 4).min(area.width);
    let text_width = usize::from(width.saturating_sub(4));
    let lines_of = |filter: &str| -> Vec<SafeLine> {
        let mut lines = Vec::new();
        for (purpose, entries) in &groups {
            let shown = entries.iter().filter(|entry| matches_filter(entry, *purpose, filter));
            let shown: Vec<SafeLine> = shown
                .flat_map(|entry| {
                    columns.lines(entry, is_available(state, context, entry.action), text_width)
                })
                .collect();
            if !shown.is_empty() {
                let gap = (!lines.is_empty()).then(SafeLine::default);
                lines.extend(gap);
                lines.push(SafeLine::from_text(purpose.title(), TextRole::Heading));
                lines.extend(shown);
            }
        }
        lines
    };
    let (all, lines) = (lines_of(""), lines_of(&filter.text().to_lowercase()));
    let height = |lines: &[SafeLine]| u16::try_from(lines.len().max(1) + 4).unwrap_or(u16::MAX);
    let tallest = height(&all).min(area.height);
    let title = safe_format!("Keys: {}", context_title(context));
    let inner = canvas.paint_resizable_dialog(area, width, height(&lines), tallest, title);
    let input = Rect { height: 1, ..inner };
    composer::paint(filter, true, "type to filter", canvas, input);
    let list = Rect { y: inner.y + 2, height: inner.height.saturating_sub(2), ..inner };
    if lines.is_empty() {
        canvas.put_text(list.x, list.y, list.width, "No matches", canvas.theme.dim);
        return;
    }
    canvas.put_scrolled_lines_in(panel_around(inner), list, &lines, top);
}

/// Whether a key has every word of a filter in lower case: in its label, its description, its name or its purpose.
fn matches_filter(entry: &HelpEntry, purpose: Purpose, filter: &str) -> bool {
    let text = format!("{} {} {} {}", entry.keys, entry.description, entry.action_name, purpose.title());
    let text = text.to_lowercase();
    filter.split_whitespace().all(|word| text.contains(word))
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
        Context::Session => "your message",
        Context::Conversation => "the conversation",
        Context::SessionMenu => "the menu",
        Context::Editing => "writing",
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
        Context::Pager => "the whole text",
        Context::SearchLine | Context::Search => "the search",
    }
}
