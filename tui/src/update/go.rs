//! Going from one screen to another.

use tierup_common::id::{HandoffId, SessionId};
use tierup_common::session::SessionStatus;

use crate::effect::Effect;
use crate::state::briefing::Briefing;
use crate::state::session::{Chat, Earlier};
use crate::state::toast::Tone;
use crate::state::{Screen, State};
use crate::update::load;

/// Back to the list. What was typed is kept.
pub(super) fn to_queue(state: &mut State) {
    show(state, Screen::Queue);
}

/// Fills the screen with something else, from which nothing leads back. A session that was there can be read again.
fn show(state: &mut State, screen: Screen) {
    let left = std::mem::replace(&mut state.screen, screen);
    for screen in state.back.drain(..).chain([left]) {
        match screen {
            Screen::Session(chat) => state.chats.keep(*chat),
            Screen::Queue | Screen::Briefing(_) => {}
        }
    }
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
            back_to(state, Screen::Briefing(briefing));
        }
        Some(Screen::Session(mut chat)) => {
            chat.asked = Some(load::session(state, chat.id, effects));
            // What was on its way came while another screen was here.
            chat.earlier = Earlier::NotAsked;
            back_to(state, Screen::Session(chat));
        }
    }
}

fn back_to(state: &mut State, screen: Screen) {
    let way = std::mem::take(&mut state.back);
    show(state, screen);
    state.back = way;
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
    show(state, Screen::Briefing(Box::new(briefing)));
}

/// Opens a session; `briefing` is of the handoff that brought the user there, if one did. Until the session is here,
/// what was read of it before stands in for it, or what was handed over.
pub(super) fn to_session(
    state: &mut State,
    id: SessionId,
    briefing: Option<Briefing>,
    effects: &mut Vec<Effect>,
) {
    // One that is open now is among those that were open before.
    show(state, Screen::Queue);
    let draft = state.drafts.get(&id).map(String::as_str).unwrap_or_default();
    let draft = match state.outgoing.get(&id) {
        // It is on its way, not to be sent once more.
        Some(outgoing) => without(draft, &outgoing.text),
        None => draft.to_owned(),
    };
    let mut chat = Chat::new(id, &draft);
    if let Some(snapshot) = briefing.as_ref().and_then(|briefing| briefing.snapshot.as_ref()) {
        chat.messages.clone_from(&snapshot.messages);
    }
    if let Some(left) = state.chats.take(id) {
        chat.messages = left.messages;
        // Where it stood then says nothing, unless nobody can be asked.
        chat.session = Some(left.session).filter(|_| !state.link.may_ask());
    }
    chat.briefing = briefing;
    chat.asked = Some(load::session(state, id, effects));
    state.screen = Screen::Session(Box::new(chat));
}

/// What is left of a draft when a message that it began with is sent.
pub(super) fn without(draft: &str, sent: &str) -> String {
    draft.strip_prefix(sent).map_or(draft, |left| left.trim_start_matches('\n')).to_owned()
}

/// Puts the briefing of its handoff to a session that came without, as far as it is known; else it is asked for.
pub(super) fn give_briefing(state: &mut State, effects: &mut Vec<Effect>) {
    let Screen::Session(chat) = &state.screen else { return };
    if chat.briefing.is_some() {
        return;
    }
    let Some(item) = state.queue.item_of(chat.id).cloned() else {
        // A park stands before the escalation that it is about.
        let is_parked = chat.status() == Some(SessionStatus::Paused);
        let standing = chat.session.as_ref().and_then(|session| session.handoff_id);
        if let Some(id) = standing.filter(|_| !is_parked) {
            load::handoff(state, id, effects);
        }
        return;
    };
    let id = item.id;
    let snapshot = state.queue.snapshot(id).cloned();
    let growing = state.queue.growing.get(&id).cloned();
    let mut briefing = Briefing::new(item, snapshot, growing, state.now);
    if briefing.snapshot.is_none() {
        briefing.asked = Some(load::handoff(state, id, effects));
    }
    if let Screen::Session(chat) = &mut state.screen {
        chat.briefing = Some(briefing);
    }
}

/// Opens the session of a handoff of the user's own.
pub(super) fn to_my_session(state: &mut State, id: HandoffId, effects: &mut Vec<Effect>) {
    let Some(item) = state.queue.item(id).cloned() else { return };
    let session = item.session_id;
    mark_seen(state, id, effects);
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
        state.seen.mark(id, true);
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
