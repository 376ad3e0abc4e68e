//! What the server answers.

use tierup_common::handoff::{Handoff, Intent};
use tierup_common::id::{HandoffId, SessionId};
use tierup_common::problem::Code;
use tierup_common::session::Session;

use crate::effect::{Call, Effect, Ticket};
use crate::event::{Answer, Failure, Reply};
use crate::state::briefing::Briefing;
use crate::state::composer::Composer;
use crate::state::layer::Layer;
use crate::state::toast::Tone;
use crate::state::{Screen, State};
use crate::text::safe;
use crate::update::{briefing, filter, go, live, load};

pub(super) fn reply(state: &mut State, reply: Reply, effects: &mut Vec<Effect>) {
    let Reply { ticket, call, result } = reply;
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
        (Call::Parked, Ok(Answer::Sessions(page))) => state.queue.put_parked(page.items),
        (Call::Handoff(_) | Call::Reassess(_), Ok(Answer::Handoff(handoff))) => take_handoff(state, handoff),
        (Call::Handoff(id), Err(failure)) => handoff_failed(state, id, ticket, &failure),
        (Call::Session(_), Ok(Answer::Session(session))) => take_session(state, session),
        (Call::Session(id), Err(failure)) => session_failed(state, id, &failure),
        (Call::Claim(id), result) => claimed(state, ticket, id, result, effects),
        (Call::Say { session, .. }, result) => said(state, ticket, session, result),
        (Call::CreateSession(_) | Call::Resume(_), Ok(Answer::Session(session))) => {
            close_dialog(state, ticket);
            load::parked(state, effects);
            go::to_session(state, session.item.id, None, effects);
            take_session(state, session);
        }
        (Call::Release { .. }, Ok(Answer::Handoff(handoff))) => {
            done(state, ticket, format!("#{} is back in the queue", handoff.item.number));
            take_handoff(state, handoff);
        }
        (Call::HandOff { request, .. }, Ok(Answer::Handoff(handoff))) => {
            let text = match request.intent {
                Intent::Park => "Parked: you find it under 3".into(),
                Intent::Escalate => format!("Escalated as #{}", handoff.item.number),
            };
            done(state, ticket, text);
            match request.intent {
                Intent::Park => load::parked(state, effects),
                Intent::Escalate => take_handoff(state, handoff),
            }
        }
        (Call::Resolve { .. }, Ok(Answer::Session(session))) => {
            done(state, ticket, format!("Session {} is resolved", session.item.number));
        }
        // The first line says that there is no connection; the next one asks again.
        (Call::Me | Call::Parked, Err(Failure::Unreachable(_))) => {}
        (_, Err(failure)) => failed(state, ticket, &failure),
        // An answer that is not to its question is as good as none.
        (_, Ok(_)) => failed(state, ticket, &Failure::Nonsense("the server answered something else".into())),
    }
}

/// A failure as the user reads it.
fn say(failure: &Failure) -> String {
    safe::line(&failure.to_string())
}

fn take_handoff(state: &mut State, handoff: Handoff) {
    let Handoff { item, snapshot } = handoff;
    let me = state.my_id();
    let id = item.id;
    state.queue.put(item.clone(), me);
    state.queue.keep_snapshot(id, snapshot.clone());
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

fn take_session(state: &mut State, session: Session) {
    if let Screen::Session(chat) = &mut state.screen
        && chat.id == session.item.id
    {
        chat.asked = None;
        chat.take(session);
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
        Ok(_) => failed(state, ticket, &Failure::Nonsense("the server answered something else".into())),
        Err(Failure::Problem(problem)) => {
            if let Some(winner) = problem.winner {
                let title = title(state, id);
                live::lost(state, id, title, winner.claimed_by_name, winner.claimed_at, None);
            } else {
                failed(state, ticket, &Failure::Problem(problem));
            }
            // What it says of the handoff is newer than what is shown.
            load::handoff(state, id, effects);
        }
        Err(failure) => {
            let text = format!("Whether the claim was made is not known: {}", say(&failure));
            state.toast(Tone::Bad, text);
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
        Screen::Session(_) => false,
    };
    go::mark_seen(state, id, effects);
    let text = format!("#{} is yours", handoff.item.number);
    take_handoff(state, handoff.clone());
    if is_there && state.layers.is_empty() {
        let growing = state.queue.growing.get(&id).cloned();
        let briefing = Briefing::new(handoff.item, Some(handoff.snapshot), growing);
        go::to_session(state, session, Some(briefing), effects);
    }
    state.toast(Tone::Good, text);
}

/// What a handoff is called, as far as it is known.
fn title(state: &State, id: HandoffId) -> String {
    let read = match &state.screen {
        Screen::Briefing(open) if open.item.id == id => Some(&open.item),
        Screen::Queue | Screen::Briefing(_) | Screen::Session(_) => None,
    };
    let known = state.queue.item(id).or(read);
    known.map(|item| format!("#{} {}", item.number, item.problem_summary)).unwrap_or_default()
}

fn said(state: &mut State, ticket: Ticket, session: SessionId, result: Result<Answer, Failure>) {
    let sent = match result {
        Ok(Answer::Message(message)) => Ok(message),
        Ok(_) => Err(Failure::Nonsense("the server answered something else".into())),
        Err(failure) => Err(failure),
    };
    match (&mut state.screen, sent) {
        (Screen::Session(chat), Ok(message)) if chat.id == session => {
            chat.outgoing.take_if(|outgoing| outgoing.ticket == ticket);
            chat.hear(message);
        }
        (_, Ok(_)) => {
            // The user went elsewhere; what was kept of it is done with.
            state.drafts.remove(&session);
        }
        (Screen::Session(chat), Err(failure)) if chat.id == session => {
            if let Some(outgoing) = chat.outgoing.take_if(|outgoing| outgoing.ticket == ticket) {
                let typed = chat.composer.text();
                let back =
                    if typed.is_empty() { outgoing.text } else { format!("{}\n{typed}", outgoing.text) };
                chat.composer = Composer::with(&back);
                chat.awaits_answer = false;
            }
            let text = format!("Not sent, and kept as a draft: {}", say(&failure));
            state.toast(Tone::Bad, text);
        }
        (_, Err(failure)) => {
            let text = format!("A message was not sent; its draft is kept: {}", say(&failure));
            state.toast(Tone::Bad, text);
        }
    }
}

fn close_dialog(state: &mut State, ticket: Ticket) {
    state.layers.retain(|layer| !matches!(layer, Layer::Dialog(dialog) if dialog.sending == Some(ticket)));
}

/// What a dialog asked for is done: back to the list, with a word about it.
fn done(state: &mut State, ticket: Ticket, text: String) {
    close_dialog(state, ticket);
    go::to_queue(state);
    state.toast(Tone::Good, text);
}

/// What was asked for was not done. A dialog stays, with the reason in it.
fn failed(state: &mut State, ticket: Ticket, failure: &Failure) {
    let text = say(failure);
    for layer in &mut state.layers {
        if let Layer::Dialog(dialog) = layer
            && dialog.sending == Some(ticket)
        {
            dialog.sending = None;
            dialog.error = Some(text);
            return;
        }
    }
    state.toast(Tone::Bad, text);
}
