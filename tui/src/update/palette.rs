//! The palette: its choices, and running the selected one.

use crate::availability::is_available;
use crate::effect::Effect;
use crate::keymap::{Action, Context, LineAction, Move, SessionAction};
use crate::state::layer::Layer;
use crate::state::palette::{ChoiceTarget, Palette, PaletteChoice, rank_choices};
use crate::state::{Screen, State};
use crate::text::safe;
use crate::update::command_line::{self, ChosenAction};

/// Handoffs that are offered for an empty query.
const INITIAL_HANDOFFS: usize = 20;

/// Opens the palette over a place.
pub(super) fn open(state: &mut State, context: Context) {
    let mut choices = available_choices(state, context);
    choices.extend(state.queue.listed_handoffs().take(INITIAL_HANDOFFS).map(PaletteChoice::from_handoff));
    state.layers.push(Layer::Palette(Box::new(Palette::new(context, choices))));
}

pub(super) fn run_action(
    state: &mut State,
    action: LineAction,
    effects: &mut Vec<Effect>,
) -> Option<ChosenAction> {
    match action {
        LineAction::Accept => return run_selected(state, effects),
        LineAction::Cancel => {
            state.layers.pop();
        }
        LineAction::Complete | LineAction::CompleteBack => {}
    }
    None
}

/// Runs the choice that was clicked.
pub(super) fn click_choice(
    state: &mut State,
    index: usize,
    effects: &mut Vec<Effect>,
) -> Option<ChosenAction> {
    state.top_palette_mut()?.selected_index = index;
    run_selected(state, effects)
}

pub(super) fn move_selection(state: &mut State, movement: Move) {
    let page = isize::try_from(state.last_paint.page_height.max(1)).unwrap_or(1);
    let Some(palette) = state.top_palette_mut() else { return };
    match movement {
        Move::Down => palette.move_selection(1),
        Move::Up => palette.move_selection(-1),
        Move::PageDown => palette.move_selection(page),
        Move::PageUp => palette.move_selection(-page),
        Move::Top => palette.selected_index = 0,
        Move::Bottom => palette.move_selection(isize::MAX),
    }
}

/// Ranks the choices by the query.
pub(super) fn refresh_choices(state: &mut State) {
    let Some(palette) = state.top_palette_mut() else { return };
    let (context, text) = (palette.context, palette.input.text());
    let choices = rank_choices(&text, available_choices(state, context), state.queue.listed_handoffs());
    if let Some(palette) = state.top_palette_mut() {
        (palette.choices, palette.selected_index) = (choices, 0);
    }
}

fn run_selected(state: &mut State, effects: &mut Vec<Effect>) -> Option<ChosenAction> {
    let palette = state.top_palette_mut()?;
    let target = palette.selected()?.target.clone();
    let context = palette.context;
    state.layers.pop();
    match target {
        ChoiceTarget::Action(action) => Some(ChosenAction { context, action }),
        // Commands that are offered are complete.
        ChoiceTarget::Command(line) => command_line::run_line(state, context, &line, effects).unwrap_or(None),
        ChoiceTarget::Handoff(id) => {
            command_line::open_handoff(state, id, effects);
            None
        }
    }
}

/// The label of the action that uses a suggested step: its text.
fn use_step_label(state: &State, number: u8) -> String {
    let Screen::Session(chat) = &state.screen else { return String::new() };
    let steps = chat.suggested_steps(state.my_id());
    let text = usize::from(number).checked_sub(1).and_then(|place| steps.get(place)).map(|step| &step.text);
    format!("Step {number}: {}", safe::sanitize_line(text.map_or("", String::as_str)))
}

/// The available actions of a place and the complete commands. Actions that only move come last.
fn available_choices(state: &State, context: Context) -> Vec<PaletteChoice> {
    let (mut actions, mut moves) = (Vec::new(), Vec::new());
    for binding in state.settings.keymap.bindings_in(context) {
        if binding.action == Action::Palette || !is_available(state, context, binding.action) {
            continue;
        }
        let choice = PaletteChoice {
            target: ChoiceTarget::Action(binding.action),
            label: if let Action::Session(SessionAction::UseStep(number)) = binding.action {
                use_step_label(state, number)
            } else {
                // The help shows text in backticks as code; the palette does not.
                binding.description.replace('`', "")
            },
            name: binding.action_name(),
            key_label: state.settings.keymap.key_label(&binding, 0).into(),
        };
        let kind = if let Action::Move(_) = binding.action { &mut moves } else { &mut actions };
        kind.push(choice);
    }
    actions.extend(command_line::ready_commands(state).map(|(line, about)| PaletteChoice {
        target: ChoiceTarget::Command(line.clone()),
        label: about,
        name: format!(":{line}"),
        key_label: String::new(),
    }));
    actions.extend(moves);
    actions
}
