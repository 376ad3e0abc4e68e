//! Text that the user types: lines with a cursor, undo, and paste as one change.

pub mod readline;
pub mod vi;

use std::borrow::Cow;

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use ratatui::style::{Modifier, Style};
use ratatui_textarea::{CursorMove, TextArea, WrapMode};

use crate::text::safe;

/// How the text area marks its cursor: by a modifier that no text has. The view decides how it looks.
pub const CURSOR_MODIFIER: Modifier = Modifier::SLOW_BLINK;
/// How the text area marks its selection; see [`CURSOR_MODIFIER`].
pub const SELECTION_MODIFIER: Modifier = Modifier::RAPID_BLINK;

/// A text that is being typed.
#[derive(Clone, Debug)]
pub struct Composer {
    text_area: TextArea<'static>,
}

impl Default for Composer {
    fn default() -> Self {
        Self::with_text("")
    }
}

impl Composer {
    /// A composer with a text, the cursor at its end.
    pub fn with_text(text: &str) -> Self {
        let mut area = new_text_area(text.split('\n').map(str::to_owned).collect());
        area.move_cursor(CursorMove::Bottom);
        area.move_cursor(CursorMove::End);
        Self { text_area: area }
    }

    /// The text.
    pub fn text(&self) -> String {
        self.text_area.lines().join("\n")
    }

    /// Its lines.
    pub fn lines(&self) -> &[String] {
        self.text_area.lines()
    }

    /// Whether it is empty.
    pub fn is_empty(&self) -> bool {
        self.text_area.is_empty()
    }

    /// Whether it is empty or blank.
    pub fn is_blank(&self) -> bool {
        self.text_area.lines().iter().all(|line| line.trim().is_empty())
    }

    /// Replaces the text; this can be undone.
    pub fn replace(&mut self, raw: &str) {
        self.text_area.select_all();
        self.text_area.cut();
        self.text_area.insert_str(safe::sanitize_text(raw));
    }

    /// Undoes the last change: typed text a word at a time, although the history has single letters.
    pub fn undo(&mut self) {
        loop {
            let before = self.text();
            if !self.text_area.undo()
                || matches!(undo_unit(&before, &self.text()), UndoUnit::Separator | UndoUnit::WholeChange)
            {
                return;
            }
        }
    }

    /// Redoes what was undone, a word at a time too.
    pub fn redo(&mut self) {
        let mut last = None;
        loop {
            let before = self.text();
            if !self.text_area.redo() {
                return;
            }
            match (undo_unit(&before, &self.text()), last) {
                (UndoUnit::Letter | UndoUnit::Cleared, _) | (UndoUnit::Separator, None) => {}
                (UndoUnit::WholeChange, None | Some(UndoUnit::Cleared)) => return,
                // The next word is for the next redo.
                (UndoUnit::Separator | UndoUnit::WholeChange, Some(_)) => {
                    self.text_area.undo();
                    return;
                }
            }
            last = Some(undo_unit(&before, &self.text()));
        }
    }

    /// The selected text.
    pub fn selected_text(&self) -> Option<String> {
        let ((from_row, from), (to_row, to)) = self.text_area.selection_range()?;
        let lines = self.text_area.lines().get(from_row..=to_row)?;
        let last = lines.len().saturating_sub(1);
        let part = |(place, line): (usize, &String)| {
            let end = if place == last { to } else { usize::MAX };
            let begin = if place == 0 { from } else { 0 };
            line.chars().take(end).skip(begin).collect::<String>()
        };
        let text = lines.iter().enumerate().map(part).collect::<Vec<_>>().join("\n");
        Some(text).filter(|text| !text.is_empty())
    }

    /// Whether the cursor is in the first line.
    pub fn is_cursor_on_first_line(&self) -> bool {
        self.text_area.cursor().0 == 0
    }

    /// Whether the cursor is in the last line.
    pub fn is_cursor_on_last_line(&self) -> bool {
        self.text_area.cursor().0 + 1 >= self.text_area.lines().len()
    }

    /// A key that edits or moves the cursor. What Control and Alt do with a letter is in the keymap; the text area has keys
    /// of its own for some, which must not act.
    pub fn handle_key(&mut self, key: KeyEvent) {
        let is_command = key.modifiers.intersects(!KeyModifiers::SHIFT);
        let moves_a_line =
            key.modifiers == KeyModifiers::CONTROL && matches!(key.code, KeyCode::Char('n' | 'p'));
        if !(is_command && matches!(key.code, KeyCode::Char(_))) || moves_a_line {
            self.text_area.input(key);
        }
    }

    /// Empties it; this can be undone.
    pub fn clear(&mut self) {
        self.text_area.cancel_selection();
        self.text_area.clear();
    }

    /// The same for a text of one line, which no key breaks.
    pub fn handle_key_single_line(&mut self, key: KeyEvent) {
        if key.code != KeyCode::Enter {
            self.handle_key(key);
        }
    }

    /// Inserts a line break.
    pub fn insert_newline(&mut self) {
        self.text_area.insert_newline();
    }

    /// Inserts pasted text at the cursor. Control characters become visible marks, so that the user sees what they send.
    pub fn paste(&mut self, raw: &str) {
        self.text_area.insert_str(safe::sanitize_text(raw));
    }

    /// Inserts pasted text as one line.
    pub fn paste_single_line(&mut self, raw: &str) {
        self.text_area.insert_str(safe::sanitize_line(&raw.replace(['\n', '\r'], " ")));
    }

    /// Adds a line of text at the end, and moves the cursor behind it.
    pub fn append_line(&mut self, raw: &str) {
        // A selection must not be replaced.
        self.text_area.cancel_selection();
        self.text_area.move_cursor(CursorMove::Bottom);
        self.text_area.move_cursor(CursorMove::End);
        let needs_space =
            self.text_area.lines().last().is_some_and(|last| !last.is_empty() && !last.ends_with(' '));
        let space = if needs_space { " " } else { "" };
        self.text_area.insert_str(format!("{space}{}", safe::sanitize_line(raw)));
    }

    /// The text area for painting, with control and invisible characters as marks. The text itself stays as it was typed.
    pub fn escaped_text_area(&self) -> Cow<'_, TextArea<'static>> {
        let lines: Vec<String> =
            self.text_area.lines().iter().map(|line| safe::sanitize_line(line).into()).collect();
        if lines == self.text_area.lines() {
            return Cow::Borrowed(&self.text_area);
        }
        let place = |(row, column): (usize, usize)| {
            let line = self.text_area.lines().get(row).map(String::as_str).unwrap_or_default();
            let before: String = line.chars().take(column).collect();
            let column = safe::sanitize_line(&before).chars().count();
            let narrow = |count: usize| u16::try_from(count).unwrap_or(u16::MAX);
            CursorMove::Jump(narrow(row), narrow(column))
        };
        let mut shown = new_text_area(lines);
        if let Some((from, to)) = self.text_area.selection_range() {
            shown.move_cursor(place(from));
            shown.start_selection();
            shown.move_cursor(place(to));
        } else {
            let cursor = self.text_area.cursor();
            shown.move_cursor(place((cursor.0, cursor.1)));
        }
        Cow::Owned(shown)
    }
}

/// A text area with our settings.
fn new_text_area(lines: Vec<String>) -> TextArea<'static> {
    let mut area = TextArea::new(lines);
    area.set_wrap_mode(WrapMode::WordOrGlyph);
    area.set_cursor_line_style(Style::new());
    area.set_cursor_style(Style::new().add_modifier(CURSOR_MODIFIER));
    area.set_selection_style(Style::new().add_modifier(SELECTION_MODIFIER));
    area
}

/// A change in the undo history.
#[derive(Clone, Copy, PartialEq, Eq)]
enum UndoUnit {
    /// A letter of a word.
    Letter,
    /// A space, or another sign between words.
    Separator,
    /// The empty text between a text and its replacement.
    Cleared,
    /// Any other change, which is undone alone.
    WholeChange,
}

fn undo_unit(before: &str, after: &str) -> UndoUnit {
    let (longer, shorter) = if before.len() > after.len() { (before, after) } else { (after, before) };
    let same = longer.chars().zip(shorter.chars()).take_while(|(one, other)| one == other).count();
    let is_one = longer.chars().count() == shorter.chars().count() + 1;
    match longer.chars().nth(same).filter(|_| is_one) {
        Some(letter) if letter.is_alphanumeric() && !after.is_empty() => UndoUnit::Letter,
        Some(_) => UndoUnit::Separator,
        None if after.is_empty() => UndoUnit::Cleared,
        None => UndoUnit::WholeChange,
    }
}

#[cfg(test)]
mod tests {
    use crossterm::event::{KeyCode, KeyModifiers};

    use super::*;

    fn composer_with_typed(text: &str) -> Composer {
        let mut composer = Composer::default();
        for c in text.chars() {
            composer.handle_key(KeyEvent::new(KeyCode::Char(c), KeyModifiers::NONE));
        }
        composer
    }

    #[test]
    fn typing_is_undone_and_redone_by_words() {
        let mut composer = composer_with_typed("half a thought");
        composer.undo();
        assert_eq!(composer.text(), "half a");
        composer.undo();
        assert_eq!(composer.text(), "half");
        composer.redo();
        composer.redo();
        assert_eq!(composer.text(), "half a thought");
    }

    #[test]
    fn undo_restores_the_text_before_a_replacement() {
        let mut composer = composer_with_typed("mine");
        composer.replace("what was sent before");
        composer.undo();
        assert_eq!(composer.text(), "mine");
        composer.redo();
        assert_eq!(composer.text(), "what was sent before");
        composer.paste("\nand more");
        composer.undo();
        assert_eq!(composer.text(), "what was sent before");
    }

    #[test]
    fn appended_text_does_not_replace_the_selection() {
        let mut composer = composer_with_typed("mine");
        composer.handle_key(KeyEvent::new(KeyCode::Home, KeyModifiers::NONE));
        for _ in 0..2 {
            composer.handle_key(KeyEvent::new(KeyCode::Right, KeyModifiers::SHIFT));
        }
        composer.append_line("a step");
        assert_eq!(composer.text(), "mine a step");
    }

    #[test]
    fn painted_text_is_escaped_and_typed_text_is_unchanged() {
        let raw = "one\ntwo \u{202e}x\u{e0041} y";
        let mut composer = Composer::with_text(raw);
        assert_eq!(composer.escaped_text_area().lines(), ["one", "two ‹202E›x‹E0041› y"]);
        assert_eq!(composer.escaped_text_area().cursor().1, "two ‹202E›x‹E0041› y".chars().count());
        composer.handle_key(KeyEvent::new(KeyCode::Left, KeyModifiers::SHIFT));
        composer.handle_key(KeyEvent::new(KeyCode::Left, KeyModifiers::SHIFT));
        assert_eq!(composer.escaped_text_area().selection_range(), Some(((1, 18), (1, 20))));
        assert_eq!(composer.text(), raw);
    }

    #[test]
    fn selected_text_spans_lines_and_wide_characters() {
        let mut composer = Composer::with_text("日本語\nzwei");
        assert_eq!(composer.selected_text(), None);
        for _ in 0..6 {
            composer.handle_key(KeyEvent::new(KeyCode::Left, KeyModifiers::SHIFT));
        }
        assert_eq!(composer.selected_text().as_deref(), Some("語\nzwei"));
    }
}
