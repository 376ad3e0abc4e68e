//! Text that the user types: several lines, with a cursor, undo and paste as one.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use ratatui_textarea::{CursorMove, TextArea, WrapMode};

use crate::text::safe;

/// A text being typed.
#[derive(Clone, Debug)]
pub struct Composer {
    area: TextArea<'static>,
}

impl Default for Composer {
    fn default() -> Self {
        Self::with("")
    }
}

impl Composer {
    /// A composer that holds a text, the cursor at its end.
    pub fn with(text: &str) -> Self {
        let mut area = TextArea::new(text.split('\n').map(str::to_owned).collect());
        area.set_wrap_mode(WrapMode::WordOrGlyph);
        area.set_cursor_line_style(ratatui::style::Style::default());
        area.move_cursor(CursorMove::Bottom);
        area.move_cursor(CursorMove::End);
        Self { area }
    }

    /// What was typed.
    pub fn text(&self) -> String {
        self.area.lines().join("\n")
    }

    /// Whether nothing was typed.
    pub fn is_empty(&self) -> bool {
        self.area.is_empty()
    }

    /// Whether nothing but blanks was typed.
    pub fn is_blank(&self) -> bool {
        self.area.lines().iter().all(|line| line.trim().is_empty())
    }

    /// A key that is no command: typing, moving, deleting, undoing.
    pub fn key(&mut self, key: KeyEvent) {
        self.area.input(key);
    }

    /// The same for a text of one line: nothing breaks it.
    pub fn key_in_line(&mut self, key: KeyEvent) {
        let is_letter = matches!(key.code, KeyCode::Char('j' | 'm'));
        let breaks = is_letter && key.modifiers.contains(KeyModifiers::CONTROL);
        if key.code != KeyCode::Enter && !breaks {
            self.area.input(key);
        }
    }

    /// A line break.
    pub fn newline(&mut self) {
        self.area.insert_newline();
    }

    /// Text from elsewhere, at the cursor. What acts on a terminal is shown as marks; the user sees what they send.
    pub fn paste(&mut self, raw: &str) {
        self.area.insert_str(safe::text(raw));
    }

    /// The same for a text of one line.
    pub fn paste_in_line(&mut self, raw: &str) {
        self.area.insert_str(safe::line(&raw.replace(['\n', '\r'], " ")));
    }

    /// Adds a line of text after what is there, and puts the cursor behind it.
    pub fn append(&mut self, raw: &str) {
        self.area.move_cursor(CursorMove::Bottom);
        self.area.move_cursor(CursorMove::End);
        let needs_space =
            self.area.lines().last().is_some_and(|last| !last.is_empty() && !last.ends_with(' '));
        let space = if needs_space { " " } else { "" };
        self.area.insert_str(format!("{space}{}", safe::line(raw)));
    }

    /// The text area, to be painted.
    pub const fn area(&self) -> &TextArea<'static> {
        &self.area
    }
}
