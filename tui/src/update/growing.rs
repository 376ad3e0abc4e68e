//! What is told in passing: texts that grow while they are written, and who is reading what.

use tierup_common::assessment::AssessmentStatus;
use tierup_common::handoff::QueueItem;
use tierup_common::id::{HandoffId, MessageId, SessionId};
use tierup_common::user::Person;

use crate::state::{Screen, State};
use crate::update::briefing;

pub(super) fn presence(state: &mut State, id: HandoffId, viewers: Vec<Person>) {
    if let Some(briefing) = briefing::shown_mut(state).filter(|briefing| briefing.item.id == id) {
        briefing.item.viewers.clone_from(&viewers);
    }
    state.queue.set_viewers(id, viewers);
}

/// An assessment grew. One that goes on with what is not at hand came late: it does not make what is done begin again.
pub(super) fn grow_assessment(state: &mut State, id: HandoffId, offset: usize, text: &str) {
    if !state.queue.growing.get(&id).map_or("", String::as_str).is_char_boundary(offset) {
        return;
    }
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

pub(super) fn grow_message(state: &mut State, session: SessionId, id: MessageId, offset: usize, text: &str) {
    let Screen::Session(chat) = &mut state.screen else { return };
    if chat.id != session {
        return;
    }
    // The answer itself was heard already: this piece of it is late.
    if chat.messages.iter().any(|message| message.id == id) {
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

pub(super) fn stop_growing(state: &mut State, id: HandoffId) {
    state.queue.growing.remove(&id);
    if let Some(briefing) = briefing::shown_mut(state).filter(|briefing| briefing.item.id == id) {
        briefing.growing = None;
    }
}

/// Whether an assessment is on its way.
pub(super) fn is_being_assessed(item: &QueueItem) -> bool {
    matches!(item.assessment_status, AssessmentStatus::Pending | AssessmentStatus::Running)
}
