//! From what is and what happens to what is then, and what is to be done: synchronous, total, without IO or clock.

mod appearance;
mod availability;
mod briefing;
mod calls;
mod clock_rewind;
mod command_line;
mod conflict;
mod deltas;
mod dialog;
mod earlier_messages;
mod events;
mod filter;
mod login;
mod messages;
mod mouse;
mod navigate;
mod notifications;
mod outcomes;
mod palette;
pub(crate) mod picker;
mod polling;
mod queue;
mod replies;
mod session;
mod streams;
mod transcript;

use std::time::Duration;

use crokey::KeyCombination;
use crossterm::event::{KeyEvent, KeyEventKind};
use tierup_common::time::Timestamp;

use crate::effect::{Effect, StreamFilter};
use crate::event::{ConnectionEvent, Event};
use crate::keymap::{Action, Context, LineAction, Move};
use crate::state::connection::ConnectionState;
use crate::state::layer::{ConfirmedAction, Layer};
use crate::state::login::LogInReason;
use crate::state::preview::PreviewState;
use crate::state::toast::ToastLevel;
use crate::state::{Screen, State};

pub use availability::is_available;
pub use session::{is_awaiting_steps, is_step_strip_shown};

/// A row is previewed in full once the selection has rested on it for so long: passing over costs nothing.
const PREVIEW_DELAY: Duration = Duration::from_millis(150);
/// From this many columns on the list has its preview beside it.
pub const PREVIEW_MIN_WIDTH: u16 = 100;

/// What is to be done before anything has happened.
pub fn start(state: &mut State) -> Vec<Effect> {
    let mut effects = vec![Effect::OpenTeamStream];
    calls::fetch_me(state, &mut effects);
    calls::fetch_lists(state, &mut effects);
    effects
}

/// The same, where nobody has logged in: a log-in comes first.
pub fn start_logged_out(state: &mut State) -> Vec<Effect> {
    state.connection = ConnectionState::Refused("not logged in".into());
    login::open(state, LogInReason::FirstRun);
    Vec::new()
}

/// Lets something happen.
pub fn update(state: &mut State, event: Event) -> Vec<Effect> {
    let mut effects = Vec::new();
    match event {
        Event::Tick(now) => tick(state, now, &mut effects),
        Event::Key(key) => handle_key(state, key, &mut effects),
        Event::Paste(text) => paste(state, &text),
        Event::Mouse(event) => mouse::handle_mouse(state, event, &mut effects),
        Event::Resize(columns, rows) => state.terminal_size = (columns, rows),
        Event::Focus(focused) => state.notifications.is_focused = focused,
        Event::SuspendRequested => effects.push(Effect::Suspend),
        Event::Continued => effects.push(Effect::ReenterTerminal),
        Event::TeamFrame(frame) => {
            notifications::notify_from_frame(state, &frame, &mut effects);
            streams::apply_team_frame(state, frame, &mut effects);
        }
        Event::FilteredFrame(frame) => streams::apply_filtered_frame(state, frame, &mut effects),
        Event::Connection(news) => apply_connection_event(state, news, &mut effects),
        Event::Reply(reply) => {
            login::observe(state, &reply);
            polling::observe(state, &reply, &mut effects);
            replies::apply_reply(state, *reply, &mut effects);
        }
        Event::LogInResult(ticket, result) => login::apply_result(state, ticket, result, &mut effects),
        Event::SeenSetLoaded(ids) => state.seen.merge_loaded(ids),
        Event::DraftsLoaded(drafts) => session::apply_loaded_drafts(state, drafts),
        Event::EditorClosed(session, result) => session::apply_editor_result(state, session, result),
        Event::Notice(text) => state.show_toast(ToastLevel::Info, text),
    }
    reconcile(state, &mut effects);
    effects
}

/// When something changes by itself, if nothing happens before: a toast goes, a row has rested, a minute is over.
pub fn next_deadline(state: &State) -> Option<Timestamp> {
    let retries = state.queue.pending_load.as_ref().and_then(|load| load.retry_at);
    let polls = polling::next_poll_at(state);
    [state.last_paint.next_change_at, state.toasts.next_expiry(), next_settle_deadline(state), retries, polls]
        .into_iter()
        .flatten()
        .min()
}

/// When the next thing comes of what the user did last, if something still comes of it by itself: the row that the keys
/// are on has rested, the filter asks the server, a layer that came by itself takes keys.
pub fn next_settle_deadline(state: &State) -> Option<Timestamp> {
    let rested = match state.queue.preview {
        PreviewState::Debouncing { ready_at: until, .. } => Some(until),
        PreviewState::Empty | PreviewState::Ready(_) => None,
    };
    [rested, state.queue.filter.search_at, input_blocked_until(state)].into_iter().flatten().min()
}

fn tick(state: &mut State, now: Timestamp, effects: &mut Vec<Effect>) {
    if now < state.now {
        clock_rewind::shift_timestamps(state, state.now.since(now));
    }
    state.now = now;
    state.toasts.expire(state.now);
    filter::search_if_due(state, effects);
    calls::retry_if_due(state, effects);
    polling::poll_if_due(state, effects);
    if let PreviewState::Debouncing { id, ready_at: until } = state.queue.preview
        && state.now >= until
    {
        state.queue.preview = PreviewState::Ready(id);
        if state.queue.snapshot(id).is_none() && state.connection.allows_calls() {
            calls::fetch_handoff(state, id, effects);
        }
    }
}

/// What follows from every change, whatever it was: what is worth watching, what the preview rests on, what is to be read
/// next, and that what was typed is kept.
fn reconcile(state: &mut State, effects: &mut Vec<Effect>) {
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
    let watches = desired_stream_filters(state);
    if watches != state.stream_filters {
        if let Screen::Session(chat) = &mut state.screen
            && !state.stream_filters.contains(&StreamFilter::Session(chat.id))
        {
            chat.may_have_gap = state.last_event_seq.is_none();
        }
        state.stream_filters.clone_from(&watches);
        effects.push(Effect::SetStreamFilters(watches, state.last_event_seq));
    }
    earlier_messages::fetch_if_near(state, effects);
    session::save_open_draft(state, effects);
    notifications::update_window_title(state, effects);
}

/// Streams to hold: the open briefing, so that it fills in place and others see who reads; the open session; and a
/// previewed row while its assessment is being written.
fn desired_stream_filters(state: &State) -> Vec<StreamFilter> {
    let mut watches = match &state.screen {
        Screen::Queue => {
            let PreviewState::Ready(id) = state.queue.preview else { return Vec::new() };
            let grows = state.queue.item(id).is_some_and(deltas::is_being_assessed);
            if grows { vec![StreamFilter::Handoff(id)] } else { Vec::new() }
        }
        Screen::Briefing(briefing) => vec![StreamFilter::Handoff(briefing.item.id)],
        Screen::Session(chat) => {
            let mut watches = vec![StreamFilter::Session(chat.id)];
            let shows_briefing = state.layers.iter().any(|layer| matches!(layer, Layer::Briefing));
            let reads = shows_briefing || chat.is_read_only(state.my_id());
            if let Some(briefing) = chat.briefing.as_ref().filter(|_| reads) {
                watches.push(StreamFilter::Handoff(briefing.item.id));
            }
            watches
        }
    };
    // Whoever reads a case or the whole session still has the briefing before them.
    for screen in &state.back_stack {
        if let Screen::Briefing(briefing) = screen
            && !watches.contains(&StreamFilter::Handoff(briefing.item.id))
        {
            watches.push(StreamFilter::Handoff(briefing.item.id));
        }
    }
    watches
}

fn apply_connection_event(state: &mut State, event: ConnectionEvent, effects: &mut Vec<Effect>) {
    let now = state.now;
    state.connection = match (event, &state.connection) {
        (ConnectionEvent::LoggedOut(why), _) => return login::expire_token(state, why),
        (ConnectionEvent::EventsStalled { poll_interval: ask_every }, _) => {
            return polling::expect_polling(state, ask_every, effects);
        }
        // The stream is tried all the while; what says how things are is whether questions are answered.
        (ConnectionEvent::Connecting | ConnectionEvent::Lost { .. }, ConnectionState::Polling { .. }) => {
            return;
        }
        (ConnectionEvent::Connecting, ConnectionState::Offline { since, reason: why, .. }) => {
            ConnectionState::Offline { since: *since, retry_at: None, reason: why.clone() }
        }
        (ConnectionEvent::Connecting, _) => ConnectionState::Connecting,
        (ConnectionEvent::Lost { reason: why, retry_at }, link) => {
            let since = match link {
                ConnectionState::Offline { since, .. } => *since,
                ConnectionState::Connecting
                | ConnectionState::Live
                | ConnectionState::CatchingUp { .. }
                | ConnectionState::Polling { .. }
                | ConnectionState::Refused(_) => now,
            };
            ConnectionState::Offline { since, retry_at: Some(retry_at), reason: why }
        }
        (ConnectionEvent::Refused(why), _) => ConnectionState::Refused(why),
    };
}

fn handle_key(state: &mut State, key: KeyEvent, effects: &mut Vec<Effect>) {
    if key.kind == KeyEventKind::Release {
        return;
    }
    if is_input_blocked(state) {
        return;
    }
    let context = state.context();
    let combination = KeyCombination::from(key);
    let action = state.settings.keymap.action_for(context, combination);
    let is_command =
        |action: &Action| context != Context::Session || session::is_command(state, combination, *action);
    match (action.filter(is_command), context) {
        (Some(action), _) => dispatch_action(state, context, action, effects),
        (None, Context::Session) => session::handle_key(state, key),
        (None, Context::Dialog) if login::is_open(state) => login::handle_key(state, key),
        (None, Context::Dialog) => dialog::handle_key(state, key),
        (None, Context::Filter) => filter::handle_key(state, key),
        (None, Context::Palette) => palette::handle_key(state, key),
        (None, Context::CommandLine) => command_line::handle_key(state, key),
        (
            None,
            Context::Global
            | Context::Queue
            | Context::Briefing
            | Context::BriefingOverlay
            | Context::Conflict
            | Context::Tried
            | Context::Outcomes
            | Context::Cases
            | Context::Confirm
            | Context::Help
            | Context::Log,
        ) => {}
    }
}

/// Whether what has the keys opened by itself a moment ago: what was typed was not meant for it.
fn is_input_blocked(state: &State) -> bool {
    input_blocked_until(state).is_some()
}

fn input_blocked_until(state: &State) -> Option<Timestamp> {
    state.layers.last().and_then(Layer::accepts_input_from).filter(|from| *from > state.now)
}

fn paste(state: &mut State, text: &str) {
    if is_input_blocked(state) {
        return;
    }
    match state.context() {
        Context::Session => session::paste(state, text),
        Context::Dialog if login::is_open(state) => login::paste(state, text),
        Context::Dialog => dialog::paste(state, text),
        Context::Filter => filter::paste(state, text),
        Context::Palette => palette::paste(state, text),
        Context::CommandLine => command_line::paste(state, text),
        Context::Global
        | Context::Queue
        | Context::Briefing
        | Context::BriefingOverlay
        | Context::Conflict
        | Context::Tried
        | Context::Outcomes
        | Context::Cases
        | Context::Confirm
        | Context::Help
        | Context::Log => {}
    }
}

/// Does what a key, a click or a command stands for.
fn dispatch_action(state: &mut State, context: Context, action: Action, effects: &mut Vec<Effect>) {
    if let Err(no) = availability::check(state, context, action) {
        return availability::show_reason(state, no);
    }
    match action {
        Action::Quit | Action::QuitNow => effects.push(Effect::Quit),
        Action::Suspend => effects.push(Effect::Suspend),
        Action::Help => state.layers.push(Layer::Help { context, scroll_offset: 0 }),
        Action::Log => state.layers.push(Layer::Log { scroll_offset: 0 }),
        Action::Palette => palette::open(state, context),
        Action::CommandLine => command_line::open(state, context),
        Action::LogIn => login::open(state, LogInReason::Requested),
        Action::NextTheme => appearance::next_theme(state),
        Action::ToggleMouse => appearance::set_mouse_capture(state, !state.settings.mouse_enabled, effects),
        Action::Move(to) => dispatch_move(state, context, to),
        Action::Line(verb) => dispatch_line_action(state, context, verb, effects),
        Action::List(verb) => queue::run_action(state, verb, effects),
        Action::Briefing(verb) => briefing::run_action(state, verb, effects),
        Action::Session(verb) => session::run_action(state, verb, effects),
        Action::Dialog(verb) if login::is_open(state) => login::run_action(state, verb, effects),
        Action::Dialog(verb) => dialog::run_action(state, verb, effects),
        Action::Conflict(verb) => conflict::run_action(state, verb, effects),
        Action::Tried(verb) => picker::run_branch_action(state, verb, effects),
        Action::Outcome(verb) => picker::run_outcome_action(state, verb, effects),
        Action::Case(verb) => picker::run_case_action(state, verb, effects),
        Action::Yes => run_confirmed_action(state, effects),
        Action::Close => {
            state.layers.pop();
        }
    }
}

fn dispatch_move(state: &mut State, context: Context, movement: Move) {
    match context {
        Context::Queue | Context::Filter => queue::move_selection(state, movement),
        Context::Palette => palette::move_selection(state, movement),
        Context::CommandLine => command_line::browse_history(state, movement),
        Context::Briefing | Context::BriefingOverlay => briefing::scroll(state, movement),
        Context::Session => transcript::scroll(state, movement),
        Context::Tried | Context::Outcomes | Context::Cases => picker::move_selection(state, movement),
        Context::Help | Context::Log => {
            let (end, page) = (state.last_paint.layer_max_scroll, state.last_paint.page_height);
            if let Some(Layer::Help { scroll_offset: top, .. } | Layer::Log { scroll_offset: top }) =
                state.layers.last_mut()
            {
                *top = scroll_offset_after(*top, movement, end, page);
            }
        }
        Context::Global | Context::Dialog | Context::Conflict | Context::Confirm => {}
    }
}

fn dispatch_line_action(state: &mut State, context: Context, verb: LineAction, effects: &mut Vec<Effect>) {
    match context {
        Context::Filter => filter::run_action(state, verb),
        Context::Palette => palette::run_action(state, verb, effects),
        Context::CommandLine => command_line::run_action(state, verb, effects),
        Context::Global
        | Context::Queue
        | Context::Briefing
        | Context::BriefingOverlay
        | Context::Session
        | Context::Dialog
        | Context::Conflict
        | Context::Tried
        | Context::Outcomes
        | Context::Cases
        | Context::Confirm
        | Context::Help
        | Context::Log => {}
    }
}

fn run_confirmed_action(state: &mut State, effects: &mut Vec<Effect>) {
    let Some(Layer::Confirm(confirm)) = state.layers.pop() else { return };
    match confirm.action {
        ConfirmedAction::DiscardDialog => {
            state.layers.pop();
        }
        ConfirmedAction::SubmitDialog => dialog::submit(state, true, effects),
        ConfirmedAction::TakeBack(session) => session::request_resume(state, session, effects),
    }
}

/// Where a text with so many rows beyond the screen stands after a move.
fn scroll_offset_after(offset: usize, movement: Move, max: usize, page: usize) -> usize {
    let page = page.max(1);
    // What was painted may be shorter now than when it was scrolled.
    let top = offset.min(max);
    match movement {
        Move::Down => (top + 1).min(max),
        Move::Up => top.saturating_sub(1),
        Move::PageDown => (top + page).min(max),
        Move::PageUp => top.saturating_sub(page),
        Move::Top => 0,
        Move::Bottom => max,
    }
}

#[cfg(test)]
mod tests;
