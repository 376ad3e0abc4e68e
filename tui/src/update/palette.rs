//! The palette: what can be chosen, and doing it.

use crossterm::event::{KeyCode, KeyEvent};

use crate::effect::Effect;
use crate::keymap::{Action, Context, LineVerb, Move, SessionVerb};
use crate::state::layer::Layer;
use crate::state::palette::{Choice, Chosen, Palette, fitting};
use crate::state::{Screen, State};
use crate::text::safe;
use crate::update::{act as act_on, can, command};

/// Handoffs that are offered before anything is typed.
const FIRST: usize = 20;

/// Opens it over a place.
pub(super) fn open(state: &mut State, of: Context) {
    let mut choices = doable(state, of);
    choices.extend(state.queue.handoffs().take(FIRST).map(Choice::handoff));
    state.layers.push(Layer::Palette(Box::new(Palette::new(of, choices))));
}

pub(super) fn act(state: &mut State, verb: LineVerb, effects: &mut Vec<Effect>) {
    match verb {
        LineVerb::Accept => choose(state, effects),
        LineVerb::Cancel => {
            state.layers.pop();
        }
        LineVerb::Complete | LineVerb::CompleteBack => {}
    }
}

/// Chooses by a click.
pub(super) fn click(state: &mut State, at: usize, effects: &mut Vec<Effect>) {
    if let Some(palette) = top(state) {
        palette.at = at;
        choose(state, effects);
    }
}

pub(super) fn go_to(state: &mut State, to: Move) {
    let page = isize::try_from(state.painted.page.max(1)).unwrap_or(1);
    let Some(palette) = top(state) else { return };
    match to {
        Move::Down => palette.step(1),
        Move::Up => palette.step(-1),
        Move::PageDown => palette.step(page),
        Move::PageUp => palette.step(-page),
        Move::Top => palette.at = 0,
        Move::Bottom => palette.step(isize::MAX),
    }
}

pub(super) fn type_key(state: &mut State, key: KeyEvent) {
    let Some(palette) = top(state) else { return };
    if key.code == KeyCode::Backspace && palette.line.is_empty() {
        state.layers.pop();
        return;
    }
    palette.line.key_in_line(key);
    fit(state);
}

pub(super) fn paste(state: &mut State, text: &str) {
    if let Some(palette) = top(state) {
        palette.line.paste_in_line(text);
        fit(state);
    }
}

fn top(state: &mut State) -> Option<&mut Palette> {
    let Some(Layer::Palette(palette)) = state.layers.last_mut() else { return None };
    Some(palette)
}

fn fit(state: &mut State) {
    let Some(palette) = top(state) else { return };
    let (of, text) = (palette.of, palette.line.text());
    let choices = fitting(&text, doable(state, of), state.queue.handoffs());
    if let Some(palette) = top(state) {
        (palette.choices, palette.at) = (choices, 0);
    }
}

fn choose(state: &mut State, effects: &mut Vec<Effect>) {
    let Some(palette) = top(state) else { return };
    let Some(what) = palette.selected().map(|choice| choice.what.clone()) else { return };
    let of = palette.of;
    state.layers.pop();
    match what {
        Chosen::Action(action) => act_on(state, of, action, effects),
        // What is offered can be done.
        Chosen::Command(line) => drop(command::run(state, of, &line, effects)),
        Chosen::Handoff(id) => command::open_handoff(state, id, effects),
    }
}

/// A suggested step, in its own words.
fn step(state: &State, number: u8) -> String {
    let Screen::Session(chat) = &state.screen else { return String::new() };
    let steps = chat.steps(state.my_id());
    let text = usize::from(number).checked_sub(1).and_then(|place| steps.get(place)).map(|step| &step.text);
    format!("Step {number}: {}", safe::line(text.map_or("", String::as_str)))
}

/// The actions of a place and the commands that need nothing more, those that move last.
fn doable(state: &State, of: Context) -> Vec<Choice> {
    let (mut acts, mut moves) = (Vec::new(), Vec::new());
    for binding in state.settings.keymap.of(of) {
        if binding.action == Action::Palette || !can(state, of, binding.action) {
            continue;
        }
        let choice = Choice {
            what: Chosen::Action(binding.action),
            text: if let Action::Session(SessionVerb::UseStep(number)) = binding.action {
                step(state, number)
            } else {
                // What marks code in the help has no look of its own here.
                binding.about.replace('`', "")
            },
            name: binding.name(),
            key: state.settings.keymap.shown(&binding, 0),
        };
        let kind = if let Action::Move(_) = binding.action { &mut moves } else { &mut acts };
        kind.push(choice);
    }
    acts.extend(command::whole(state).map(|(line, about)| Choice {
        what: Chosen::Command(line.clone()),
        text: about,
        name: format!(":{line}"),
        key: String::new(),
    }));
    acts.extend(moves);
    acts
}
