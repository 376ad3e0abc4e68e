//! The mouse: click, wheel, click on a step.

use crossterm::event::{MouseButton, MouseEvent, MouseEventKind};

use crate::effect::Effect;
use crate::keymap::{Action, BriefingVerb, Context, ListVerb, Move, SessionVerb};
use crate::state::briefing::Pane;
use crate::state::layer::Layer;
use crate::state::painted::Target;
use crate::state::queue::{Mine, Tab};
use crate::state::{Screen, State};
use crate::update::{act, briefing, go, go_to, palette, pick, queue, session, talk};

/// Rows that one notch of the wheel moves by.
const NOTCH: usize = 3;

pub(super) fn mouse(state: &mut State, event: MouseEvent, effects: &mut Vec<Effect>) {
    let target = state.painted.at(event.column, event.row);
    match event.kind {
        MouseEventKind::Down(MouseButton::Left) => {
            if let Some(target) = target {
                click(state, target, effects);
            }
        }
        MouseEventKind::ScrollDown => wheel(state, target, Move::Down, effects),
        MouseEventKind::ScrollUp => wheel(state, target, Move::Up, effects),
        MouseEventKind::Down(MouseButton::Right | MouseButton::Middle)
        | MouseEventKind::Up(_)
        | MouseEventKind::Drag(_)
        | MouseEventKind::Moved
        | MouseEventKind::ScrollLeft
        | MouseEventKind::ScrollRight => {}
    }
}

fn click(state: &mut State, target: Target, effects: &mut Vec<Effect>) {
    match target {
        // The tabs are above every layer, but what has the keys is not left by a slip of the hand.
        Target::Tab(tab) => {
            if state.layers.iter().all(|layer| matches!(layer, Layer::Briefing)) {
                state.layers.clear();
                go::to_queue(state);
                state.queue.tab = tab;
            }
        }
        // A click on a row selects it; on the selected row it opens it.
        Target::Handoff(id) => {
            let was_selected = state.queue.selected().is_some_and(|item| item.id == id);
            match state.queue.tab {
                Tab::Queue => state.queue.queue.select(id),
                Tab::Mine => state.queue.mine.select(Mine::Handoff(id)),
                Tab::Parked => {}
            }
            if was_selected {
                act(state, Context::Queue, Action::List(ListVerb::Open), effects);
            }
        }
        Target::Session(id) => {
            let was_selected = match state.queue.tab {
                Tab::Queue => false,
                Tab::Mine => {
                    let selected = state.queue.mine.selected();
                    state.queue.mine.select(Mine::Session(id));
                    selected == Some(Mine::Session(id))
                }
                Tab::Parked => {
                    let selected = state.queue.parked.selected();
                    state.queue.parked.select(id);
                    selected == Some(id)
                }
            };
            if was_selected {
                act(state, Context::Queue, Action::List(ListVerb::Open), effects);
            }
        }
        Target::Pane(pane) => set_pane(state, pane),
        Target::Step(number) => {
            act(state, Context::Session, Action::Session(SessionVerb::UseStep(number)), effects);
        }
        Target::HideSteps => act(state, Context::Session, Action::Session(SessionVerb::HideSteps), effects),
        Target::Choice(at) => palette::click(state, at, effects),
        Target::Evidence(place) => {
            if let Some(briefing) = briefing::shown_mut(state) {
                // The one before it, so that the next is this one.
                briefing.evidence = place.checked_sub(1);
            }
            briefing::to_evidence(state, true);
        }
        Target::Cases => {
            act(state, Context::Briefing, Action::Briefing(BriefingVerb::Cases), effects);
        }
        Target::Pick(place) => pick::choose(state, place, effects),
        Target::Transcript | Target::Strip | Target::Layer => {}
    }
}

fn set_pane(state: &mut State, pane: Pane) {
    if let Some(briefing) = briefing::shown_mut(state) {
        briefing.pane = pane;
    }
}

fn wheel(state: &mut State, target: Option<Target>, to: Move, effects: &mut Vec<Effect>) {
    let context = state.context();
    let is_over_layer = matches!(target, Some(Target::Layer | Target::Choice(_) | Target::Pick(_)));
    for _ in 0..NOTCH {
        if is_over_layer {
            go_to(state, context, to);
            continue;
        }
        match (&state.screen, target) {
            (_, Some(Target::Strip | Target::Step(_) | Target::HideSteps)) => {
                let verb = if to == Move::Down { SessionVerb::StepsRight } else { SessionVerb::StepsLeft };
                return session::act(state, verb, effects);
            }
            (_, Some(Target::Evidence(_) | Target::Cases)) => {
                set_pane(state, Pane::Assessment);
                briefing::scroll(state, to);
            }
            (_, Some(Target::Pane(pane))) => {
                set_pane(state, pane);
                briefing::scroll(state, to);
            }
            (Screen::Session(_), _) => talk::scroll(state, to),
            (Screen::Queue, _) => queue::go_to(state, to),
            (Screen::Briefing(_), _) => briefing::scroll(state, to),
        }
    }
}
