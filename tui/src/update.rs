//! From what is and what happens to what is then, and what is to be done: synchronous, total, without IO or clock.

mod attention;
mod briefing;
mod can;
mod command;
mod conflict;
mod dialog;
mod earlier;
mod ended;
mod filter;
mod go;
mod growing;
mod happened;
mod live;
mod load;
mod login;
mod look;
mod mouse;
mod palette;
pub(crate) mod pick;
mod polling;
mod queue;
mod reply;
mod rewind;
mod said;
mod session;
mod talk;

use std::time::Duration;

use crokey::KeyCombination;
use crossterm::event::{KeyEvent, KeyEventKind};
use tierup_common::time::Timestamp;

use crate::effect::{Effect, Watch};
use crate::event::{Connection, Event};
use crate::keymap::{Action, Context, LineVerb, Move};
use crate::state::layer::{Layer, OnYes};
use crate::state::link::Link;
use crate::state::login::Why;
use crate::state::preview::Preview;
use crate::state::toast::Tone;
use crate::state::{Screen, State};

pub use can::can;
pub use session::{steps_are_coming, steps_are_shown};

/// A row is previewed in full once the selection has rested on it for so long: passing over costs nothing.
const REST: Duration = Duration::from_millis(150);
/// From this many columns on the list has its preview beside it.
pub const WIDE: u16 = 100;

/// What is to be done before anything has happened.
pub fn start(state: &mut State) -> Vec<Effect> {
    let mut effects = vec![Effect::Follow];
    load::me(state, &mut effects);
    load::lists(state, &mut effects);
    effects
}

/// The same, where nobody has logged in: a log-in comes first.
pub fn start_logged_out(state: &mut State) -> Vec<Effect> {
    state.link = Link::Refused("not logged in".into());
    login::ask(state, Why::First);
    Vec::new()
}

/// Lets something happen.
pub fn update(state: &mut State, event: Event) -> Vec<Effect> {
    let mut effects = Vec::new();
    match event {
        Event::Tick(now) => tick(state, now, &mut effects),
        Event::Key(key) => press(state, key, &mut effects),
        Event::Paste(text) => paste(state, &text),
        Event::Mouse(event) => mouse::mouse(state, event, &mut effects),
        Event::Resize(columns, rows) => state.size = (columns, rows),
        Event::Focus(focused) => state.attention.focused = focused,
        Event::Stop => effects.push(Effect::Suspend),
        Event::Continued => effects.push(Effect::Retake),
        Event::Live(frame) => {
            attention::hear(state, &frame, &mut effects);
            live::live(state, frame, &mut effects);
        }
        Event::Watched(frame) => live::watched(state, frame, &mut effects),
        Event::Connection(news) => connection(state, news, &mut effects),
        Event::Reply(reply) => {
            login::overhear(state, &reply);
            polling::overhear(state, &reply, &mut effects);
            reply::reply(state, *reply, &mut effects);
        }
        Event::LoggedIn(ticket, result) => login::answered(state, ticket, result, &mut effects),
        Event::Seen(ids) => state.seen.take(ids),
        Event::Drafts(drafts) => session::take_drafts(state, drafts),
        Event::Edited(session, result) => session::edited(state, session, result),
        Event::Notice(text) => state.toast(Tone::Info, text),
    }
    settle(state, &mut effects);
    effects
}

/// When something changes by itself, if nothing happens before: a toast goes, a row has rested, a minute is over.
pub fn next_wake(state: &State) -> Option<Timestamp> {
    let retries = state.queue.load.as_ref().and_then(|load| load.retry_at);
    let polls = polling::next(state);
    [state.painted.changes_at, state.toasts.next(), settles_at(state), retries, polls]
        .into_iter()
        .flatten()
        .min()
}

/// When the next thing comes of what the user did last, if something still comes of it by itself: the row that the keys
/// are on has rested, the filter asks the server, a layer that came by itself takes keys.
pub fn settles_at(state: &State) -> Option<Timestamp> {
    let rested = match state.queue.preview {
        Preview::Resting { until, .. } => Some(until),
        Preview::Nothing | Preview::Rested(_) => None,
    };
    [rested, state.queue.filter.ask_at, deaf_until(state)].into_iter().flatten().min()
}

fn tick(state: &mut State, now: Timestamp, effects: &mut Vec<Effect>) {
    if now < state.now {
        rewind::rewind(state, state.now.since(now));
    }
    state.now = now;
    state.toasts.expire(state.now);
    filter::tick(state, effects);
    load::tick(state, effects);
    polling::tick(state, effects);
    if let Preview::Resting { id, until } = state.queue.preview
        && state.now >= until
    {
        state.queue.preview = Preview::Rested(id);
        if state.queue.snapshot(id).is_none() && state.link.may_ask() {
            load::handoff(state, id, effects);
        }
    }
}

/// What follows from every change, whatever it was: what is worth watching, what the preview rests on, what is to be read
/// next, and that what was typed is kept.
fn settle(state: &mut State, effects: &mut Vec<Effect>) {
    let selected = match state.screen {
        Screen::Queue if state.size.0 >= WIDE => state.queue.selected_id(),
        Screen::Queue | Screen::Briefing(_) | Screen::Session(_) => None,
    };
    if state.queue.preview.id() != selected {
        state.queue.preview = match selected {
            Some(id) => Preview::Resting { id, until: state.now.plus(REST) },
            None => Preview::Nothing,
        };
    }
    let watches = worth_watching(state);
    if watches != state.watches {
        if let Screen::Session(chat) = &mut state.screen
            && !state.watches.contains(&Watch::Session(chat.id))
        {
            chat.may_miss = state.heard.is_none();
        }
        state.watches.clone_from(&watches);
        effects.push(Effect::Watch(watches, state.heard));
    }
    earlier::fetch(state, effects);
    session::keep_draft(state, effects);
    attention::name_window(state, effects);
}

/// Streams to hold: the open briefing, so that it fills in place and others see who reads; the open session; and a
/// previewed row while its assessment is being written.
fn worth_watching(state: &State) -> Vec<Watch> {
    let mut watches = match &state.screen {
        Screen::Queue => {
            let Preview::Rested(id) = state.queue.preview else { return Vec::new() };
            let grows = state.queue.item(id).is_some_and(growing::is_being_assessed);
            if grows { vec![Watch::Handoff(id)] } else { Vec::new() }
        }
        Screen::Briefing(briefing) => vec![Watch::Handoff(briefing.item.id)],
        Screen::Session(chat) => {
            let mut watches = vec![Watch::Session(chat.id)];
            let shows_briefing = state.layers.iter().any(|layer| matches!(layer, Layer::Briefing));
            let reads = shows_briefing || chat.is_only_read(state.my_id());
            if let Some(briefing) = chat.briefing.as_ref().filter(|_| reads) {
                watches.push(Watch::Handoff(briefing.item.id));
            }
            watches
        }
    };
    // Whoever reads a case or the whole session still has the briefing before them.
    for screen in &state.back {
        if let Screen::Briefing(briefing) = screen
            && !watches.contains(&Watch::Handoff(briefing.item.id))
        {
            watches.push(Watch::Handoff(briefing.item.id));
        }
    }
    watches
}

fn connection(state: &mut State, news: Connection, effects: &mut Vec<Effect>) {
    let now = state.now;
    state.link = match (news, &state.link) {
        (Connection::LoggedOut(why), _) => return login::ended(state, why),
        (Connection::Late { ask_every }, _) => return polling::late(state, ask_every, effects),
        // The stream is tried all the while; what says how things are is whether questions are answered.
        (Connection::Connecting | Connection::Lost { .. }, Link::Polling { .. }) => return,
        (Connection::Connecting, Link::Offline { since, why, .. }) => {
            Link::Offline { since: *since, retry_at: None, why: why.clone() }
        }
        (Connection::Connecting, _) => Link::Connecting,
        (Connection::Lost { why, retry_at }, link) => {
            let since = match link {
                Link::Offline { since, .. } => *since,
                Link::Connecting
                | Link::Live
                | Link::CatchingUp { .. }
                | Link::Polling { .. }
                | Link::Refused(_) => now,
            };
            Link::Offline { since, retry_at: Some(retry_at), why }
        }
        (Connection::Refused(why), _) => Link::Refused(why),
    };
}

fn press(state: &mut State, key: KeyEvent, effects: &mut Vec<Effect>) {
    if key.kind == KeyEventKind::Release {
        return;
    }
    if is_deaf(state) {
        return;
    }
    let context = state.context();
    let combination = KeyCombination::from(key);
    let action = state.settings.keymap.action(context, combination);
    let is_command =
        |action: &Action| context != Context::Session || session::is_command(state, combination, *action);
    match (action.filter(is_command), context) {
        (Some(action), _) => act(state, context, action, effects),
        (None, Context::Session) => session::type_key(state, key),
        (None, Context::Dialog) if login::is_open(state) => login::type_key(state, key),
        (None, Context::Dialog) => dialog::type_key(state, key),
        (None, Context::Filter) => filter::type_key(state, key),
        (None, Context::Palette) => palette::type_key(state, key),
        (None, Context::CommandLine) => command::type_key(state, key),
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
fn is_deaf(state: &State) -> bool {
    deaf_until(state).is_some()
}

fn deaf_until(state: &State) -> Option<Timestamp> {
    state.layers.last().and_then(Layer::hears_from).filter(|from| *from > state.now)
}

fn paste(state: &mut State, text: &str) {
    if is_deaf(state) {
        return;
    }
    match state.context() {
        Context::Session => session::paste(state, text),
        Context::Dialog if login::is_open(state) => login::paste(state, text),
        Context::Dialog => dialog::paste(state, text),
        Context::Filter => filter::paste(state, text),
        Context::Palette => palette::paste(state, text),
        Context::CommandLine => command::paste(state, text),
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
fn act(state: &mut State, context: Context, action: Action, effects: &mut Vec<Effect>) {
    if let Err(no) = can::check(state, context, action) {
        return can::say(state, no);
    }
    match action {
        Action::Quit | Action::QuitNow => effects.push(Effect::Quit),
        Action::Suspend => effects.push(Effect::Suspend),
        Action::Help => state.layers.push(Layer::Help { of: context, top: 0 }),
        Action::Log => state.layers.push(Layer::Log { top: 0 }),
        Action::Palette => palette::open(state, context),
        Action::CommandLine => command::open(state, context),
        Action::LogIn => login::ask(state, Why::Asked),
        Action::NextTheme => look::next_theme(state),
        Action::ToggleMouse => look::mouse(state, !state.settings.mouse, effects),
        Action::Move(to) => go_to(state, context, to),
        Action::Line(verb) => line(state, context, verb, effects),
        Action::List(verb) => queue::act(state, verb, effects),
        Action::Briefing(verb) => briefing::act(state, verb, effects),
        Action::Session(verb) => session::act(state, verb, effects),
        Action::Dialog(verb) if login::is_open(state) => login::act(state, verb, effects),
        Action::Dialog(verb) => dialog::act(state, verb, effects),
        Action::Conflict(verb) => conflict::act(state, verb, effects),
        Action::Tried(verb) => pick::act_on_tried(state, verb, effects),
        Action::Outcome(verb) => pick::act_on_outcome(state, verb, effects),
        Action::Case(verb) => pick::act_on_case(state, verb, effects),
        Action::Yes => yes(state, effects),
        Action::Close => {
            state.layers.pop();
        }
    }
}

fn go_to(state: &mut State, context: Context, to: Move) {
    match context {
        Context::Queue | Context::Filter => queue::go_to(state, to),
        Context::Palette => palette::go_to(state, to),
        Context::CommandLine => command::go_to(state, to),
        Context::Briefing | Context::BriefingOverlay => briefing::scroll(state, to),
        Context::Session => talk::scroll(state, to),
        Context::Tried | Context::Outcomes | Context::Cases => pick::go_to(state, to),
        Context::Help | Context::Log => {
            let (end, page) = (state.painted.layer_end, state.painted.page);
            if let Some(Layer::Help { top, .. } | Layer::Log { top }) = state.layers.last_mut() {
                *top = scrolled(*top, to, end, page);
            }
        }
        Context::Global | Context::Dialog | Context::Conflict | Context::Confirm => {}
    }
}

fn line(state: &mut State, context: Context, verb: LineVerb, effects: &mut Vec<Effect>) {
    match context {
        Context::Filter => filter::act(state, verb),
        Context::Palette => palette::act(state, verb, effects),
        Context::CommandLine => command::act(state, verb, effects),
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

fn yes(state: &mut State, effects: &mut Vec<Effect>) {
    let Some(Layer::Confirm(confirm)) = state.layers.pop() else { return };
    match confirm.on_yes {
        OnYes::CloseDialog => {
            state.layers.pop();
        }
        OnYes::Submit => dialog::submit(state, true, effects),
        OnYes::TakeBack(session) => session::resume(state, session, effects),
    }
}

/// Where a text with so many rows beyond the screen stands after a move.
fn scrolled(top: usize, to: Move, end: usize, page: usize) -> usize {
    let page = page.max(1);
    // What was painted may be shorter now than when it was scrolled.
    let top = top.min(end);
    match to {
        Move::Down => (top + 1).min(end),
        Move::Up => top.saturating_sub(1),
        Move::PageDown => (top + page).min(end),
        Move::PageUp => top.saturating_sub(page),
        Move::Top => 0,
        Move::Bottom => end,
    }
}

#[cfg(test)]
mod tests;
