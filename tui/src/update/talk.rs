//! The conversation of a session: scrolling, marking a message, copying what it says.

use crate::effect::Effect;
use crate::keymap::{Action, Context, Move, SessionVerb};
use crate::state::session::{Chat, Scroll};
use crate::state::toast::Tone;
use crate::state::{Screen, State};
use crate::text::markdown;
use crate::update::earlier;
use crate::update::session::chat_mut;

/// Scrolls the conversation by rows; at the end it follows again.
pub(super) fn scroll(state: &mut State, to: Move) {
    let (width, height) = state.painted.transcript;
    let page = height.saturating_sub(2).max(1);
    let Some(chat) = chat_mut(state) else { return };
    earlier::try_again(chat);
    chat.scroll = match to {
        Move::Up => up(chat, 1, width, height),
        Move::PageUp => up(chat, page, width, height),
        Move::Down => down(chat, 1, width, height),
        Move::PageDown => down(chat, page, width, height),
        // Until it is here, the first that is.
        Move::Top if !chat.messages.is_empty() => Scroll::From { seq: 1, row: 0, newest: chat.newest() },
        Move::Top | Move::Bottom => Scroll::Follow,
    };
}

/// Marks the next message, or the one before; from none, the newest.
pub(super) fn mark(state: &mut State, forward: bool) {
    let Some(chat) = chat_mut(state) else { return };
    let place = chat.marked.map(|seq| chat.messages.partition_point(|message| message.seq < seq));
    let next = match (place, forward) {
        (None, _) => chat.messages.len().checked_sub(1),
        (Some(place), true) => Some((place + 1).min(chat.messages.len().saturating_sub(1))),
        (Some(place), false) => Some(place.saturating_sub(1)),
    };
    if let Some(seq) = next.and_then(|place| chat.messages.get(place)).map(|message| message.seq) {
        show(state, seq);
    }
}

/// Marks a message and brings it to the screen.
pub(super) fn show(state: &mut State, seq: u32) {
    let (width, height) = state.painted.transcript;
    let seen = state.painted.seen;
    let Some(chat) = chat_mut(state) else { return };
    chat.marked = Some(seq);
    if seen.is_some_and(|(first, last)| (first..=last).contains(&seq)) {
        return;
    }
    let newest = match chat.scroll {
        Scroll::Follow => chat.newest(),
        Scroll::From { newest, .. } => newest,
    };
    chat.scroll = Scroll::From { seq, row: 0, newest };
    // Near the end it stands further down instead.
    chat.scroll = down(chat, 0, width, height);
}

/// To the message of the next piece of evidence.
pub(super) fn next_evidence(state: &mut State) {
    let Some(chat) = chat_mut(state) else { return };
    let seq = chat.briefing.as_mut().and_then(|briefing| briefing.mark_evidence(true));
    match seq {
        Some(seq)
            if chat.message(seq).is_some() || chat.missing_before().is_some_and(|first| seq < first) =>
        {
            earlier::try_again(chat);
            show(state, seq);
        }
        Some(seq) => state.toast(Tone::Info, format!("Message {seq} is not here yet")),
        None => {}
    }
}

/// Copies what is selected in the composer, or else the marked message, or else the newest.
pub(super) fn copy(state: &mut State, effects: &mut Vec<Effect>) {
    let Some(chat) = chat_mut(state) else { return };
    let found = match chat.composer.selected() {
        Some(selected) => Some(("what you selected".to_owned(), selected)),
        None => to_copy(chat).map(|(seq, content)| (format!("message {seq}"), content)),
    };
    let Some((what, text)) = found else { return };
    state.toast(Tone::Good, format!("Copied {what}"));
    effects.push(Effect::Copy(text));
}

/// Copies the first code block of the marked message, or else of the newest; each further time the next one.
pub(super) fn copy_code(state: &mut State, effects: &mut Vec<Effect>) {
    let Some(chat) = chat_mut(state) else { return };
    let Some((seq, content)) = to_copy(chat) else { return };
    let blocks = markdown::code_blocks(&content);
    let next = match chat.copied {
        Some((of, place)) if of == seq && place + 1 < blocks.len() => place + 1,
        Some(_) | None => 0,
    };
    let Some(block) = blocks.get(next).cloned() else {
        let mark = state.settings.keymap.key_for(Context::Session, Action::Session(SessionVerb::MarkUp));
        return state.toast(Tone::Info, format!("Message {seq} has no code block: {mark} marks another"));
    };
    chat.copied = Some((seq, next));
    let text = match blocks.len() {
        1 => format!("Copied the code block of message {seq}"),
        count => format!("Copied code block {} of {count} of message {seq}", next + 1),
    };
    state.toast(Tone::Good, text);
    effects.push(Effect::Copy(block));
}

/// The marked message, or else the newest: its `seq` and what it says.
fn to_copy(chat: &Chat) -> Option<(u32, String)> {
    let message = match chat.marked {
        Some(seq) => chat.message(seq),
        None => chat.messages.last(),
    };
    message.map(|message| (message.seq, message.content.clone()))
}

/// Where the conversation stands so many rows further up. From the end, the first row on the screen is found by
/// going up a screen.
fn up(chat: &Chat, rows: usize, width: usize, height: usize) -> Scroll {
    let newest = chat.newest();
    // A window that has grown shows the end, though it was scrolled up before.
    let (mut place, mut row, newest, mut left) = match down(chat, 0, width, height) {
        // The empty row at the end is not on the screen.
        Scroll::Follow => (chat.messages.len(), 0, newest, rows + height + 1),
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
        row = chat.rows_of(place, width);
    }
    match chat.messages.get(place) {
        Some(message) => Scroll::From { seq: message.seq, row, newest },
        None => Scroll::Follow,
    }
}

/// Where the conversation stands so many rows further down: at the end, when a screen is all that is left.
fn down(chat: &Chat, rows: usize, width: usize, height: usize) -> Scroll {
    let Scroll::From { seq, row, newest } = chat.scroll else { return Scroll::Follow };
    // Whoever goes where nothing is yet stays on their way.
    if rows == 0 && chat.messages.first().is_none_or(|first| seq < first.seq) {
        return chat.scroll;
    }
    let mut place = chat.messages.partition_point(|message| message.seq < seq);
    let mut row = row + rows;
    while place < chat.messages.len() {
        let rows = chat.rows_of(place, width);
        if row < rows {
            break;
        }
        row -= rows;
        place += 1;
    }
    match chat.messages.get(place) {
        Some(message) if !chat.ends_within(place, row, (width, height), 0) => {
            Scroll::From { seq: message.seq, row, newest }
        }
        Some(_) | None => Scroll::Follow,
    }
}

/// Who has scrolled up, but has the end on the screen for it fits, follows it again.
pub(super) fn settle(state: &mut State) {
    let (width, height) = state.painted.transcript;
    if let Some(chat) = chat_mut(state) {
        chat.scroll = down(chat, 0, width, height);
    }
}

/// Whether a message is marked; it is not any more.
pub(super) fn unmark(state: &mut State) -> bool {
    match &mut state.screen {
        Screen::Session(chat) => chat.marked.take().is_some(),
        Screen::Queue | Screen::Briefing(_) => false,
    }
}
