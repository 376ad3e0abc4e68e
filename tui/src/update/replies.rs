//! What the server answers.

use tierup_common::assessment::Step;
use tierup_common::handoff::Intent;
use tierup_common::id::HandoffId;
use tierup_common::session::Session;

use crate::effect::{Call, CallId, Effect};
use crate::event::{CallError, Reply, ReplyBody};
use crate::keymap::{Action, Context, ListAction, Tab};
use crate::state::State;
use crate::state::briefing::replace_step;
use crate::state::toast::ToastLevel;
use crate::text::safe;
use crate::update::outcomes::{close_dialog, finish_dialog, report_error};
use crate::update::{
    calls, claims, conflict, dialog, earlier_messages, fetched, filter, messages, navigate, picker, resume,
};

pub(super) fn apply_reply(state: &mut State, reply: Reply, effects: &mut Vec<Effect>) {
    let Reply { call_id: ticket, call, result } = reply;
    state.pending_calls.remove(&ticket);
    state.pending_reassessments.retain(|(asked, _)| *asked != ticket);
    match (call, result) {
        (Call::Me, Ok(ReplyBody::Me(me))) => {
            let id = me.user.id;
            state.me = Some(me);
            state.queue.rebuild_lists(Some(id));
        }
        (Call::Queue { state: list, .. }, Ok(ReplyBody::Queue(page))) => {
            calls::apply_page(state, ticket, list, page, effects);
        }
        (Call::Queue { .. }, Err(failure)) => calls::schedule_retry(state, ticket, failure.user_message()),
        (Call::Search { .. }, Ok(ReplyBody::Queue(page))) => filter::apply_matches(state, ticket, &page),
        (Call::Search { .. }, Err(_)) => filter::record_search_error(state, ticket),
        (Call::OwnSessions(status), Ok(ReplyBody::Sessions(page))) => {
            let me = state.my_id();
            state.queue.replace_own_sessions(status, page.items, me);
            calls::fetch_parked_handoffs(state, effects);
        }
        (Call::Handoff(_) | Call::Reassess(_), Ok(ReplyBody::Handoff(handoff))) => {
            fetched::apply_handoff(state, handoff)
        }
        (Call::Handoff(id), Err(failure)) => fetched::apply_handoff_error(state, id, ticket, &failure),
        (Call::Session(_), Ok(ReplyBody::Session(session))) => {
            fetched::apply_session(state, session, effects)
        }
        (Call::Session(id), Err(failure)) => fetched::apply_session_error(state, id, &failure),
        (Call::Messages { session_id: session, .. }, Ok(ReplyBody::Messages(page))) => {
            earlier_messages::apply_page(state, ticket, session, Ok(page));
        }
        (Call::Messages { session_id: session, .. }, Err(failure)) => {
            earlier_messages::apply_page(state, ticket, session, Err(failure));
        }
        (Call::Claim(id), result) => claims::apply_claim_reply(state, ticket, id, result, effects),
        (Call::CreateMessage { session_id: session, message }, result) => {
            let sent = result.and_then(|body| {
                let ReplyBody::Message(message) = body else { return Err(CallError::invalid_response()) };
                Ok(message)
            });
            if !conflict::apply_draft_reply(state, ticket, session, &sent, effects) {
                messages::apply_send_reply(state, ticket, session, &message.content, sent, effects);
            }
        }
        (Call::CreateSession(_), Ok(ReplyBody::Session(session))) => {
            open_created_session(state, ticket, session, effects)
        }
        (Call::Resume(_), Ok(ReplyBody::Session(resumed))) => {
            resume::apply_resume_reply(state, ticket, Ok(resumed), effects);
        }
        (Call::Resume(_), Err(failure)) => {
            resume::apply_resume_reply(state, ticket, Err(failure.user_message()), effects)
        }
        (Call::Release { .. }, Ok(ReplyBody::Handoff(handoff))) => {
            finish_dialog(state, ticket, format!("#{} is back in the queue", handoff.item.number));
            fetched::apply_handoff(state, handoff);
        }
        (Call::HandOff { request, .. }, Ok(ReplyBody::Handoff(handoff))) => {
            let text = match request.intent {
                Intent::Park => {
                    let tab = Action::List(ListAction::Tab(Tab::Parked));
                    format!(
                        "Parked: you find it under {}",
                        state.settings.keymap.key_for(Context::Queue, tab)
                    )
                }
                Intent::Escalate => format!("Escalated as #{}", handoff.item.number),
            };
            finish_dialog(state, ticket, text);
            match request.intent {
                Intent::Park => calls::fetch_own_sessions(state, effects),
                Intent::Escalate => {
                    state.queue.remove_own_session(handoff.item.session_id);
                    fetched::apply_handoff(state, handoff);
                }
            }
        }
        (Call::Users, Ok(ReplyBody::Users(users))) => dialog::apply_people(state, ticket, Ok(users)),
        (Call::Users, Err(failure)) => dialog::apply_people(state, ticket, Err(failure)),
        (Call::Assign { .. }, Ok(ReplyBody::Handoff(handoff))) => {
            let to = handoff.item.claimed_by_name.as_deref().map(safe::sanitize_line).unwrap_or_default();
            finish_dialog(state, ticket, format!("#{} is with {to} now", handoff.item.number));
            fetched::apply_handoff(state, handoff);
        }
        (Call::SendBack { .. }, Ok(ReplyBody::Handoff(handoff))) => {
            let to = safe::sanitize_line(&handoff.item.handed_off_by_name);
            finish_dialog(
                state,
                ticket,
                format!("#{} is back with {to}, with your question", handoff.item.number),
            );
            fetched::apply_handoff(state, handoff);
        }
        (Call::PutStep { handoff_id: handoff, .. }, Ok(ReplyBody::Step(step))) => {
            apply_step(state, handoff, &step);
            picker::finish_edit(state, ticket, None, effects);
        }
        (Call::PutBranch { session_id: session, .. }, Ok(ReplyBody::Branch(branch))) => {
            let from_dialog = close_dialog(state, ticket);
            state.upsert_branch(session, &branch);
            if from_dialog {
                picker::select_branch(state, branch.id);
            }
            picker::finish_edit(state, ticket, None, effects);
        }
        (Call::Resolve { .. }, Ok(ReplyBody::Session(session))) => {
            let text = format!("{} is resolved", state.session_label(&session));
            finish_dialog(state, ticket, text);
        }
        (call @ (Call::PutStep { .. } | Call::PutBranch { .. }), Err(failure)) => {
            if !picker::finish_edit(state, ticket, Some(&failure), effects) {
                report_error(state, ticket, &call, &failure);
            }
        }
        // The first line says that there is no connection; the next one asks again.
        (Call::Me, Err(CallError::Unreachable(_))) => {}
        // It was asked to find out whether answers come.
        (Call::Me, Err(_)) if state.me.is_some() => {}
        (Call::OwnSessions(_), Err(CallError::Unreachable(_))) => state.own_sessions_failed = true,
        (call, Err(failure)) => report_error(state, ticket, &call, &failure),
        // An answer that is not to its question is as good as none.
        (call, Ok(_)) => report_error(state, ticket, &call, &CallError::invalid_response()),
    }
}

/// A suggested step has an outcome now, or none any more.
fn apply_step(state: &mut State, handoff: HandoffId, step: &Step) {
    if let Some(item) = state.queue.item_mut(handoff) {
        replace_step(item, step);
    }
    if let Some(briefing) = state.open_briefing_of_mut(handoff) {
        replace_step(&mut briefing.item, step);
    }
}

/// A session was opened. Who has put its dialog away meanwhile is somewhere else, and stays there.
fn open_created_session(state: &mut State, call_id: CallId, session: Session, effects: &mut Vec<Effect>) {
    calls::fetch_own_sessions(state, effects);
    if close_dialog(state, call_id) {
        navigate::to_session(state, session.item.id, None, effects);
        fetched::apply_session(state, session, effects);
    } else {
        let text = format!("Session {} is open: you find it under 2", session.item.number);
        state.show_toast(ToastLevel::Success, text);
    }
}
