//! The session: typing, sending, using steps, and ending it one way or another.

use crokey::KeyCombination;
use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use tierup_common::id::SessionId;
use tierup_common::session::{CreateMessage, MessageKind, SessionStatus};

use crate::effect::{Call, Effect};
use crate::keymap::{Action, Move, SessionVerb};
use crate::state::composer::Composer;
use crate::state::dialog::{Check, Dialog};
use crate::state::layer::Layer;
use crate::state::session::{Chat, Outgoing, Scroll};
use crate::state::toast::Tone;
use crate::state::{Screen, State};
use crate::text::markdown;
use crate::update::{go, load};

pub(super) fn act(state: &mut State, verb: SessionVerb, effects: &mut Vec<Effect>) {
    let Some(chat) = chat_mut(state) else { return };
    let id = chat.id;
    match verb {
        SessionVerb::Back => go::to_queue(state),
        SessionVerb::Send => send(state, effects),
        SessionVerb::Newline => chat.composer.newline(),
        SessionVerb::UseStep(number) => use_step(state, number),
        SessionVerb::HideSteps => hide_steps(state, id),
        SessionVerb::StepsRight => chat.first_step += 1,
        SessionVerb::StepsLeft => chat.first_step = chat.first_step.saturating_sub(1),
        SessionVerb::ToggleNote => {
            chat.kind = match chat.kind {
                MessageKind::Ask => MessageKind::Note,
                MessageKind::Note => MessageKind::Ask,
            };
        }
        SessionVerb::ShowBriefing => {
            if chat.briefing.is_some() {
                state.layers.push(Layer::Briefing);
            } else {
                state.toasts.push(
                    Tone::Info,
                    "This session was not handed off: it has no briefing",
                    state.now,
                );
            }
        }
        SessionVerb::Resolve => {
            let steps = steps_to_tick(state);
            dialog(state, Dialog::resolve(id, steps));
        }
        SessionVerb::Escalate => dialog(state, Dialog::escalate(id)),
        SessionVerb::Park => dialog(state, Dialog::park(id)),
        SessionVerb::Release => {
            if let Some(handoff) = chat.briefing.as_ref().map(|briefing| briefing.item.id) {
                dialog(state, Dialog::release(handoff));
            }
        }
    }
    clamp_steps(state);
}

/// Keys that mean something else while nothing is typed: a digit uses a step, `?` is the help.
pub(super) fn shortcut(state: &State, key: KeyCombination) -> Option<Action> {
    let Screen::Session(chat) = &state.screen else { return None };
    if !chat.composer.is_empty() || key.modifiers != KeyModifiers::NONE {
        return None;
    }
    let KeyCode::Char(c) = *key.codes.first() else { return None };
    let digit = c.to_digit(10).and_then(|digit| u8::try_from(digit).ok()).filter(|digit| *digit > 0);
    match digit {
        Some(digit) if steps_are_shown(state) => Some(Action::Session(SessionVerb::UseStep(digit))),
        Some(_) => None,
        None => (c == '?').then_some(Action::Help),
    }
}

pub(super) fn type_key(state: &mut State, key: KeyEvent) {
    if let Some(chat) = chat_mut(state) {
        chat.composer.key(key);
    }
}

pub(super) fn paste(state: &mut State, text: &str) {
    if let Some(chat) = chat_mut(state) {
        chat.composer.paste(text);
    }
}

/// Whether the strip of suggested steps is on the screen.
pub fn steps_are_shown(state: &State) -> bool {
    let Screen::Session(chat) = &state.screen else { return false };
    !chat.steps(state.my_id()).is_empty() && !state.steps_hidden.contains(&chat.id)
}

/// Keeps what is typed, and what is on its way: both are there after a crash.
pub(super) fn keep_draft(state: &mut State, effects: &mut Vec<Effect>) {
    let Screen::Session(chat) = &state.screen else { return };
    let typed = chat.composer.text();
    let draft = match &chat.outgoing {
        Some(outgoing) if typed.is_empty() => outgoing.text.clone(),
        Some(outgoing) => format!("{}\n{typed}", outgoing.text),
        None => typed,
    };
    let known = state.drafts.get(&chat.id).map(String::as_str).unwrap_or_default();
    if draft != known {
        let id = chat.id;
        if draft.is_empty() {
            state.drafts.remove(&id);
        } else {
            state.drafts.insert(id, draft.clone());
        }
        effects.push(Effect::SaveDraft(id, draft));
    }
}

/// Takes the drafts that were kept on this machine, as far as nothing was typed since.
pub(super) fn take_drafts(state: &mut State, drafts: Vec<(SessionId, String)>) {
    for (id, draft) in drafts {
        if let Screen::Session(chat) = &mut state.screen
            && chat.id == id
            && chat.composer.is_empty()
            && chat.outgoing.is_none()
        {
            chat.composer = Composer::with(&draft);
        }
        state.drafts.entry(id).or_insert(draft);
    }
}

/// Scrolls the conversation by rows; at the end it follows again.
pub(super) fn scroll(state: &mut State, to: Move) {
    let (width, height) = state.painted.transcript;
    let page = height.saturating_sub(2).max(1);
    let Some(chat) = chat_mut(state) else { return };
    chat.scroll = match to {
        Move::Up => up(chat, 1, width, height),
        Move::PageUp => up(chat, page, width, height),
        Move::Down => down(chat, 1, width, height),
        Move::PageDown => down(chat, page, width, height),
        Move::Top => match chat.messages.first() {
            Some(first) => Scroll::From { seq: first.seq, row: 0, newest: chat.newest() },
            None => Scroll::Follow,
        },
        Move::Bottom => Scroll::Follow,
    };
}

/// The rows that a message takes at a width: its head, its text, and an empty row after it.
fn rows_of(content: &str, width: usize) -> usize {
    markdown::rows(content, width.saturating_sub(2)).len() + 2
}

/// Where the conversation stands so many rows further up. From the end, the first row on the screen is found by
/// going up a screen.
fn up(chat: &Chat, rows: usize, width: usize, height: usize) -> Scroll {
    let newest = chat.newest();
    let (mut place, mut row, newest, mut left) = match chat.scroll {
        Scroll::Follow => (chat.messages.len(), 0, newest, rows + height),
        Scroll::From { seq, row, newest } => {
            let place = chat.messages.partition_point(|message| message.seq < seq);
            (place, row, newest, rows)
        }
    };
    while left > 0 {
        if row >= left {
            row -= left;
            break;
        }
        left -= row;
        if place == 0 {
            row = 0;
            break;
        }
        place -= 1;
        row = rows_of(&chat.messages[place].content, width);
    }
    match chat.messages.get(place) {
        Some(message) => Scroll::From { seq: message.seq, row, newest },
        None => Scroll::Follow,
    }
}

/// Where the conversation stands so many rows further down: at the end, when a screen is all that is left.
fn down(chat: &Chat, rows: usize, width: usize, height: usize) -> Scroll {
    let Scroll::From { seq, row, newest } = chat.scroll else { return Scroll::Follow };
    let mut place = chat.messages.partition_point(|message| message.seq < seq);
    let mut row = row + rows;
    while let Some(message) = chat.messages.get(place) {
        let rows = rows_of(&message.content, width);
        if row < rows {
            break;
        }
        row -= rows;
        place += 1;
    }
    let mut below = 0;
    for message in chat.messages.iter().skip(place) {
        below += rows_of(&message.content, width);
        if below >= row + height {
            break;
        }
    }
    match chat.messages.get(place) {
        Some(message) if below > row + height => Scroll::From { seq: message.seq, row, newest },
        Some(_) | None => Scroll::Follow,
    }
}

fn chat_mut(state: &mut State) -> Option<&mut Chat> {
    match &mut state.screen {
        Screen::Session(chat) => Some(chat),
        Screen::Queue | Screen::Briefing(_) => None,
    }
}

fn send(state: &mut State, effects: &mut Vec<Effect>) {
    let Screen::Session(chat) = &state.screen else { return };
    if chat.composer.is_blank() || chat.outgoing.is_some() {
        return;
    }
    if let Some(status) = chat.status().filter(|status| *status != SessionStatus::Active) {
        let text = format!("The session is {status}: your text is kept as a draft");
        return state.toast(Tone::Bad, text);
    }
    if go::refuse_offline(state, "your text is kept as a draft") {
        return;
    }
    let Screen::Session(chat) = &state.screen else { return };
    let (id, kind, text) = (chat.id, chat.kind, chat.composer.text());
    let message = CreateMessage { content: text.clone(), kind };
    let ticket = load::ask(state, Call::Say { session: id, message }, effects);
    let now = state.now;
    hide_steps(state, id);
    if let Some(chat) = chat_mut(state) {
        chat.outgoing = Some(Outgoing { ticket, text, at: now });
        chat.composer = Composer::default();
        chat.scroll = Scroll::Follow;
        chat.awaits_answer = kind == MessageKind::Ask;
    }
}

/// Puts a suggested step into the composer. It is never sent by this.
fn use_step(state: &mut State, number: u8) {
    if !steps_are_shown(state) {
        return;
    }
    let me = state.my_id();
    let Some(chat) = chat_mut(state) else { return };
    let place = usize::from(number).saturating_sub(1);
    if let Some(text) = chat.steps(me).get(place).map(|step| step.text.clone()) {
        chat.composer.append(&text);
    }
}

pub(super) fn hide_steps(state: &mut State, id: SessionId) {
    if !state.steps_hidden.contains(&id) {
        state.steps_hidden.push(id);
    }
}

/// There is always a step to see at the left end.
fn clamp_steps(state: &mut State) {
    let me = state.my_id();
    let shown = state.painted.steps_shown.max(1);
    if let Some(chat) = chat_mut(state) {
        chat.first_step = chat.first_step.min(chat.steps(me).len().saturating_sub(shown));
    }
}

fn dialog(state: &mut State, dialog: Dialog) {
    if !go::refuse_viewer(state) {
        state.layers.push(Layer::Dialog(Box::new(dialog)));
    }
}

fn steps_to_tick(state: &State) -> Vec<Check> {
    let Screen::Session(chat) = &state.screen else { return Vec::new() };
    let steps = chat.steps(state.my_id()).iter();
    steps.map(|step| Check { step: step.id, text: step.text.clone(), ticked: false }).collect()
}
