//! The search in what is read. In a conversation the matches are found here, because it is painted only as far as it is
//! visible; everywhere else the view finds them.

use crossterm::event::{KeyCode, KeyEvent};
use tierup_common::id::MessageId;

use crate::keymap::{LineAction, SearchAction};
use crate::state::briefing::ScrollAnchor;
use crate::state::chat::{Chat, TranscriptScroll};
use crate::state::layer::Layer;
use crate::state::search::{SearchOrigin, SearchPlace, TextSearch, TranscriptHit};
use crate::state::toast::ToastLevel;
use crate::state::{Screen, State};
use crate::text::find::Query;
use crate::update::transcript;

pub(super) fn run_action(state: &mut State, action: SearchAction) {
    match action {
        SearchAction::Search => open(state),
        SearchAction::NextMatch => go(state, 1),
        SearchAction::PreviousMatch => go(state, -1),
        SearchAction::End => {
            settle(state);
            state.search = None;
        }
    }
}

pub(super) fn run_line_action(state: &mut State, action: LineAction) {
    match action {
        LineAction::Accept => accept(state),
        LineAction::Cancel => cancel(state),
        LineAction::Complete | LineAction::CompleteBack => {}
    }
}

/// Edits the text of the search. Backspace in an empty one ends it.
pub(super) fn handle_key(state: &mut State, key: KeyEvent) {
    let Some(search) = state.active_search_mut() else { return };
    if key.code == KeyCode::Backspace && search.input.is_empty() {
        return cancel(state);
    }
    search.input.handle_key_single_line(key);
    refresh(state);
}

pub(super) fn paste(state: &mut State, text: &str) {
    if let Some(search) = state.active_search_mut() {
        search.input.paste_single_line(text);
        refresh(state);
    }
}

/// Makes what is on the screen the scroll position, and keeps the match no longer in sight: the user scrolls.
pub(super) fn settle(state: &mut State) {
    let Some(place) = state.active_search_mut().filter(|search| search.is_following).map(|search| {
        search.is_following = false;
        search.place
    }) else {
        return;
    };
    let (history, assessment) = (state.last_paint.history_top, state.last_paint.assessment_top);
    let (row, pane) = (state.last_paint.layer_top, state.last_paint.match_pane);
    match place {
        SearchPlace::Briefing(_) => {
            if let Some(briefing) = state.open_briefing_mut() {
                briefing.history_anchor = ScrollAnchor::Row(history);
                briefing.assessment_scroll = assessment;
                briefing.pane = pane.unwrap_or(briefing.pane);
            }
        }
        SearchPlace::Log | SearchPlace::Pager(_) => set_layer_top(state, row),
        SearchPlace::Session(_) => {}
    }
}

/// Begins a search, or changes the one that stands.
fn open(state: &mut State) {
    settle(state);
    if let Some(search) = state.active_search_mut() {
        search.is_typing = true;
        search.is_following = true;
        return;
    }
    let Some(place) = state.search_place() else { return };
    let origin = match place {
        SearchPlace::Briefing(_) => SearchOrigin::Panes {
            pane: state.open_briefing().map(|briefing| briefing.pane).unwrap_or_default(),
            history: state.last_paint.history_top,
            assessment: state.last_paint.assessment_top,
        },
        SearchPlace::Session(_) => {
            // The keys of the search are letters, which would be text in the message.
            if let Some(chat) = state.open_chat_mut() {
                chat.is_conversation_focused = true;
            }
            let first = state.last_paint.visible_messages.map(|(first, _)| first);
            let chat = state.open_chat();
            let scroll = chat.map_or(TranscriptScroll::Follow, |chat| chat.scroll);
            SearchOrigin::Transcript(scroll, first.or(chat.map(Chat::newest_seq)).unwrap_or(0))
        }
        SearchPlace::Log | SearchPlace::Pager(_) => SearchOrigin::Row(state.last_paint.layer_top),
    };
    state.search = Some(TextSearch::new(place, origin));
}

/// The text has changed: the first match after the origin is the current one.
pub(super) fn refresh(state: &mut State) {
    let Some(search) = state.active_search_mut() else { return };
    search.query = Query::new(&search.input.text());
    (search.steps, search.is_following) = (0, true);
    show_hit(state);
}

/// Keeps the search. Folded texts that have the words are shown in full, with their matches.
fn accept(state: &mut State) {
    let Some(search) = state.active_search_mut() else { return };
    let Some(query) = search.query.clone() else {
        state.search = None;
        return;
    };
    search.is_typing = false;
    unfold_matching(state, &query);
    show_hit(state);
}

/// Returns to where the search began.
fn cancel(state: &mut State) {
    let Some(origin) = state.active_search().map(|search| search.origin) else { return };
    state.search = None;
    match origin {
        SearchOrigin::Transcript(scroll, _) => {
            if let Some(chat) = state.open_chat_mut() {
                chat.scroll = scroll;
            }
        }
        SearchOrigin::Row(row) => set_layer_top(state, row),
        SearchOrigin::Panes { history, assessment, pane } => {
            if let Some(briefing) = state.open_briefing_mut() {
                (briefing.history_anchor, briefing.assessment_scroll, briefing.pane) =
                    (ScrollAnchor::Row(history), assessment, pane);
            }
        }
    }
}

/// Goes to the next match, or to the previous one.
fn go(state: &mut State, step: isize) {
    settle(state);
    let Some(search) = state.active_search_mut() else { return };
    let is_first = search.hit.is_some_and(|hit| hit.index == 0);
    let is_conversation = matches!(search.place, SearchPlace::Session(_));
    if is_conversation && step < 0 && is_first && load_earlier(state) {
        return;
    }
    if let Some(search) = state.active_search_mut() {
        search.steps += step;
        search.is_following = true;
    }
    show_hit(state);
}

/// Goes to the first loaded message, so that earlier ones are fetched; false if there are none.
fn load_earlier(state: &mut State) -> bool {
    let Some(chat) = state.open_chat_mut() else { return false };
    let Some(first) = chat.earlier_cursor() else { return false };
    chat.scroll = TranscriptScroll::Anchored { seq: first, row: 0, newest_seq: chat.newest_seq() };
    state.show_toast(ToastLevel::Info, "Loading earlier messages: search on once they are here");
    true
}

/// Finds the current match of a conversation and scrolls to it.
fn show_hit(state: &mut State) {
    let width = state.last_paint.transcript_size.0.saturating_sub(2);
    let Some(search) = state.active_search() else { return };
    let (SearchPlace::Session(_), SearchOrigin::Transcript(scroll, first)) = (search.place, search.origin)
    else {
        return;
    };
    let Screen::Session(chat) = &state.screen else { return };
    let matches = search.query.as_ref().map(|query| matches_in(chat, query, width)).unwrap_or_default();
    let after_origin = matches.iter().position(|found| found.seq >= first);
    let start = after_origin.unwrap_or(matches.len().saturating_sub(1));
    let index = search.current_index(start, matches.len());
    let current = index.and_then(|index| Some((index, *matches.get(index)?)));
    let hit = current.map(|(index, found)| TranscriptHit {
        seq: found.seq,
        index_in_message: found.index_in_message,
        index,
        count: matches.len(),
    });
    if let Some(search) = state.active_search_mut() {
        search.hit = hit;
    }
    match current {
        // The first row of a message is its header.
        Some((_, found)) => transcript::show_row(state, found.seq, found.row + 1),
        None => {
            if let Some(chat) = state.open_chat_mut() {
                chat.scroll = scroll;
            }
        }
    }
}

/// A match in a message.
#[derive(Clone, Copy)]
struct MessageMatch {
    seq: u32,
    index_in_message: usize,
    row: usize,
}

fn matches_in(chat: &Chat, query: &Query, width: usize) -> Vec<MessageMatch> {
    let candidates = chat.messages.iter().filter(|message| query.may_match(&message.content));
    let matches = candidates.flat_map(|message| {
        let found = query.find(&*chat.wrap_cache.rows(message, width), width);
        found.into_iter().enumerate().map(|(index_in_message, found)| MessageMatch {
            seq: message.seq,
            index_in_message,
            row: found.row(),
        })
    });
    matches.collect()
}

/// Shows the messages in full that have the words.
fn unfold_matching(state: &mut State, query: &Query) {
    let is_conversation = state.layers.is_empty() && matches!(state.screen, Screen::Session(_));
    let messages = state.readable_messages(is_conversation).iter();
    let matching: Vec<MessageId> =
        messages.filter(|message| query.may_match(&message.content)).map(|message| message.id).collect();
    if let Some(cache) = state.readable_cache_mut(is_conversation) {
        for id in matching {
            cache.unfold(id);
        }
    }
}

fn set_layer_top(state: &mut State, row: usize) {
    match state.layers.last_mut() {
        Some(Layer::Log { scroll_offset }) => *scroll_offset = row,
        Some(Layer::Pager(pager)) => pager.scroll_offset = row,
        Some(_) | None => {}
    }
}
