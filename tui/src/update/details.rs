//! The priority and the summary of a handoff: changing them, and hearing that somebody else did.

use tierup_common::event::EventBody;
use tierup_common::handoff::{Handoff, Priority};
use tierup_common::id::HandoffId;

use crate::effect::CallId;
use crate::state::State;
use crate::state::dialog::Dialog;
use crate::state::toast::ToastLevel;
use crate::text::safe;
use crate::update::fetched;
use crate::update::outcomes::close_dialog;

/// Opens the dialog that changes a handoff.
pub(super) fn open(state: &mut State, id: HandoffId) {
    let Some(item) = state.known_handoff(id) else { return };
    let dialog = Dialog::change(id, &item.problem_summary, item.priority);
    state.open_dialog(dialog);
}

/// The handoff was changed.
pub(super) fn apply_reply(state: &mut State, call_id: CallId, handoff: Handoff) {
    close_dialog(state, call_id);
    let text = format!("Changed #{}: {}", handoff.item.number, handoff.item.priority);
    state.show_toast(ToastLevel::Success, text);
    fetched::apply_handoff(state, handoff);
}

/// Somebody changed a handoff, and `has_changed` says whether that is news. Those whom it concerns are told, and everybody
/// if it is urgent now.
pub(super) fn announce_change(state: &mut State, change: &EventBody, has_changed: bool) {
    let EventBody::HandoffChanged { handoff, by, previous_priority, .. } = change else { return };
    let id = handoff.handoff_id;
    if let Some(chat) = state.open_chat_of_mut(handoff.session_id)
        && let Some(session) = chat.session_mut()
    {
        session.problem_summary = Some(handoff.problem_summary.clone());
    }
    let is_urgent_now = previous_priority.is_some() && handoff.priority == Priority::Urgent;
    let concerns_me = state.is_claimed_by_me(id) || state.is_handed_off_by_me(id);
    if has_changed && Some(by.id) != state.my_id() && (concerns_me || is_urgent_now) {
        let (name, summary) = (safe::sanitize_line(&by.name), safe::sanitize_line(&handoff.problem_summary));
        let summary = summary.ellipsized(40);
        let text = format!("{name} changed #{}: {}, {summary}", handoff.number, handoff.priority);
        state.show_toast(ToastLevel::Info, text);
    }
}
