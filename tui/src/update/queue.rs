//! The actions of the lists.

use crate::effect::Effect;
use crate::keymap::{Action, Context, ListAction, Move, Tab};
use crate::state::State;
use crate::state::dialog::Dialog;
use crate::state::layer::INPUT_DELAY;
use crate::state::lists::RowId;
use crate::state::sort_order::SortOrder;
use crate::state::toast::ToastLevel;
use crate::text::safe;
use crate::update::{claims, details, filter, navigate, pass_on, reassess, resume};

pub(super) fn run_action(state: &mut State, action: ListAction, effects: &mut Vec<Effect>) {
    if matches!(action, ListAction::Open | ListAction::PickUp) && is_meant_for_taken_row(state) {
        return;
    }
    let selected = state.queue.selected_item().map(|item| item.id);
    match action {
        ListAction::Filter => filter::open(state),
        ListAction::ClearFilter => {
            if !pass_on::clear_marks(state) {
                filter::clear(state);
            }
        }
        ListAction::Mark => pass_on::toggle_mark(state),
        ListAction::PassOn => pass_on::open(state, effects),
        ListAction::Sort => {
            let index = SortOrder::ALL.iter().position(|sort| *sort == state.queue.sort).unwrap_or(0);
            set_sort_order(state, SortOrder::ALL[(index + 1) % SortOrder::ALL.len()]);
        }
        ListAction::Dense => {
            state.queue.is_dense = !state.queue.is_dense;
            effects.push(Effect::SaveDenseRows(state.queue.is_dense));
        }
        ListAction::NextTab => {
            state.queue.tab = state.queue.tab.next();
        }
        ListAction::Tab(tab) => state.queue.tab = tab,
        ListAction::Open => navigate::open_selected(state, effects),
        ListAction::PickUp => match state.queue.selected_row() {
            Some(RowId::Handoff(id)) => claims::claim_handoff(state, id, effects),
            Some(RowId::Session(id)) if state.queue.tab == Tab::Parked => {
                resume::request_resume(state, id, effects);
            }
            Some(RowId::Session(id)) => navigate::to_session(state, id, None, effects),
            None => {}
        },
        ListAction::Reassess => selected.into_iter().for_each(|id| reassess::request(state, id, effects)),
        ListAction::Change => selected.into_iter().for_each(|id| details::open(state, id)),
        ListAction::NextUnread => select_next_unread(state),
        ListAction::MarkUnread => mark_unread(state, effects),
        ListAction::NewSession => state.open_dialog(Dialog::new_session()),
        ListAction::Release => selected.into_iter().for_each(|id| state.open_dialog(Dialog::release(id))),
    }
}

/// Whether a key comes so soon after the selected row was taken that it was meant for that row; then a toast says so.
fn is_meant_for_taken_row(state: &mut State) -> bool {
    let Some(row) = state.taken_row.filter(|row| state.now < row.at.plus(INPUT_DELAY)) else { return false };
    let name = state.queue.item(row.handoff_id).and_then(|item| item.claimed_by_name.as_deref());
    let name = safe::sanitize_line(name.unwrap_or("Somebody else"));
    let text = format!("{name} has just claimed {}", state.handoff_title(row.handoff_id));
    state.show_toast(ToastLevel::Info, text);
    true
}

/// Sorts the lists in another order.
pub(super) fn set_sort_order(state: &mut State, order: SortOrder) {
    state.queue.sort = order;
    let me = state.my_id();
    state.queue.rebuild_lists(me);
}

/// Moves the selection.
pub(super) fn move_selection(state: &mut State, movement: Move) {
    state.taken_row = None;
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

pub(super) fn move_by(state: &mut State, rows: isize) {
    let height = state.last_paint.list_height;
    let list = state.queue.current_list_mut();
    list.move_selection(rows);
    list.pin_scroll(height);
}

fn select_edge(state: &mut State, last: bool) {
    state.queue.current_list_mut().select_edge(last);
    move_by(state, 0);
}

/// Selects the next row with something unread: first what is in sessions that concern the user, then handoffs.
fn select_next_unread(state: &mut State) {
    if let Some((tab, row)) = next_marked_row(state) {
        state.queue.tab = tab;
        state.queue.lists[tab].select(row);
        return move_by(state, 0);
    }
    state.queue.tab = Tab::Queue;
    if let Some(id) = state.queue.next_in_queue(|item| state.is_unread(item)) {
        state.queue.lists[Tab::Queue].select(RowId::Handoff(id));
        move_by(state, 0);
        return;
    }
    let clear = state.settings.keymap.key_for(Context::Queue, Action::List(ListAction::ClearFilter));
    let text = match state.unread_count() {
        0 => "Nothing unread".into(),
        hidden => format!("{hidden} unread, hidden by the filter: press {clear} to show all"),
    };
    state.show_toast(ToastLevel::Info, text);
}

/// The next row of Mine or Parked whose session has something unread. After the last one come the unread handoffs of the
/// queue, and then the first one again.
fn next_marked_row(state: &State) -> Option<(Tab, RowId)> {
    let rows_of = |tab: Tab| state.queue.lists[tab].ids().map(move |row| (tab, row));
    let is_marked = |(_, row): &(Tab, RowId)| state.unread_in_row(*row) > 0;
    // A claim that is parked is in both.
    let marked: Vec<(Tab, RowId)> =
        rows_of(Tab::Mine).chain(rows_of(Tab::Parked)).filter(is_marked).collect();
    let here = state.queue.selected_row().map(|row| (state.queue.tab, row));
    let place = marked.iter().position(|row| Some(*row) == here);
    let next = marked.get(place.map_or(0, |place| place + 1)).copied();
    let has_unread_handoff = || state.queue.next_in_queue(|item| state.is_unread(item)).is_some();
    next.or_else(|| marked.first().copied().filter(|_| !has_unread_handoff()))
}

fn mark_unread(state: &mut State, effects: &mut Vec<Effect>) {
    let Some(id) = state.queue.selected_item().map(|item| item.id) else { return };
    if state.seen.contains(id) {
        state.seen.set_seen(id, false);
        effects.push(Effect::MarkUnread(id));
    }
}
