//! Replies of the server: each goes to the file that made the call.

use tierup_common::assessment::Step;
use tierup_common::handoff::{Handoff, Intent};
use tierup_common::id::{HandoffId, SessionId};
use tierup_common::session::{Branch, Resolve, Session};
use tierup_common::user::Me;

use crate::effect::{Call, CallId, Effect};
use crate::event::{CallError, Reply, ReplyBody};
use crate::keymap::Tab;
use crate::state::State;
use crate::state::briefing::replace_step;
use crate::state::toast::ToastLevel;
use crate::text::safe;
use crate::update::outcomes::{close_dialog, finish_dialog, report_error, tab_hint};
use crate::update::{
    calls, claims, conflict, details, dialog, earlier_messages, fetched, filter, history, inbox, messages,
    navigate, open_by_number, pass_on, picker, resume, runbook, story,
};

pub(super) fn apply_reply(state: &mut State, reply: Reply, effects: &mut Vec<Effect>) {
    let Reply { call_id, call, result } = reply;
    state.pending_calls.remove(&call_id);
    state.pending_reassessments.retain(|(other, _)| *other != call_id);
    match result {
        Ok(body) => apply_body(state, call_id, call, body, effects),
        Err(error) => apply_error(state, call_id, call, error, effects),
    }
}

fn apply_body(state: &mut State, call_id: CallId, call: Call, body: ReplyBody, effects: &mut Vec<Effect>) {
    match (call, body) {
        (Call::Me, ReplyBody::Me(me)) => apply_me(state, me),
        (Call::Queue { state: list, .. }, ReplyBody::Queue(page)) => {
            calls::apply_page(state, call_id, list, page, effects);
        }
        (Call::Search { .. }, ReplyBody::Queue(page)) => filter::apply_matches(state, call_id, &page),
        (Call::OwnSessions(status), ReplyBody::Sessions(page)) => {
            let me = state.my_id();
            state.queue.replace_own_sessions(status, page.items, me);
            calls::fetch_parked_handoffs(state, effects);
        }
        (Call::Events { after, .. }, ReplyBody::Events(page)) => {
            inbox::apply_page(state, after, &page, effects);
        }
        (Call::Handoff(_) | Call::Reassess(_), ReplyBody::Handoff(handoff)) => {
            fetched::apply_handoff(state, handoff);
        }
        (Call::Session(_), ReplyBody::Session(session)) => fetched::apply_session(state, session, effects),
        (Call::Messages { session_id, .. }, ReplyBody::Messages(page)) => {
            earlier_messages::apply_page(state, call_id, session_id, Ok(page));
        }
        (Call::Story(call), body) => story::apply_reply(state, call_id, call, Ok(body)),
        (Call::ChangeHandoff { .. }, ReplyBody::Handoff(handoff)) => {
            details::apply_reply(state, call_id, handoff);
        }
        (Call::Claim(_), ReplyBody::Handoff(handoff)) => {
            claims::apply_claim_reply(state, call_id, handoff, effects);
        }
        (Call::CreateMessage { session_id, message }, ReplyBody::Message(sent)) => {
            let result = Ok(sent);
            if !conflict::apply_draft_reply(state, call_id, session_id, &result, effects) {
                messages::apply_send_reply(state, call_id, session_id, &message.content, result, effects);
            }
        }
        (Call::CreateSession(_), ReplyBody::Session(session)) => {
            open_created_session(state, call_id, session, effects);
        }
        (Call::Resume(_), ReplyBody::Session(session)) => {
            resume::apply_resume_reply(state, call_id, Ok(session), effects);
        }
        (Call::HandOff { request, .. }, ReplyBody::Handoff(handoff)) => {
            finish_hand_off(state, call_id, request.intent, handoff, effects);
        }
        (Call::Users, ReplyBody::Users(users)) => dialog::apply_people(state, call_id, Ok(users)),
        (call @ (Call::Release { .. } | Call::SendBack { .. }), ReplyBody::Handoff(handoff)) => {
            finish_dialog(state, call_id, changed_handoff_text(&call, &handoff));
            fetched::apply_handoff(state, handoff);
        }
        (Call::PutStep { handoff_id, .. }, ReplyBody::Step(step)) => {
            apply_step(state, handoff_id, &step);
            picker::finish_edit(state, call_id, None, effects);
        }
        (Call::PutBranch { session_id, .. }, ReplyBody::Branch(branch)) => {
            apply_branch(state, call_id, session_id, &branch, effects);
        }
        (Call::Resolve { request, .. }, ReplyBody::Session(session)) => {
            finish_resolve(state, call_id, &session, &request);
        }
        (call, body) => apply_other_body(state, call_id, call, body, effects),
    }
}

/// The replies to what looks for things, and to assignments.
fn apply_other_body(
    state: &mut State,
    call_id: CallId,
    call: Call,
    body: ReplyBody,
    effects: &mut Vec<Effect>,
) {
    match (call, body) {
        (Call::History { cursor, .. }, ReplyBody::Sessions(page)) => {
            history::apply_page(state, call_id, cursor.is_none(), page);
        }
        (Call::FindHandoff(_), ReplyBody::Handoff(handoff)) => {
            open_by_number::apply_handoff(state, call_id, handoff, effects);
        }
        (Call::FindSession(number), ReplyBody::Sessions(page)) => {
            open_by_number::apply_sessions(state, call_id, number, &page, effects);
        }
        (Call::Assign { request, .. }, ReplyBody::Handoff(handoff)) => {
            if !pass_on::continue_with_next(state, call_id, &request, &handoff, effects) {
                let text = pass_on::done_text(state, call_id, &handoff);
                finish_dialog(state, call_id, text);
            }
            fetched::apply_handoff(state, handoff);
        }
        (call, _) => apply_error(state, call_id, call, CallError::invalid_response(), effects),
    }
}

fn apply_error(state: &mut State, call_id: CallId, call: Call, error: CallError, effects: &mut Vec<Effect>) {
    match (call, error) {
        (Call::Queue { .. }, error) => calls::schedule_retry(state, call_id, error.user_message()),
        (Call::Events { after, .. }, error) => inbox::apply_error(state, after, &error),
        (Call::Search { .. }, _) => filter::record_search_error(state, call_id),
        (Call::History { .. }, error) => history::apply_error(state, call_id, &error),
        (Call::FindHandoff(number), error) => {
            open_by_number::apply_handoff_error(state, call_id, number, &error, effects);
        }
        (Call::Handoff(id), error) => fetched::apply_handoff_error(state, id, call_id, &error),
        (Call::Session(id), error) => fetched::apply_session_error(state, id, &error),
        (Call::Messages { session_id, .. }, error) => {
            earlier_messages::apply_page(state, call_id, session_id, Err(error));
        }
        (Call::Story(call), error) => story::apply_reply(state, call_id, call, Err(error)),
        (Call::Claim(id), error) => claims::apply_claim_error(state, call_id, id, error, effects),
        (Call::CreateMessage { session_id, message }, error) => {
            let result = Err(error);
            if !conflict::apply_draft_reply(state, call_id, session_id, &result, effects) {
                messages::apply_send_reply(state, call_id, session_id, &message.content, result, effects);
            }
        }
        (Call::Resume(_), error) => {
            resume::apply_resume_reply(state, call_id, Err(error.user_message()), effects);
        }
        (Call::Users, error) => dialog::apply_people(state, call_id, Err(error)),
        (call @ (Call::PutStep { .. } | Call::PutBranch { .. }), error) => {
            if !picker::finish_edit(state, call_id, Some(&error), effects) {
                report_error(state, call_id, &call, &error);
            }
        }
        // The header shows that there is no connection; the next one fetches it again.
        (Call::Me, CallError::Unreachable(_)) => {}
        // The call was only to see whether the server answers.
        (Call::Me, _) if state.me.is_some() => {}
        (Call::OwnSessions(_), CallError::Unreachable(_)) => state.own_sessions_failed = true,
        (call, error) => report_error(state, call_id, &call, &error),
    }
}

fn apply_me(state: &mut State, me: Me) {
    let id = me.user.id;
    state.me = Some(me);
    state.queue.rebuild_lists(Some(id));
}

/// The toast after a dialog has changed a handoff.
fn changed_handoff_text(call: &Call, handoff: &Handoff) -> String {
    let item = &handoff.item;
    if let Call::SendBack { .. } = call {
        format!("Sent #{} back to {}", item.number, safe::sanitize_line(&item.handed_off_by_name))
    } else {
        format!("Released #{} to the queue", item.number)
    }
}

fn finish_hand_off(
    state: &mut State,
    call_id: CallId,
    intent: Intent,
    handoff: Handoff,
    effects: &mut Vec<Effect>,
) {
    match intent {
        Intent::Park => {
            let text = format!("Parked: {}", tab_hint(state, Tab::Parked));
            finish_dialog(state, call_id, text);
            calls::fetch_own_sessions(state, effects);
        }
        Intent::Escalate => {
            finish_dialog(state, call_id, format!("Escalated as #{}", handoff.item.number));
            state.queue.remove_own_session(handoff.item.session_id);
            fetched::apply_handoff(state, handoff);
        }
    }
}

fn finish_resolve(state: &mut State, call_id: CallId, session: &Session, request: &Resolve) {
    let resolved = format!("{} resolved", state.session_label(session));
    let text = match runbook::offer(state, session, request) {
        Some(hint) => format!("{resolved}: {hint}"),
        None => resolved,
    };
    finish_dialog(state, call_id, text);
}

/// The outcome of a suggested step was changed.
fn apply_step(state: &mut State, handoff: HandoffId, step: &Step) {
    if let Some(item) = state.queue.item_mut(handoff) {
        replace_step(item, step);
    }
    if let Some(briefing) = state.open_briefing_of_mut(handoff) {
        replace_step(&mut briefing.item, step);
    }
}

/// A branch was added or changed. If a dialog did it, the branch is selected.
fn apply_branch(
    state: &mut State,
    call_id: CallId,
    session: SessionId,
    branch: &Branch,
    effects: &mut Vec<Effect>,
) {
    let is_from_dialog = close_dialog(state, call_id);
    state.upsert_branch(session, branch);
    if is_from_dialog {
        picker::select_branch(state, branch.id);
    }
    picker::finish_edit(state, call_id, None, effects);
}

/// A session was created. If its dialog has been closed meanwhile, the user is elsewhere and stays there.
fn open_created_session(state: &mut State, call_id: CallId, session: Session, effects: &mut Vec<Effect>) {
    calls::fetch_own_sessions(state, effects);
    if close_dialog(state, call_id) {
        navigate::to_session(state, session.item.id, None, effects);
        fetched::apply_session(state, session, effects);
    } else {
        let text = format!("Session {} created: {}", session.item.number, tab_hint(state, Tab::Mine));
        state.show_toast(ToastLevel::Success, text);
    }
}
