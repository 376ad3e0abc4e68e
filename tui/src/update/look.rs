//! How the console looks and what it takes, changed while it runs.

use crate::effect::Effect;
use crate::state::State;
use crate::state::toast::Tone;

/// Changes the theme.
pub(super) fn wear(state: &mut State, name: &str) {
    if state.settings.wear(name).is_ok() {
        state.toast(Tone::Info, format!("Theme: {name}"));
    }
}

/// Wears the theme that comes next.
pub(super) fn next_theme(state: &mut State) {
    let names: Vec<String> = state.settings.themes().map(str::to_owned).collect();
    let place = names.iter().position(|name| *name == state.settings.theme).map_or(0, |place| place + 1);
    if let Some(name) = names.get(place % names.len().max(1)) {
        wear(state, name);
    }
}

/// Takes the mouse, or leaves it to the terminal.
pub(super) fn mouse(state: &mut State, on: bool, effects: &mut Vec<Effect>) {
    if state.settings.mouse != on {
        state.settings.mouse = on;
        effects.push(Effect::Mouse(on));
    }
    let text = if on {
        "The mouse is the console's"
    } else {
        "The mouse is the terminal's: it selects text as usual"
    };
    state.toast(Tone::Info, text);
}
