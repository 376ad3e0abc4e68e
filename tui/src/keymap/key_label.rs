//! Labels of keys, as people know them: `Ctrl-R`, `↵`, `Alt-x`.

use crokey::KeyCombination;
use crossterm::event::{KeyCode, KeyModifiers};

use crate::text::{Safe, safe_format};
use crate::theme::Charset;

/// The label of a key.
pub fn key_label(key: KeyCombination, charset: Charset) -> Safe<'static> {
    let mut label = String::new();
    if key.modifiers.contains(KeyModifiers::CONTROL) {
        label.push_str("Ctrl-");
    }
    if key.modifiers.contains(KeyModifiers::ALT) {
        label.push_str("Alt-");
    }
    let code = key.codes.first();
    let shifted_letter = matches!(code, KeyCode::Char(c) if c.is_alphabetic());
    // The label of the code says Shift already.
    let is_included = shifted_letter || *code == KeyCode::BackTab;
    if key.modifiers.contains(KeyModifiers::SHIFT) && !is_included {
        label.push_str("Shift-");
    }
    label.push_str(&code_label(*code, key.modifiers, charset));
    safe_format!("{label}")
}

#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "only these of the library's keys have labels of their own"
)]
fn code_label(code: KeyCode, modifiers: KeyModifiers, charset: Charset) -> String {
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
