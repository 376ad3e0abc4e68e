//! The theme and the mouse, changed while the console runs.

use crate::effect::Effect;
use crate::settings::ThemeSource;
use crate::state::State;
use crate::state::toast::ToastLevel;

/// Changes the theme.
pub(super) fn set_theme(state: &mut State, name: &str) {
    if state.settings.set_theme(name).is_ok() {
        state.show_toast(ToastLevel::Info, format!("Theme: {name}"));
    }
}

/// Takes the theme that suits the background, unless one was chosen.
pub(super) fn follow_background(state: &mut State, is_light: bool) {
    if state.settings.theme_source == ThemeSource::Background {
        // Both exist.
        let _ = state.settings.set_theme(if is_light { "light" } else { "dark" });
    }
}

/// Changes to the next theme, around the end.
pub(super) fn next_theme(state: &mut State) {
    let names: Vec<String> = state.settings.theme_names().map(str::to_owned).collect();
    let next = names.iter().position(|name| *name == state.settings.theme_name).map_or(0, |index| index + 1);
    if let Some(name) = names.get(next % names.len().max(1)) {
        set_theme(state, name);
    }
}

/// Captures the mouse, or leaves it to the terminal.
pub(super) fn set_mouse_capture(state: &mut State, is_enabled: bool, effects: &mut Vec<Effect>) {
    if state.settings.mouse_enabled != is_enabled {
        state.settings.mouse_enabled = is_enabled;
        effects.push(Effect::SetMouseCapture(is_enabled));
    }
    let text = if is_enabled { "Mouse on" } else { "Mouse off: your terminal selects text" };
    state.show_toast(ToastLevel::Info, text);
}
