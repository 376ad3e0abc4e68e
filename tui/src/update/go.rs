//! Going from one screen to another.

use tierup_common::id::{HandoffId, SessionId};

use crate::effect::{Effect, Watch};
use crate::state::briefing::Briefing;
use crate::state::session::Chat;
use crate::state::toast::Tone;
use crate::state::{Screen, State};
use crate::update::load;

/// Back to the list. What was typed is kept.
pub(super) fn to_queue(state: &mut State) {
    state.screen = Screen::Queue;
    state.back.clear();
}

/// Back to where one came from; what happened there meanwhile is caught up with.
pub(super) fn back(state: &mut State, effects: &mut Vec<Effect>) {
    match state.back.pop() {
        None | Some(Screen::Queue) => to_queue(state),
        Some(Screen::Briefing(mut briefing)) => {
            let id = briefing.item.id;
            if let Some(item) = state.queue.item(id).cloned() {
                briefing.item = item;
            }
            briefing.growing = state.queue.growing.get(&id).cloned();
            briefing.asked = Some(load::handoff(state, id, effects));
            state.screen = Screen::Briefing(briefing);
        }
        Some(Screen::Session(mut chat)) => {
            chat.asked = Some(load::session(state, chat.id, effects));
            state.screen = Screen::Session(chat);
        }
    }
}

/// Opens a session to read it; what is open now is where `back` leads.
pub(super) fn to_read(
    state: &mut State,
    id: SessionId,
    briefing: Option<Briefing>,
    effects: &mut Vec<Effect>,
) {
    state.layers.clear();
    let from = std::mem::take(&mut state.screen);
    let mut way = std::mem::take(&mut state.back);
    way.push(from);
    to_session(state, id, briefing, effects);
    state.back = way;
}

/// Opens the briefing of a handoff that is in the lists: it counts as seen from now on.
pub(super) fn to_briefing(state: &mut State, id: HandoffId, effects: &mut Vec<Effect>) {
    let Some(item) = state.queue.item(id).cloned() else { return };
    mark_seen(state, id, effects);
    let snapshot = state.queue.snapshot(id).cloned();
    let growing = state.queue.growing.get(&id).cloned();
    let mut briefing = Briefing::new(item, snapshot, growing, state.now);
    briefing.asked = Some(load::handoff(state, id, effects));
    state.back.clear();
    state.screen = Screen::Briefing(Box::new(briefing));
}

/// Opens a session; `briefing` is of the handoff that brought the user there. Until the session is here, what was
/// handed over stands in for it.
pub(super) fn to_session(
    state: &mut State,
    id: SessionId,
    briefing: Option<Briefing>,
    effects: &mut Vec<Effect>,
) {
    let draft = state.drafts.get(&id).cloned().unwrap_or_default();
    let mut chat = Chat::new(id, &draft);
    if let Some(snapshot) = briefing.as_ref().and_then(|briefing| briefing.snapshot.as_ref()) {
        chat.messages.clone_from(&snapshot.messages);
    }
    chat.briefing = briefing;
    chat.asked = Some(load::session(state, id, effects));
    state.back.clear();
    state.screen = Screen::Session(Box::new(chat));
}

/// Opens the session of a handoff of the user's own.
pub(super) fn to_my_session(state: &mut State, id: HandoffId, effects: &mut Vec<Effect>) {
    let Some(item) = state.queue.item(id).cloned() else { return };
    let session = item.session_id;
    let snapshot = state.queue.snapshot(id).cloned();
    let needs_snapshot = snapshot.is_none();
    to_session(state, session, Some(Briefing::new(item, snapshot, None, state.now)), effects);
    if needs_snapshot {
        load::handoff(state, id, effects);
    }
}

/// A handoff was opened or claimed: its dot goes.
pub(super) fn mark_seen(state: &mut State, id: HandoffId, effects: &mut Vec<Effect>) {
    if !state.seen.has(id) {
        state.seen.add(id);
        effects.push(Effect::MarkSeen(id));
    }
}

/// Says that a change needs a connection and there is none; true if so.
pub(super) fn refuse_offline(state: &mut State, what: &str) -> bool {
    if state.link.may_ask() {
        return false;
    }
    state.toast(Tone::Bad, format!("Offline: {what}"));
    true
}

/// Says that the user may only read; true if so.
pub(super) fn refuse_viewer(state: &mut State) -> bool {
    if state.may_act() {
        return false;
    }
    state.toast(Tone::Bad, "Your role is viewer: you read, others act");
    true
}

/// Whether a narrowed stream to this is held.
pub(super) fn is_watched(state: &State, watch: Watch) -> bool {
    state.watches.contains(&watch)
}
