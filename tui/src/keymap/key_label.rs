//! Keys by the names that people know.

use crokey::KeyCombination;
use crossterm::event::{KeyCode, KeyModifiers};

use crate::theme::Charset;

/// A key as people write it.
pub fn key_label(key: KeyCombination, charset: Charset) -> String {
    let mut name = String::new();
    if key.modifiers.contains(KeyModifiers::CONTROL) {
        name.push_str("Ctrl-");
    }
    if key.modifiers.contains(KeyModifiers::ALT) {
        name.push_str("Alt-");
    }
    let code = key.codes.first();
    let shifted_letter = matches!(code, KeyCode::Char(c) if c.is_alphabetic());
    // What the tab key sends with it says so by itself.
    let is_said = shifted_letter || *code == KeyCode::BackTab;
    if key.modifiers.contains(KeyModifiers::SHIFT) && !is_said {
        name.push_str("Shift-");
    }
    name.push_str(&code_name(*code, key.modifiers, charset));
    name
}

#[expect(clippy::wildcard_enum_match_arm, reason = "of a library's keys only these have names of their own")]
fn code_name(code: KeyCode, modifiers: KeyModifiers, charset: Charset) -> String {
    match code {
        KeyCode::Enter | KeyCode::Up | KeyCode::Down | KeyCode::Left | KeyCode::Right
            if charset != Charset::Unicode =>
        {
            format!("{code:?}")
        }
        KeyCode::Enter => "↵".into(),
        KeyCode::Esc => "Esc".into(),
        KeyCode::Tab => "Tab".into(),
        KeyCode::BackTab => "Shift-Tab".into(),
        KeyCode::Up => "↑".into(),
        KeyCode::Down => "↓".into(),
        KeyCode::Left => "←".into(),
        KeyCode::Right => "→".into(),
        KeyCode::PageUp => "PgUp".into(),
        KeyCode::PageDown => "PgDn".into(),
        KeyCode::Char(' ') => "Space".into(),
        KeyCode::Char(c) if modifiers.intersects(KeyModifiers::SHIFT | KeyModifiers::CONTROL) => {
            c.to_uppercase().to_string()
        }
        KeyCode::Char(c) => c.to_string(),
        KeyCode::F(number) => format!("F{number}"),
        other => format!("{other:?}"),
    }
}
