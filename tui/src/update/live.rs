//! What the streams carry: events that change rows, texts that grow, who is reading what.

use tierup_common::assessment::AssessmentStatus;
use tierup_common::event::{AboutHandoff, AboutSession, Event, Frame, ReminderReason, Signal, What};
use tierup_common::handoff::{HandoffStatus, Intent, QueueItem};
use tierup_common::id::{HandoffId, MessageId, Seq, SessionId};
use tierup_common::session::MessageRole;
use tierup_common::time::Timestamp;
use tierup_common::user::Person;

use crate::effect::{Effect, Watch};
use crate::state::link::Link;
use crate::state::toast::Tone;
use crate::state::{Screen, State};
use crate::text::{cut, safe};
use crate::update::conflict::Loss;
use crate::update::{attention, briefing, conflict, go, load, pick};

/// The team's stream carried something.
pub(super) fn live(state: &mut State, frame: Frame, effects: &mut Vec<Effect>) {
    match frame {
        Frame::Event(event) => {
            heard(state, event.seq);
            happened(state, &event, effects);
        }
        Frame::Signal(signal) => team_signal(state, signal, effects),
        Frame::Unknown { seq } => {
            if let Some(seq) = seq {
                heard(state, seq);
            }
        }
    }
}

/// A stream narrowed to what is open carried something. Events of the team come by the team's stream too; each
/// counts once, by the version it carries.
pub(super) fn watched(state: &mut State, frame: Frame, effects: &mut Vec<Effect>) {
    match frame {
        Frame::Event(event) => happened(state, &event, effects),
        Frame::Signal(Signal::Hello { .. }) => {
            // What was said between the fetch and this moment was heard by neither: fetch once more.
            if let Screen::Session(chat) = &state.screen {
                let id = chat.id;
                if go::is_watched(state, Watch::Session(id)) {
                    load::session(state, id, effects);
                }
            }
        }
        Frame::Signal(Signal::HandoffAssessmentDelta { handoff_id, offset, text }) => {
            grow_assessment(state, handoff_id, offset, &text);
        }
        Frame::Signal(Signal::MessageDelta { session_id, message_id, offset, text }) => {
            grow_message(state, session_id, message_id, offset, &text);
        }
        Frame::Signal(Signal::Presence { handoff_id, viewers }) => presence(state, handoff_id, viewers),
        Frame::Signal(Signal::Reset { .. } | Signal::CaughtUp { .. }) | Frame::Unknown { .. } => {}
    }
}

/// Whether an assessment is on its way.
pub(super) fn is_being_assessed(item: &QueueItem) -> bool {
    matches!(item.assessment_status, AssessmentStatus::Pending | AssessmentStatus::Running)
}

fn heard(state: &mut State, seq: Seq) {
    state.heard = state.heard.max(Some(seq));
}

fn team_signal(state: &mut State, signal: Signal, effects: &mut Vec<Effect>) {
    match signal {
        Signal::Hello { seq, now, .. } => hello(state, seq, now, effects),
        Signal::Reset { seq } => {
            state.heard = Some(seq);
            state.queue.live_from = Some(seq);
            state.link = Link::Live;
            load::lists(state, effects);
        }
        Signal::CaughtUp { seq } => {
            heard(state, seq);
            state.link = Link::Live;
        }
        Signal::Presence { handoff_id, viewers } => presence(state, handoff_id, viewers),
        Signal::HandoffAssessmentDelta { .. } | Signal::MessageDelta { .. } => {}
    }
}

fn hello(state: &mut State, seq: Seq, now: Timestamp, effects: &mut Vec<Effect>) {
    state.skew = now.as_millis().saturating_sub(state.now.as_millis());
    state.queue.clear_viewers();
    match state.heard {
        None => {
            state.heard = Some(seq);
            state.queue.live_from = Some(seq);
            state.link = Link::Live;
            if state.queue.load.is_none() && state.queue.as_of < Some(seq) {
                load::lists(state, effects);
            }
        }
        Some(heard) if seq > heard => state.link = Link::CatchingUp { to: seq },
        Some(_) => state.link = Link::Live,
    }
    if state.me.is_none() {
        load::me(state, effects);
    }
    if !load::is_loading_well(state) {
        load::lists(state, effects);
    }
}

fn presence(state: &mut State, id: HandoffId, viewers: Vec<Person>) {
    if let Some(briefing) = briefing::shown_mut(state).filter(|briefing| briefing.item.id == id) {
        briefing.item.viewers.clone_from(&viewers);
    }
    state.queue.set_viewers(id, viewers);
}

fn grow_assessment(state: &mut State, id: HandoffId, offset: usize, text: &str) {
    if let Some(item) = state.queue.item_mut(id) {
        item.assessment_status = AssessmentStatus::Running;
    }
    let known = state.queue.growing.entry(id).or_default();
    grow(known, offset, text);
    let (known, now) = (known.clone(), state.now);
    if let Some(briefing) = briefing::shown_mut(state).filter(|briefing| briefing.item.id == id) {
        briefing.item.assessment_status = AssessmentStatus::Running;
        briefing.growing = Some(known);
        briefing.quiet_since = now;
    }
}

fn grow_message(state: &mut State, session: SessionId, id: MessageId, offset: usize, text: &str) {
    let Screen::Session(chat) = &mut state.screen else { return };
    if chat.id != session {
        return;
    }
    chat.awaits_answer = None;
    let place = chat.growing.iter().position(|(known, _)| *known == id).unwrap_or_else(|| {
        chat.growing.push((id, String::new()));
        chat.growing.len() - 1
    });
    grow(&mut chat.growing[place].1, offset, text);
}

/// Puts a piece where it belongs; what came before it stays, what came after is replaced. A piece that leaves a gap
/// is passed over: after a break the stream begins anew.
fn grow(known: &mut String, offset: usize, text: &str) {
    if known.is_char_boundary(offset) {
        known.truncate(offset);
        known.push_str(text);
    }
}

/// Something happened in the account.
fn happened(state: &mut State, event: &Event, effects: &mut Vec<Effect>) {
    match &event.what {
        What::HandoffCreated { handoff, by, assessment_status, supersedes } => {
            created(state, event.at, handoff, by, *assessment_status);
            if let Some(old) = supersedes {
                ended(state, *old, HandoffStatus::Superseded);
            }
        }
        What::HandoffAssessmentReady { handoff, ai_assessment, ai_assessment_data } => {
            change(state, handoff, event.at, |item| {
                item.assessment_status = AssessmentStatus::Ready;
                item.ai_assessment = Some(ai_assessment.clone());
                item.ai_assessment_data = Some(ai_assessment_data.clone());
                item.assessment_error = None;
            });
            stop_growing(state, handoff.handoff_id);
        }
        What::HandoffAssessmentFailed { handoff, assessment_error } => {
            change(state, handoff, event.at, |item| {
                item.assessment_status = AssessmentStatus::Failed;
                item.assessment_error = Some(assessment_error.clone());
            });
            stop_growing(state, handoff.handoff_id);
        }
        What::HandoffClaimed { handoff, by, claimed_at } => {
            claimed(state, handoff, by, *claimed_at, event.at);
        }
        What::HandoffAssigned { handoff, by, to, claimed_at } => {
            let news = claimed(state, handoff, to, *claimed_at, event.at);
            if news && Some(to.id) == state.my_id() {
                let text = format!("{} passed #{} to you", safe::line(&by.name), handoff.number);
                state.toast(Tone::Good, text);
            }
        }
        What::HandoffReleased { handoff, by, .. } => {
            let was_mine = is_mine(state, handoff.handoff_id);
            let news = change(state, handoff, event.at, |item| {
                item.status = HandoffStatus::Open;
                (item.claimed_by, item.claimed_by_name, item.claimed_at) = (None, None, None);
            });
            if news && was_mine && Some(by.id) != state.my_id() {
                let text = format!("{} put #{} back into the queue", safe::line(&by.name), handoff.number);
                state.toast(Tone::Info, text);
            }
        }
        What::HandoffSentBack { handoff, .. } => {
            ended(state, handoff.handoff_id, HandoffStatus::Withdrawn);
        }
        What::HandoffWithdrawn { handoff, by } => {
            let is_read =
                matches!(&state.screen, Screen::Briefing(open) if open.item.id == handoff.handoff_id);
            ended(state, handoff.handoff_id, HandoffStatus::Withdrawn);
            if is_read {
                let text = format!("{} took #{} back", safe::line(&by.name), handoff.number);
                state.toast(Tone::Info, text);
            }
        }
        What::HandoffStepUpdated { handoff, step, .. } => {
            change(state, handoff, event.at, |item| pick::mark_step(item, step));
        }
        What::HandoffReminder { handoff, reason } => {
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
        What::HandoffResolved { handoff, .. } => {
            ended(state, handoff.handoff_id, HandoffStatus::Resolved);
        }
        What::SessionCreated { session, .. } | What::SessionResolved { session, .. } => {
            session_changed(state, session);
        }
        What::SessionUpdated { session, branch, handoff_id, .. } => {
            session_changed(state, session);
            if let Some(branch) = branch {
                pick::take_branch(state, session.session_id, branch);
            }
            if handoff_id.is_some() {
                load::parked(state, effects);
            }
        }
        What::MessageAdded { session_id, message } => {
            if let Screen::Session(chat) = &mut state.screen
                && chat.id == *session_id
            {
                if message.role != MessageRole::User {
                    chat.awaits_answer = None;
                }
                chat.hear(message.clone());
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
    fresh(state, item.id);
    let me = state.my_id();
    let id = item.id;
    state.queue.put(item, me);
    if Some(by.id) != me {
        attention::arrived(state, id);
    }
}

/// Changes a handoff wherever it is shown, if the event is news; whether it was.
fn change(state: &mut State, handoff: &AboutHandoff, at: Timestamp, change: impl Fn(&mut QueueItem)) -> bool {
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
    let me = state.my_id();
    let mut news = false;
    if let Some(mut item) = state.queue.item(id).cloned() {
        news = apply(&mut item);
        state.queue.put(item, me);
        fresh(state, id);
    }
    if let Some(briefing) = briefing::shown_mut(state).filter(|briefing| briefing.item.id == id) {
        news |= apply(&mut briefing.item);
    }
    news
}

/// A load under way must not take what an event brought for out of date.
fn fresh(state: &mut State, id: HandoffId) {
    if let Some(load) = &mut state.queue.load {
        load.fresh.insert(id);
    }
}

fn stop_growing(state: &mut State, id: HandoffId) {
    state.queue.growing.remove(&id);
    if let Some(briefing) = briefing::shown_mut(state).filter(|briefing| briefing.item.id == id) {
        briefing.growing = None;
    }
}

fn is_mine(state: &State, id: HandoffId) -> bool {
    let me = state.my_id();
    state.queue.item(id).is_some_and(|item| item.claimed_by.is_some() && item.claimed_by == me)
}

/// Somebody claimed a handoff, or was given it; whether that is news. If it is being read here and they are somebody
/// else, the popup comes by itself.
fn claimed(state: &mut State, handoff: &AboutHandoff, by: &Person, since: Timestamp, at: Timestamp) -> bool {
    let news = change(state, handoff, at, |item| {
        item.status = HandoffStatus::Claimed;
        item.claimed_by = Some(by.id);
        item.claimed_by_name = Some(by.name.clone());
        item.claimed_at = Some(since);
    });
    let is_read = is_read(state, handoff.handoff_id);
    // While a claim of ours is under way its answer says who won.
    let is_decided = state.claiming.is_none_or(|claiming| claiming.handoff != handoff.handoff_id);
    if news && is_read && is_decided && Some(by.id) != state.my_id() {
        let title = format!("#{} {}", handoff.number, handoff.problem_summary);
        let (by, came_at) = (by.name.clone(), Some(state.now));
        conflict::lost(state, Loss { handoff: handoff.handoff_id, title, by, since, came_at });
    }
    news
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
    if let Screen::Session(chat) = &mut state.screen
        && let Some(session) = chat.session.as_mut().filter(|session| session.id == about.session_id)
    {
        session.status = about.status;
        session.confidence_tier = about.confidence_tier;
        session.assignee_id = about.assignee.id;
        session.assignee_name.clone_from(&about.assignee.name);
    }
}
