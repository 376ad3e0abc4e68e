//! Clicks and the wheel.

use crossterm::event::{MouseButton, MouseEvent, MouseEventKind};

use crate::effect::Effect;
use crate::keymap::{Action, BriefingAction, Context, ListAction, Move, SessionAction};
use crate::state::briefing::Pane;
use crate::state::layer::Layer;
use crate::state::paint_output::ClickTarget;
use crate::state::{Screen, State};
use crate::update::dispatch::{dispatch_action, dispatch_move, run_chosen};
use crate::update::{briefing, navigate, pager, palette, picker, queue, search, session, transcript};

/// Rows per notch of the wheel.
const ROWS_PER_NOTCH: usize = 3;

pub(super) fn handle_mouse(state: &mut State, event: MouseEvent, effects: &mut Vec<Effect>) {
    let target = state.last_paint.click_target_at(event.column, event.row);
    match event.kind {
        MouseEventKind::Down(MouseButton::Left) => {
            if let Some(target) = target {
                handle_click(state, target, effects);
            }
        }
        MouseEventKind::ScrollDown => handle_wheel(state, target, Move::Down, effects),
        MouseEventKind::ScrollUp => handle_wheel(state, target, Move::Up, effects),
        MouseEventKind::Down(MouseButton::Right | MouseButton::Middle)
        | MouseEventKind::Up(_)
        | MouseEventKind::Drag(_)
        | MouseEventKind::Moved
        | MouseEventKind::ScrollLeft
        | MouseEventKind::ScrollRight => {}
    }
}

fn handle_click(state: &mut State, target: ClickTarget, effects: &mut Vec<Effect>) {
    match target {
        // The tabs are visible above every layer, but a click by mistake must not close one.
        ClickTarget::Tab(tab) => {
            if state.layers.iter().all(|layer| matches!(layer, Layer::Briefing)) {
                state.layers.clear();
                navigate::to_queue(state);
                state.queue.tab = tab;
            }
        }
        // A click on a row selects it; on the selected row it opens it.
        ClickTarget::Row(row) => {
            let was_selected = state.queue.selected_row() == Some(row);
            state.queue.current_list_mut().select(row);
            if was_selected {
                dispatch_action(state, Context::Queue, Action::List(ListAction::Open), effects);
            }
        }
        ClickTarget::Pane(pane) => set_pane(state, pane),
        ClickTarget::Step(number) => {
            dispatch_action(
                state,
                Context::Session,
                Action::Session(SessionAction::UseStep(number)),
                effects,
            );
        }
        ClickTarget::HideSteps => {
            dispatch_action(state, Context::Session, Action::Session(SessionAction::HideSteps), effects);
        }
        ClickTarget::PaletteChoice(index) => {
            let chosen = palette::click_choice(state, index, effects);
            run_chosen(state, chosen, effects);
        }
        ClickTarget::Evidence(index) => {
            if let Some(briefing) = state.open_briefing_mut() {
                // Moves to the previous one, so that the next one is this.
                briefing.evidence_index = index.checked_sub(1);
            }
            briefing::show_evidence(state, true);
        }
        ClickTarget::SimilarCases => {
            dispatch_action(state, Context::Briefing, Action::Briefing(BriefingAction::Cases), effects);
        }
        ClickTarget::Composer => {
            if let Some(chat) = state.open_chat_mut() {
                chat.is_conversation_focused = false;
            }
        }
        ClickTarget::PickerRow(index) => picker::click_row(state, index, effects),
        ClickTarget::Fold(seq) => pager::open_message(state, seq),
        ClickTarget::Transcript | ClickTarget::StepStrip | ClickTarget::Layer => {}
    }
}

fn set_pane(state: &mut State, pane: Pane) {
    if let Some(briefing) = state.open_briefing_mut() {
        briefing.pane = pane;
    }
}

fn handle_wheel(state: &mut State, target: Option<ClickTarget>, movement: Move, effects: &mut Vec<Effect>) {
    let context = state.context();
    let is_over_layer = matches!(
        target,
        Some(ClickTarget::Layer | ClickTarget::PaletteChoice(_) | ClickTarget::PickerRow(_))
    );
    search::settle(state);
    for _ in 0..ROWS_PER_NOTCH {
        if is_over_layer {
            dispatch_move(state, context, movement);
            continue;
        }
        match (&state.screen, target) {
            (_, Some(ClickTarget::StepStrip | ClickTarget::Step(_) | ClickTarget::HideSteps)) => {
                let action =
                    if movement == Move::Down { SessionAction::StepsRight } else { SessionAction::StepsLeft };
                return session::run_action(state, action, effects);
            }
            (_, Some(ClickTarget::Evidence(_) | ClickTarget::SimilarCases)) => {
                set_pane(state, Pane::Assessment);
                briefing::scroll(state, movement);
            }
            (_, Some(ClickTarget::Pane(pane))) => {
                set_pane(state, pane);
                briefing::scroll(state, movement);
            }
            (Screen::Session(_), _) => transcript::scroll(state, movement),
            (Screen::Queue, _) => queue::move_selection(state, movement),
            (Screen::Briefing(_), _) => briefing::scroll(state, movement),
        }
    }
}
