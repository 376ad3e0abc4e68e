//! What is told and what rings, and what the window is called. Only what waits for this user rings, and only while they look elsewhere.

use tierup_common::event::{Event, Frame, ReminderReason, Signal, What};
use tierup_common::handoff::Priority;
use tierup_common::id::HandoffId;

use crate::effect::{Alert, Effect};
use crate::state::link::Link;
use crate::state::queue::Tab;
use crate::state::toast::Tone;
use crate::state::{Screen, State};
use crate::text::{cut, safe};
use crate::update::happened::is_from_me;

/// The team's stream carried something; asked before it has changed the state.
pub(super) fn hear(state: &mut State, frame: &Frame, effects: &mut Vec<Effect>) {
    match frame {
        Frame::Event(event) => {
            if Some(event.seq) > state.heard
                && let Some(alert) = alert(state, event)
            {
                ring(state, alert, effects);
            }
        }
        Frame::Signal(Signal::CaughtUp { .. } | Signal::Reset { .. }) => caught_up(state, effects),
        Frame::Signal(
            Signal::Hello { .. }
            | Signal::HandoffAssessmentDelta { .. }
            | Signal::MessageDelta { .. }
            | Signal::Presence { .. },
        )
        | Frame::Unknown { .. } => {}
    }
}

/// A handoff of somebody else's entered the queue. Whoever has its row before them sees it arrive; everybody else is
/// told.
pub(super) fn arrived(state: &mut State, id: HandoffId) {
    let is_list = matches!(state.screen, Screen::Queue) && state.layers.is_empty();
    // An empty list has painted no row.
    let room = state.painted.list_room.max(1);
    if is_list && state.queue.tab == Tab::Queue && state.queue.queue.shows(id, room) {
        return;
    }
    let Some(item) = state.queue.item(id) else { return };
    let urgency = match item.priority {
        Priority::Urgent => "Urgent: ",
        Priority::High | Priority::Normal | Priority::Low => "",
    };
    let summary = cut(&safe::line(&item.problem_summary), 40);
    let text = format!("{urgency}#{} {summary}", item.number);
    state.toast(Tone::Info, text);
}

/// Names the window by what waits in it, if that has changed.
pub(super) fn name_window(state: &mut State, effects: &mut Vec<Effect>) {
    let account = state.me.as_ref().map(|me| me.account_name.as_str());
    let name = match account {
        Some(account) => format!("tierup · {account}"),
        None => "tierup".into(),
    };
    let title = match state.unread() {
        0 => name,
        unread => format!("({unread}) {name}"),
    };
    if title != state.attention.title {
        state.attention.title.clone_from(&title);
        effects.push(Effect::Title(title));
    }
}

/// What an event says to this user, if it says something that they should hear at once.
fn alert(state: &State, event: &Event) -> Option<Alert> {
    let me = state.my_id()?;
    let (title, handoff) = match &event.what {
        What::HandoffCreated { handoff, by, .. } if by.id != me && handoff.priority == Priority::Urgent => {
            (format!("Urgent, from {}", by.name), handoff)
        }
        What::HandoffAssigned { handoff, by, to, .. } if to.id == me && by.id != me => {
            (format!("{} passed this to you", by.name), handoff)
        }
        What::HandoffSentBack { handoff, by, .. } if by.id != me && is_from_me(state, handoff) => {
            (format!("{} sent this back to you", by.name), handoff)
        }
        What::HandoffReminder { handoff, reason } => {
            let title = match reason {
                ReminderReason::Unclaimed => "Still waiting",
                ReminderReason::Wake => "You parked this",
                ReminderReason::StaleClaim => "Goes back to the queue soon",
            };
            (title.to_owned(), handoff)
        }
        What::HandoffCreated { .. }
        | What::HandoffAssigned { .. }
        | What::HandoffAssessmentReady { .. }
        | What::HandoffAssessmentFailed { .. }
        | What::HandoffClaimed { .. }
        | What::HandoffReleased { .. }
        | What::HandoffSentBack { .. }
        | What::HandoffWithdrawn { .. }
        | What::HandoffStepUpdated { .. }
        | What::HandoffResolved { .. }
        | What::SessionCreated { .. }
        | What::SessionUpdated { .. }
        | What::SessionResolved { .. }
        | What::MessageAdded { .. } => return None,
    };
    Some(Alert { title, body: format!("#{} {}", handoff.number, handoff.problem_summary) })
}

fn ring(state: &mut State, alert: Alert, effects: &mut Vec<Effect>) {
    if state.attention.focused {
        return;
    }
    // What was missed rings once, when all of it is here.
    if matches!(state.link, Link::CatchingUp { .. }) {
        state.attention.missed += 1;
    } else {
        effects.push(Effect::Alert(alert));
    }
}

fn caught_up(state: &mut State, effects: &mut Vec<Effect>) {
    let missed = std::mem::take(&mut state.attention.missed);
    if missed > 0 && !state.attention.focused {
        let title = "While the connection was away".into();
        let body =
            if missed == 1 { "1 handoff wants you".into() } else { format!("{missed} handoffs want you") };
        effects.push(Effect::Alert(Alert { title, body }));
    }
}
