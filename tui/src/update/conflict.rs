//! A lost claim: the popup, the next one that waits, and the draft that was typed for it.

use tierup_common::handoff::HandoffStatus;
use tierup_common::id::{HandoffId, SessionId};
use tierup_common::session::{CreateMessage, Message, MessageKind};
use tierup_common::time::Timestamp;
use tierup_common::user::Person;

use crate::effect::{Call, Effect, Ticket};
use crate::event::Failure;
use crate::keymap::ConflictVerb;
use crate::state::layer::{Conflict, Draft, Layer};
use crate::state::queue::Tab;
use crate::state::session::Outgoing;
use crate::state::toast::Tone;
use crate::state::{Screen, State};
use crate::text::safe;
use crate::update::{go, load, queue, said};

/// A claim that somebody else won.
pub(super) struct Loss {
    /// Of which handoff.
    pub(super) handoff: HandoffId,
    /// What it is called.
    pub(super) title: String,
    /// The winner.
    pub(super) by: Person,
    /// Since when it is theirs.
    pub(super) since: Timestamp,
}

/// Somebody else was first: the popup, over the list, with the next one that waits selected. What was typed is kept.
pub(super) fn lost(state: &mut State, loss: Loss) {
    let Loss { handoff, title, by, since } = loss;
    let session = session_of(state, handoff);
    let has_draft = session.is_some_and(|session| state.drafts.contains_key(&session));
    let draft = if has_draft { Draft::Kept } else { Draft::None };
    if !matches!(state.screen, Screen::Queue) {
        // What lies over the screen that closes goes with it; a dialog keeps what was typed into it.
        let belongs = |layer: &Layer| matches!(layer, Layer::Briefing | Layer::Pick(_) | Layer::Confirm(_));
        state.layers.retain(|layer| !belongs(layer));
    }
    go::to_queue(state);
    mark(state, handoff, &by, since);
    state.queue.tab = Tab::Queue;
    queue::select_next_open(state);
    let (by, came_at) = (by.name, state.now);
    state.layers.push(Layer::Conflict(Conflict { handoff, session, title, by, since, came_at, draft }));
}

/// The row is the winner's, although no event has said so yet.
fn mark(state: &mut State, handoff: HandoffId, by: &Person, since: Timestamp) {
    let open = state.queue.item(handoff).filter(|item| item.status == HandoffStatus::Open);
    if let Some(mut item) = open.cloned() {
        item.status = HandoffStatus::Claimed;
        (item.claimed_by, item.claimed_by_name) = (Some(by.id), Some(by.name.clone()));
        item.claimed_at = Some(since);
        let me = state.my_id();
        state.queue.put(item, me);
    }
}

fn session_of(state: &State, handoff: HandoffId) -> Option<SessionId> {
    let open = match &state.screen {
        Screen::Queue => None,
        Screen::Briefing(briefing) => Some(&briefing.item),
        Screen::Session(chat) => chat.briefing.as_ref().map(|briefing| &briefing.item),
    };
    let known = state.queue.item(handoff).or(open.filter(|item| item.id == handoff));
    known.map(|item| item.session_id)
}

pub(super) fn act(state: &mut State, verb: ConflictVerb, effects: &mut Vec<Effect>) {
    match verb {
        ConflictVerb::Close => {
            state.layers.pop();
        }
        ConflictVerb::NextOpen => {
            state.layers.pop();
            queue::open_next(state, effects);
        }
        ConflictVerb::SendDraft => send_draft(state, effects),
    }
}

/// Sends the winner what was typed, as a note.
fn send_draft(state: &mut State, effects: &mut Vec<Effect>) {
    let Some(Layer::Conflict(lost)) = state.layers.last() else { return };
    let Some(session) = lost.session.filter(|_| !matches!(lost.draft, Draft::None | Draft::Sending(_)))
    else {
        return;
    };
    let Some(content) = state.drafts.get(&session).cloned() else { return };
    let draft = if state.link.may_ask() {
        let message = CreateMessage { content, kind: MessageKind::Note };
        let before = said::ticket_of(state, session, &message);
        Draft::Sending(load::ask_as(state, before, Call::Say { session, message }, effects))
    } else {
        Draft::Refused("Offline: the draft is kept".into())
    };
    if let Some(Layer::Conflict(lost)) = state.layers.last_mut() {
        lost.draft = draft;
    }
}

/// A draft reached the winner, or did not; whether this was one.
pub(super) fn sent(
    state: &mut State,
    ticket: Ticket,
    session: SessionId,
    result: &Result<Message, Failure>,
    effects: &mut Vec<Effect>,
) -> bool {
    let ours = state.layers.iter_mut().find_map(|layer| {
        if let Layer::Conflict(lost) = layer
            && lost.draft == Draft::Sending(ticket)
        {
            return Some(lost);
        }
        None
    });
    let Some(lost) = ours else { return false };
    match result {
        Ok(_) => {
            lost.draft = Draft::None;
            let text = format!("{} has your note", safe::line(&lost.by));
            state.toast(Tone::Good, text);
            said::keep_draft(state, session, String::new(), effects);
        }
        Err(failure) => {
            lost.draft = Draft::Refused(said::not_sent("it", failure));
            if failure.leaves_doubt() {
                let text = state.drafts.get(&session).cloned().unwrap_or_default();
                // Nothing is known of that conversation: only sending it again tells.
                let sent = Outgoing { ticket, text, kind: MessageKind::Note, at: state.now, after: u32::MAX };
                state.doubts.insert(session, sent);
            }
        }
    }
    true
}
