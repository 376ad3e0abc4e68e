//! What happened in the account, as its events tell it: rows that come, change, go and move.

use tierup_common::assessment::AssessmentStatus;
use tierup_common::event::{Event, EventBody, HandoffSummary, ReminderReason, SessionSummary};
use tierup_common::handoff::{HandoffStatus, Intent, QueueItem};
use tierup_common::id::HandoffId;
use tierup_common::session::SessionStatus;
use tierup_common::time::Timestamp;
use tierup_common::user::Person;

use crate::effect::Effect;
use crate::state::toast::ToastLevel;
use crate::state::{Screen, State};
use crate::text::safe;
use crate::update::conflict::LostClaim;
use crate::update::deltas::clear_partial_assessment;
use crate::update::{briefing, calls, conflict, messages, navigate, notifications, picker, transcript};

/// Something happened in the account.
pub(super) fn apply_event(state: &mut State, event: &Event, effects: &mut Vec<Effect>) {
    match &event.body {
        EventBody::HandoffCreated { handoff, by, assessment_status, supersedes } => {
            state.queue.remove_own_session(handoff.session_id);
            add_handoff(state, event.at, handoff, by, *assessment_status);
            if let Some(old) = supersedes {
                end_handoff(state, *old, HandoffStatus::Superseded);
            }
        }
        EventBody::HandoffAssessmentReady { handoff, ai_assessment, ai_assessment_data } => {
            update_handoff(state, handoff, event.at, effects, |item| {
                item.assessment_status = AssessmentStatus::Ready;
                item.ai_assessment = Some(ai_assessment.clone());
                item.ai_assessment_data = Some(ai_assessment_data.clone());
                item.assessment_error = None;
            });
            clear_partial_assessment(state, handoff.handoff_id);
        }
        EventBody::HandoffAssessmentFailed { handoff, assessment_error } => {
            update_handoff(state, handoff, event.at, effects, |item| {
                item.assessment_status = AssessmentStatus::Failed;
                item.assessment_error = Some(assessment_error.clone());
            });
            clear_partial_assessment(state, handoff.handoff_id);
        }
        EventBody::HandoffClaimed { handoff, by, claimed_at } => {
            if Some(by.id) == state.my_id() {
                // Its own answer may never come.
                navigate::mark_seen(state, handoff.handoff_id, effects);
            }
            apply_claim(
                state,
                ClaimEvent { handoff, actor: by, owner: by, claimed_at: *claimed_at, at: event.at },
                effects,
            );
        }
        EventBody::HandoffAssigned { handoff, by, to, claimed_at } => {
            let (me, was_mine) = (state.my_id(), is_claimed_by_me(state, handoff.handoff_id));
            let news = apply_claim(
                state,
                ClaimEvent { handoff, actor: by, owner: to, claimed_at: *claimed_at, at: event.at },
                effects,
            );
            if news && Some(by.id) != me && (was_mine || Some(to.id) == me) {
                let tone = if Some(to.id) == me { ToastLevel::Success } else { ToastLevel::Info };
                let whom = if Some(to.id) == me { "you".into() } else { safe::sanitize_line(&to.name) };
                state.show_toast(
                    tone,
                    format!("{} passed #{} to {whom}", safe::sanitize_line(&by.name), handoff.number),
                );
            }
        }
        EventBody::HandoffReleased { handoff, by, .. } => {
            let was_mine = is_claimed_by_me(state, handoff.handoff_id);
            let news = update_handoff(state, handoff, event.at, effects, |item| {
                item.status = HandoffStatus::Open;
                (item.claimed_by, item.claimed_by_name, item.claimed_at) = (None, None, None);
            });
            if news && was_mine && Some(by.id) != state.my_id() {
                let text =
                    format!("{} put #{} back into the queue", safe::sanitize_line(&by.name), handoff.number);
                state.show_toast(ToastLevel::Info, text);
            }
            refetch_session(state, handoff, by, effects);
        }
        EventBody::HandoffSentBack { handoff, by, question } => {
            apply_send_back(state, handoff, by, question, effects)
        }
        EventBody::HandoffWithdrawn { handoff, by } => apply_withdrawal(state, handoff, by, effects),
        EventBody::HandoffStepUpdated { handoff, step, .. } => {
            update_handoff(state, handoff, event.at, effects, |item| picker::update_step(item, step));
        }
        EventBody::HandoffReminder { handoff, reason } => show_reminder(state, handoff, *reason),
        EventBody::HandoffResolved { handoff, .. } => {
            end_handoff(state, handoff.handoff_id, HandoffStatus::Resolved);
        }
        EventBody::SessionCreated { session, by } => {
            update_session(state, session);
            if Some(by.id) == state.my_id() {
                calls::fetch_own_sessions(state, effects);
            }
        }
        EventBody::SessionResolved { session, .. } => update_session(state, session),
        EventBody::SessionUpdated { session, branch, handoff_id, .. } => {
            update_session(state, session);
            if let Some(branch) = branch {
                picker::upsert_branch(state, session.session_id, branch);
            }
            if handoff_id.is_some() {
                calls::fetch_own_sessions(state, effects);
            }
        }
        EventBody::MessageAdded { session_id, message } => {
            if matches!(&state.screen, Screen::Session(chat) if chat.id == *session_id) {
                transcript::resume_following(state);
                if let Screen::Session(chat) = &mut state.screen {
                    chat.insert_message(message.clone());
                }
                messages::resolve_doubt(state, *session_id);
            }
        }
    }
}

/// A handoff entered the queue. Its notes are fetched when somebody looks at it.
fn add_handoff(
    state: &mut State,
    at: Timestamp,
    handoff: &HandoffSummary,
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
    state.queue.mark_fresh(item.id);
    let me = state.my_id();
    let id = item.id;
    state.queue.upsert_item(item, me);
    if Some(by.id) != me {
        notifications::announce_arrival(state, id);
    }
}

/// Changes a handoff wherever it is shown, if the event is news; whether it was. One that is not in the lists is
/// fetched: while they are being loaded, it may have moved from a page that is still to come to one that has come.
fn update_handoff(
    state: &mut State,
    handoff: &HandoffSummary,
    at: Timestamp,
    effects: &mut Vec<Effect>,
    update: impl Fn(&mut QueueItem),
) -> bool {
    let id = handoff.handoff_id;
    let apply = |item: &mut QueueItem| {
        let is_news = handoff.version > item.version;
        if is_news {
            item.version = handoff.version;
            item.updated_at = at;
            update(item);
        }
        is_news
    };
    state.claim_in_doubt.take_if(|doubted| *doubted == id);
    let me = state.my_id();
    let mut news = false;
    if let Some(mut item) = state.queue.item(id).cloned() {
        news = apply(&mut item);
        state.queue.upsert_item(item, me);
        state.queue.mark_fresh(id);
    } else {
        calls::fetch_handoff(state, id, effects);
    }
    if let Some(briefing) = briefing::open_briefing_mut(state).filter(|briefing| briefing.item.id == id) {
        news |= apply(&mut briefing.item);
    }
    news
}

fn is_claimed_by_me(state: &State, id: HandoffId) -> bool {
    let me = state.my_id();
    state.queue.item(id).is_some_and(|item| item.claimed_by.is_some() && item.claimed_by == me)
}

/// A handoff that has somebody who works on it now.
#[derive(Clone, Copy)]
struct ClaimEvent<'e> {
    handoff: &'e HandoffSummary,
    /// Who did it.
    actor: &'e Person,
    /// Who has it now.
    owner: &'e Person,
    claimed_at: Timestamp,
    at: Timestamp,
}

/// Somebody claimed a handoff, or was given it; whether that is news. If it is being read here and both are somebody
/// else, the popup comes by itself.
fn apply_claim(state: &mut State, claim: ClaimEvent<'_>, effects: &mut Vec<Effect>) -> bool {
    let ClaimEvent { handoff, actor: by, owner: to, claimed_at: since, at } = claim;
    let was_mine = is_claimed_by_me(state, handoff.handoff_id);
    let news = update_handoff(state, handoff, at, effects, |item| {
        item.status = HandoffStatus::Claimed;
        item.claimed_by = Some(to.id);
        item.claimed_by_name = Some(to.name.clone());
        item.claimed_at = Some(since);
    });
    let me = state.my_id();
    let is_read = is_being_read(state, handoff.handoff_id);
    // While a claim of ours is under way its answer says who won.
    let is_decided = state.pending_claim.is_none_or(|claiming| claiming.handoff_id != handoff.handoff_id);
    // Whoever passes their own claim on has lost nothing; from whom it is taken had won it.
    let is_lost = Some(to.id) != me && Some(by.id) != me && !was_mine;
    if news && is_read && is_decided && is_lost {
        let title = format!("#{} {}", handoff.number, handoff.problem_summary);
        conflict::show_conflict(
            state,
            LostClaim { handoff_id: handoff.handoff_id, title, winner: to.clone(), claimed_at: since },
        );
    } else {
        refetch_session(state, handoff, by, effects);
    }
    news
}

/// A handoff goes back to whoever handed it off, who is told what they are asked.
fn apply_send_back(
    state: &mut State,
    handoff: &HandoffSummary,
    by: &Person,
    question: &str,
    effects: &mut Vec<Effect>,
) {
    if !is_handed_off_by_me(state, handoff) {
        state.queue.remove_own_session(handoff.session_id);
    } else if Some(by.id) != state.my_id() {
        let (name, question) = (safe::sanitize_line(&by.name), safe::sanitize_line(question));
        let question = question.ellipsized(60);
        state
            .show_toast(ToastLevel::Info, format!("{name} sent #{} back to you: {question}", handoff.number));
        calls::fetch_own_sessions(state, effects);
    }
    end_handoff(state, handoff.handoff_id, HandoffStatus::Withdrawn);
    refetch_session(state, handoff, by, effects);
}

/// A handoff was taken back by whoever handed it off.
fn apply_withdrawal(state: &mut State, handoff: &HandoffSummary, by: &Person, effects: &mut Vec<Effect>) {
    let is_read = matches!(&state.screen, Screen::Briefing(open) if open.item.id == handoff.handoff_id);
    end_handoff(state, handoff.handoff_id, HandoffStatus::Withdrawn);
    if is_read && Some(by.id) != state.my_id() {
        let text = format!("{} took #{} back", safe::sanitize_line(&by.name), handoff.number);
        state.show_toast(ToastLevel::Info, text);
    }
    if Some(by.id) == state.my_id() {
        calls::fetch_own_sessions(state, effects);
    }
    refetch_session(state, handoff, by, effects);
}

/// A handoff rings again.
fn show_reminder(state: &mut State, handoff: &HandoffSummary, reason: ReminderReason) {
    let summary = safe::sanitize_line(&handoff.problem_summary);
    let summary = summary.ellipsized(40);
    let text = match reason {
        ReminderReason::Unclaimed => format!("Still waiting: #{} {summary}", handoff.number),
        ReminderReason::Wake => format!("You parked this: {summary}"),
        ReminderReason::StaleClaim => {
            format!("#{} goes back to the queue soon: nothing happens in it", handoff.number)
        }
    };
    state.show_toast(ToastLevel::Info, text);
}

/// Whether the user handed this off.
pub(super) fn is_handed_off_by_me(state: &State, handoff: &HandoffSummary) -> bool {
    let me = state.my_id();
    state.queue.item(handoff.handoff_id).is_some_and(|item| Some(item.handed_off_by) == me)
}

/// Somebody else changed where a session stands that is open here: what it says of itself is fetched anew.
fn refetch_session(state: &mut State, handoff: &HandoffSummary, by: &Person, effects: &mut Vec<Effect>) {
    let is_open = matches!(&state.screen, Screen::Session(chat) if chat.id == handoff.session_id);
    if is_open && Some(by.id) != state.my_id() {
        calls::refetch_open_session(state, effects);
    }
}

/// Whether a handoff that is not the user's is what they read: its briefing, or its session before anybody claimed it.
fn is_being_read(state: &State, id: HandoffId) -> bool {
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
fn end_handoff(state: &mut State, id: HandoffId, status: HandoffStatus) {
    state.queue.remove_item(id);
    if let Some(briefing) = briefing::open_briefing_mut(state).filter(|briefing| briefing.item.id == id) {
        briefing.item.status = status;
    }
}

fn update_session(state: &mut State, summary: &SessionSummary) {
    if summary.status != SessionStatus::Active || Some(summary.assignee.id) != state.my_id() {
        state.queue.remove_own_session(summary.session_id);
    }
    if let Screen::Session(chat) = &mut state.screen
        && let Some(session) = chat.session.as_mut().filter(|session| session.id == summary.session_id)
    {
        session.status = summary.status;
        session.confidence_tier = summary.confidence_tier;
        session.assignee_id = summary.assignee.id;
        session.assignee_name.clone_from(&summary.assignee.name);
    }
}
