//! The events between the messages of the open session: live ones from its stream, earlier ones in pages.

use tierup_common::event::Event;
use tierup_common::id::{Seq, SessionId};
use tierup_common::timeline::Timeline;

use crate::effect::{Call, CallId, Effect, StoryCall};
use crate::event::{CallError, ReplyBody};
use crate::state::State;
use crate::state::request::Request;
use crate::update::{briefing_news, calls};

/// Adds an event of the open session. Its stream has messages and events in one order.
pub(super) fn record_event(state: &mut State, event: &Event) {
    let session = event.body.session_id();
    if let Some(chat) = state.open_chat_of_mut(session) {
        let newest = chat.newest_seq();
        chat.story.push_event(event, newest);
    } else if let Some(briefing) = briefing_news::briefing_of(state, session) {
        let snapshot = briefing.snapshot.as_ref().map_or(0, |snapshot| snapshot.message_count);
        let newest = briefing.news.messages.last().map_or(0, |newest| newest.seq).max(snapshot);
        briefing.news.story.push_event(event, newest);
    }
}

/// Fetches the page of events before those that are loaded, if the loaded messages go back further.
pub(super) fn fetch_earlier(state: &mut State, effects: &mut Vec<Effect>) {
    let Some(chat) = state.open_chat().filter(|chat| chat.story.fetch == Request::Idle) else { return };
    let first = chat.messages.first().map(|first| first.seq).filter(|_| chat.is_fetched());
    let is_missing = first.zip(chat.story.begins_after()).is_some_and(|(first, begins)| first <= begins);
    let Some(before) = chat.story.next_before.filter(|_| is_missing && state.connection.allows_calls())
    else {
        return;
    };
    request(state, chat.id, Some(before), effects);
}

fn request(state: &mut State, session_id: SessionId, before: Option<Seq>, effects: &mut Vec<Effect>) {
    let call_id = calls::send(state, Call::Story(StoryCall::Events { session_id, before }), effects);
    if let Some(chat) = state.open_chat_mut() {
        chat.story.fetch = Request::Pending(call_id);
    }
}

/// A call about what happened in a session was answered, or failed.
pub(super) fn apply_reply(
    state: &mut State,
    call_id: CallId,
    call: StoryCall,
    reply: Result<ReplyBody, CallError>,
) {
    match (call, reply) {
        (StoryCall::NewestMessages(session), Ok(ReplyBody::Messages(page))) => {
            briefing_news::apply_messages(state, session, page);
        }
        (StoryCall::NewestMessages(_), _) => {}
        (StoryCall::Events { session_id, before }, Ok(ReplyBody::Timeline(page))) => {
            apply_page(state, call_id, session_id, before, Ok(page));
        }
        (StoryCall::Events { session_id, before }, reply) => {
            let error = reply.err().unwrap_or_else(CallError::invalid_response);
            apply_page(state, call_id, session_id, before, Err(error));
        }
    }
}

/// Adds a page. Without it the conversation is still whole, so a failure says nothing; the page is not fetched again.
fn apply_page(
    state: &mut State,
    call_id: CallId,
    session: SessionId,
    before: Option<Seq>,
    page: Result<Timeline, CallError>,
) {
    if let Some(briefing) = briefing_news::briefing_of(state, session) {
        if let Ok(page) = page {
            briefing.news.story.insert_page(&page);
        }
        return;
    }
    let Some(chat) = state.open_chat_of_mut(session) else { return };
    let story = &mut chat.story;
    match (before, page) {
        (Some(_), _) if !story.fetch.awaits(call_id) => {}
        (Some(_), Ok(page)) => {
            story.fetch = Request::Idle;
            story.next_before = page.next_before;
            story.insert_page(&page);
        }
        (Some(_), Err(error)) => story.fetch = Request::Failed(error.user_message()),
        (None, Ok(page)) => {
            // Fetched again, it says nothing about the earlier pages.
            if !std::mem::replace(&mut story.is_fetched, true) {
                story.next_before = page.next_before;
            }
            story.insert_page(&page);
        }
        (None, Err(_)) => {}
    }
}
