//! What the server answers.

use tierup_common::assessment::Step;
use tierup_common::handoff::{Handoff, HandoffStatus, Intent};
use tierup_common::id::{HandoffId, SessionId};
use tierup_common::problem::Code;
use tierup_common::session::Session;
use tierup_common::user::Person;

use crate::effect::{Call, CallId, Effect};
use crate::event::{CallError, Reply, ReplyBody};
use crate::keymap::{Action, Context, ListAction, Tab};
use crate::state::briefing::Briefing;
use crate::state::toast::ToastLevel;
use crate::state::{Screen, State};
use crate::text::safe;
use crate::update::conflict::LostClaim;
use crate::update::outcomes::{close_dialog, error_text, finish_dialog, invalid_response, report_error};
use crate::update::{
    briefing, calls, conflict, dialog, earlier_messages, filter, messages, navigate, picker, session,
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
        (Call::Queue { .. }, Err(failure)) => calls::schedule_retry(state, ticket, error_text(&failure)),
        (Call::Search { .. }, Ok(ReplyBody::Queue(page))) => filter::apply_matches(state, ticket, &page),
        (Call::Search { .. }, Err(_)) => filter::record_search_error(state, ticket),
        (Call::OwnSessions(status), Ok(ReplyBody::Sessions(page))) => {
            let me = state.my_id();
            state.queue.replace_own_sessions(status, page.items, me);
            calls::fetch_parked_handoffs(state, effects);
        }
        (Call::Handoff(_) | Call::Reassess(_), Ok(ReplyBody::Handoff(handoff))) => {
            apply_handoff(state, handoff)
        }
        (Call::Handoff(id), Err(failure)) => apply_handoff_error(state, id, ticket, &failure),
        (Call::Session(_), Ok(ReplyBody::Session(session))) => apply_session(state, session, effects),
        (Call::Session(id), Err(failure)) => apply_session_error(state, id, &failure),
        (Call::Messages { session_id: session, .. }, Ok(ReplyBody::Messages(page))) => {
            earlier_messages::apply_page(state, ticket, session, Ok(page));
        }
        (Call::Messages { session_id: session, .. }, Err(failure)) => {
            earlier_messages::apply_page(state, ticket, session, Err(failure));
        }
        (Call::Claim(id), result) => apply_claim_reply(state, ticket, id, result, effects),
        (Call::CreateMessage { session_id: session, message }, result) => {
            messages::apply_send_reply(state, ticket, session, &message.content, result, effects);
        }
        (Call::CreateSession(_), Ok(ReplyBody::Session(session))) => {
            open_created_session(state, ticket, session, effects)
        }
        (Call::Resume(_), Ok(ReplyBody::Session(resumed))) => {
            session::apply_resume_reply(state, ticket, Ok(resumed), effects);
        }
        (Call::Resume(_), Err(failure)) => {
            session::apply_resume_reply(state, ticket, Err(error_text(&failure)), effects)
        }
        (Call::Release { .. }, Ok(ReplyBody::Handoff(handoff))) => {
            finish_dialog(state, ticket, format!("#{} is back in the queue", handoff.item.number));
            apply_handoff(state, handoff);
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
                    apply_handoff(state, handoff);
                }
            }
        }
        (Call::Users, Ok(ReplyBody::Users(users))) => dialog::apply_people(state, ticket, Ok(users)),
        (Call::Users, Err(failure)) => dialog::apply_people(state, ticket, Err(failure)),
        (Call::Assign { .. }, Ok(ReplyBody::Handoff(handoff))) => {
            let to = handoff.item.claimed_by_name.as_deref().map(safe::sanitize_line).unwrap_or_default();
            finish_dialog(state, ticket, format!("#{} is with {to} now", handoff.item.number));
            apply_handoff(state, handoff);
        }
        (Call::SendBack { .. }, Ok(ReplyBody::Handoff(handoff))) => {
            let to = safe::sanitize_line(&handoff.item.handed_off_by_name);
            finish_dialog(
                state,
                ticket,
                format!("#{} is back with {to}, with your question", handoff.item.number),
            );
            apply_handoff(state, handoff);
        }
        (Call::PutStep { handoff_id: handoff, .. }, Ok(ReplyBody::Step(step))) => {
            apply_step(state, handoff, &step);
            picker::finish_edit(state, ticket, None, effects);
        }
        (Call::PutBranch { session_id: session, .. }, Ok(ReplyBody::Branch(branch))) => {
            let from_dialog = close_dialog(state, ticket);
            picker::upsert_branch(state, session, &branch);
            if from_dialog {
                picker::select_branch(state, branch.id);
            }
            picker::finish_edit(state, ticket, None, effects);
        }
        (Call::Resolve { .. }, Ok(ReplyBody::Session(session))) => {
            let text = format!("{} is resolved", session_label(state, &session));
            finish_dialog(state, ticket, text);
        }
        // The first line says that there is no connection; the next one asks again.
        (Call::Me, Err(CallError::Unreachable(_))) => {}
        // It was asked to find out whether answers come.
        (Call::Me, Err(_)) if state.me.is_some() => {}
        (Call::OwnSessions(_), Err(CallError::Unreachable(_))) => state.own_sessions_failed = true,
        (call, Err(failure)) => report_error(state, ticket, &call, &failure, effects),
        // An answer that is not to its question is as good as none.
        (call, Ok(_)) => report_error(state, ticket, &call, &invalid_response(), effects),
    }
}

fn apply_handoff(state: &mut State, handoff: Handoff) {
    let Handoff { item, snapshot } = handoff;
    let me = state.my_id();
    let id = item.id;
    state.claim_in_doubt.take_if(|doubted| *doubted == id);
    state.queue.mark_fresh(id);
    state.queue.upsert_item(item.clone(), me);
    state.queue.insert_snapshot(id, snapshot.clone());
    let stands = matches!(item.status, HandoffStatus::Open | HandoffStatus::Claimed);
    if let Screen::Session(chat) = &mut state.screen
        && chat.id == item.session_id
        && chat.briefing.is_none()
        && stands
    {
        chat.briefing = Some(Briefing::new(item.clone(), None, None, state.now));
    }
    if let Some(briefing) = briefing::open_briefing_mut(state).filter(|briefing| briefing.item.id == id) {
        briefing.snapshot = Some(snapshot);
        (briefing.pending_call, briefing.error) = (None, None);
        if item.version >= briefing.item.version {
            let viewers = std::mem::take(&mut briefing.item.viewers);
            briefing.item = item;
            briefing.item.viewers = viewers;
        }
    }
}

fn apply_handoff_error(state: &mut State, id: HandoffId, call_id: CallId, error: &CallError) {
    if !error.is_outcome_unknown() {
        state.claim_in_doubt.take_if(|doubted| *doubted == id);
    }
    let awaited =
        briefing::open_briefing_mut(state).filter(|briefing| briefing.pending_call == Some(call_id));
    if let Some(briefing) = awaited {
        briefing.pending_call = None;
        briefing.error = Some(error_text(error));
    } else if let CallError::Problem(problem) = error
        && problem.code() == Some(Code::NotFound)
    {
        state.queue.remove_item(id);
    }
}

/// A suggested step has an outcome now, or none any more.
fn apply_step(state: &mut State, handoff: HandoffId, step: &Step) {
    if let Some(item) = state.queue.item_mut(handoff) {
        picker::update_step(item, step);
    }
    if let Some(briefing) = briefing::open_briefing_mut(state).filter(|briefing| briefing.item.id == handoff)
    {
        picker::update_step(&mut briefing.item, step);
    }
}

pub(super) fn apply_session(state: &mut State, session: Session, effects: &mut Vec<Effect>) {
    if let Screen::Session(chat) = &mut state.screen
        && chat.id == session.item.id
    {
        chat.pending_call = None;
        let id = chat.id;
        chat.merge_session(session);
        messages::resolve_doubt(state, id);
        navigate::attach_briefing(state, effects);
    }
}

/// A session was opened. Who has put its dialog away meanwhile is somewhere else, and stays there.
fn open_created_session(state: &mut State, call_id: CallId, session: Session, effects: &mut Vec<Effect>) {
    calls::fetch_own_sessions(state, effects);
    if close_dialog(state, call_id) {
        navigate::to_session(state, session.item.id, None, effects);
        apply_session(state, session, effects);
    } else {
        let text = format!("Session {} is open: you find it under 2", session.item.number);
        state.show_toast(ToastLevel::Success, text);
    }
}

fn apply_session_error(state: &mut State, id: SessionId, error: &CallError) {
    if let Screen::Session(chat) = &mut state.screen
        && chat.id == id
    {
        chat.pending_call = None;
        chat.error = Some(error_text(error));
    }
}

fn apply_claim_reply(
    state: &mut State,
    call_id: CallId,
    id: HandoffId,
    result: Result<ReplyBody, CallError>,
    effects: &mut Vec<Effect>,
) {
    state.pending_claim.take_if(|claiming| claiming.call_id == call_id);
    match result {
        Ok(ReplyBody::Handoff(handoff)) => enter_claimed_session(state, handoff, effects),
        Ok(_) => report_error(state, call_id, &Call::Claim(id), &invalid_response(), effects),
        Err(CallError::Problem(problem)) => {
            if let Some(winner) = problem.winner {
                let title = handoff_title(state, id);
                let by = Person { id: winner.claimed_by_id, name: winner.claimed_by_name };
                conflict::show_conflict(
                    state,
                    LostClaim { handoff_id: id, title, winner: by, claimed_at: winner.claimed_at },
                );
            } else {
                report_error(state, call_id, &Call::Claim(id), &CallError::Problem(problem), effects);
            }
            // What it says of the handoff is newer than what is shown.
            calls::fetch_handoff(state, id, effects);
        }
        Err(failure) => {
            let text = format!("Whether the claim was made is not known: {}", error_text(&failure));
            state.show_toast(ToastLevel::Error, text);
            state.claim_in_doubt = Some(id);
            calls::fetch_handoff(state, id, effects);
        }
    }
}

/// The handoff is the user's: on to its session, if they are still where they claimed it.
fn enter_claimed_session(state: &mut State, handoff: Handoff, effects: &mut Vec<Effect>) {
    let id = handoff.item.id;
    let session = handoff.item.session_id;
    let is_there = match &state.screen {
        Screen::Queue => true,
        Screen::Briefing(briefing) => briefing.item.id == id,
        Screen::Session(chat) => chat.briefing.as_ref().is_some_and(|open| open.item.id == id),
    };
    navigate::mark_seen(state, id, effects);
    let text = format!("#{} is yours", handoff.item.number);
    apply_handoff(state, handoff.clone());
    if is_there && state.layers.is_empty() {
        let growing = state.queue.partial_assessments.get(&id).cloned();
        let briefing = Briefing::new(handoff.item, Some(handoff.snapshot), growing, state.now);
        navigate::to_session(state, session, Some(briefing), effects);
    }
    state.show_toast(ToastLevel::Success, text);
}

/// What a handoff is called, as far as it is known.
fn handoff_title(state: &State, id: HandoffId) -> String {
    let read = match &state.screen {
        Screen::Briefing(open) => Some(&open.item),
        Screen::Session(chat) => chat.briefing.as_ref().map(|open| &open.item),
        Screen::Queue => None,
    };
    let known = state.queue.item(id).or(read.filter(|item| item.id == id));
    known.map(|item| format!("#{} {}", item.number, item.problem_summary)).unwrap_or_default()
}

/// A session as the user knows it: by the handoff that brought them there, if one did.
fn session_label(state: &State, session: &Session) -> String {
    let brought = match &state.screen {
        Screen::Session(chat) if chat.id == session.item.id => chat.briefing.as_ref(),
        Screen::Session(_) | Screen::Queue | Screen::Briefing(_) => None,
    };
    match brought {
        Some(briefing) => format!("#{}", briefing.item.number),
        None => format!("Session {}", session.item.number),
    }
}
