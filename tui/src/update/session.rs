//! The session: typing, sending, using steps, and ending it one way or another.

use crokey::KeyCombination;
use crossterm::event::{KeyCode, KeyEvent};
use tierup_common::assessment::Outcome;
use tierup_common::id::{HandoffId, SessionId};
use tierup_common::session::{CreateMessage, MessageKind, Session, SessionStatus};

use crate::effect::{Call, Effect, Ticket};
use crate::keymap::{Action, Context, SessionVerb, is_typed};
use crate::state::composer::Composer;
use crate::state::dialog::{Check, Dialog};
use crate::state::layer::{Confirm, Layer, Pick, PickOf};
use crate::state::session::{Awaited, Chat, Outgoing, Recalled, Scroll};
use crate::state::toast::Tone;
use crate::state::{Resuming, Screen, State};
use crate::update::{can, dialog, go, growing, load, queue, reply, said, talk};

pub(super) fn act(state: &mut State, verb: SessionVerb, effects: &mut Vec<Effect>) {
    let Some(chat) = chat_mut(state) else { return };
    let id = chat.id;
    match verb {
        SessionVerb::Back => {
            if !talk::unmark(state) {
                go::back(state, effects);
            }
        }
        SessionVerb::Send => send(state, effects),
        SessionVerb::Newline => chat.composer.newline(),
        SessionVerb::Undo => chat.composer.undo(),
        SessionVerb::Redo => chat.composer.redo(),
        SessionVerb::Older => recall(state, 1),
        SessionVerb::Newer => recall(state, -1),
        SessionVerb::Editor => effects.push(Effect::Edit(id, chat.composer.text())),
        SessionVerb::UseStep(number) => use_step(state, number),
        SessionVerb::HideSteps => hide_steps(state, id),
        SessionVerb::StepsRight => chat.first_step += 1,
        SessionVerb::StepsLeft => chat.first_step = chat.first_step.saturating_sub(1),
        SessionVerb::ToggleNote => {
            chat.kind = match chat.kind {
                MessageKind::Ask => MessageKind::Note,
                MessageKind::Note => MessageKind::Ask,
            };
        }
        SessionVerb::ShowBriefing => state.layers.push(Layer::Briefing),
        SessionVerb::Tried => state.layers.push(Layer::Pick(Pick::new(PickOf::Tried))),
        SessionVerb::Outcomes => state.layers.push(Layer::Pick(Pick::new(PickOf::Outcomes))),
        SessionVerb::NextEvidence => talk::next_evidence(state),
        SessionVerb::MarkUp => talk::mark(state, false),
        SessionVerb::MarkDown => talk::mark(state, true),
        SessionVerb::Copy => talk::copy(state, effects),
        SessionVerb::CopyCode => talk::copy_code(state, effects),
        SessionVerb::Resolve => {
            let steps = steps_to_tick(state);
            dialog::open(state, Dialog::resolve(id, steps));
        }
        SessionVerb::Escalate => dialog::open(state, Dialog::escalate(id)),
        SessionVerb::Park => dialog::open(state, Dialog::park(id)),
        SessionVerb::TakeBack => take_back(state, effects),
        SessionVerb::Release => with_handoff(state, |state, id| dialog::open(state, Dialog::release(id))),
        SessionVerb::PickUp => with_handoff(state, |state, id| queue::pick_up(state, id, effects)),
        SessionVerb::Assign => with_handoff(state, |state, id| dialog::assign(state, id, effects)),
        SessionVerb::SendBack => with_handoff(state, |state, id| dialog::open(state, Dialog::send_back(id))),
    }
    clamp_steps(state);
}

/// Does something with the handoff that the session came with.
fn with_handoff(state: &mut State, act: impl FnOnce(&mut State, HandoffId)) {
    let handoff = chat_mut(state).and_then(|chat| chat.briefing.as_ref()).map(|briefing| briefing.item.id);
    if let Some(handoff) = handoff {
        act(state, handoff);
    }
}

/// Whether a key does what it is bound to, or what it does in any text: one that a text would have is a command while
/// nothing is typed, and one that moves the cursor, where the cursor cannot go further.
pub(super) fn is_command(state: &State, key: KeyCombination, action: Action) -> bool {
    let Screen::Session(chat) = &state.screen else { return true };
    if is_typed(key) {
        // A number that comes before its step is no text: the next key would send it.
        let is_early = matches!(action, Action::Session(SessionVerb::UseStep(_))) && steps_are_coming(state);
        return chat.composer.is_empty() && (is_early || can(state, Context::Session, action));
    }
    match (*key.codes.first(), key.modifiers.is_empty()) {
        (KeyCode::Up, true) => chat.composer.is_at_top(),
        (KeyCode::Down, true) => chat.composer.is_at_bottom() && chat.recalled.is_some(),
        (_, _) => true,
    }
}

pub(super) fn type_key(state: &mut State, key: KeyEvent) {
    if let Some(chat) = chat_mut(state) {
        chat.composer.key(key);
    }
}

pub(super) fn paste(state: &mut State, text: &str) {
    if let Some(chat) = chat_mut(state) {
        chat.composer.paste(text);
    }
}

/// Whether the strip of suggested steps is on the screen.
pub fn steps_are_shown(state: &State) -> bool {
    let Screen::Session(chat) = &state.screen else { return false };
    !chat.steps(state.my_id()).is_empty() && !state.steps_hidden.contains(&chat.id)
}

/// Whether steps will be suggested: the assessment of what the user claimed is being written.
pub fn steps_are_coming(state: &State) -> bool {
    let Screen::Session(chat) = &state.screen else { return false };
    let me = state.my_id();
    let is_hidden = state.steps_hidden.contains(&chat.id);
    !is_hidden && chat.steps(me).is_empty() && chat.own_handoff(me).is_some_and(growing::is_being_assessed)
}

/// Keeps what is typed, and what is on its way: both are there after a crash.
pub(super) fn keep_draft(state: &mut State, effects: &mut Vec<Effect>) {
    let Screen::Session(chat) = &state.screen else { return };
    let typed = chat.typed();
    let draft = match state.outgoing.get(&chat.id) {
        Some(outgoing) if typed.is_empty() => outgoing.text.clone(),
        Some(outgoing) => format!("{}\n{typed}", outgoing.text),
        None => typed,
    };
    let known = state.drafts.get(&chat.id).map(String::as_str).unwrap_or_default();
    if draft != known {
        let id = chat.id;
        if draft.is_empty() {
            state.drafts.remove(&id);
        } else {
            state.drafts.insert(id, draft.clone());
        }
        effects.push(Effect::SaveDraft(id, draft));
    }
}

/// Takes the drafts that were kept on this machine, as far as nothing was typed since.
pub(super) fn take_drafts(state: &mut State, drafts: Vec<(SessionId, String)>) {
    for (id, draft) in drafts {
        if let Screen::Session(chat) = &mut state.screen
            && chat.id == id
            && chat.composer.is_empty()
            && !state.outgoing.contains_key(&id)
        {
            chat.composer = Composer::with(&draft);
        }
        state.drafts.entry(id).or_insert(draft);
    }
}

pub(super) fn chat_mut(state: &mut State) -> Option<&mut Chat> {
    match &mut state.screen {
        Screen::Session(chat) => Some(chat),
        Screen::Queue | Screen::Briefing(_) => None,
    }
}

fn send(state: &mut State, effects: &mut Vec<Effect>) {
    let Screen::Session(chat) = &state.screen else { return };
    if chat.composer.is_blank() {
        return;
    }
    if state.outgoing.contains_key(&chat.id) {
        return state.toast(Tone::Info, "The message before is still on its way: yours waits here");
    }
    let (id, kind, text) = (chat.id, chat.kind, chat.composer.text());
    let (now, after) = (state.now, chat.newest());
    let message = CreateMessage { content: text.clone(), kind };
    let before = said::ticket_of(state, id, &message);
    let ticket = load::ask_as(state, before, Call::Say { session: id, message }, effects);
    hide_steps(state, id);
    keep_sent(state, &text);
    state.outgoing.insert(id, Outgoing { ticket, text, kind, at: now, after });
    if let Some(chat) = chat_mut(state) {
        chat.composer = Composer::default();
        chat.recalled = None;
        chat.scroll = Scroll::Follow;
        let awaited = Awaited { since: now, after: chat.newest() };
        chat.awaits_answer = (kind == MessageKind::Ask).then_some(awaited);
    }
}

/// Remembers what was sent, once, for the way back through it.
fn keep_sent(state: &mut State, text: &str) {
    const KEPT: usize = 100;
    state.sent.retain(|other| other != text);
    state.sent.push(text.to_owned());
    let surplus = state.sent.len().saturating_sub(KEPT);
    state.sent.drain(..surplus);
}

/// Puts a message that was sent before into the composer; what was typed comes back at the end of the way.
fn recall(state: &mut State, further: isize) {
    let me = state.my_id();
    let Screen::Session(chat) = &mut state.screen else { return };
    let own = chat.messages.iter().filter(|message| message.author_id.is_some() && message.author_id == me);
    let mut sent: Vec<&str> = own.map(|message| message.content.as_str()).collect();
    let elsewhere: Vec<&str> =
        state.sent.iter().map(String::as_str).filter(|text| !sent.contains(text)).collect();
    // What was said in this very session is nearer.
    sent.splice(0..0, elsewhere);
    let at = chat.recalled.as_ref().map_or(0, |recalled| recalled.back + 1);
    let next = at.saturating_add_signed(further).min(sent.len());
    if next == at {
        return;
    }
    let typed = chat.recalled.take().map_or_else(|| chat.composer.text(), |recalled| recalled.typed);
    match next.checked_sub(1) {
        Some(back) => {
            chat.composer.replace(sent[sent.len() - next]);
            chat.recalled = Some(Recalled { back, text: chat.composer.text(), typed });
        }
        None => chat.composer.replace(&typed),
    }
}

/// The user is back from their editor: what they wrote there is the draft.
pub(super) fn edited(state: &mut State, id: SessionId, result: Result<String, String>) {
    match (chat_mut(state).filter(|chat| chat.id == id), result) {
        (Some(chat), Ok(text)) => chat.composer.replace(&text),
        (None, Ok(_)) => {}
        (_, Err(why)) => state.toast(Tone::Bad, why),
    }
}

/// Takes back what the user parked at once; what they escalated after a question, for it leaves the queue.
fn take_back(state: &mut State, effects: &mut Vec<Effect>) {
    let Screen::Session(chat) = &state.screen else { return };
    if chat.status() == Some(SessionStatus::Escalated) {
        state.layers.push(Layer::Confirm(Confirm::take_back(chat.id)));
    } else {
        let id = chat.id;
        resume(state, id, effects);
    }
}

/// Asks for a session back, once: one key, one request.
pub(super) fn resume(state: &mut State, session: SessionId, effects: &mut Vec<Effect>) {
    if state.is_taking_back(session) {
        return;
    }
    if go::refuse_viewer(state) || go::refuse_offline(state, "the session stays where it is") {
        return;
    }
    let from = state.context();
    let ticket = load::ask(state, Call::Resume(session), effects);
    state.resuming = Some(Resuming { ticket, session, from });
}

/// A session is the user's again, or not. They are brought to it, if they are still where they asked for it.
pub(super) fn resumed(
    state: &mut State,
    ticket: Ticket,
    session: Result<Session, String>,
    effects: &mut Vec<Effect>,
) {
    let asked = state.resuming.take_if(|resuming| resuming.ticket == ticket);
    let session = match session {
        Ok(session) => session,
        Err(why) => return state.toast(Tone::Bad, why),
    };
    load::own_sessions(state, effects);
    let id = session.item.id;
    let is_about = match &state.screen {
        Screen::Queue => true,
        Screen::Briefing(briefing) => briefing.item.session_id == id,
        Screen::Session(chat) => chat.id == id,
    };
    let is_there = asked.is_some_and(|asked| asked.from == state.context()) && is_about;
    if !is_there {
        let text = format!("Session {} is yours again: you find it under 2", session.item.number);
        state.toast(Tone::Good, text);
    } else if !matches!(state.screen, Screen::Session(_)) {
        go::to_session(state, id, None, effects);
    }
    reply::take_session(state, session, effects);
}

/// Puts a suggested step into the composer. It is never sent by this.
fn use_step(state: &mut State, number: u8) {
    if !steps_are_shown(state) {
        return;
    }
    let me = state.my_id();
    let Some(chat) = chat_mut(state) else { return };
    let place = usize::from(number).saturating_sub(1);
    if let Some(text) = chat.steps(me).get(place).map(|step| step.text.clone()) {
        chat.composer.append(&text);
    }
}

pub(super) fn hide_steps(state: &mut State, id: SessionId) {
    if !state.steps_hidden.contains(&id) {
        state.steps_hidden.push(id);
    }
}

/// There is always a step to see at the left end.
fn clamp_steps(state: &mut State) {
    let me = state.my_id();
    let shown = state.painted.steps_shown.max(1);
    if let Some(chat) = chat_mut(state) {
        chat.first_step = chat.first_step.min(chat.steps(me).len().saturating_sub(shown));
    }
}

fn steps_to_tick(state: &State) -> Vec<Check> {
    let Screen::Session(chat) = &state.screen else { return Vec::new() };
    let steps = chat.steps(state.my_id()).iter();
    steps
        .map(|step| Check {
            step: step.id,
            text: step.text.clone(),
            ticked: step.outcome == Some(Outcome::Worked),
        })
        .collect()
}
