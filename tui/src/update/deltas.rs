//! What is told in passing: texts that grow while they are written, and who is reading what.

use tierup_common::assessment::AssessmentStatus;
use tierup_common::id::{HandoffId, MessageId, SessionId};
use tierup_common::user::Person;

use crate::state::{Screen, State};

pub(super) fn apply_presence(state: &mut State, id: HandoffId, viewers: Vec<Person>) {
    if let Some(briefing) = state.open_briefing_of_mut(id) {
        briefing.item.viewers.clone_from(&viewers);
    }
    state.queue.set_viewers(id, viewers);
}

/// An assessment grew. One that goes on with what is not at hand came late: it does not make what is done begin again.
pub(super) fn apply_assessment_delta(state: &mut State, id: HandoffId, offset: usize, text: &str) {
    if !state.queue.partial_assessments.get(&id).map_or("", String::as_str).is_char_boundary(offset) {
        return;
    }
    if let Some(item) = state.queue.item_mut(id) {
        item.assessment_status = AssessmentStatus::Running;
    }
    let known = state.queue.partial_assessments.entry(id).or_default();
    apply_delta(known, offset, text);
    let (known, now) = (known.clone(), state.now);
    if let Some(briefing) = state.open_briefing_of_mut(id) {
        briefing.item.assessment_status = AssessmentStatus::Running;
        briefing.partial_assessment = Some(known);
        briefing.last_progress_at = now;
    }
}

pub(super) fn apply_message_delta(
    state: &mut State,
    session: SessionId,
    id: MessageId,
    offset: usize,
    text: &str,
) {
    let Screen::Session(chat) = &mut state.screen else { return };
    if chat.id != session {
        return;
    }
    // The answer itself was heard already: this piece of it is late.
    if chat.messages.iter().any(|message| message.id == id) {
        return;
    }
    chat.awaited_answer = None;
    let place = chat.partial_answers.iter().position(|(known, _)| *known == id).unwrap_or_else(|| {
        chat.partial_answers.push((id, String::new()));
        chat.partial_answers.len() - 1
    });
    apply_delta(&mut chat.partial_answers[place].1, offset, text);
}

/// Puts a piece where it belongs; what came before it stays, what came after is replaced. A piece that leaves a gap
/// is passed over: after a break the stream begins anew.
fn apply_delta(known: &mut String, offset: usize, text: &str) {
    if known.is_char_boundary(offset) {
        known.truncate(offset);
        known.push_str(text);
    }
}

pub(super) fn clear_partial_assessment(state: &mut State, id: HandoffId) {
    state.queue.partial_assessments.remove(&id);
    if let Some(briefing) = state.open_briefing_of_mut(id) {
        briefing.partial_assessment = None;
    }
}
