//! Applies an event to the state and returns effects: synchronous, without errors, IO or clock.
//!
//! Three layers, each of which calls only those below it: input (`input.rs`, `mouse.rs`), the dispatch of actions
//! (`dispatch.rs`), and one file for each place and each kind of input from the server. They ask the state and
//! `availability`, which do not know them.

mod appearance;
mod briefing;
mod briefing_news;
mod calls;
mod claims;
mod clock_rewind;
mod command_line;
mod conflict;
mod connection;
mod details;
mod dialog;
mod dispatch;
mod earlier_messages;
mod edit;
mod events;
mod fetched;
mod filter;
mod help;
mod history;
mod inbox;
mod input;
mod login;
mod messages;
mod mouse;
mod navigate;
mod notifications;
mod open_by_number;
mod outcomes;
mod pager;
mod palette;
mod pass_on;
mod picker;
mod polling;
mod queue;
mod reassess;
mod reconnect;
mod replies;
mod resume;
mod runbook;
mod scroll;
mod search;
mod secret_warning;
mod session;
mod shortcuts;
mod signals;
mod step_completion;
mod story;
mod streams;
mod transcript;
mod vi;

use std::time::Duration;

use tierup_common::time::Timestamp;

use crate::effect::{EditorTarget, Effect, StreamFilter};
use crate::event::Event;
use crate::state::briefing::is_being_assessed;
use crate::state::connection::ConnectionState;
use crate::state::layer::{INPUT_DELAY, Layer};
use crate::state::login::LogInReason;
use crate::state::preview::{PREVIEW_MIN_WIDTH, PreviewState};
use crate::state::toast::ToastLevel;
use crate::state::{Screen, State, TakenRow};

/// How long the selection rests on a row before its preview is fetched.
const PREVIEW_DELAY: Duration = Duration::from_millis(150);

/// The first effects of a console whose user has logged in.
pub fn start(state: &mut State) -> Vec<Effect> {
    let mut effects = vec![Effect::OpenTeamStream];
    calls::fetch_me(state, &mut effects);
    calls::fetch_lists(state, &mut effects);
    effects
}

/// Starts a console whose user has to log in first.
pub fn start_logged_out(state: &mut State) -> Vec<Effect> {
    state.connection = ConnectionState::Refused("not logged in".into());
    login::open(state, LogInReason::FirstRun);
    Vec::new()
}

/// The last effects of a console that ends.
pub fn quit(state: &mut State) -> Vec<Effect> {
    let mut effects = Vec::new();
    inbox::store_position(state, &mut effects);
    effects.push(Effect::Quit);
    effects
}

/// Applies an event.
pub fn update(state: &mut State, event: Event) -> Vec<Effect> {
    let mut effects = Vec::new();
    match event {
        Event::Tick(now) => tick(state, now, &mut effects),
        Event::ZoneChanged(zone) => {
            if let Some(chat) = state.open_chat_mut() {
                chat.story.zone.clone_from(&zone);
            }
            state.settings.zone = zone;
        }
        Event::Key(key) => {
            state.toasts.start_expiry(state.now);
            input::handle_key(state, key, &mut effects);
        }
        Event::Paste(text) => input::paste(state, &text),
        Event::Mouse(event) => {
            state.toasts.start_expiry(state.now);
            mouse::handle_mouse(state, event, &mut effects);
        }
        Event::Resize(columns, rows) => state.terminal_size = (columns, rows),
        Event::BackgroundReported { is_light } => appearance::follow_background(state, is_light),
        Event::Focus(focused) => inbox::apply_focus(state, focused, &mut effects),
        Event::SuspendRequested => effects.push(Effect::Suspend),
        Event::Continued => effects.push(Effect::ReenterTerminal),
        Event::TeamStreamFrame(frame) => {
            notifications::notify_from_frame(state, &frame, &mut effects);
            streams::apply_team_frame(state, frame, &mut effects);
        }
        Event::FilteredStreamFrame(frame) => streams::apply_filtered_frame(state, frame, &mut effects),
        Event::Connection(event) => connection::apply_connection_event(state, event, &mut effects),
        Event::Reply(reply) => {
            login::observe(state, &reply);
            polling::observe(state, &reply, &mut effects);
            replies::apply_reply(state, *reply, &mut effects);
        }
        Event::LogInResult(call_id, result) => login::apply_result(state, call_id, result, &mut effects),
        Event::SeenSetLoaded(ids) => state.seen.merge_loaded(ids),
        Event::ReadMarksLoaded(marks) => inbox::apply_loaded_marks(state, &marks, &mut effects),
        Event::DenseRowsLoaded(is_dense) => state.queue.is_dense = is_dense,
        Event::DraftsLoaded(drafts) => messages::apply_loaded_drafts(state, drafts),
        Event::EditorClosed(EditorTarget::Draft(session), result) => {
            messages::apply_editor_result(state, session, result);
        }
        Event::EditorClosed(EditorTarget::Runbook, result) => runbook::apply_editor_result(state, result),
        Event::ProgramEnded(name, result) => shortcuts::apply_program_end(state, &name, result),
        Event::RunbookSaved(call_id, result) => runbook::apply_saved(state, call_id, result),
        Event::Notice(text) => state.show_toast(ToastLevel::Info, text),
    }
    reconcile(state, &mut effects);
    effects
}

/// The next moment when the state changes without an event: a toast expires, a preview or a retry is due.
pub fn next_deadline(state: &State) -> Option<Timestamp> {
    let retries = state.queue.pending_load.as_ref().and_then(|load| load.retry_at);
    let polls = polling::next_poll_at(state);
    let filters = filter::refresh_at(state);
    let history = history::next_load_at(state);
    [
        filters,
        history,
        state.last_paint.next_repaint_at,
        state.toasts.next_expiry(),
        next_idle_deadline(state),
        retries,
        polls,
    ]
    .into_iter()
    .flatten()
    .min()
}

/// When the last input has its next delayed consequence: the preview of the selected row, the search of the filter, or a
/// layer that opened by itself and takes keys then.
pub fn next_idle_deadline(state: &State) -> Option<Timestamp> {
    let taken_row = state.taken_row.map(|row| row.at.plus(INPUT_DELAY)).filter(|at| *at > state.now);
    let preview = match state.queue.preview {
        PreviewState::Debouncing { ready_at, .. } => Some(ready_at),
        PreviewState::Empty | PreviewState::Ready(_) => None,
    };
    [preview, state.queue.filter.search_at, state.input_blocked_until(), taken_row]
        .into_iter()
        .flatten()
        .min()
}

fn tick(state: &mut State, now: Timestamp, effects: &mut Vec<Effect>) {
    if now < state.now {
        clock_rewind::rewind_timestamps(state, state.now.since(now));
    }
    state.now = now;
    state.toasts.expire(state.now);
    filter::search_if_due(state, effects);
    calls::retry_if_due(state, effects);
    polling::poll_if_due(state, effects);
    if let PreviewState::Debouncing { id, ready_at } = state.queue.preview
        && state.now >= ready_at
    {
        state.queue.preview = PreviewState::Ready(id);
        if state.queue.snapshot(id).is_none() && state.connection.allows_calls() {
            calls::fetch_handoff(state, id, effects);
        }
    }
}

/// Brings what depends on the rest of the state up to date after every event: the preview, the filtered streams, earlier
/// messages, the kept draft and the window title.
fn reconcile(state: &mut State, effects: &mut Vec<Effect>) {
    state.drop_search_of_closed_place();
    if let Some(handoff_id) = state.queue.gave_way.take() {
        state.taken_row = Some(TakenRow { handoff_id, at: state.now });
    }
    let selected = match state.screen {
        Screen::Queue if state.terminal_size.0 >= PREVIEW_MIN_WIDTH => state.queue.selected_handoff_id(),
        Screen::Queue | Screen::Briefing(_) | Screen::Session(_) => None,
    };
    if state.queue.preview.id() != selected {
        state.queue.preview = match selected {
            Some(id) => PreviewState::Debouncing { id, ready_at: state.now.plus(PREVIEW_DELAY) },
            None => PreviewState::Empty,
        };
    }
    let filters = desired_stream_filters(state);
    if filters != state.stream_filters {
        if let Screen::Session(chat) = &mut state.screen
            && !state.stream_filters.contains(&StreamFilter::Session(chat.id))
        {
            chat.refetch_at_stream_start = state.last_event_seq.is_none();
        }
        state.stream_filters.clone_from(&filters);
        effects.push(Effect::SetStreamFilters(filters, state.last_event_seq));
    }
    inbox::reconcile(state, effects);
    earlier_messages::fetch_if_near(state, effects);
    story::fetch_earlier(state, effects);
    filter::refresh(state);
    history::load_if_needed(state, effects);
    messages::save_open_draft(state, effects);
    notifications::update_window_title(state, effects);
}

/// The streams to keep open: of the open briefing, so that it fills in place and others see who reads it; of the open session;
/// and of a previewed handoff while its assessment is being written.
fn desired_stream_filters(state: &State) -> Vec<StreamFilter> {
    let mut filters = match &state.screen {
        Screen::Queue => {
            let PreviewState::Ready(id) = state.queue.preview else { return Vec::new() };
            let is_assessing = state.queue.item(id).is_some_and(is_being_assessed);
            if is_assessing { vec![StreamFilter::Handoff(id)] } else { Vec::new() }
        }
        // The session's own stream has what is said after the handoff.
        Screen::Briefing(briefing) => {
            vec![StreamFilter::Handoff(briefing.item.id), StreamFilter::Session(briefing.item.session_id)]
        }
        Screen::Session(chat) => {
            let mut filters = vec![StreamFilter::Session(chat.id)];
            let is_briefing_open = state.is_briefing_beside_session()
                || state.layers.iter().any(|layer| matches!(layer, Layer::Briefing));
            let is_reading = is_briefing_open || chat.is_read_only(state.my_id());
            if let Some(briefing) = chat.briefing.as_ref().filter(|_| is_reading) {
                filters.push(StreamFilter::Handoff(briefing.item.id));
            }
            filters
        }
    };
    // A briefing that `back` leads to counts as being read.
    for screen in &state.back_stack {
        if let Screen::Briefing(briefing) = screen
            && !filters.contains(&StreamFilter::Handoff(briefing.item.id))
        {
            filters.push(StreamFilter::Handoff(briefing.item.id));
        }
    }
    filters
}

#[cfg(test)]
mod tests;
