//! Fetches again once the server can be reached.

use crate::effect::Effect;
use crate::state::preview::PreviewState;
use crate::state::{Screen, State};
use crate::update::{calls, dialog, filter, history};

/// Fetches what could not be fetched without a connection.
pub(super) fn retry_fetches(state: &mut State, effects: &mut Vec<Effect>) {
    dialog::clear_offline_errors(state);
    filter::retry_search(state);
    history::reload(state);
    if let Some(id) = state.claim_in_doubt {
        calls::fetch_handoff(state, id, effects);
    }
    if std::mem::take(&mut state.own_sessions_failed) {
        calls::fetch_own_sessions(state, effects);
    }
    let open = state.open_briefing_mut();
    if let Some(briefing) =
        open.filter(|briefing| briefing.snapshot.is_none() && !briefing.fetch.is_pending())
    {
        let id = briefing.item.id;
        calls::fetch_open_briefing(state, id, effects);
    }
    if let PreviewState::Ready(id) = state.queue.preview
        && state.queue.snapshot(id).is_none()
    {
        calls::fetch_handoff(state, id, effects);
    }
    if let Screen::Session(chat) = &mut state.screen {
        chat.earlier_fetch.clear_error();
        if chat.fetch.error().is_some() {
            calls::refetch_open_session(state, effects);
        }
    }
}
