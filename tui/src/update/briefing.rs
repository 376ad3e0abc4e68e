//! The briefing: reading, and starting.

use tierup_common::handoff::HandoffStatus;

use crate::effect::Effect;
use crate::keymap::{BriefingVerb, Move};
use crate::state::briefing::{Briefing, Pane, Place};
use crate::state::dialog::Dialog;
use crate::state::layer::{Confirm, Layer, Pick, PickOf};
use crate::state::{Screen, State};
use crate::update::{dialog, go, load, queue, scrolled, talk};

pub(super) fn act(state: &mut State, verb: BriefingVerb, effects: &mut Vec<Effect>) {
    let Some(briefing) = shown_mut(state) else { return };
    let id = briefing.item.id;
    match verb {
        BriefingVerb::Back => go::back(state, effects),
        BriefingVerb::StartHere => queue::pick_up(state, id, effects),
        BriefingVerb::Reassess => load::reassess(state, id, effects),
        BriefingVerb::NextOpen => next_open(state, effects),
        BriefingVerb::OtherPane => {
            briefing.pane = match briefing.pane {
                Pane::Happened => Pane::Assessment,
                Pane::Assessment => Pane::Happened,
            };
        }
        BriefingVerb::NextEvidence => to_evidence(state, true),
        BriefingVerb::PreviousEvidence => to_evidence(state, false),
        BriefingVerb::Cases => state.layers.push(Layer::Pick(Pick::new(PickOf::Cases))),
        BriefingVerb::Whole => whole(state, effects),
        BriefingVerb::Assign => dialog::assign(state, id, effects),
        BriefingVerb::SendBack => dialog::open(state, Dialog::send_back(id)),
        // It leaves the queue: after a question.
        BriefingVerb::TakeBack => {
            let session = briefing.item.session_id;
            state.layers.push(Layer::Confirm(Confirm::take_back(session)));
        }
    }
}

/// Marks a piece of evidence and shows the message it is from.
pub(super) fn to_evidence(state: &mut State, forward: bool) {
    let Some(briefing) = shown_mut(state) else { return };
    if let Some(seq) = briefing.mark_evidence(forward) {
        briefing.pane = Pane::Happened;
        briefing.happened = Place::Message(seq);
    }
}

/// The whole conversation, at the evidence: over the session it is that session, from the list it is opened to read.
fn whole(state: &mut State, effects: &mut Vec<Effect>) {
    let is_overlay = matches!(state.screen, Screen::Session(_));
    let Some(briefing) = shown_mut(state).cloned() else { return };
    let seq = briefing.marked().map(|evidence| evidence.message_seq);
    if is_overlay {
        state.layers.pop();
    } else {
        let session = briefing.item.session_id;
        go::to_read(state, session, Some(briefing), effects);
    }
    if let Some(seq) = seq {
        talk::show(state, seq);
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
    let (happened, happened_end) = (state.painted.happened, state.painted.happened_end);
    let (page, assessment_end) = (state.painted.page, state.painted.assessment_end);
    let Some(briefing) = shown_mut(state) else { return };
    match briefing.pane {
        Pane::Happened => {
            // Several keys may come before the next picture; where a message stands, only the picture knows.
            let top = match briefing.happened {
                Place::Row(row) => row,
                Place::Message(_) => happened,
            };
            briefing.happened = Place::Row(scrolled(top, to, happened_end, page));
        }
        Pane::Assessment => {
            briefing.assessment_top = scrolled(briefing.assessment_top, to, assessment_end, page);
        }
    }
}

fn next_open(state: &mut State, effects: &mut Vec<Effect>) {
    let waits = |id| state.queue.item(id).is_some_and(|item| item.status == HandoffStatus::Open);
    if let Some(next) = state.queue.queue.next_such(waits) {
        state.queue.queue.select(next);
        queue::step(state, 0);
        go::to_briefing(state, next, effects);
    }
}
