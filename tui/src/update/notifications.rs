//! Notifications, arrival toasts and the window's title. Only what needs this user notifies, and only without the focus.

use tierup_common::event::{Event, EventBody, ReminderReason, Signal, StreamFrame};
use tierup_common::handoff::Priority;
use tierup_common::id::{HandoffId, Seq, SessionId};
use tierup_common::session::{Message, MessageRole};

use crate::effect::{Effect, Notification};
use crate::keymap::Tab;
use crate::state::connection::ConnectionState;
use crate::state::inbox::EntryKind;
use crate::state::lists::{RowId, is_answer_for};
use crate::state::toast::ToastLevel;
use crate::state::{Screen, State};
use crate::text::{safe, safe_format};

/// Columns of a message in a notification.
const MESSAGE_COLUMNS: usize = 120;

/// Notifies about a frame of the team's stream, before it is applied to the state.
pub(super) fn notify_from_frame(state: &mut State, frame: &StreamFrame, effects: &mut Vec<Effect>) {
    match frame {
        StreamFrame::Event(event) => {
            if Some(event.seq) > state.last_event_seq
                && let Some(notification) = notification_for(state, event)
            {
                push_notification(state, notification, effects);
            }
        }
        StreamFrame::Signal(Signal::CaughtUp { .. } | Signal::Reset { .. }) => notify_missed(state, effects),
        StreamFrame::Signal(
            Signal::Hello { .. }
            | Signal::HandoffAssessmentDelta { .. }
            | Signal::MessageDelta { .. }
            | Signal::Presence { .. },
        )
        | StreamFrame::Unknown { .. } => {}
    }
}

/// Shows a toast about a new handoff, unless its row is visible.
pub(super) fn announce_arrival(state: &mut State, id: HandoffId) {
    if announce_answer(state, id) {
        return;
    }
    let is_list = matches!(state.screen, Screen::Queue) && state.layers.is_empty();
    // An empty list has painted no rows.
    let height = state.last_paint.list_height.max(1);
    if is_list
        && state.queue.tab == Tab::Queue
        && state.queue.lists[Tab::Queue].is_visible(RowId::Handoff(id), height)
    {
        return;
    }
    let Some(item) = state.queue.item(id) else { return };
    let urgency = match item.priority {
        Priority::Urgent => "Urgent: ",
        Priority::High | Priority::Normal | Priority::Low => "",
    };
    let summary = safe::sanitize_line(&item.problem_summary);
    let text = format!("{urgency}#{} {}", item.number, summary.ellipsized(40));
    state.show_toast(ToastLevel::Info, text);
}

/// Shows a toast about an answer to a question of the user's; false if the handoff is none.
fn announce_answer(state: &mut State, id: HandoffId) -> bool {
    let me = state.my_id();
    let Some(item) = state.queue.item(id).filter(|item| is_answer_for(item, me)) else { return false };
    let (name, summary) =
        (safe::sanitize_line(&item.handed_off_by_name), safe::sanitize_line(&item.problem_summary));
    let text = format!("{name} answered your question: #{} {}", item.number, summary.ellipsized(40));
    state.show_toast(ToastLevel::Info, text);
    true
}

/// Sets the window's title to the account and the number of unread handoffs, messages and changes, if it has changed.
pub(super) fn update_window_title(state: &mut State, effects: &mut Vec<Effect>) {
    let account = state.me.as_ref().map(|me| me.account_name.as_str());
    let name = match account {
        Some(account) => safe_format!("tierup · {account}"),
        None => "tierup".into(),
    };
    let title = match state.unread_count() + state.inbox.unread_total() {
        0 => name,
        unread => safe_format!("({unread}) {name}"),
    };
    if title != state.notifications.window_title {
        state.notifications.window_title.clone_from(&title);
        effects.push(Effect::SetTitle(title));
    }
}

/// The notification about a message of a person in a session that concerns the user.
fn message_notification(state: &State, session: SessionId, message: &Message) -> Option<Notification> {
    let me = state.my_id()?;
    if message.role != MessageRole::User || message.author_id == Some(me) {
        return None;
    }
    let name = message.author_name.as_deref().unwrap_or("Somebody");
    let verb = if message.mentions.contains(&me) { "mentioned you" } else { "wrote" };
    let item = state.queue.item_for_session(session);
    let label = item.map(|item| format!("#{} ", item.number)).unwrap_or_default();
    let content = safe::sanitize_line(message.content.trim());
    let content = content.ellipsized(MESSAGE_COLUMNS);
    Some(Notification { title: safe_format!("{name} {verb}"), body: safe_format!("{label}{content}") })
}

/// The notification about an event, if it needs this user at once.
fn notification_for(state: &State, event: &Event) -> Option<Notification> {
    let me = state.my_id()?;
    if let EventBody::MessageAdded { session_id, message, .. } = &event.body {
        return message_notification(state, *session_id, message);
    }
    let (title, handoff) = match &event.body {
        EventBody::HandoffCreated { handoff, by, asked_by: Some(asker), .. } if asker.id == me => {
            (safe_format!("{} answered your question", by.name), handoff)
        }
        EventBody::HandoffCreated { handoff, by, .. }
            if by.id != me && handoff.priority == Priority::Urgent =>
        {
            (safe_format!("Urgent, from {}", by.name), handoff)
        }
        EventBody::HandoffAssigned { handoff, by, to, .. } if to.id == me && by.id != me => {
            (safe_format!("{} assigned this to you", by.name), handoff)
        }
        EventBody::HandoffSentBack { handoff, by, .. }
            if by.id != me
                && state.is_handed_off_by_me(handoff.handoff_id)
                && !has_just_notified(state, event) =>
        {
            (safe_format!("{} sent this back to you", by.name), handoff)
        }
        EventBody::HandoffReminder { handoff, reason } => {
            let title = match reason {
                ReminderReason::Unclaimed => "Still waiting",
                ReminderReason::Wake => "Reminder",
                ReminderReason::StaleClaim => "Returns to the queue soon",
            };
            (title.into(), handoff)
        }
        EventBody::HandoffCreated { .. }
        | EventBody::HandoffChanged { .. }
        | EventBody::HandoffAssigned { .. }
        | EventBody::HandoffAssessmentReady { .. }
        | EventBody::HandoffAssessmentFailed { .. }
        | EventBody::HandoffClaimed { .. }
        | EventBody::HandoffReleased { .. }
        | EventBody::HandoffSentBack { .. }
        | EventBody::HandoffWithdrawn { .. }
        | EventBody::HandoffStepUpdated { .. }
        | EventBody::HandoffResolved { .. }
        | EventBody::SessionCreated { .. }
        | EventBody::SessionUpdated { .. }
        | EventBody::SessionResolved { .. }
        | EventBody::MessageAdded { .. } => return None,
    };
    Some(Notification { title, body: safe_format!("#{} {}", handoff.number, handoff.problem_summary) })
}

/// Whether the message right before an event, which is about the same session, has notified already.
fn has_just_notified(state: &State, event: &Event) -> bool {
    let previous = event.seq.0.checked_sub(1).and_then(|seq| state.inbox.entry(Seq(seq)));
    previous.is_some_and(|entry| entry.kind == EntryKind::Message && entry.session == event.body.session_id())
}

fn push_notification(state: &mut State, notification: Notification, effects: &mut Vec<Effect>) {
    if state.notifications.is_focused {
        return;
    }
    // Missed events notify once, when all have arrived.
    if matches!(state.connection, ConnectionState::CatchingUp { .. }) {
        state.notifications.missed_count += 1;
    } else {
        effects.push(Effect::Notify(notification));
    }
}

fn notify_missed(state: &mut State, effects: &mut Vec<Effect>) {
    let missed = std::mem::take(&mut state.notifications.missed_count);
    if missed > 0 && !state.notifications.is_focused {
        let title = "While you were offline".into();
        let body = match missed {
            1 => "1 notification".into(),
            _ => safe_format!("{missed} notifications"),
        };
        effects.push(Effect::Notify(Notification { title, body }));
    }
}
