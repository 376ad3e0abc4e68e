//! Going from one screen to another.

use tierup_common::id::{HandoffId, SessionId};

use crate::effect::Effect;
use crate::keymap::Tab;
use crate::state::briefing::Briefing;
use crate::state::chat::{Chat, ChatSource};
use crate::state::lists::{RowId, is_answer_for};
use crate::state::request::Request;
use crate::state::toast::ToastLevel;
use crate::state::{Screen, State};
use crate::update::{briefing_news, calls};

/// Returns to the list. Whoever leaves a briefing or a session looks for the next one to take, so that is selected.
pub(super) fn to_queue(state: &mut State) {
    let was_open = !matches!(state.screen, Screen::Queue);
    set_screen(state, Screen::Queue);
    if was_open {
        let me = state.my_id();
        state.queue.select_first_to_take(me);
        state.taken_row = None;
    }
}

/// Replaces the screen and forgets the way back. Sessions that close can be read again.
fn set_screen(state: &mut State, screen: Screen) {
    let left = std::mem::replace(&mut state.screen, screen);
    for screen in state.back_stack.drain(..).chain([left]) {
        match screen {
            Screen::Session(chat) => state.chat_cache.insert(*chat),
            Screen::Queue | Screen::Briefing(_) => {}
        }
    }
}

/// Returns to the previous screen, and fetches what has changed there.
pub(super) fn back(state: &mut State, effects: &mut Vec<Effect>) {
    match state.back_stack.pop() {
        None | Some(Screen::Queue) => to_queue(state),
        Some(Screen::Briefing(mut briefing)) => {
            let id = briefing.item.id;
            if let Some(item) = state.queue.item(id).cloned() {
                briefing.item = item;
            }
            briefing.partial_assessment = state.queue.partial_assessments.get(&id).cloned();
            briefing.fetch = Request::Pending(calls::fetch_handoff(state, id, effects));
            briefing_news::fetch(state, briefing.item.session_id, effects);
            return_to(state, Screen::Briefing(briefing));
        }
        Some(Screen::Session(mut chat)) => {
            chat.fetch = Request::Pending(calls::fetch_session(state, chat.id, effects));
            // The reply came, or will come, while another screen was open.
            chat.earlier_fetch = Request::Idle;
            chat.story.fetch = Request::Idle;
            chat.story.zone.clone_from(&state.settings.zone);
            return_to(state, Screen::Session(chat));
        }
    }
}

fn return_to(state: &mut State, screen: Screen) {
    let back_stack = std::mem::take(&mut state.back_stack);
    set_screen(state, screen);
    state.back_stack = back_stack;
}

/// Opens a session to read it. `back` returns to the current screen.
pub(super) fn to_session_for_reading(
    state: &mut State,
    id: SessionId,
    briefing: Option<Briefing>,
    effects: &mut Vec<Effect>,
) {
    state.layers.clear();
    let from = std::mem::take(&mut state.screen);
    let mut back_stack = std::mem::take(&mut state.back_stack);
    back_stack.push(from);
    to_session(state, id, briefing, effects);
    state.back_stack = back_stack;
}

/// Opens the briefing of a listed handoff and marks it as seen.
pub(super) fn to_briefing(state: &mut State, id: HandoffId, effects: &mut Vec<Effect>) {
    let Some(item) = state.queue.item(id).cloned() else { return };
    mark_seen(state, id, effects);
    let snapshot = state.queue.snapshot(id).cloned();
    let partial_assessment = state.queue.partial_assessments.get(&id).cloned();
    let mut briefing = Briefing::new(item, snapshot, partial_assessment, state.now);
    briefing.fetch = Request::Pending(calls::fetch_handoff(state, id, effects));
    briefing.news.story.zone.clone_from(&state.settings.zone);
    briefing_news::fetch(state, briefing.item.session_id, effects);
    set_screen(state, Screen::Briefing(Box::new(briefing)));
}

/// Opens a session, with the briefing of the handoff that brought the user there, if one did. Until the session is fetched,
/// the messages of an earlier visit or of the snapshot stand in.
pub(super) fn to_session(
    state: &mut State,
    id: SessionId,
    briefing: Option<Briefing>,
    effects: &mut Vec<Effect>,
) {
    // Closes the current screen first: it may be this session, which then stands in.
    set_screen(state, Screen::Queue);
    let draft = state.outbox.composer_text(id);
    let mut chat = Chat::new(id, &draft);
    if let Some(snapshot) = briefing.as_ref().and_then(|briefing| briefing.snapshot.as_ref()) {
        chat.messages.clone_from(&snapshot.messages);
    }
    if let Some(left) = state.chat_cache.take(id) {
        (chat.messages, chat.story) = (left.messages, left.story);
        chat.story.fetch = Request::Idle;
        // Its status may have changed since, which matters unless it cannot be fetched.
        chat.source = ChatSource::StandIn(Some(left.session).filter(|_| !state.connection.allows_calls()));
    }
    chat.briefing = briefing;
    chat.story.zone.clone_from(&state.settings.zone);
    chat.fetch = Request::Pending(calls::fetch_session(state, id, effects));
    state.screen = Screen::Session(Box::new(chat));
}

/// Opens the session of a handoff that the user works on.
pub(super) fn to_own_session(state: &mut State, id: HandoffId, effects: &mut Vec<Effect>) {
    let Some(item) = state.queue.item(id).cloned() else { return };
    let session = item.session_id;
    mark_seen(state, id, effects);
    let snapshot = state.queue.snapshot(id).cloned();
    let needs_snapshot = snapshot.is_none();
    to_session(state, session, Some(Briefing::new(item, snapshot, None, state.now)), effects);
    if needs_snapshot {
        calls::fetch_handoff(state, id, effects);
    }
}

/// Marks a handoff as seen.
pub(super) fn mark_seen(state: &mut State, id: HandoffId, effects: &mut Vec<Effect>) {
    if !state.seen.contains(id) {
        state.seen.set_seen(id, true);
        effects.push(Effect::MarkSeen(id));
    }
}

/// Opens the selected row: a handoff of the queue as a briefing, everything else as its session.
pub(super) fn open_selected(state: &mut State, effects: &mut Vec<Effect>) {
    let me = state.my_id();
    let is_answer = |id| state.queue.item(id).is_some_and(|item| is_answer_for(item, me));
    match state.queue.selected_row() {
        Some(RowId::Handoff(id)) if state.is_claimed_by_me(id) => to_own_session(state, id, effects),
        // In Mine are the sessions that the user works on or waits for, and answers, which wait for the user.
        Some(RowId::Handoff(id)) if state.queue.tab == Tab::Mine && !is_answer(id) => {
            to_own_session(state, id, effects);
        }
        Some(RowId::Handoff(id)) => to_briefing(state, id, effects),
        // A parked session is opened to read: taking it back is another key.
        Some(RowId::Session(id)) => to_session(state, id, None, effects),
        None => {}
    }
}

/// Opens the next open handoff.
pub(super) fn open_next(state: &mut State, effects: &mut Vec<Effect>) {
    to_queue(state);
    state.queue.tab = Tab::Queue;
    if state.queue.select_next_open() {
        open_selected(state, effects);
    } else {
        state.show_toast(ToastLevel::Info, "No other open handoffs");
    }
}
