//! What the streams carry: how a stream begins, and where each of its frames goes.

use tierup_common::event::{Frame, Signal};
use tierup_common::id::Seq;
use tierup_common::time::Timestamp;

use crate::effect::Effect;
use crate::state::link::Link;
use crate::state::preview::Preview;
use crate::state::{Screen, State};
use crate::update::growing::{grow_assessment, grow_message, presence};
use crate::update::happened::happened;
use crate::update::{briefing, dialog, earlier, filter, load};

/// The team's stream carried something.
pub(super) fn live(state: &mut State, frame: Frame, effects: &mut Vec<Effect>) {
    match frame {
        Frame::Event(event) => {
            heard(state, event.seq);
            happened(state, &event, effects);
        }
        Frame::Signal(signal) => team_signal(state, signal, effects),
        Frame::Unknown { seq } => {
            if let Some(seq) = seq {
                heard(state, seq);
            }
        }
    }
}

/// A stream narrowed to what is open carried something. Events of the team come by the team's stream too; each
/// counts once, by the version it carries.
pub(super) fn watched(state: &mut State, frame: Frame, effects: &mut Vec<Effect>) {
    match frame {
        Frame::Event(event) => happened(state, &event, effects),
        Frame::Signal(Signal::Hello { .. }) => {
            // It begins after the last event that was heard before the session was asked for, and misses nothing. One
            // that did not know where to begin may have: fetch once more.
            if let Screen::Session(chat) = &mut state.screen
                && std::mem::take(&mut chat.may_miss)
            {
                load::open_session(state, effects);
            }
        }
        Frame::Signal(Signal::Reset { .. }) => load::open_session(state, effects),
        Frame::Signal(Signal::HandoffAssessmentDelta { handoff_id, offset, text }) => {
            grow_assessment(state, handoff_id, offset, &text);
        }
        Frame::Signal(Signal::MessageDelta { session_id, message_id, offset, text }) => {
            grow_message(state, session_id, message_id, offset, &text);
        }
        Frame::Signal(Signal::Presence { handoff_id, viewers }) => presence(state, handoff_id, viewers),
        Frame::Signal(Signal::CaughtUp { .. }) | Frame::Unknown { .. } => {}
    }
}

fn heard(state: &mut State, seq: Seq) {
    state.heard = state.heard.max(Some(seq));
}

fn team_signal(state: &mut State, signal: Signal, effects: &mut Vec<Effect>) {
    match signal {
        Signal::Hello { seq, now, .. } => hello(state, seq, now, effects),
        Signal::Reset { seq } => {
            state.heard = Some(seq);
            state.queue.live_from = Some(seq);
            state.link = Link::Live;
            // The log is another one, as after a restore: what was known may count as newer than what is.
            state.queue.forget_versions();
            load::lists(state, effects);
            if let Some(briefing) = briefing::shown_mut(state) {
                briefing.item.version = 0;
                let id = briefing.item.id;
                load::shown_briefing(state, id, effects);
            }
            load::open_session(state, effects);
        }
        Signal::CaughtUp { seq } => {
            heard(state, seq);
            state.link = Link::Live;
        }
        Signal::Presence { handoff_id, viewers } => presence(state, handoff_id, viewers),
        Signal::HandoffAssessmentDelta { .. } | Signal::MessageDelta { .. } => {}
    }
}

fn hello(state: &mut State, seq: Seq, now: Timestamp, effects: &mut Vec<Effect>) {
    state.poll_every = None;
    state.skew = now.as_millis().saturating_sub(state.now.as_millis());
    state.queue.clear_viewers();
    match state.heard {
        None => {
            state.heard = Some(seq);
            state.queue.live_from = Some(seq);
            state.link = Link::Live;
            if state.queue.load.is_none() && state.queue.as_of < Some(seq) {
                load::lists(state, effects);
            }
        }
        Some(heard) if seq > heard => state.link = Link::CatchingUp { to: seq },
        Some(_) => state.link = Link::Live,
    }
    if state.me.is_none() {
        load::me(state, effects);
    }
    if !load::is_loading_well(state) {
        load::lists(state, effects);
    }
    ask_again(state, effects);
}

/// There is a connection again: what could not be fetched for want of one is fetched now.
pub(super) fn ask_again(state: &mut State, effects: &mut Vec<Effect>) {
    dialog::back_online(state);
    filter::back_online(state);
    if let Some(id) = state.claim_in_doubt {
        load::handoff(state, id, effects);
    }
    if std::mem::take(&mut state.misses_own) {
        load::own_sessions(state, effects);
    }
    let shown = briefing::shown_mut(state);
    if let Some(briefing) = shown.filter(|briefing| briefing.snapshot.is_none() && briefing.asked.is_none()) {
        let id = briefing.item.id;
        load::shown_briefing(state, id, effects);
    }
    if let Preview::Rested(id) = state.queue.preview
        && state.queue.snapshot(id).is_none()
    {
        load::handoff(state, id, effects);
    }
    if let Screen::Session(chat) = &mut state.screen {
        earlier::try_again(chat);
        if chat.failed.is_some() {
            load::open_session(state, effects);
        }
    }
}
