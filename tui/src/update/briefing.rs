//! The briefing: reading, and starting.

use crate::effect::Effect;
use crate::keymap::{BriefingVerb, Move};
use crate::state::briefing::{Briefing, Pane};
use crate::state::{Screen, State};
use crate::update::{go, queue, scrolled};

pub(super) fn act(state: &mut State, verb: BriefingVerb, effects: &mut Vec<Effect>) {
    let Some(briefing) = shown_mut(state) else { return };
    let id = briefing.item.id;
    match verb {
        BriefingVerb::Back => go::to_queue(state),
        BriefingVerb::StartHere => queue::pick_up(state, id, effects),
        BriefingVerb::Reassess => queue::reassess(state, id, effects),
        BriefingVerb::NextOpen => next_open(state, effects),
        BriefingVerb::OtherPane => {
            briefing.pane = match briefing.pane {
                Pane::Happened => Pane::Assessment,
                Pane::Assessment => Pane::Happened,
            };
        }
    }
}

/// The briefing that is on the screen: as a screen, or over its session.
pub(super) fn shown_mut(state: &mut State) -> Option<&mut Briefing> {
    match &mut state.screen {
        Screen::Queue => None,
        Screen::Briefing(briefing) => Some(briefing),
        Screen::Session(chat) => chat.briefing.as_mut(),
    }
}

/// Scrolls the half that has the keys.
pub(super) fn scroll(state: &mut State, to: Move) {
    let (happened_end, assessment_end) = (state.painted.happened_end, state.painted.assessment_end);
    let page = state.painted.page;
    if let Some(briefing) = shown_mut(state) {
        let end = match briefing.pane {
            Pane::Happened => happened_end,
            Pane::Assessment => assessment_end,
        };
        let top = briefing.top_mut();
        *top = scrolled(*top, to, end, page);
    }
}

fn next_open(state: &mut State, effects: &mut Vec<Effect>) {
    let waits = |id| {
        state.queue.item(id).is_some_and(|item| item.status == tierup_common::handoff::HandoffStatus::Open)
    };
    if let Some(next) = state.queue.queue.next_such(waits) {
        state.queue.queue.select(next);
        queue::step(state, 0);
        go::to_briefing(state, next, effects);
    }
}
