//! Which events are entries of a user's inbox, and their sentences.

use tierup_common::event::{Event, EventBody, HandoffSummary, ReminderReason};
use tierup_common::handoff::Priority;
use tierup_common::id::UserId;
use tierup_common::session::{Message, MessageRole};

use crate::state::inbox::{EntryKind, InboxEntry, SessionLabel};
use crate::state::{Screen, State};

/// Bytes of a message in an entry: more than a line of the log shows.
const MAX_QUOTE_BYTES: usize = 600;

/// The entry of an event; none if it is no news for this user. Ask before the event is applied: whose a handoff is may
/// change with it.
pub(super) fn entry_for(state: &State, event: &Event) -> Option<InboxEntry> {
    let me = state.my_id()?;
    let actor = actor(&event.body);
    if actor.is_some_and(|actor| actor.id == me) {
        return None;
    }
    let by = actor.map_or("", |actor| actor.name);
    let (kind, text) = describe(state, event, me, by)?;
    Some(InboxEntry {
        seq: event.seq,
        at: event.at,
        kind,
        session: event.body.session_id(),
        label: label(state, event),
        problem: problem(state, event),
        text: text[..text.floor_char_boundary(MAX_QUOTE_BYTES)].to_owned(),
    })
}

/// What an event is to this user, and a sentence about it.
fn describe(state: &State, event: &Event, me: UserId, by: &str) -> Option<(EntryKind, String)> {
    Some(match &event.body {
        EventBody::HandoffCreated { handoff, .. } if state.queue.is_opened_by_me(handoff.session_id) => {
            (EntryKind::Change, format!("{by} escalated {}", title(handoff)))
        }
        EventBody::HandoffCreated { handoff, .. } => {
            let is_urgent = handoff.priority == Priority::Urgent;
            let urgency = if is_urgent { "Urgent: " } else { "" };
            (EntryKind::Arrival { is_urgent }, format!("{urgency}{}, from {by}", title(handoff)))
        }
        EventBody::HandoffClaimed { handoff, .. } if is_mine(state, handoff) => {
            (EntryKind::Change, format!("{by} claimed {}", title(handoff)))
        }
        EventBody::HandoffReleased { handoff, reason, .. } if is_mine(state, handoff) => {
            (EntryKind::Change, format!("{by} released #{} to the queue: {reason}", handoff.number))
        }
        EventBody::HandoffAssigned { handoff, to, .. } if to.id == me => {
            (EntryKind::Change, format!("{by} assigned #{} to you", handoff.number))
        }
        EventBody::HandoffAssigned { handoff, to, .. } if is_mine(state, handoff) => {
            (EntryKind::Change, format!("{by} assigned #{} to {}", handoff.number, to.name))
        }
        EventBody::HandoffSentBack { handoff, question, .. } if is_mine(state, handoff) => {
            let to = if is_handed_off_by_me(state, handoff) { "you" } else { "its sender" };
            (EntryKind::Change, format!("{by} sent #{} back to {to}: {question}", handoff.number))
        }
        EventBody::HandoffWithdrawn { handoff, .. } if is_mine(state, handoff) => {
            (EntryKind::Change, format!("{by} took {} back", title(handoff)))
        }
        EventBody::HandoffResolved { handoff, resolution, .. } if is_mine(state, handoff) => {
            (EntryKind::Change, format!("{by} resolved #{}: {resolution}", handoff.number))
        }
        EventBody::HandoffChanged { handoff, .. } if is_mine(state, handoff) => {
            (EntryKind::Change, format!("{by} changed {}", title(handoff)))
        }
        EventBody::HandoffReminder { handoff, reason } => reminder(handoff, *reason),
        EventBody::MessageAdded { message, .. } if message.role == MessageRole::User => {
            (EntryKind::Message, message_text(state, event, message))
        }
        EventBody::HandoffClaimed { .. }
        | EventBody::HandoffChanged { .. }
        | EventBody::HandoffReleased { .. }
        | EventBody::HandoffAssigned { .. }
        | EventBody::HandoffSentBack { .. }
        | EventBody::HandoffWithdrawn { .. }
        | EventBody::HandoffResolved { .. }
        | EventBody::HandoffAssessmentReady { .. }
        | EventBody::HandoffAssessmentFailed { .. }
        | EventBody::HandoffStepUpdated { .. }
        | EventBody::SessionCreated { .. }
        | EventBody::SessionUpdated { .. }
        | EventBody::SessionResolved { .. }
        | EventBody::MessageAdded { .. } => return None,
    })
}

/// Whether an event repeats the message right before it: the question of a handoff that is sent back.
pub(super) const fn replaces_message(event: &Event) -> bool {
    matches!(event.body, EventBody::HandoffSentBack { .. })
}

/// Whether an entry needs a toast. Arrivals, reminders and changes of what the user works on have theirs where they are
/// applied to the lists.
pub(super) fn needs_toast(state: &State, event: &Event) -> bool {
    match &event.body {
        EventBody::MessageAdded { session_id, .. } => {
            let is_in_sight = matches!(&state.screen, Screen::Session(chat) if chat.id == *session_id);
            !(is_in_sight && state.notifications.is_focused)
        }
        EventBody::HandoffClaimed { .. } | EventBody::HandoffResolved { .. } => true,
        EventBody::HandoffReleased { handoff, .. } => !state.is_claimed_by_me(handoff.handoff_id),
        EventBody::HandoffAssigned { handoff, to, .. } => {
            Some(to.id) != state.my_id() && !state.is_claimed_by_me(handoff.handoff_id)
        }
        EventBody::HandoffWithdrawn { handoff, .. } => {
            let is_open =
                matches!(&state.screen, Screen::Briefing(open) if open.item.id == handoff.handoff_id);
            !is_open
        }
        EventBody::HandoffCreated { .. }
        | EventBody::HandoffChanged { .. }
        | EventBody::HandoffSentBack { .. }
        | EventBody::HandoffReminder { .. }
        | EventBody::HandoffAssessmentReady { .. }
        | EventBody::HandoffAssessmentFailed { .. }
        | EventBody::HandoffStepUpdated { .. }
        | EventBody::SessionCreated { .. }
        | EventBody::SessionUpdated { .. }
        | EventBody::SessionResolved { .. } => false,
    }
}

/// The user who caused an event, if one did.
fn actor(body: &EventBody) -> Option<Actor<'_>> {
    match body {
        EventBody::HandoffCreated { by, .. }
        | EventBody::HandoffChanged { by, .. }
        | EventBody::HandoffClaimed { by, .. }
        | EventBody::HandoffReleased { by, .. }
        | EventBody::HandoffAssigned { by, .. }
        | EventBody::HandoffSentBack { by, .. }
        | EventBody::HandoffWithdrawn { by, .. }
        | EventBody::HandoffStepUpdated { by, .. }
        | EventBody::HandoffResolved { by, .. }
        | EventBody::SessionCreated { by, .. }
        | EventBody::SessionUpdated { by, .. }
        | EventBody::SessionResolved { by, .. } => Some(Actor { id: by.id, name: &by.name }),
        EventBody::MessageAdded { message, .. } => {
            message.author_id.map(|id| Actor { id, name: message.author_name.as_deref().unwrap_or_default() })
        }
        EventBody::HandoffAssessmentReady { .. }
        | EventBody::HandoffAssessmentFailed { .. }
        | EventBody::HandoffReminder { .. } => None,
    }
}

#[derive(Clone, Copy)]
struct Actor<'e> {
    id: UserId,
    name: &'e str,
}

/// Whether the user opened a session, handed it off, or works on it.
fn is_mine(state: &State, handoff: &HandoffSummary) -> bool {
    is_handed_off_by_me(state, handoff)
        || state.is_claimed_by_me(handoff.handoff_id)
        || state.queue.is_opened_by_me(handoff.session_id)
}

fn is_handed_off_by_me(state: &State, handoff: &HandoffSummary) -> bool {
    let by = handoff.handed_off_by.as_ref().map(|by| by.id);
    (by.is_some() && by == state.my_id()) || state.is_handed_off_by_me(handoff.handoff_id)
}

fn title(handoff: &HandoffSummary) -> String {
    format!("#{} {}", handoff.number, handoff.problem_summary)
}

fn reminder(handoff: &HandoffSummary, reason: ReminderReason) -> (EntryKind, String) {
    match reason {
        ReminderReason::Wake => (EntryKind::Wake, format!("Reminder: {}", handoff.problem_summary)),
        ReminderReason::Unclaimed => (EntryKind::Reminder, format!("Still waiting: {}", title(handoff))),
        ReminderReason::StaleClaim => {
            (EntryKind::Reminder, format!("#{} returns to the queue soon: no activity", handoff.number))
        }
    }
}

fn message_text(state: &State, event: &Event, message: &Message) -> String {
    let name = message.author_name.as_deref().unwrap_or("Somebody");
    let is_mentioned = state.my_id().is_some_and(|me| message.mentions.contains(&me));
    let mention = if is_mentioned { " mentioned you" } else { "" };
    let quote = message.content.trim();
    let quote = &quote[..quote.floor_char_boundary(MAX_QUOTE_BYTES)];
    format!("{name}{mention} in {}: {quote}", label(state, event))
}

/// How people call the session of an event.
fn label(state: &State, event: &Event) -> SessionLabel {
    if let Some(handoff) = event.body.handoff() {
        return SessionLabel::Handoff(handoff.number);
    }
    let item = state.queue.item_for_session(event.body.session_id());
    match (item, event.body.session_number()) {
        (Some(item), _) => SessionLabel::Handoff(item.number),
        (None, Some(number)) => SessionLabel::Session(number),
        (None, None) => SessionLabel::Unknown,
    }
}

fn problem(state: &State, event: &Event) -> String {
    if let Some(handoff) = event.body.handoff() {
        return handoff.problem_summary.clone();
    }
    let stored = event.body.problem_summary().map(str::to_owned);
    let item = state.queue.item_for_session(event.body.session_id());
    item.map(|item| item.problem_summary.clone()).or(stored).unwrap_or_default()
}
