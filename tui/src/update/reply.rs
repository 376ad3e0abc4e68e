//! What the server answers.

use tierup_common::assessment::Step;
use tierup_common::handoff::{Handoff, HandoffStatus, Intent};
use tierup_common::id::{HandoffId, SessionId};
use tierup_common::problem::Code;
use tierup_common::session::Session;
use tierup_common::user::Person;

use crate::effect::{Call, Effect, Ticket};
use crate::event::{Answer, Failure, Reply};
use crate::keymap::{Action, Context, ListVerb};
use crate::state::briefing::Briefing;
use crate::state::queue::Tab;
use crate::state::toast::Tone;
use crate::state::{Screen, State};
use crate::text::safe;
use crate::update::conflict::Loss;
use crate::update::ended::{close_dialog, done, failed, nonsense, say};
use crate::update::{briefing, conflict, dialog, earlier, filter, go, load, pick, said, session};

pub(super) fn reply(state: &mut State, reply: Reply, effects: &mut Vec<Effect>) {
    let Reply { ticket, call, result } = reply;
    state.asked.remove(&ticket);
    state.reassessing.retain(|(asked, _)| *asked != ticket);
    match (call, result) {
        (Call::Me, Ok(Answer::Me(me))) => {
            let id = me.user.id;
            state.me = Some(me);
            state.queue.arrange(Some(id));
        }
        (Call::Queue { state: list, .. }, Ok(Answer::Queue(page))) => {
            load::take_page(state, ticket, list, page, effects);
        }
        (Call::Queue { .. }, Err(failure)) => load::page_failed(state, ticket, say(&failure)),
        (Call::Search { .. }, Ok(Answer::Queue(page))) => filter::take_found(state, ticket, &page),
        (Call::Search { .. }, Err(_)) => filter::not_found(state, ticket),
        (Call::OwnSessions(status), Ok(Answer::Sessions(page))) => {
            let me = state.my_id();
            state.queue.put_sessions(status, page.items, me);
            load::put_aside(state, effects);
        }
        (Call::Handoff(_) | Call::Reassess(_), Ok(Answer::Handoff(handoff))) => take_handoff(state, handoff),
        (Call::Handoff(id), Err(failure)) => handoff_failed(state, id, ticket, &failure),
        (Call::Session(_), Ok(Answer::Session(session))) => take_session(state, session, effects),
        (Call::Session(id), Err(failure)) => session_failed(state, id, &failure),
        (Call::Messages { session, .. }, Ok(Answer::Messages(page))) => {
            earlier::take(state, ticket, session, Ok(page));
        }
        (Call::Messages { session, .. }, Err(failure)) => {
            earlier::take(state, ticket, session, Err(failure));
        }
        (Call::Claim(id), result) => claimed(state, ticket, id, result, effects),
        (Call::Say { session, message }, result) => {
            said::said(state, ticket, session, &message.content, result, effects);
        }
        (Call::CreateSession(_), Ok(Answer::Session(session))) => created(state, ticket, session, effects),
        (Call::Resume(_), Ok(Answer::Session(resumed))) => {
            session::resumed(state, ticket, Ok(resumed), effects);
        }
        (Call::Resume(_), Err(failure)) => session::resumed(state, ticket, Err(say(&failure)), effects),
        (Call::Release { .. }, Ok(Answer::Handoff(handoff))) => {
            done(state, ticket, format!("#{} is back in the queue", handoff.item.number));
            take_handoff(state, handoff);
        }
        (Call::HandOff { request, .. }, Ok(Answer::Handoff(handoff))) => {
            let text = match request.intent {
                Intent::Park => {
                    let tab = Action::List(ListVerb::Tab(Tab::Parked));
                    format!(
                        "Parked: you find it under {}",
                        state.settings.keymap.key_for(Context::Queue, tab)
                    )
                }
                Intent::Escalate => format!("Escalated as #{}", handoff.item.number),
            };
            done(state, ticket, text);
            match request.intent {
                Intent::Park => load::own_sessions(state, effects),
                Intent::Escalate => {
                    state.queue.session_left(handoff.item.session_id);
                    take_handoff(state, handoff);
                }
            }
        }
        (Call::Users, Ok(Answer::Users(users))) => dialog::take_people(state, ticket, Ok(users)),
        (Call::Users, Err(failure)) => dialog::take_people(state, ticket, Err(failure)),
        (Call::Assign { .. }, Ok(Answer::Handoff(handoff))) => {
            let to = handoff.item.claimed_by_name.as_deref().map(safe::line).unwrap_or_default();
            done(state, ticket, format!("#{} is with {to} now", handoff.item.number));
            take_handoff(state, handoff);
        }
        (Call::SendBack { .. }, Ok(Answer::Handoff(handoff))) => {
            let to = safe::line(&handoff.item.handed_off_by_name);
            done(state, ticket, format!("#{} is back with {to}, with your question", handoff.item.number));
            take_handoff(state, handoff);
        }
        (Call::PutStep { handoff, .. }, Ok(Answer::Step(step))) => {
            take_step(state, handoff, &step);
            pick::marked(state, ticket, None, effects);
        }
        (Call::PutBranch { session, .. }, Ok(Answer::Branch(branch))) => {
            let from_dialog = close_dialog(state, ticket);
            pick::take_branch(state, session, &branch);
            if from_dialog {
                pick::select_branch(state, branch.id);
            }
            pick::marked(state, ticket, None, effects);
        }
        (Call::Resolve { .. }, Ok(Answer::Session(session))) => {
            let text = format!("{} is resolved", named(state, &session));
            done(state, ticket, text);
        }
        // The first line says that there is no connection; the next one asks again.
        (Call::Me, Err(Failure::Unreachable(_))) => {}
        // It was asked to find out whether answers come.
        (Call::Me, Err(_)) if state.me.is_some() => {}
        (Call::OwnSessions(_), Err(Failure::Unreachable(_))) => state.misses_own = true,
        (call, Err(failure)) => failed(state, ticket, &call, &failure, effects),
        // An answer that is not to its question is as good as none.
        (call, Ok(_)) => failed(state, ticket, &call, &nonsense(), effects),
    }
}

fn take_handoff(state: &mut State, handoff: Handoff) {
    let Handoff { item, snapshot } = handoff;
    let me = state.my_id();
    let id = item.id;
    state.claim_in_doubt.take_if(|doubted| *doubted == id);
    state.queue.is_fresh(id);
    state.queue.put(item.clone(), me);
    state.queue.keep_snapshot(id, snapshot.clone());
    let stands = matches!(item.status, HandoffStatus::Open | HandoffStatus::Claimed);
    if let Screen::Session(chat) = &mut state.screen
        && chat.id == item.session_id
        && chat.briefing.is_none()
        && stands
    {
        chat.briefing = Some(Briefing::new(item.clone(), None, None, state.now));
    }
    if let Some(briefing) = briefing::shown_mut(state).filter(|briefing| briefing.item.id == id) {
        briefing.snapshot = Some(snapshot);
        (briefing.asked, briefing.failed) = (None, None);
        if item.version >= briefing.item.version {
            let viewers = std::mem::take(&mut briefing.item.viewers);
            briefing.item = item;
            briefing.item.viewers = viewers;
        }
    }
}

fn handoff_failed(state: &mut State, id: HandoffId, ticket: Ticket, failure: &Failure) {
    if !failure.leaves_doubt() {
        state.claim_in_doubt.take_if(|doubted| *doubted == id);
    }
    let awaited = briefing::shown_mut(state).filter(|briefing| briefing.asked == Some(ticket));
    if let Some(briefing) = awaited {
        briefing.asked = None;
        briefing.failed = Some(say(failure));
    } else if let Failure::Problem(problem) = failure
        && problem.code() == Some(Code::NotFound)
    {
        state.queue.remove(id);
    }
}

/// A suggested step has an outcome now, or none any more.
fn take_step(state: &mut State, handoff: HandoffId, step: &Step) {
    if let Some(item) = state.queue.item_mut(handoff) {
        pick::mark_step(item, step);
    }
    if let Some(briefing) = briefing::shown_mut(state).filter(|briefing| briefing.item.id == handoff) {
        pick::mark_step(&mut briefing.item, step);
    }
}

pub(super) fn take_session(state: &mut State, session: Session, effects: &mut Vec<Effect>) {
    if let Screen::Session(chat) = &mut state.screen
        && chat.id == session.item.id
    {
        chat.asked = None;
        let id = chat.id;
        chat.take(session);
        said::settle(state, id);
        go::give_briefing(state, effects);
    }
}

/// A session was opened. Who has put its dialog away meanwhile is somewhere else, and stays there.
fn created(state: &mut State, ticket: Ticket, session: Session, effects: &mut Vec<Effect>) {
    load::own_sessions(state, effects);
    if close_dialog(state, ticket) {
        go::to_session(state, session.item.id, None, effects);
        take_session(state, session, effects);
    } else {
        let text = format!("Session {} is open: you find it under 2", session.item.number);
        state.toast(Tone::Good, text);
    }
}

fn session_failed(state: &mut State, id: SessionId, failure: &Failure) {
    if let Screen::Session(chat) = &mut state.screen
        && chat.id == id
    {
        chat.asked = None;
        chat.failed = Some(say(failure));
    }
}

fn claimed(
    state: &mut State,
    ticket: Ticket,
    id: HandoffId,
    result: Result<Answer, Failure>,
    effects: &mut Vec<Effect>,
) {
    state.claiming.take_if(|claiming| claiming.ticket == ticket);
    match result {
        Ok(Answer::Handoff(handoff)) => won(state, handoff, effects),
        Ok(_) => failed(state, ticket, &Call::Claim(id), &nonsense(), effects),
        Err(Failure::Problem(problem)) => {
            if let Some(winner) = problem.winner {
                let title = title(state, id);
                let by = Person { id: winner.claimed_by_id, name: winner.claimed_by_name };
                conflict::lost(state, Loss { handoff: id, title, by, since: winner.claimed_at });
            } else {
                failed(state, ticket, &Call::Claim(id), &Failure::Problem(problem), effects);
            }
            // What it says of the handoff is newer than what is shown.
            load::handoff(state, id, effects);
        }
        Err(failure) => {
            let text = format!("Whether the claim was made is not known: {}", say(&failure));
            state.toast(Tone::Bad, text);
            state.claim_in_doubt = Some(id);
            load::handoff(state, id, effects);
        }
    }
}

/// The handoff is the user's: on to its session, if they are still where they claimed it.
fn won(state: &mut State, handoff: Handoff, effects: &mut Vec<Effect>) {
    let id = handoff.item.id;
    let session = handoff.item.session_id;
    let is_there = match &state.screen {
        Screen::Queue => true,
        Screen::Briefing(briefing) => briefing.item.id == id,
        Screen::Session(chat) => chat.briefing.as_ref().is_some_and(|open| open.item.id == id),
    };
    go::mark_seen(state, id, effects);
    let text = format!("#{} is yours", handoff.item.number);
    take_handoff(state, handoff.clone());
    if is_there && state.layers.is_empty() {
        let growing = state.queue.growing.get(&id).cloned();
        let briefing = Briefing::new(handoff.item, Some(handoff.snapshot), growing, state.now);
        go::to_session(state, session, Some(briefing), effects);
    }
    state.toast(Tone::Good, text);
}

/// What a handoff is called, as far as it is known.
fn title(state: &State, id: HandoffId) -> String {
    let read = match &state.screen {
        Screen::Briefing(open) => Some(&open.item),
        Screen::Session(chat) => chat.briefing.as_ref().map(|open| &open.item),
        Screen::Queue => None,
    };
    let known = state.queue.item(id).or(read.filter(|item| item.id == id));
    known.map(|item| format!("#{} {}", item.number, item.problem_summary)).unwrap_or_default()
}

/// A session as the user knows it: by the handoff that brought them there, if one did.
fn named(state: &State, session: &Session) -> String {
    let brought = match &state.screen {
        Screen::Session(chat) if chat.id == session.item.id => chat.briefing.as_ref(),
        Screen::Session(_) | Screen::Queue | Screen::Briefing(_) => None,
    };
    match brought {
        Some(briefing) => format!("#{}", briefing.item.number),
        None => format!("Session {}", session.item.number),
    }
}
