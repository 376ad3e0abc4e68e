//! The transcript of a session: scrolling, marking and copying messages.

use tierup_common::session::MessageRole;

use crate::effect::Effect;
use crate::keymap::{Action, Context, Move, SessionAction};
use crate::state::chat::{Chat, TranscriptScroll};
use crate::state::toast::ToastLevel;
use crate::state::{Screen, State};
use crate::text::{chat_markdown, markdown, safe};

/// Scrolls; at the end it follows new messages again.
pub(super) fn scroll(state: &mut State, movement: Move) {
    let (width, height) = state.last_paint.transcript_size;
    let page = height.saturating_sub(2).max(1);
    let Some(chat) = state.open_chat_mut() else { return };
    chat.earlier_fetch.clear_error();
    chat.scroll = match movement {
        Move::Up => scroll_up(chat, 1, width, height),
        Move::PageUp => scroll_up(chat, page, width, height),
        Move::Down => scroll_down(chat, 1, width, height),
        Move::PageDown => scroll_down(chat, page, width, height),
        // Until the first message is loaded, the first loaded one is shown.
        Move::Top if !chat.messages.is_empty() => {
            TranscriptScroll::Anchored { seq: 1, row: 0, newest_seq: chat.newest_seq() }
        }
        Move::Top | Move::Bottom => TranscriptScroll::Follow,
    };
}

/// Marks the next or previous message; if none is marked, the newest.
pub(super) fn mark_message(state: &mut State, forward: bool) {
    let Some(chat) = state.open_chat_mut() else { return };
    let index = chat.marked_seq.map(|seq| chat.messages.partition_point(|message| message.seq < seq));
    let next = match (index, forward) {
        (None, _) => chat.messages.len().checked_sub(1),
        (Some(index), true) => Some((index + 1).min(chat.messages.len().saturating_sub(1))),
        (Some(index), false) => Some(index.saturating_sub(1)),
    };
    if let Some(seq) = next.and_then(|index| chat.messages.get(index)).map(|message| message.seq) {
        show_message(state, seq);
    }
}

/// Marks a message and scrolls to it.
pub(super) fn show_message(state: &mut State, seq: u32) {
    let (width, height) = state.last_paint.transcript_size;
    let seen = state.last_paint.visible_messages;
    let Some(chat) = state.open_chat_mut() else { return };
    chat.marked_seq = Some(seq);
    if seen.is_some_and(|(first, last)| (first..=last).contains(&seq)) {
        return;
    }
    let newest = match chat.scroll {
        TranscriptScroll::Follow => chat.newest_seq(),
        TranscriptScroll::Anchored { newest_seq: newest, .. } => newest,
    };
    chat.scroll = TranscriptScroll::Anchored { seq, row: 0, newest_seq: newest };
    // Near the end it cannot be the first row.
    chat.scroll = scroll_down(chat, 0, width, height);
}

/// Scrolls a row of a message into the upper half of the screen.
pub(super) fn show_row(state: &mut State, seq: u32, row: usize) {
    let (width, height) = state.last_paint.transcript_size;
    let Some(chat) = state.open_chat_mut() else { return };
    let newest_seq = match chat.scroll {
        TranscriptScroll::Follow => chat.newest_seq(),
        TranscriptScroll::Anchored { newest_seq, .. } => newest_seq,
    };
    let index = chat.messages.partition_point(|message| message.seq < seq);
    chat.scroll = position_above(chat, (index, row, newest_seq), height / 3, width);
    chat.scroll = scroll_down(chat, 0, width, height);
}

/// Shows the message of the next evidence.
pub(super) fn show_next_evidence(state: &mut State) {
    let Some(chat) = state.open_chat_mut() else { return };
    let seq = chat.briefing.as_mut().and_then(|briefing| briefing.mark_evidence(true));
    match seq {
        Some(seq)
            if chat.message(seq).is_some() || chat.earlier_cursor().is_some_and(|first| seq < first) =>
        {
            chat.earlier_fetch.clear_error();
            show_message(state, seq);
        }
        Some(seq) => state.show_toast(ToastLevel::Info, format!("Message {seq} is not loaded yet")),
        None => {}
    }
}

/// Copies the selection in the composer, or else the marked message, or else the newest one.
pub(super) fn copy_selection(state: &mut State, effects: &mut Vec<Effect>) {
    let Some(chat) = state.open_chat_mut() else { return };
    let found = match chat.composer.selected_text() {
        Some(selected) => Some(("the selection".to_owned(), selected)),
        None => message_to_copy(chat).map(|(seq, _, content)| (format!("message {seq}"), content)),
    };
    let Some((what, text)) = found else { return };
    state.show_toast(ToastLevel::Success, format!("Copied {what}"));
    effects.push(Effect::CopyToClipboard(safe::sanitize_text(&text).into_owned()));
}

/// Copies the first code block of the marked message, or else of the newest one; called again, the next block.
pub(super) fn copy_code_block(state: &mut State, effects: &mut Vec<Effect>) {
    let Some(chat) = state.open_chat_mut() else { return };
    let Some((seq, role, content)) = message_to_copy(chat) else { return };
    let blocks = match role {
        MessageRole::User => chat_markdown::code_blocks(&content),
        MessageRole::Assistant | MessageRole::System => markdown::code_blocks(&content),
    };
    let next = match chat.last_copied_block {
        Some((of, index)) if of == seq && index + 1 < blocks.len() => index + 1,
        Some(_) | None => 0,
    };
    let Some(block) = blocks.get(next).cloned() else {
        let mark = state.settings.keymap.key_for(Context::Session, Action::Session(SessionAction::MarkUp));
        return state.show_toast(
            ToastLevel::Info,
            format!("No code block in message {seq}: press {mark} to mark another"),
        );
    };
    chat.last_copied_block = Some((seq, next));
    let text = match blocks.len() {
        1 => format!("Copied the code block from message {seq}"),
        count => format!("Copied code block {} of {count} from message {seq}", next + 1),
    };
    state.show_toast(ToastLevel::Success, text);
    effects.push(Effect::CopyToClipboard(safe::sanitize_text(&block).into_owned()));
}

/// The `seq`, the role and the content of the marked message, or else of the newest one.
fn message_to_copy(chat: &Chat) -> Option<(u32, MessageRole, String)> {
    let message = match chat.marked_seq {
        Some(seq) => chat.message(seq),
        None => chat.messages.last(),
    };
    message.map(|message| (message.seq, message.role, message.content.clone()))
}

/// The position `rows` further up. From the end, it is found by going up a screen first.
fn scroll_up(chat: &Chat, rows: usize, width: usize, height: usize) -> TranscriptScroll {
    let newest = chat.newest_seq();
    // A terminal that has grown may show the end, although the user had scrolled up.
    let (index, row, newest, left) = match scroll_down(chat, 0, width, height) {
        // The empty row at the end is not visible.
        TranscriptScroll::Follow => (chat.messages.len(), 0, newest, rows + height + 1),
        TranscriptScroll::Anchored { seq, row, newest_seq: newest } => {
            let index = chat.messages.partition_point(|message| message.seq < seq);
            (index, row, newest, rows)
        }
    };
    position_above(chat, (index, row, newest), left, width)
}

/// The position `left` rows above a row of the message at an index.
fn position_above(
    chat: &Chat,
    (mut index, mut row, newest): (usize, usize, u32),
    mut left: usize,
    width: usize,
) -> TranscriptScroll {
    while left > 0 {
        if row >= left {
            row -= left;
            break;
        }
        left -= row;
        if index == 0 {
            row = 0;
            break;
        }
        index -= 1;
        row = chat.message_height(index, width);
    }
    match chat.messages.get(index) {
        Some(message) => TranscriptScroll::Anchored { seq: message.seq, row, newest_seq: newest },
        None => TranscriptScroll::Follow,
    }
}

/// The position `rows` further down: at the end, if the rest fits on the screen.
fn scroll_down(chat: &Chat, rows: usize, width: usize, height: usize) -> TranscriptScroll {
    let TranscriptScroll::Anchored { seq, row, newest_seq: newest } = chat.scroll else {
        return TranscriptScroll::Follow;
    };
    // A position before the loaded messages stays until they are fetched.
    if rows == 0 && chat.messages.first().is_none_or(|first| seq < first.seq) {
        return chat.scroll;
    }
    let mut index = chat.messages.partition_point(|message| message.seq < seq);
    let mut row = row + rows;
    while index < chat.messages.len() {
        let rows = chat.message_height(index, width);
        if row < rows {
            break;
        }
        row -= rows;
        index += 1;
    }
    match chat.messages.get(index) {
        Some(message) if !chat.fits_within(index, row, (width, height), 0) => {
            TranscriptScroll::Anchored { seq: message.seq, row, newest_seq: newest }
        }
        Some(_) | None => TranscriptScroll::Follow,
    }
}

/// Follows the end again, if it is visible although the user had scrolled up.
pub(super) fn resume_following(state: &mut State) {
    let (width, height) = state.last_paint.transcript_size;
    if let Some(chat) = state.open_chat_mut() {
        chat.scroll = scroll_down(chat, 0, width, height);
    }
}

/// Unmarks the marked message; false if none is marked.
pub(super) fn clear_mark(state: &mut State) -> bool {
    match &mut state.screen {
        Screen::Session(chat) => chat.marked_seq.take().is_some(),
        Screen::Queue | Screen::Briefing(_) => false,
    }
}
