//! The list: moving, opening, picking up.

use tierup_common::handoff::HandoffStatus;
use tierup_common::id::{HandoffId, SessionId};

use crate::effect::{Call, Effect};
use crate::keymap::{Action, Context, ListVerb, Move};
use crate::state::dialog::Dialog;
use crate::state::queue::{Mine, Sort, Tab};
use crate::state::toast::Tone;
use crate::state::{Claiming, State};
use crate::update::{can, dialog, filter, go, load, session};

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
        ListVerb::PickUp => match (selected, selected_session(state)) {
            (Some(id), _) => pick_up(state, id, effects),
            (None, Some(id)) if state.queue.tab == Tab::Parked => session::resume(state, id, effects),
            (None, Some(id)) => go::to_session(state, id, None, effects),
            (None, None) => {}
        },
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
    let Some(item) = state.queue.item(id) else {
        return state.toast(Tone::Info, "There is nothing to claim: this handoff has ended");
    };
    if item.status == HandoffStatus::Claimed && item.claimed_by == state.my_id() {
        return go::to_my_session(state, id, effects);
    }
    if let Err(no) = can::claim(state, item) {
        return can::say(state, no);
    }
    if let Some(claiming) = state.claiming {
        if claiming.handoff != id {
            state.toast(Tone::Info, "Another claim is still under way: one at a time");
        }
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
        Tab::Mine => match state.queue.mine.selected() {
            Some(Mine::Handoff(id)) => go::to_my_session(state, id, effects),
            Some(Mine::Session(id)) => go::to_session(state, id, None, effects),
            None => {}
        },
        // To read it: taking it back is another key.
        Tab::Parked => {
            if let Some(id) = state.queue.parked.selected() {
                go::to_session(state, id, None, effects);
            }
        }
    }
}

/// The selected session of the user's own.
fn selected_session(state: &State) -> Option<SessionId> {
    match state.queue.tab {
        Tab::Queue => None,
        Tab::Mine => match state.queue.mine.selected() {
            Some(Mine::Session(id)) => Some(id),
            Some(Mine::Handoff(_)) | None => None,
        },
        Tab::Parked => state.queue.parked.selected(),
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
    if let Some(id) = state.queue.queue.next_such(is_unread) {
        state.queue.queue.select(id);
        step(state, 0);
        return;
    }
    let clear = state.settings.keymap.key_for(Context::Queue, Action::List(ListVerb::ClearFilter));
    let text = match state.unread() {
        0 => "Nothing unread".into(),
        hidden => format!("{hidden} unread, which the filter hides: {clear} shows all rows"),
    };
    state.toast(Tone::Info, text);
}

fn mark_unread(state: &mut State, effects: &mut Vec<Effect>) {
    let Some(id) = state.queue.selected().map(|item| item.id) else { return };
    if state.seen.has(id) {
        state.seen.mark(id, false);
        effects.push(Effect::MarkUnread(id));
    }
}
