//! The actions of a briefing.

use tierup_common::handoff::HandoffStatus;
use tierup_common::id::HandoffId;

use crate::effect::Effect;
use crate::keymap::{BriefingAction, Move, Tab};
use crate::state::briefing::{Pane, ScrollAnchor};
use crate::state::dialog::Dialog;
use crate::state::layer::{Confirmation, Layer, Picker, PickerKind};
use crate::state::lists::RowId;
use crate::state::{Screen, State};
use crate::update::scroll::scroll_offset_after;
use crate::update::{claims, details, dialog, navigate, picker, queue, reassess, search, transcript};

pub(super) fn run_action(state: &mut State, action: BriefingAction, effects: &mut Vec<Effect>) {
    search::settle(state);
    let Some(briefing) = state.open_briefing_mut() else { return };
    let id = briefing.item.id;
    match action {
        BriefingAction::Back => navigate::back(state, effects),
        BriefingAction::StartHere => claims::claim_handoff(state, id, effects),
        BriefingAction::Reassess => reassess::request(state, id, effects),
        BriefingAction::NextOpen => go_to_next_open(state, effects),
        BriefingAction::OtherPane => {
            briefing.pane = match briefing.pane {
                Pane::History => Pane::Assessment,
                Pane::Assessment => Pane::History,
            };
        }
        BriefingAction::NextEvidence => show_evidence(state, true),
        BriefingAction::PreviousEvidence => show_evidence(state, false),
        BriefingAction::Cases => state.layers.push(Layer::Picker(Picker::new(PickerKind::SimilarCases))),
        BriefingAction::Proposed => picker::open_proposed(state),
        BriefingAction::Whole => open_transcript(state, effects),
        BriefingAction::Assign => dialog::open_assign(state, vec![id], effects),
        BriefingAction::Change => details::open(state, id),
        BriefingAction::SendBack => state.open_dialog(Dialog::send_back(id)),
        // It leaves the queue, so the user has to confirm.
        BriefingAction::TakeBack => {
            let session = briefing.item.session_id;
            state.layers.push(Layer::Confirm(Confirmation::take_back(session)));
        }
    }
}

/// Moves to the next or previous evidence and shows its message.
pub(super) fn show_evidence(state: &mut State, forward: bool) {
    let Some(briefing) = state.open_briefing_mut() else { return };
    if let Some(seq) = briefing.mark_evidence(forward) {
        briefing.pane = Pane::History;
        briefing.history_anchor = ScrollAnchor::Message(seq);
    }
}

/// Shows the whole transcript, at the evidence: of the open session, or of a session that is opened to read.
fn open_transcript(state: &mut State, effects: &mut Vec<Effect>) {
    let is_overlay = matches!(state.screen, Screen::Session(_));
    let Some(briefing) = state.open_briefing_mut().cloned() else { return };
    let seq = briefing.marked_evidence().map(|evidence| evidence.message_seq);
    if is_overlay {
        state.layers.pop();
    } else {
        let session = briefing.item.session_id;
        navigate::to_session_for_reading(state, session, Some(briefing), effects);
    }
    if let Some(seq) = seq {
        transcript::show_message(state, seq);
    }
}

/// Scrolls the pane that has the keys.
pub(super) fn scroll(state: &mut State, movement: Move) {
    let (history_top, history_max) = (state.last_paint.history_top, state.last_paint.history_max_scroll);
    let (page, assessment_max) = (state.last_paint.page_height, state.last_paint.assessment_max_scroll);
    let Some(briefing) = state.open_briefing_mut() else { return };
    match briefing.pane {
        Pane::History => {
            // Several keys may come before the next paint; only the paint knows the row of a message.
            let top = match briefing.history_anchor {
                ScrollAnchor::Row(row) => row,
                ScrollAnchor::Message(_) => history_top,
            };
            briefing.history_anchor =
                ScrollAnchor::Row(scroll_offset_after(top, movement, history_max, page));
        }
        Pane::Assessment => {
            briefing.assessment_scroll =
                scroll_offset_after(briefing.assessment_scroll, movement, assessment_max, page);
        }
    }
}

/// Opens the next open handoff. If the one on the screen has given way in the list, that is the selected one.
fn go_to_next_open(state: &mut State, effects: &mut Vec<Effect>) {
    let open = state.open_briefing().map(|briefing| briefing.item.id);
    let selected = state.queue.lists[Tab::Queue].selected().and_then(RowId::handoff);
    let waits = |id: &HandoffId| {
        Some(*id) != open && state.queue.item(*id).is_some_and(|item| item.status == HandoffStatus::Open)
    };
    let next = || state.queue.next_in_queue(|item| item.status == HandoffStatus::Open);
    if let Some(next) = selected.filter(waits).or_else(next) {
        state.queue.lists[Tab::Queue].select(RowId::Handoff(next));
        queue::move_by(state, 0);
        navigate::to_briefing(state, next, effects);
    }
}
