//! Tables of steps or quotes.

use tierup_common::assessment::Evidence;

use crate::assess::parse::markup;
use crate::assess::parse::quote;

/// The columns of a table, by what its header names them.
pub(super) struct Table {
    step: Option<usize>,
    command: Option<usize>,
}

impl Table {
    pub(super) fn from_header(cells: &[&str]) -> Self {
        let column = |names: &[&str]| {
            cells.iter().position(|cell| {
                let cell = cell.to_lowercase();
                names.iter().any(|name| cell.contains(name))
            })
        };
        Self {
            step: column(&["action", "what", "step", "do", "try"]),
            command: column(&["command", "cmd", "how"]),
        }
    }

    /// The step of a row. None for the line below the header.
    pub(super) fn step(&self, cells: &[&str]) -> Option<String> {
        if is_separator(cells) {
            return None;
        }
        let is_number = |cell: &str| cell.chars().all(|c| c.is_ascii_digit() || matches!(c, '.' | '#' | '*'));
        let named = self.step.and_then(|column| cells.get(column)).filter(|cell| !is_number(cell));
        let text = named.or_else(|| cells.iter().find(|cell| !is_number(cell)))?;
        let command = self.command.and_then(|column| cells.get(column)).filter(|cell| *cell != text);
        let text = markup::plain_line(quote::without_tried_marker(text));
        Some(command.map_or_else(|| text.clone(), |command| markup::join_command(&text, command)))
    }

    /// The quote of a row: a number and a text.
    #[expect(clippy::unused_self, reason = "a row belongs to a table")]
    pub(super) fn quote(&self, cells: &[&str]) -> Option<Evidence> {
        let number =
            cells.iter().position(|cell| cell.chars().any(|c| c.is_ascii_digit()) && cell.len() <= 12)?;
        let text = cells.iter().enumerate().find(|(column, cell)| *column != number && !cell.is_empty())?.1;
        quote::read(&format!("[{}] {text}", cells[number].trim_matches(['[', ']', '#', '*', ' '])))
    }
}

fn is_separator(cells: &[&str]) -> bool {
    cells.iter().all(|cell| cell.chars().all(|c| matches!(c, '-' | ':' | ' ')))
}
