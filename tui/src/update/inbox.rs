//! The inbox: events that this user should know of, live or from the server's log, what of it is unread, and the line
//! that says what happened while they were away.

mod entry;

use std::time::Duration;

use tierup_common::event::{Event, EventPage};
use tierup_common::id::Seq;

use crate::effect::{Call, Effect};
use crate::event::CallError;
use crate::state::connection::ConnectionState;
use crate::state::inbox::{Absence, CatchUp, InboxEntry};
use crate::state::read_marks::{LogPosition, ReadMarks};
use crate::state::toast::ToastLevel;
use crate::state::{Screen, State};
use crate::text::safe;
use crate::update::calls;

/// Pages of the log that are fetched at the start, at most.
const MAX_PAGES: u32 = 10;
/// A user whose terminal had no focus for less has seen it all.
const MIN_ABSENCE: Duration = Duration::from_mins(10);
/// A console that was closed or without a connection for less has missed nothing to speak of.
const MIN_CERTAIN_ABSENCE: Duration = Duration::from_secs(5);
/// The position is stored at most this often: each time is a write to the disk.
const STORE_INTERVAL: Duration = Duration::from_mins(1);
/// Columns of a message in a toast.
const TOAST_COLUMNS: usize = 120;

/// Notes an event of the team's stream, before it is applied to the lists.
pub(super) fn observe_event(state: &mut State, event: &Event) {
    if Some(event.seq) <= state.last_event_seq {
        return;
    }
    let Some(entry) = entry::entry_for(state, event) else { return };
    if entry::replaces_message(event)
        && let Some(previous) = event.seq.0.checked_sub(1)
    {
        state.inbox.remove_message(Seq(previous), entry.session);
        state.toasts.dismiss_about(entry.session);
    }
    if entry::needs_toast(state, event) {
        announce(state, &entry);
    }
    state.inbox.insert(entry, true);
}

fn announce(state: &mut State, entry: &InboxEntry) {
    let text = safe::sanitize_line(&entry.text).ellipsized(TOAST_COLUMNS).as_str().to_owned();
    let now = state.now;
    state.toasts.push_about(entry.session, ToastLevel::Info, text, now);
}

/// The marks of this machine were loaded, or another console has changed them.
pub(super) fn apply_loaded_marks(state: &mut State, marks: &ReadMarks, effects: &mut Vec<Effect>) {
    let is_first = !std::mem::replace(&mut state.inbox.is_loaded, true);
    state.inbox.load_marks(marks);
    if !is_first {
        return;
    }
    state.inbox.stored_position = marks.position;
    if let Some(position) = marks.position {
        let after = position.reads_after();
        state.inbox.set_horizon(after);
        state.inbox.absence = Some(Absence { seq: position.seq, since: position.at, is_certain: true });
        state.inbox.catch_up = Some(CatchUp { after, before: None, pages_left: MAX_PAGES });
        fetch_catch_up(state, effects);
    }
}

/// Fetches what is still missing, unless it is being fetched.
pub(super) fn fetch_catch_up(state: &mut State, effects: &mut Vec<Effect>) {
    let is_pending = state.has_pending_call(|call| matches!(call, Call::Events { after: Some(_), .. }));
    if let Some(CatchUp { after, before, .. }) = state.inbox.catch_up
        && !is_pending
    {
        calls::send(state, Call::Events { after: Some(after), before }, effects);
    }
}

/// Fetches the newest page of the log, once, for the log on the screen.
pub(super) fn fetch_history(state: &mut State, effects: &mut Vec<Effect>) {
    let is_pending = state.has_pending_call(|call| matches!(call, Call::Events { after: None, .. }));
    if !state.inbox.has_history && !is_pending && state.connection.allows_calls() {
        calls::send(state, Call::Events { after: None, before: None }, effects);
    }
}

/// Fetches what has happened since the newest event that is known, while events do not arrive by themselves.
pub(super) fn poll(state: &mut State, effects: &mut Vec<Effect>) {
    let newest = state.last_event_seq.max(state.inbox.newest_seq());
    if let Some(after) = newest.filter(|_| state.inbox.catch_up.is_none()) {
        state.inbox.set_horizon(after);
        state.inbox.catch_up = Some(CatchUp { after, before: None, pages_left: 1 });
    }
    fetch_catch_up(state, effects);
}

/// Adds a page of the log, and fetches the one before it.
pub(super) fn apply_page(state: &mut State, after: Option<Seq>, page: &EventPage, effects: &mut Vec<Effect>) {
    for event in &page.items {
        if let Some(entry) = entry::entry_for(state, event) {
            state.inbox.insert(entry, false);
        }
    }
    let Some(after) = after else {
        state.inbox.has_history = true;
        return;
    };
    let Some(mut catch_up) = state.inbox.catch_up.take_if(|catch_up| catch_up.after == after) else { return };
    if page.as_of_seq < after {
        // The log is another one, as after a restore: nothing that was kept is about it.
        state.inbox.forget();
    } else if page.next_before.is_some() && catch_up.pages_left > 1 {
        (catch_up.before, catch_up.pages_left) = (page.next_before, catch_up.pages_left - 1);
        state.inbox.catch_up = Some(catch_up);
        fetch_catch_up(state, effects);
    } else {
        welcome_back(state);
    }
}

/// The log could not be read. Without a connection it is tried again once there is one.
pub(super) fn apply_error(state: &mut State, after: Option<Seq>, error: &CallError) {
    if after.is_some() && !error.is_outcome_unknown() {
        (state.inbox.catch_up, state.inbox.absence) = (None, None);
    }
}

/// The terminal's window gained or lost the focus.
pub(super) fn apply_focus(state: &mut State, is_focused: bool, effects: &mut Vec<Effect>) {
    state.notifications.is_focused = is_focused;
    if is_focused {
        welcome_back(state);
    } else {
        leave(state, false);
        store_position(state, effects);
    }
}

/// From now on the user misses what happens: for certain without a connection, or perhaps without the focus.
pub(super) fn leave(state: &mut State, is_certain: bool) {
    let since = state.server_now();
    match (&mut state.inbox.absence, state.last_event_seq) {
        (Some(absence), _) => absence.is_certain |= is_certain,
        (None, Some(seq)) => state.inbox.absence = Some(Absence { seq, since, is_certain }),
        (None, None) => {}
    }
}

/// The log was not kept as far back as the stream's position: what is missing is fetched.
pub(super) fn apply_reset(state: &mut State, newest: Seq, effects: &mut Vec<Effect>) {
    match state.inbox.absence {
        Some(absence) if absence.seq <= newest => {
            state.inbox.set_horizon(absence.seq);
            let catch_up = CatchUp { after: absence.seq, before: None, pages_left: MAX_PAGES };
            state.inbox.catch_up = Some(catch_up);
            fetch_catch_up(state, effects);
        }
        Some(_) => state.inbox.forget(),
        None => {}
    }
}

/// Says what happened while the user was away, if they are back and everything has arrived.
pub(super) fn welcome_back(state: &mut State) {
    let has_arrived = match state.connection {
        ConnectionState::Live | ConnectionState::Polling { .. } => state.inbox.catch_up.is_none(),
        ConnectionState::Connecting
        | ConnectionState::CatchingUp { .. }
        | ConnectionState::Offline { .. }
        | ConnectionState::Refused(_) => false,
    };
    if !has_arrived || !state.notifications.is_focused {
        return;
    }
    let Some(absence) = state.inbox.absence.take() else { return };
    let now = state.server_now();
    let enough = if absence.is_certain { MIN_CERTAIN_ABSENCE } else { MIN_ABSENCE };
    if now.since(absence.since) >= enough {
        let words = state.inbox.summary_after(absence.seq).in_words();
        if !words.is_empty() {
            let since = state.settings.zone.format_time(absence.since, now);
            let local_now = state.now;
            state.toasts.push_until_input(format!("since {since}: {words}"), local_now);
        }
    }
}

/// After every event: what is open and in sight is read, Mine has its marked rows, and the position is kept.
pub(super) fn reconcile(state: &mut State, effects: &mut Vec<Effect>) {
    mark_open_read(state, effects);
    if state.inbox.is_stale || state.queue.are_marks_stale {
        let me = state.my_id();
        state.queue.place_marked_rows(state.inbox.unread_sessions(), me);
        state.inbox.is_stale = false;
    }
    let now = state.server_now();
    let stored = state.inbox.stored_position;
    let is_due = stored.is_none_or(|stored| {
        Some(stored.seq) < state.last_event_seq && now.since(stored.at) >= STORE_INTERVAL
    });
    if is_due && state.inbox.absence.is_none() {
        store_position(state, effects);
    }
}

fn mark_open_read(state: &mut State, effects: &mut Vec<Effect>) {
    let session = match &state.screen {
        Screen::Session(chat) => chat.id,
        // A briefing shows what became of a handoff, and the new messages as soon as it has them.
        Screen::Briefing(briefing)
            if briefing.news.is_fetched || !state.inbox.has_unread_message(briefing.item.session_id) =>
        {
            briefing.item.session_id
        }
        Screen::Briefing(_) | Screen::Queue => return,
    };
    let up_to = state.last_event_seq.unwrap_or_default();
    if state.notifications.is_focused && state.inbox.mark_read(session, up_to) {
        state.toasts.dismiss_earlier_about(session, state.now);
        effects.push(Effect::SaveReadMark(session, state.inbox.marks.read_up_to(session)));
    }
}

/// Keeps where the user is in the log, or where they left it.
pub(super) fn store_position(state: &mut State, effects: &mut Vec<Effect>) {
    let now = state.server_now();
    let here = state.last_event_seq.map(|seq| (seq, now));
    let left = state.inbox.absence.map(|absence| (absence.seq, absence.since));
    let Some((seq, at)) = left.or(here).filter(|_| state.inbox.is_loaded) else { return };
    let position = LogPosition { seq, at, unread_from: state.inbox.oldest_unread() };
    if state.inbox.stored_position != Some(position) {
        state.inbox.stored_position = Some(position);
        effects.push(Effect::SaveLogPosition(position));
    }
}
