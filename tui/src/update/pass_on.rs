//! Passing several handoffs on: marks in the list, and one assignment after the other.

use tierup_common::handoff::{Assign, Handoff};

use crate::availability;
use crate::effect::{Call, CallId, Effect};
use crate::state::State;
use crate::state::dialog::Form;
use crate::state::request::Request;
use crate::text::safe;
use crate::update::{calls, dialog, outcomes};

/// Marks the selected handoff, or removes its mark, and goes to the next row.
pub(super) fn toggle_mark(state: &mut State) {
    let Some(item) = state.queue.selected_item() else { return };
    let id = item.id;
    let can_assign = availability::check_assign(state, item);
    if !state.queue.marked.remove(&id) {
        if let Err(reason) = can_assign {
            return outcomes::show_unavailable(state, reason);
        }
        state.queue.marked.insert(id);
    }
    let height = state.last_paint.list_height;
    let list = state.queue.current_list_mut();
    list.move_selection(1);
    list.pin_scroll(height);
}

/// Removes all marks; false if there were none.
pub(super) fn clear_marks(state: &mut State) -> bool {
    let had_marks = !state.queue.marked.is_empty();
    state.queue.marked.clear();
    had_marks
}

/// Opens the dialog that assigns what is marked, or else the selected handoff.
pub(super) fn open(state: &mut State, effects: &mut Vec<Effect>) {
    let mut handoffs: Vec<_> = state.queue.marked.iter().copied().collect();
    if handoffs.is_empty() {
        handoffs.extend(state.queue.selected_item().map(|item| item.id));
    }
    if !handoffs.is_empty() {
        dialog::open_assign(state, handoffs, effects);
    }
}

/// A handoff was assigned: assigns the next one of its dialog. False if it was the last.
pub(super) fn continue_with_next(
    state: &mut State,
    call_id: CallId,
    request: &Assign,
    handoff: &Handoff,
    effects: &mut Vec<Effect>,
) -> bool {
    let done = handoff.item.id;
    state.queue.marked.remove(&done);
    let Some(open) = state.dialogs_mut().find(|dialog| dialog.request.awaits(call_id)) else { return false };
    let Form::Assign { handoff_ids, done_count, .. } = &mut open.form else { return false };
    handoff_ids.retain(|id| *id != done);
    *done_count += 1;
    let Some(next) = handoff_ids.first().copied() else { return false };
    let call = Call::Assign { handoff_id: next, request: request.clone() };
    let next_call = calls::send(state, call, effects);
    if let Some(open) = state.dialogs_mut().find(|dialog| dialog.request.awaits(call_id)) {
        open.request = Request::Pending(next_call);
    }
    true
}

/// The toast after the last assignment.
pub(super) fn done_text(state: &State, call_id: CallId, handoff: &Handoff) -> String {
    let item = &handoff.item;
    let assignee = item.claimed_by_name.as_deref().map(safe::sanitize_line).unwrap_or_default();
    let mut dialogs = state.layers.iter().filter_map(|layer| layer.as_dialog());
    let form = dialogs.find(|dialog| dialog.request.awaits(call_id)).map(|dialog| &dialog.form);
    if let Some(Form::Assign { done_count: count @ 2.., .. }) = form {
        return format!("Assigned {count} handoffs to {assignee}");
    }
    format!("Assigned #{} to {assignee}", item.number)
}
