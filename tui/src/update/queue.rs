//! The list: moving, opening, picking up.

use tierup_common::handoff::HandoffStatus;
use tierup_common::id::HandoffId;

use crate::effect::{Call, Effect};
use crate::keymap::{ListVerb, Move};
use crate::state::dialog::Dialog;
use crate::state::queue::{Sort, Tab};
use crate::state::toast::Tone;
use crate::state::{Claiming, State};
use crate::update::{can, dialog, filter, go, load};

pub(super) fn act(state: &mut State, verb: ListVerb, effects: &mut Vec<Effect>) {
    let selected = state.queue.selected().map(|item| item.id);
    match verb {
        ListVerb::Filter => filter::open(state),
        ListVerb::ClearFilter => filter::clear(state),
        ListVerb::Sort => {
            let place = Sort::ALL.iter().position(|sort| *sort == state.queue.sort).unwrap_or(0);
            sort(state, Sort::ALL[(place + 1) % Sort::ALL.len()]);
        }
        ListVerb::NextTab => {
            let place = Tab::ALL.iter().position(|tab| *tab == state.queue.tab).unwrap_or(0);
            state.queue.tab = Tab::ALL[(place + 1) % Tab::ALL.len()];
        }
        ListVerb::Tab(tab) => state.queue.tab = tab,
        ListVerb::Open => open(state, effects),
        ListVerb::PickUp => selected.into_iter().for_each(|id| pick_up(state, id, effects)),
        ListVerb::Reassess => selected.into_iter().for_each(|id| load::reassess(state, id, effects)),
        ListVerb::NextUnread => next_unread(state),
        ListVerb::MarkUnread => mark_unread(state, effects),
        ListVerb::NewSession => dialog::open(state, Dialog::new_session()),
        ListVerb::Release => selected.into_iter().for_each(|id| dialog::open(state, Dialog::release(id))),
    }
}

/// Puts the rows in another order. The selected one stays selected.
pub(super) fn sort(state: &mut State, sort: Sort) {
    state.queue.sort = sort;
    let me = state.my_id();
    state.queue.arrange(me);
}

/// Moves the selection.
pub(super) fn go_to(state: &mut State, to: Move) {
    let page = isize::try_from(state.painted.page.max(1)).unwrap_or(1);
    match to {
        Move::Down => step(state, 1),
        Move::Up => step(state, -1),
        Move::PageDown => step(state, page),
        Move::PageUp => step(state, -page),
        Move::Top => select_end(state, false),
        Move::Bottom => select_end(state, true),
    }
}

/// Claims a handoff, once: one key, one request.
pub(super) fn pick_up(state: &mut State, id: HandoffId, effects: &mut Vec<Effect>) {
    let Some(item) = state.queue.item(id) else { return };
    if item.status == HandoffStatus::Claimed && item.claimed_by == state.my_id() {
        return go::to_my_session(state, id, effects);
    }
    if let Err(no) = can::claim(state, item) {
        return can::say(state, no);
    }
    if state.claiming.is_some() {
        return;
    }
    let ticket = load::ask(state, Call::Claim(id), effects);
    state.claiming = Some(Claiming { ticket, handoff: id });
}

/// Opens the next handoff that waits.
pub(super) fn open_next(state: &mut State, effects: &mut Vec<Effect>) {
    go::to_queue(state);
    state.queue.tab = Tab::Queue;
    if select_next_open(state) {
        open(state, effects);
    } else {
        state.toast(Tone::Info, "Nothing else waits");
    }
}

/// Selects the next handoff that waits, if the selected one does not; whether one is selected then.
pub(super) fn select_next_open(state: &mut State) -> bool {
    let queue = &mut state.queue;
    let items = |id: HandoffId| queue.item(id).is_some_and(|item| item.status == HandoffStatus::Open);
    if queue.queue.selected().is_some_and(items) {
        return true;
    }
    let next = queue.queue.ids().find(|id| items(*id));
    if let Some(next) = next {
        queue.queue.select(next);
    }
    next.is_some()
}

pub(super) fn open(state: &mut State, effects: &mut Vec<Effect>) {
    match state.queue.tab {
        Tab::Queue => {
            if let Some(id) = state.queue.queue.selected() {
                go::to_briefing(state, id, effects);
            }
        }
        Tab::Mine => {
            if let Some(id) = state.queue.mine.selected() {
                go::to_my_session(state, id, effects);
            }
        }
        Tab::Parked => {
            if let Some(id) = state.queue.parked.selected() {
                load::resume(state, id, effects);
            }
        }
    }
}

pub(super) fn step(state: &mut State, rows: isize) {
    let room = state.painted.list_room;
    let queue = &mut state.queue;
    match queue.tab {
        Tab::Queue => {
            queue.queue.step(rows);
            queue.queue.settle(room);
        }
        Tab::Mine => {
            queue.mine.step(rows);
            queue.mine.settle(room);
        }
        Tab::Parked => {
            queue.parked.step(rows);
            queue.parked.settle(room);
        }
    }
}

fn select_end(state: &mut State, last: bool) {
    match state.queue.tab {
        Tab::Queue => state.queue.queue.select_end(last),
        Tab::Mine => state.queue.mine.select_end(last),
        Tab::Parked => state.queue.parked.select_end(last),
    }
    step(state, 0);
}

fn next_unread(state: &mut State) {
    state.queue.tab = Tab::Queue;
    let is_unread = |id| state.queue.item(id).is_some_and(|item| state.is_unread(item));
    match state.queue.queue.next_such(is_unread) {
        Some(id) => {
            state.queue.queue.select(id);
            step(state, 0);
        }
        None => state.toast(Tone::Info, "Nothing unread"),
    }
}

fn mark_unread(state: &mut State, effects: &mut Vec<Effect>) {
    let Some(id) = state.queue.selected().map(|item| item.id) else { return };
    state.seen.remove(id);
    effects.push(Effect::MarkUnread(id));
}
