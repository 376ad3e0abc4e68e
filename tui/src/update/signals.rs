//! Signals of the streams: deltas of texts that are being written, and presence (who is reading what).

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

/// Adds to a partial assessment. A late delta, whose beginning is missing, is ignored.
pub(super) fn apply_assessment_delta(state: &mut State, id: HandoffId, offset: usize, text: &str) {
    if !state.queue.partial_assessments.get(&id).map_or("", String::as_str).is_char_boundary(offset) {
        return;
    }
    if let Some(item) = state.queue.item_mut(id) {
        item.assessment_status = AssessmentStatus::Running;
    }
    let text_so_far = state.queue.partial_assessments.entry(id).or_default();
    apply_delta(text_so_far, offset, text);
    let (partial_assessment, now) = (text_so_far.clone(), state.now);
    if let Some(briefing) = state.open_briefing_of_mut(id) {
        briefing.item.assessment_status = AssessmentStatus::Running;
        briefing.partial_assessment = Some(partial_assessment);
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
    // The delta is late: the answer itself has arrived.
    if chat.messages.iter().any(|message| message.id == id) {
        return;
    }
    chat.awaited_answer = None;
    let index = chat.partial_answers.iter().position(|(known, _)| *known == id).unwrap_or_else(|| {
        chat.partial_answers.push((id, String::new()));
        chat.partial_answers.len() - 1
    });
    apply_delta(&mut chat.partial_answers[index].1, offset, text);
}

/// Writes a delta at its offset, and drops what came after. A delta that would leave a gap is ignored: after a break the
/// stream starts from the beginning.
fn apply_delta(partial: &mut String, offset: usize, text: &str) {
    if partial.is_char_boundary(offset) {
        partial.truncate(offset);
        partial.push_str(text);
    }
}

pub(super) fn clear_partial_assessment(state: &mut State, id: HandoffId) {
    state.queue.partial_assessments.remove(&id);
    if let Some(briefing) = state.open_briefing_of_mut(id) {
        briefing.partial_assessment = None;
    }
}
