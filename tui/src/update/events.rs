//! Events of the account: rows that appear, change, move and go.

use tierup_common::assessment::AssessmentStatus;
use tierup_common::event::{Event, EventBody, HandoffSummary, ReminderReason, SessionSummary};
use tierup_common::handoff::{HandoffStatus, QueueItem};
use tierup_common::id::{HandoffId, SessionId};
use tierup_common::session::{Message, SessionStatus};
use tierup_common::time::Timestamp;
use tierup_common::user::Person;

use crate::effect::Effect;
use crate::state::briefing::replace_step;
use crate::state::toast::ToastLevel;
use crate::state::{Screen, State};
use crate::text::safe;
use crate::update::signals::clear_partial_assessment;
use crate::update::{briefing_news, calls, details, history, messages, navigate, notifications, transcript};

pub(super) fn apply_event(state: &mut State, event: &Event, effects: &mut Vec<Effect>) {
    let at = event.at;
    history::observe(state, event.body.kind());
    match &event.body {
        EventBody::HandoffCreated { .. } => apply_creation(state, &event.body),
        EventBody::HandoffChanged { handoff, .. } => {
            let has_changed = update_handoff(state, handoff, at, effects, |item| {
                item.priority = handoff.priority;
                item.problem_summary.clone_from(&handoff.problem_summary);
            });
            details::announce_change(state, &event.body, has_changed);
        }
        EventBody::HandoffAssessmentReady { .. } | EventBody::HandoffAssessmentFailed { .. } => {
            apply_assessment(state, event, effects);
        }
        EventBody::HandoffClaimed { handoff, by, claimed_at } => {
            if Some(by.id) == state.my_id() {
                // The reply to the claim may never come.
                navigate::mark_seen(state, handoff.handoff_id, effects);
            }
            let claim = ClaimEvent { handoff, actor: by, claimer: by, claimed_at: *claimed_at, at };
            apply_claim_event(state, claim, effects);
        }
        EventBody::HandoffAssigned { handoff, by, to, claimed_at } => {
            let claim = ClaimEvent { handoff, actor: by, claimer: to, claimed_at: *claimed_at, at };
            apply_assignment(state, claim, effects);
        }
        EventBody::HandoffReleased { handoff, by, reason } => {
            apply_release(state, handoff, (by, reason.as_str()), at, effects);
        }
        EventBody::HandoffSentBack { handoff, by, question } => {
            apply_send_back(state, handoff, by, question, effects);
        }
        EventBody::HandoffWithdrawn { handoff, by } => apply_withdrawal(state, handoff, by, effects),
        EventBody::HandoffStepUpdated { handoff, step, .. } => {
            update_handoff(state, handoff, at, effects, |item| replace_step(item, step));
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
                state.upsert_branch(session.session_id, branch);
            }
            if handoff_id.is_some() {
                calls::fetch_own_sessions(state, effects);
            }
        }
        EventBody::MessageAdded { session_id, message, .. } => add_message(state, *session_id, message),
    }
}

/// An assessment is ready, or failed.
fn apply_assessment(state: &mut State, event: &Event, effects: &mut Vec<Effect>) {
    let handoff = if let EventBody::HandoffAssessmentReady { handoff, ai_assessment, ai_assessment_data } =
        &event.body
    {
        update_handoff(state, handoff, event.at, effects, |item| {
            item.assessment_status = AssessmentStatus::Ready;
            item.ai_assessment = Some(ai_assessment.clone());
            item.ai_assessment_data = Some(ai_assessment_data.clone());
            item.assessment_error = None;
            item.assessment_error_detail = None;
        });
        handoff
    } else if let EventBody::HandoffAssessmentFailed { handoff, assessment_error } = &event.body {
        update_handoff(state, handoff, event.at, effects, |item| {
            item.assessment_status = AssessmentStatus::Failed;
            item.assessment_error = Some(assessment_error.clone());
            item.assessment_error_detail = None;
        });
        // The event goes to everybody, so it does not say more.
        if state.is_admin() && state.open_briefing_of_mut(handoff.handoff_id).is_some() {
            calls::fetch_open_briefing(state, handoff.handoff_id, effects);
        }
        handoff
    } else {
        return;
    };
    clear_partial_assessment(state, handoff.handoff_id);
}

fn add_message(state: &mut State, session: SessionId, message: &Message) {
    briefing_news::add_message(state, session, message);
    if state.open_chat_of_mut(session).is_none() {
        return;
    }
    transcript::resume_following(state);
    if let Some(chat) = state.open_chat_of_mut(session) {
        chat.insert_message(message.clone());
    }
    messages::resolve_unconfirmed(state, session);
}

/// A session was escalated.
fn apply_creation(state: &mut State, body: &EventBody) {
    let EventBody::HandoffCreated { handoff, by, engineer_notes, assessment_status, supersedes, asked_by } =
        body
    else {
        return;
    };
    let (asked_by, asked_by_name) = asked_by.clone().map(|asker| (asker.id, asker.name)).unzip();
    let item = QueueItem {
        engineer_notes: engineer_notes.clone(),
        assessment_status: *assessment_status,
        asked_by,
        asked_by_name,
        ..handoff.clone().into_open_item(by.clone())
    };
    state.queue.remove_own_session(handoff.session_id);
    add_handoff(state, item);
    if let Some(old) = supersedes {
        end_handoff(state, *old, HandoffStatus::Superseded);
    }
}

/// Adds a new handoff.
fn add_handoff(state: &mut State, item: QueueItem) {
    let (id, sender, me) = (item.id, item.handed_off_by, state.my_id());
    if state.queue.item(id).is_some() {
        return;
    }
    state.queue.mark_fresh(id);
    state.queue.upsert_item(item, me);
    if Some(sender) != me {
        notifications::announce_arrival(state, id);
    }
}

/// Changes a handoff wherever it is shown, if the event is newer, and returns whether it was. A handoff that is not in the
/// lists is fetched: while they load, it may have moved from a later page to one that was already read.
fn update_handoff(
    state: &mut State,
    handoff: &HandoffSummary,
    at: Timestamp,
    effects: &mut Vec<Effect>,
    update: impl Fn(&mut QueueItem),
) -> bool {
    let id = handoff.handoff_id;
    let apply = |item: &mut QueueItem| {
        let is_newer = handoff.version > item.version;
        if is_newer {
            item.version = handoff.version;
            item.updated_at = at;
            update(item);
        }
        is_newer
    };
    state.claim_in_doubt.take_if(|in_doubt| *in_doubt == id);
    let me = state.my_id();
    let mut has_changed = false;
    if let Some(mut item) = state.queue.item(id).cloned() {
        has_changed = apply(&mut item);
        state.queue.upsert_item(item, me);
        state.queue.mark_fresh(id);
    } else {
        calls::fetch_handoff(state, id, effects);
    }
    if let Some(briefing) = state.open_briefing_of_mut(id) {
        has_changed |= apply(&mut briefing.item);
    }
    has_changed
}

/// A handoff has a claimer now.
#[derive(Clone, Copy)]
struct ClaimEvent<'e> {
    handoff: &'e HandoffSummary,
    /// Who claimed or assigned it.
    actor: &'e Person,
    /// Who works on it now.
    claimer: &'e Person,
    claimed_at: Timestamp,
    at: Timestamp,
}

/// Someone claimed a handoff, or was assigned it. A user who is reading it reads on: the briefing says who has it.
/// Returns whether the event was newer than what was known.
fn apply_claim_event(state: &mut State, claim: ClaimEvent<'_>, effects: &mut Vec<Effect>) -> bool {
    let ClaimEvent { handoff, actor, claimer, claimed_at, at } = claim;
    let has_changed = update_handoff(state, handoff, at, effects, |item| {
        item.status = HandoffStatus::Claimed;
        item.claimed_by = Some(claimer.id);
        item.claimed_by_name = Some(claimer.name.clone());
        item.claimed_at = Some(claimed_at);
    });
    refetch_session(state, handoff, actor, effects);
    has_changed
}

/// Someone assigned a handoff, to themselves or to someone else.
fn apply_assignment(state: &mut State, claim: ClaimEvent<'_>, effects: &mut Vec<Effect>) {
    let ClaimEvent { handoff, actor, claimer, .. } = claim;
    let (me, was_mine) = (state.my_id(), state.is_claimed_by_me(handoff.handoff_id));
    let is_news = apply_claim_event(state, claim, effects);
    let is_mine = Some(claimer.id) == me;
    if is_news && Some(actor.id) != me && (was_mine || is_mine) {
        let (level, claimer) = if is_mine {
            (ToastLevel::Success, "you".into())
        } else {
            (ToastLevel::Info, safe::sanitize_line(&claimer.name))
        };
        let actor = safe::sanitize_line(&actor.name);
        state.show_toast(level, format!("{actor} assigned #{} to {claimer}", handoff.number));
    }
}

/// A claim was released: the handoff is open again.
fn apply_release(
    state: &mut State,
    handoff: &HandoffSummary,
    (by, reason): (&Person, &str),
    at: Timestamp,
    effects: &mut Vec<Effect>,
) {
    let was_mine = state.is_claimed_by_me(handoff.handoff_id);
    let is_news = update_handoff(state, handoff, at, effects, |item| {
        item.status = HandoffStatus::Open;
        (item.claimed_by, item.claimed_by_name, item.claimed_at) = (None, None, None);
    });
    if is_news && was_mine && Some(by.id) != state.my_id() {
        let (actor, reason) = (safe::sanitize_line(&by.name), safe::sanitize_line(reason));
        let reason = reason.ellipsized(60);
        let text = format!("{actor} released #{} to the queue: {reason}", handoff.number);
        state.show_toast(ToastLevel::Info, text);
    }
    refetch_session(state, handoff, by, effects);
}

/// A handoff was sent back to its opener, who sees the question.
fn apply_send_back(
    state: &mut State,
    handoff: &HandoffSummary,
    by: &Person,
    question: &str,
    effects: &mut Vec<Effect>,
) {
    if !state.is_handed_off_by_me(handoff.handoff_id) {
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

/// A handoff was taken back by its opener.
fn apply_withdrawal(state: &mut State, handoff: &HandoffSummary, by: &Person, effects: &mut Vec<Effect>) {
    let is_open = matches!(&state.screen, Screen::Briefing(open) if open.item.id == handoff.handoff_id);
    end_handoff(state, handoff.handoff_id, HandoffStatus::Withdrawn);
    if is_open && Some(by.id) != state.my_id() {
        let text = format!("{} took #{} back", safe::sanitize_line(&by.name), handoff.number);
        state.show_toast(ToastLevel::Info, text);
    }
    if Some(by.id) == state.my_id() {
        calls::fetch_own_sessions(state, effects);
    }
    refetch_session(state, handoff, by, effects);
}

/// A reminder about a handoff.
fn show_reminder(state: &mut State, handoff: &HandoffSummary, reason: ReminderReason) {
    let summary = safe::sanitize_line(&handoff.problem_summary);
    let summary = summary.ellipsized(40);
    let text = match reason {
        ReminderReason::Unclaimed => format!("Still waiting: #{} {summary}", handoff.number),
        ReminderReason::Wake => format!("Reminder: {summary}"),
        ReminderReason::StaleClaim => {
            format!("#{} returns to the queue soon: no activity", handoff.number)
        }
    };
    state.show_toast(ToastLevel::Info, text);
}

/// Fetches the open session again, if someone else has changed its status.
fn refetch_session(state: &mut State, handoff: &HandoffSummary, by: &Person, effects: &mut Vec<Effect>) {
    let is_open = matches!(&state.screen, Screen::Session(chat) if chat.id == handoff.session_id);
    if is_open && Some(by.id) != state.my_id() {
        calls::refetch_open_session(state, effects);
    }
}

/// A handoff has ended: it leaves the lists. If it is open, it stays open and shows its status.
fn end_handoff(state: &mut State, id: HandoffId, status: HandoffStatus) {
    state.queue.remove_item(id);
    if let Some(briefing) = state.open_briefing_of_mut(id) {
        briefing.item.status = status;
    }
}

fn update_session(state: &mut State, summary: &SessionSummary) {
    if summary.status != SessionStatus::Paused {
        state.queue.remove_parked_session(summary.session_id);
    }
    if summary.status != SessionStatus::Active || Some(summary.assignee.id) != state.my_id() {
        state.queue.remove_own_session(summary.session_id);
    }
    if let Screen::Session(chat) = &mut state.screen
        && let Some(session) = chat.session_mut().filter(|session| session.id == summary.session_id)
    {
        session.status = summary.status;
        session.confidence_tier = summary.confidence_tier;
        session.assignee_id = summary.assignee.id;
        session.assignee_name.clone_from(&summary.assignee.name);
    }
}
