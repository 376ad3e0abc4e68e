//! The list: moving, opening, picking up.

use tierup_common::handoff::HandoffStatus;
use tierup_common::id::{HandoffId, SessionId};

use crate::effect::{Call, Effect};
use crate::keymap::{Action, Context, ListAction, Move, Tab};
use crate::state::dialog::Dialog;
use crate::state::queue::{MineRow, SortOrder};
use crate::state::toast::ToastLevel;
use crate::state::{PendingClaim, State};
use crate::update::{availability, calls, dialog, filter, navigate, session};

pub(super) fn run_action(state: &mut State, verb: ListAction, effects: &mut Vec<Effect>) {
    let selected = state.queue.selected_item().map(|item| item.id);
    match verb {
        ListAction::Filter => filter::open(state),
        ListAction::ClearFilter => filter::clear(state),
        ListAction::Sort => {
            let place = SortOrder::ALL.iter().position(|sort| *sort == state.queue.sort).unwrap_or(0);
            set_sort_order(state, SortOrder::ALL[(place + 1) % SortOrder::ALL.len()]);
        }
        ListAction::NextTab => {
            let place = Tab::ALL.iter().position(|tab| *tab == state.queue.tab).unwrap_or(0);
            state.queue.tab = Tab::ALL[(place + 1) % Tab::ALL.len()];
        }
        ListAction::Tab(tab) => state.queue.tab = tab,
        ListAction::Open => open_selected(state, effects),
        ListAction::PickUp => match (selected, selected_session(state)) {
            (Some(id), _) => claim_handoff(state, id, effects),
            (None, Some(id)) if state.queue.tab == Tab::Parked => session::request_resume(state, id, effects),
            (None, Some(id)) => navigate::to_session(state, id, None, effects),
            (None, None) => {}
        },
        ListAction::Reassess => selected.into_iter().for_each(|id| calls::reassess(state, id, effects)),
        ListAction::NextUnread => select_next_unread(state),
        ListAction::MarkUnread => mark_unread(state, effects),
        ListAction::NewSession => dialog::open(state, Dialog::new_session()),
        ListAction::Release => selected.into_iter().for_each(|id| dialog::open(state, Dialog::release(id))),
    }
}

/// Puts the rows in another order. The selected one stays selected.
pub(super) fn set_sort_order(state: &mut State, order: SortOrder) {
    state.queue.sort = order;
    let me = state.my_id();
    state.queue.rebuild_lists(me);
}

/// Moves the selection.
pub(super) fn move_selection(state: &mut State, movement: Move) {
    let page = isize::try_from(state.last_paint.page_height.max(1)).unwrap_or(1);
    match movement {
        Move::Down => move_by(state, 1),
        Move::Up => move_by(state, -1),
        Move::PageDown => move_by(state, page),
        Move::PageUp => move_by(state, -page),
        Move::Top => select_edge(state, false),
        Move::Bottom => select_edge(state, true),
    }
}

/// Claims a handoff, once: one key, one request.
pub(super) fn claim_handoff(state: &mut State, id: HandoffId, effects: &mut Vec<Effect>) {
    let Some(item) = state.queue.item(id) else {
        return state.show_toast(ToastLevel::Info, "There is nothing to claim: this handoff has ended");
    };
    if item.status == HandoffStatus::Claimed && item.claimed_by == state.my_id() {
        return navigate::to_own_session(state, id, effects);
    }
    if let Err(no) = availability::check_claim(state, item) {
        return availability::show_reason(state, no);
    }
    if let Some(claiming) = state.pending_claim {
        if claiming.handoff_id != id {
            state.show_toast(ToastLevel::Info, "Another claim is still under way: one at a time");
        }
        return;
    }
    let ticket = calls::send(state, Call::Claim(id), effects);
    state.pending_claim = Some(PendingClaim { call_id: ticket, handoff_id: id });
}

/// Opens the next handoff that waits.
pub(super) fn open_next(state: &mut State, effects: &mut Vec<Effect>) {
    navigate::to_queue(state);
    state.queue.tab = Tab::Queue;
    if select_next_open(state) {
        open_selected(state, effects);
    } else {
        state.show_toast(ToastLevel::Info, "Nothing else waits");
    }
}

/// Selects the next handoff that waits, if the selected one does not; whether one is selected then.
pub(super) fn select_next_open(state: &mut State) -> bool {
    let queue = &mut state.queue;
    let items = |id: HandoffId| queue.item(id).is_some_and(|item| item.status == HandoffStatus::Open);
    if queue.queue_list.selected().is_some_and(items) {
        return true;
    }
    let next = queue.queue_list.ids().find(|id| items(*id));
    if let Some(next) = next {
        queue.queue_list.select(next);
    }
    next.is_some()
}

pub(super) fn open_selected(state: &mut State, effects: &mut Vec<Effect>) {
    match state.queue.tab {
        Tab::Queue => {
            if let Some(id) = state.queue.queue_list.selected() {
                navigate::to_briefing(state, id, effects);
            }
        }
        Tab::Mine => match state.queue.mine_list.selected() {
            Some(MineRow::Handoff(id)) => navigate::to_own_session(state, id, effects),
            Some(MineRow::Session(id)) => navigate::to_session(state, id, None, effects),
            None => {}
        },
        // To read it: taking it back is another key.
        Tab::Parked => {
            if let Some(id) = state.queue.parked_list.selected() {
                navigate::to_session(state, id, None, effects);
            }
        }
    }
}

/// The selected session of the user's own.
fn selected_session(state: &State) -> Option<SessionId> {
    match state.queue.tab {
        Tab::Queue => None,
        Tab::Mine => match state.queue.mine_list.selected() {
            Some(MineRow::Session(id)) => Some(id),
            Some(MineRow::Handoff(_)) | None => None,
        },
        Tab::Parked => state.queue.parked_list.selected(),
    }
}

pub(super) fn move_by(state: &mut State, rows: isize) {
    let room = state.last_paint.list_height;
    let queue = &mut state.queue;
    match queue.tab {
        Tab::Queue => {
            queue.queue_list.move_selection(rows);
            queue.queue_list.pin_scroll(room);
        }
        Tab::Mine => {
            queue.mine_list.move_selection(rows);
            queue.mine_list.pin_scroll(room);
        }
        Tab::Parked => {
            queue.parked_list.move_selection(rows);
            queue.parked_list.pin_scroll(room);
        }
    }
}

fn select_edge(state: &mut State, last: bool) {
    match state.queue.tab {
        Tab::Queue => state.queue.queue_list.select_edge(last),
        Tab::Mine => state.queue.mine_list.select_edge(last),
        Tab::Parked => state.queue.parked_list.select_edge(last),
    }
    move_by(state, 0);
}

fn select_next_unread(state: &mut State) {
    state.queue.tab = Tab::Queue;
    let is_unread = |id| state.queue.item(id).is_some_and(|item| state.is_unread(item));
    if let Some(id) = state.queue.queue_list.next_matching(is_unread) {
        state.queue.queue_list.select(id);
        move_by(state, 0);
        return;
    }
    let clear = state.settings.keymap.key_for(Context::Queue, Action::List(ListAction::ClearFilter));
    let text = match state.unread_count() {
        0 => "Nothing unread".into(),
        hidden => format!("{hidden} unread, which the filter hides: {clear} shows all rows"),
    };
    state.show_toast(ToastLevel::Info, text);
}

fn mark_unread(state: &mut State, effects: &mut Vec<Effect>) {
    let Some(id) = state.queue.selected_item().map(|item| item.id) else { return };
    if state.seen.contains(id) {
        state.seen.set_seen(id, false);
        effects.push(Effect::MarkUnread(id));
    }
}
