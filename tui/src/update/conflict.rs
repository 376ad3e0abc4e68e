//! A lost claim: the popup, the next one that waits, and the draft that was typed for it.

use tierup_common::handoff::HandoffStatus;
use tierup_common::id::{HandoffId, SessionId};
use tierup_common::session::{CreateMessage, Message, MessageKind};
use tierup_common::time::Timestamp;
use tierup_common::user::Person;

use crate::effect::{Call, CallId, Effect};
use crate::event::CallError;
use crate::keymap::{ConflictAction, Tab};
use crate::state::layer::{Conflict, ConflictDraft, Layer};
use crate::state::outbox::OutgoingMessage;
use crate::state::toast::ToastLevel;
use crate::state::{Screen, State};
use crate::text::safe;
use crate::update::{calls, messages, navigate};

/// A claim that somebody else won.
pub(super) struct LostClaim {
    /// Of which handoff.
    pub(super) handoff_id: HandoffId,
    /// What it is called.
    pub(super) title: String,
    /// The winner.
    pub(super) winner: Person,
    /// Since when it is theirs.
    pub(super) claimed_at: Timestamp,
}

/// Somebody else was first: the popup, over the list, with the next one that waits selected. What was typed is kept.
pub(super) fn show_conflict(state: &mut State, lost_claim: LostClaim) {
    let LostClaim { handoff_id: handoff, title, winner: by, claimed_at: since } = lost_claim;
    let session = state.known_handoff(handoff).map(|item| item.session_id);
    let has_draft = session.is_some_and(|session| !state.outbox.draft(session).is_empty());
    let draft = if has_draft { ConflictDraft::Saved } else { ConflictDraft::None };
    if !matches!(state.screen, Screen::Queue) {
        state.layers.retain(|layer| !layer.closes_with_screen());
    }
    navigate::to_queue(state);
    mark_claimed(state, handoff, &by, since);
    state.queue.tab = Tab::Queue;
    state.queue.select_next_open();
    let (by, came_at) = (by.name, state.now);
    state.layers.push(Layer::Conflict(Conflict {
        handoff_id: handoff,
        session_id: session,
        title,
        winner_name: by,
        claimed_at: since,
        opened_at: came_at,
        draft,
    }));
}

/// The row is the winner's, although no event has said so yet.
fn mark_claimed(state: &mut State, handoff: HandoffId, by: &Person, since: Timestamp) {
    let open = state.queue.item(handoff).filter(|item| item.status == HandoffStatus::Open);
    if let Some(mut item) = open.cloned() {
        item.status = HandoffStatus::Claimed;
        (item.claimed_by, item.claimed_by_name) = (Some(by.id), Some(by.name.clone()));
        item.claimed_at = Some(since);
        let me = state.my_id();
        state.queue.upsert_item(item, me);
    }
}

pub(super) fn run_action(state: &mut State, verb: ConflictAction, effects: &mut Vec<Effect>) {
    match verb {
        ConflictAction::Close => {
            state.layers.pop();
        }
        ConflictAction::NextOpen => {
            state.layers.pop();
            navigate::open_next(state, effects);
        }
        ConflictAction::SendDraft => send_draft(state, effects),
    }
}

/// Sends the winner what was typed, as a note.
fn send_draft(state: &mut State, effects: &mut Vec<Effect>) {
    let Some(Layer::Conflict(lost)) = state.layers.last() else { return };
    let Some(session) =
        lost.session_id.filter(|_| !matches!(lost.draft, ConflictDraft::None | ConflictDraft::Sending(_)))
    else {
        return;
    };
    let content = state.outbox.draft(session).to_owned();
    if content.is_empty() {
        return;
    }
    let draft = if state.connection.allows_calls() {
        let message = CreateMessage { content, kind: MessageKind::Note };
        let before = state.outbox.take_reusable_call_id(session, &message);
        ConflictDraft::Sending(calls::send_with_id(
            state,
            before,
            Call::CreateMessage { session_id: session, message },
            effects,
        ))
    } else {
        ConflictDraft::Rejected("Offline: your draft is saved".into())
    };
    if let Some(Layer::Conflict(lost)) = state.layers.last_mut() {
        lost.draft = draft;
    }
}

/// A draft reached the winner, or did not; whether this was one.
pub(super) fn apply_draft_reply(
    state: &mut State,
    call_id: CallId,
    session: SessionId,
    result: &Result<Message, CallError>,
    effects: &mut Vec<Effect>,
) -> bool {
    let ours = state.layers.iter_mut().find_map(|layer| {
        if let Layer::Conflict(lost) = layer
            && lost.draft == ConflictDraft::Sending(call_id)
        {
            return Some(lost);
        }
        None
    });
    let Some(lost) = ours else { return false };
    match result {
        Ok(_) => {
            lost.draft = ConflictDraft::None;
            let text = format!("Sent your note to {}", safe::sanitize_line(&lost.winner_name));
            state.show_toast(ToastLevel::Success, text);
            messages::save_draft(state, session, "", effects);
        }
        Err(failure) => {
            lost.draft = ConflictDraft::Rejected(messages::send_error_text(failure));
            if failure.is_outcome_unknown() {
                let text = state.outbox.draft(session).to_owned();
                // Nothing is known of that conversation: only sending it again tells.
                let sent = OutgoingMessage {
                    call_id,
                    text,
                    kind: MessageKind::Note,
                    sent_at: state.now,
                    after_seq: u32::MAX,
                };
                state.outbox.set_in_doubt(session, sent);
            }
        }
    }
    true
}
