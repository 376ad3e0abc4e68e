//! A lost claim: the popup, the next open handoff, and the draft that was typed for the lost one.

use tierup_common::handoff::HandoffStatus;
use tierup_common::id::{HandoffId, SessionId};
use tierup_common::session::{CreateMessage, Message, MessageKind};
use tierup_common::time::Timestamp;
use tierup_common::user::Person;

use crate::effect::{Call, CallId, Effect};
use crate::event::CallError;
use crate::keymap::{Action, ConflictAction, Context, Tab};
use crate::state::layer::{Conflict, ConflictDraft, Layer};
use crate::state::outbox::OutgoingMessage;
use crate::state::toast::ToastLevel;
use crate::state::{Screen, State};
use crate::text::safe;
use crate::update::{calls, messages, navigate, secret_warning};

/// A claim that someone else won.
pub(super) struct LostClaim {
    /// The handoff.
    pub(super) handoff_id: HandoffId,
    /// Its title.
    pub(super) title: String,
    /// The winner.
    pub(super) winner: Person,
    /// When they claimed it.
    pub(super) claimed_at: Timestamp,
}

/// Opens the popup over the list, with the next open handoff selected. The draft is kept.
pub(super) fn show_conflict(state: &mut State, lost_claim: LostClaim) {
    let LostClaim { handoff_id, title, winner, claimed_at } = lost_claim;
    let session_id = state.known_handoff(handoff_id).map(|item| item.session_id);
    let has_draft = session_id.is_some_and(|session| !state.outbox.draft(session).is_empty());
    let draft = if has_draft { ConflictDraft::Saved } else { ConflictDraft::None };
    if !matches!(state.screen, Screen::Queue) {
        state.layers.retain(|layer| !layer.closes_with_screen());
    }
    navigate::to_queue(state);
    mark_claimed(state, handoff_id, &winner, claimed_at);
    state.queue.tab = Tab::Queue;
    state.queue.select_next_open();
    state.layers.push(Layer::Conflict(Conflict {
        handoff_id,
        session_id,
        title,
        winner_name: winner.name,
        claimed_at,
        opened_at: state.now,
        draft,
    }));
}

/// Gives the row to the winner, before the event arrives.
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

pub(super) fn run_action(state: &mut State, action: ConflictAction, effects: &mut Vec<Effect>) {
    match action {
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

/// Sends the draft to the winner, as a note.
fn send_draft(state: &mut State, effects: &mut Vec<Effect>) {
    let Some(Layer::Conflict(conflict)) = state.layers.last() else { return };
    let Some(session) = conflict
        .session_id
        .filter(|_| !matches!(conflict.draft, ConflictDraft::None | ConflictDraft::Sending(_)))
    else {
        return;
    };
    let content = state.outbox.draft(session).to_owned();
    let resend = Action::Conflict(ConflictAction::SendDraft);
    if content.is_empty() || !secret_warning::may_send(state, &content, Context::Conflict, resend) {
        return;
    }
    let draft = if state.connection.allows_calls() {
        let message = CreateMessage { content, kind: MessageKind::Note };
        let reused_id = state.outbox.take_reusable_call_id(session, &message);
        ConflictDraft::Sending(calls::send_with_id(
            state,
            reused_id,
            Call::CreateMessage { session_id: session, message },
            effects,
        ))
    } else {
        ConflictDraft::Rejected("Offline: your draft is saved".into())
    };
    if let Some(Layer::Conflict(conflict)) = state.layers.last_mut() {
        conflict.draft = draft;
    }
}

/// The reply to a draft that was sent to the winner. Returns false if the call sent none.
pub(super) fn apply_draft_reply(
    state: &mut State,
    call_id: CallId,
    session: SessionId,
    result: &Result<Message, CallError>,
    effects: &mut Vec<Effect>,
) -> bool {
    let ours = state.layers.iter_mut().find_map(|layer| {
        if let Layer::Conflict(conflict) = layer
            && conflict.draft == ConflictDraft::Sending(call_id)
        {
            return Some(conflict);
        }
        None
    });
    let Some(conflict) = ours else { return false };
    match result {
        Ok(_) => {
            conflict.draft = ConflictDraft::None;
            let text = format!("Sent your note to {}", safe::sanitize_line(&conflict.winner_name));
            state.show_toast(ToastLevel::Success, text);
            messages::save_draft(state, session, "", effects);
        }
        Err(error) => {
            conflict.draft = ConflictDraft::Rejected(messages::send_error_text(error));
            if error.is_outcome_unknown() {
                let text = state.outbox.draft(session).to_owned();
                // The transcript is not loaded, so only sending the note again resolves the doubt.
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
