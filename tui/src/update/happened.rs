//! What happened in the account, as its events tell it: rows that come, change, go and move.

use tierup_common::assessment::AssessmentStatus;
use tierup_common::event::{AboutHandoff, AboutSession, Event, ReminderReason, What};
use tierup_common::handoff::{HandoffStatus, Intent, QueueItem};
use tierup_common::id::HandoffId;
use tierup_common::session::SessionStatus;
use tierup_common::time::Timestamp;
use tierup_common::user::Person;

use crate::effect::Effect;
use crate::state::toast::Tone;
use crate::state::{Screen, State};
use crate::text::{cut, safe};
use crate::update::conflict::Loss;
use crate::update::growing::stop_growing;
use crate::update::{attention, briefing, conflict, go, load, pick, said, talk};

/// Something happened in the account.
pub(super) fn happened(state: &mut State, event: &Event, effects: &mut Vec<Effect>) {
    match &event.what {
        What::HandoffCreated { handoff, by, assessment_status, supersedes } => {
            state.queue.session_left(handoff.session_id);
            created(state, event.at, handoff, by, *assessment_status);
            if let Some(old) = supersedes {
                ended(state, *old, HandoffStatus::Superseded);
            }
        }
        What::HandoffAssessmentReady { handoff, ai_assessment, ai_assessment_data } => {
            change(state, handoff, event.at, effects, |item| {
                item.assessment_status = AssessmentStatus::Ready;
                item.ai_assessment = Some(ai_assessment.clone());
                item.ai_assessment_data = Some(ai_assessment_data.clone());
                item.assessment_error = None;
            });
            stop_growing(state, handoff.handoff_id);
        }
        What::HandoffAssessmentFailed { handoff, assessment_error } => {
            change(state, handoff, event.at, effects, |item| {
                item.assessment_status = AssessmentStatus::Failed;
                item.assessment_error = Some(assessment_error.clone());
            });
            stop_growing(state, handoff.handoff_id);
        }
        What::HandoffClaimed { handoff, by, claimed_at } => {
            if Some(by.id) == state.my_id() {
                // Its own answer may never come.
                go::mark_seen(state, handoff.handoff_id, effects);
            }
            claimed(state, Claim { handoff, by, to: by, since: *claimed_at, at: event.at }, effects);
        }
        What::HandoffAssigned { handoff, by, to, claimed_at } => {
            let (me, was_mine) = (state.my_id(), is_mine(state, handoff.handoff_id));
            let news = claimed(state, Claim { handoff, by, to, since: *claimed_at, at: event.at }, effects);
            if news && Some(by.id) != me && (was_mine || Some(to.id) == me) {
                let tone = if Some(to.id) == me { Tone::Good } else { Tone::Info };
                let whom = if Some(to.id) == me { "you".into() } else { safe::line(&to.name) };
                state.toast(tone, format!("{} passed #{} to {whom}", safe::line(&by.name), handoff.number));
            }
        }
        What::HandoffReleased { handoff, by, .. } => {
            let was_mine = is_mine(state, handoff.handoff_id);
            let news = change(state, handoff, event.at, effects, |item| {
                item.status = HandoffStatus::Open;
                (item.claimed_by, item.claimed_by_name, item.claimed_at) = (None, None, None);
            });
            if news && was_mine && Some(by.id) != state.my_id() {
                let text = format!("{} put #{} back into the queue", safe::line(&by.name), handoff.number);
                state.toast(Tone::Info, text);
            }
            refresh(state, handoff, by, effects);
        }
        What::HandoffSentBack { handoff, by, question } => sent_back(state, handoff, by, question, effects),
        What::HandoffWithdrawn { handoff, by } => withdrawn(state, handoff, by, effects),
        What::HandoffStepUpdated { handoff, step, .. } => {
            change(state, handoff, event.at, effects, |item| pick::mark_step(item, step));
        }
        What::HandoffReminder { handoff, reason } => reminded(state, handoff, *reason),
        What::HandoffResolved { handoff, .. } => {
            ended(state, handoff.handoff_id, HandoffStatus::Resolved);
        }
        What::SessionCreated { session, by } => {
            session_changed(state, session);
            if Some(by.id) == state.my_id() {
                load::own_sessions(state, effects);
            }
        }
        What::SessionResolved { session, .. } => session_changed(state, session),
        What::SessionUpdated { session, branch, handoff_id, .. } => {
            session_changed(state, session);
            if let Some(branch) = branch {
                pick::take_branch(state, session.session_id, branch);
            }
            if handoff_id.is_some() {
                load::own_sessions(state, effects);
            }
        }
        What::MessageAdded { session_id, message } => {
            if matches!(&state.screen, Screen::Session(chat) if chat.id == *session_id) {
                talk::settle(state);
                if let Screen::Session(chat) = &mut state.screen {
                    chat.hear(message.clone());
                }
                said::settle(state, *session_id);
            }
        }
    }
}

/// A handoff entered the queue. Its notes are fetched when somebody looks at it.
fn created(
    state: &mut State,
    at: Timestamp,
    handoff: &AboutHandoff,
    by: &Person,
    assessment_status: AssessmentStatus,
) {
    if state.queue.item(handoff.handoff_id).is_some() {
        return;
    }
    let item = QueueItem {
        id: handoff.handoff_id,
        number: handoff.number,
        session_id: handoff.session_id,
        intent: Intent::Escalate,
        status: HandoffStatus::Open,
        priority: handoff.priority,
        problem_summary: handoff.problem_summary.clone(),
        engineer_notes: String::new(),
        assessment_status,
        assessment_error: None,
        ai_assessment: None,
        ai_assessment_data: None,
        handed_off_by: by.id,
        handed_off_by_name: by.name.clone(),
        claimed_by: None,
        claimed_by_name: None,
        claimed_at: None,
        wake_at: None,
        created_at: at,
        updated_at: at,
        version: handoff.version,
        viewers: Vec::new(),
    };
    state.queue.is_fresh(item.id);
    let me = state.my_id();
    let id = item.id;
    state.queue.put(item, me);
    if Some(by.id) != me {
        attention::arrived(state, id);
    }
}

/// Changes a handoff wherever it is shown, if the event is news; whether it was. One that is not in the lists is
/// fetched: while they are being loaded, it may have moved from a page that is still to come to one that has come.
fn change(
    state: &mut State,
    handoff: &AboutHandoff,
    at: Timestamp,
    effects: &mut Vec<Effect>,
    change: impl Fn(&mut QueueItem),
) -> bool {
    let id = handoff.handoff_id;
    let apply = |item: &mut QueueItem| {
        let is_news = handoff.version > item.version;
        if is_news {
            item.version = handoff.version;
            item.updated_at = at;
            change(item);
        }
        is_news
    };
    state.claim_in_doubt.take_if(|doubted| *doubted == id);
    let me = state.my_id();
    let mut news = false;
    if let Some(mut item) = state.queue.item(id).cloned() {
        news = apply(&mut item);
        state.queue.put(item, me);
        state.queue.is_fresh(id);
    } else {
        load::handoff(state, id, effects);
    }
    if let Some(briefing) = briefing::shown_mut(state).filter(|briefing| briefing.item.id == id) {
        news |= apply(&mut briefing.item);
    }
    news
}

fn is_mine(state: &State, id: HandoffId) -> bool {
    let me = state.my_id();
    state.queue.item(id).is_some_and(|item| item.claimed_by.is_some() && item.claimed_by == me)
}

/// A handoff that has somebody who works on it now.
#[derive(Clone, Copy)]
struct Claim<'e> {
    handoff: &'e AboutHandoff,
    /// Who did it.
    by: &'e Person,
    /// Who has it now.
    to: &'e Person,
    since: Timestamp,
    at: Timestamp,
}

/// Somebody claimed a handoff, or was given it; whether that is news. If it is being read here and both are somebody
/// else, the popup comes by itself.
fn claimed(state: &mut State, claim: Claim<'_>, effects: &mut Vec<Effect>) -> bool {
    let Claim { handoff, by, to, since, at } = claim;
    let was_mine = is_mine(state, handoff.handoff_id);
    let news = change(state, handoff, at, effects, |item| {
        item.status = HandoffStatus::Claimed;
        item.claimed_by = Some(to.id);
        item.claimed_by_name = Some(to.name.clone());
        item.claimed_at = Some(since);
    });
    let me = state.my_id();
    let is_read = is_read(state, handoff.handoff_id);
    // While a claim of ours is under way its answer says who won.
    let is_decided = state.claiming.is_none_or(|claiming| claiming.handoff != handoff.handoff_id);
    // Whoever passes their own claim on has lost nothing; from whom it is taken had won it.
    let is_lost = Some(to.id) != me && Some(by.id) != me && !was_mine;
    if news && is_read && is_decided && is_lost {
        let title = format!("#{} {}", handoff.number, handoff.problem_summary);
        conflict::lost(state, Loss { handoff: handoff.handoff_id, title, by: to.clone(), since });
    } else {
        refresh(state, handoff, by, effects);
    }
    news
}

/// A handoff goes back to whoever handed it off, who is told what they are asked.
fn sent_back(
    state: &mut State,
    handoff: &AboutHandoff,
    by: &Person,
    question: &str,
    effects: &mut Vec<Effect>,
) {
    if !is_from_me(state, handoff) {
        state.queue.session_left(handoff.session_id);
    } else if Some(by.id) != state.my_id() {
        let (name, question) = (safe::line(&by.name), cut(&safe::line(question), 60));
        state.toast(Tone::Info, format!("{name} sent #{} back to you: {question}", handoff.number));
        load::own_sessions(state, effects);
    }
    ended(state, handoff.handoff_id, HandoffStatus::Withdrawn);
    refresh(state, handoff, by, effects);
}

/// A handoff was taken back by whoever handed it off.
fn withdrawn(state: &mut State, handoff: &AboutHandoff, by: &Person, effects: &mut Vec<Effect>) {
    let is_read = matches!(&state.screen, Screen::Briefing(open) if open.item.id == handoff.handoff_id);
    ended(state, handoff.handoff_id, HandoffStatus::Withdrawn);
    if is_read && Some(by.id) != state.my_id() {
        let text = format!("{} took #{} back", safe::line(&by.name), handoff.number);
        state.toast(Tone::Info, text);
    }
    if Some(by.id) == state.my_id() {
        load::own_sessions(state, effects);
    }
    refresh(state, handoff, by, effects);
}

/// A handoff rings again.
fn reminded(state: &mut State, handoff: &AboutHandoff, reason: ReminderReason) {
    let summary = cut(&safe::line(&handoff.problem_summary), 40);
    let text = match reason {
        ReminderReason::Unclaimed => format!("Still waiting: #{} {summary}", handoff.number),
        ReminderReason::Wake => format!("You parked this: {summary}"),
        ReminderReason::StaleClaim => {
            format!("#{} goes back to the queue soon: nothing happens in it", handoff.number)
        }
    };
    state.toast(Tone::Info, text);
}

/// Whether the user handed this off.
pub(super) fn is_from_me(state: &State, handoff: &AboutHandoff) -> bool {
    let me = state.my_id();
    state.queue.item(handoff.handoff_id).is_some_and(|item| Some(item.handed_off_by) == me)
}

/// Somebody else changed where a session stands that is open here: what it says of itself is fetched anew.
fn refresh(state: &mut State, handoff: &AboutHandoff, by: &Person, effects: &mut Vec<Effect>) {
    let is_open = matches!(&state.screen, Screen::Session(chat) if chat.id == handoff.session_id);
    if is_open && Some(by.id) != state.my_id() {
        load::open_session(state, effects);
    }
}

/// Whether a handoff that is not the user's is what they read: its briefing, or its session before anybody claimed it.
fn is_read(state: &State, id: HandoffId) -> bool {
    let me = state.my_id();
    match &state.screen {
        Screen::Queue => false,
        Screen::Briefing(open) => open.item.id == id,
        Screen::Session(chat) => {
            let briefing = chat.briefing.as_ref().filter(|open| open.item.id == id);
            briefing.is_some_and(|open| Some(open.item.handed_off_by) != me)
        }
    }
}

/// A handoff is over: it leaves the lists. Where it is open, it stays, with its end in its title.
fn ended(state: &mut State, id: HandoffId, status: HandoffStatus) {
    state.queue.remove(id);
    if let Some(briefing) = briefing::shown_mut(state).filter(|briefing| briefing.item.id == id) {
        briefing.item.status = status;
    }
}

fn session_changed(state: &mut State, about: &AboutSession) {
    if about.status != SessionStatus::Active || Some(about.assignee.id) != state.my_id() {
        state.queue.session_left(about.session_id);
    }
    if let Screen::Session(chat) = &mut state.screen
        && let Some(session) = chat.session.as_mut().filter(|session| session.id == about.session_id)
    {
        session.status = about.status;
        session.confidence_tier = about.confidence_tier;
        session.assignee_id = about.assignee.id;
        session.assignee_name.clone_from(&about.assignee.name);
    }
}
