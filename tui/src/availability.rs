//! Which actions are available now, and why others are not: one answer for the footer, the help, the palette and the
//! dispatch of actions. A request that the server would certainly refuse is not sent.

mod rules;
mod unavailable;

use tierup_common::handoff::{HandoffStatus, Intent};

use crate::availability::rules::{
    check_change, check_evidence, check_hand_off, check_participant, check_proposed, check_release,
    check_resolve, check_send, check_send_back, check_take_back, check_take_back_handoff, check_write,
    unavailable_evidence,
};
use crate::availability::unavailable::{available_if, not_now};
use crate::keymap::{
    Action, BriefingAction, CaseAction, ConflictAction, Context, DialogAction, ListAction, OutcomeAction,
    SessionAction, Tab, TriedAction,
};
use crate::state::State;
use crate::state::briefing::is_being_assessed;
use crate::state::chat::Chat;
use crate::state::dialog::FieldInput;
use crate::state::layer::ConflictDraft;
use crate::state::lists::RowId;

pub use rules::{check_assign, check_claim, check_engineer, check_reassess, check_resume};
pub use unavailable::{Availability, Unavailable};

/// Whether an action is available in a place.
pub fn is_available(state: &State, context: Context, action: Action) -> bool {
    check(state, context, action).is_ok()
}

/// Whether an action is available in a place, or why not.
pub fn check(state: &State, context: Context, action: Action) -> Availability {
    match action {
        Action::List(action) => check_list(state, action),
        Action::Briefing(action) => check_briefing(state, context, action),
        Action::Session(action) => check_session(state, action),
        Action::Dialog(action) => check_dialog(state, action),
        Action::Conflict(action) => check_conflict(state, action),
        Action::Tried(action) => check_branches(state, action),
        Action::Outcome(OutcomeAction::Worked | OutcomeAction::Failed | OutcomeAction::Clear) => {
            check_participant(state, open_chat(state)?)
        }
        Action::Case(CaseAction::Read) => available_if(!state.similar_cases().is_empty()),
        Action::Command(_) => available_if(state.command_subject().is_some()),
        Action::WriteRunbook if state.runbook_draft.is_none() => {
            not_now("Resolve a session first; then you can write a runbook on it")
        }
        Action::Pager => check_pager(state, context),
        Action::WriteRunbook
        | Action::SavedFilter(_)
        | Action::Quit
        | Action::QuitNow
        | Action::Suspend
        | Action::LogIn
        | Action::Help
        | Action::Log
        | Action::Palette
        | Action::CommandLine
        | Action::ToggleMouse
        | Action::NextTheme
        | Action::Move(_)
        | Action::Edit(_)
        | Action::Line(_)
        | Action::Search(_)
        | Action::CopyText
        | Action::Yes
        | Action::Close => Ok(()),
    }
}

fn check_pager(state: &State, context: Context) -> Availability {
    let is_conversation = matches!(context, Context::Session | Context::Conversation | Context::SessionMenu);
    let has_mark = is_conversation && state.open_chat().is_some_and(|chat| chat.marked_seq.is_some());
    if has_mark || state.newest_long_message(is_conversation).is_some() {
        Ok(())
    } else {
        not_now("No long text here")
    }
}

fn check_list(state: &State, action: ListAction) -> Availability {
    let queue = &state.queue;
    let selected = queue.selected_item().ok_or(Unavailable::NotApplicable);
    match action {
        ListAction::Open => available_if(queue.selected_row().is_some()),
        ListAction::PickUp => match queue.selected_row() {
            Some(RowId::Session(_)) if queue.tab == Tab::Parked => check_resume(state),
            Some(RowId::Session(_)) if queue.tab == Tab::History => Err(Unavailable::NotApplicable),
            Some(RowId::Session(_)) => Ok(()),
            Some(RowId::Handoff(_)) | None => check_claim(state, selected?),
        },
        ListAction::Reassess => check_reassess(state, selected?),
        ListAction::Release => check_release(state, selected?),
        ListAction::Change => check_change(state, selected?),
        ListAction::NextUnread if state.unread_count() + state.inbox.unread_total() == 0 => {
            not_now("Nothing unread")
        }
        ListAction::MarkUnread => available_if(state.seen.contains(selected?.id)),
        ListAction::NewSession => check_engineer(state),
        ListAction::Mark => selected.map(|_| ()),
        ListAction::PassOn if queue.marked.is_empty() => check_assign(state, selected?),
        ListAction::ClearFilter => available_if(queue.filter.is_active() || !queue.marked.is_empty()),
        ListAction::NextUnread
        | ListAction::PassOn
        | ListAction::Filter
        | ListAction::Sort
        | ListAction::Dense
        | ListAction::NextTab
        | ListAction::Tab(_) => Ok(()),
    }
}

fn check_briefing(state: &State, context: Context, action: BriefingAction) -> Availability {
    let briefing = state.open_briefing().ok_or(Unavailable::NotApplicable)?;
    let item = &briefing.item;
    match action {
        BriefingAction::StartHere => check_claim(state, item),
        BriefingAction::Reassess => check_reassess(state, item),
        BriefingAction::NextOpen => {
            let this = usize::from(item.status == HandoffStatus::Open);
            if state.queue.counts.open() > this { Ok(()) } else { not_now("No other open handoffs") }
        }
        BriefingAction::NextEvidence | BriefingAction::PreviousEvidence => check_evidence(briefing),
        BriefingAction::Cases if briefing.assessment().is_none_or(|data| data.similar.is_empty()) => {
            not_now("No similar cases")
        }
        BriefingAction::Proposed => check_proposed(state, open_chat(state)?),
        BriefingAction::Assign => check_assign(state, item),
        BriefingAction::SendBack => check_send_back(state, item),
        BriefingAction::TakeBack => check_take_back_handoff(state, item),
        BriefingAction::Change => check_change(state, item),
        BriefingAction::Back => available_if(context != Context::BriefingOverlay),
        BriefingAction::Cases | BriefingAction::OtherPane | BriefingAction::Whole => Ok(()),
    }
}

fn check_session(state: &State, action: SessionAction) -> Availability {
    let chat = open_chat(state)?;
    let handoff = || {
        let briefing = chat.briefing.as_ref();
        briefing
            .map(|open| &open.item)
            .ok_or_else(|| Unavailable::NotNow("This session was not handed off".into()))
    };
    match action {
        SessionAction::Send => check_send(state, chat),
        SessionAction::UseStep(number) => check_use_step(state, chat, number),
        SessionAction::NextStep | SessionAction::PreviousStep => check_complete_step(state, chat),
        SessionAction::HideSteps => {
            let me = state.my_id();
            let is_awaited = chat.own_handoff(me).is_some_and(is_being_assessed);
            available_if(is_awaited || !chat.suggested_steps(me).is_empty())
        }
        SessionAction::StepsRight | SessionAction::StepsLeft => available_if(state.is_step_strip_shown()),
        SessionAction::ShowBriefing if chat.briefing.is_none() => {
            not_now("No briefing: this session was not handed off")
        }
        SessionAction::Resolve => check_resolve(state, chat),
        SessionAction::Escalate => check_hand_off(state, chat, Intent::Escalate),
        SessionAction::Park => check_hand_off(state, chat, Intent::Park),
        SessionAction::Release => check_release(state, handoff()?),
        SessionAction::PickUp => {
            let item = handoff()?;
            available_if(!state.is_mine(item))?;
            check_claim(state, item)
        }
        SessionAction::Assign => check_assign(state, handoff()?),
        SessionAction::SendBack => check_send_back(state, handoff()?),
        SessionAction::Change => check_change(state, handoff()?),
        SessionAction::TakeBack => check_take_back(state, chat),
        SessionAction::Proposed => check_proposed(state, chat),
        SessionAction::Outcomes if state.suggested_steps().is_empty() => not_now("No suggested steps"),
        SessionAction::NextEvidence => {
            chat.briefing.as_ref().map_or_else(unavailable_evidence, check_evidence)
        }
        SessionAction::ToggleNote => available_if(state.can_ask(chat)),
        SessionAction::ShowBriefing
        | SessionAction::Outcomes
        | SessionAction::Newline
        | SessionAction::Tried
        | SessionAction::MarkUp
        | SessionAction::MarkDown
        | SessionAction::Copy
        | SessionAction::CopyCode
        | SessionAction::Editor
        | SessionAction::Menu
        | SessionAction::Conversation
        | SessionAction::Write
        | SessionAction::Older
        | SessionAction::Newer
        | SessionAction::Back => Ok(()),
    }
}

fn check_use_step(state: &State, chat: &Chat, number: u8) -> Availability {
    if state.is_awaiting_steps() {
        return not_now("The suggested steps are still being written");
    }
    available_if(state.is_step_strip_shown())?;
    let count = chat.suggested_steps(state.my_id()).len();
    if (1..=count).contains(&usize::from(number)) {
        Ok(())
    } else {
        not_now(format!("No step {number}: only {count} suggested"))
    }
}

/// A text of the user's own is never replaced, nor completed.
fn check_complete_step(state: &State, chat: &Chat) -> Availability {
    let me = state.my_id();
    available_if(chat.composer.is_empty() || chat.unedited_step(me).is_some())?;
    if state.is_awaiting_steps() {
        return not_now("The suggested steps are still being written");
    }
    available_if(!chat.suggested_steps(me).is_empty())?;
    if state.is_step_strip_shown() {
        return Ok(());
    }
    let hide = Action::Session(SessionAction::HideSteps);
    let key = state.settings.keymap.key_for(Context::Session, hide);
    not_now(format!("The suggested steps are hidden: {key} shows them"))
}

fn check_dialog(state: &State, action: DialogAction) -> Availability {
    let Some(dialog) = state.dialog() else { return available_if(action != DialogAction::Newline) };
    match action {
        DialogAction::Newline => {
            available_if(matches!(dialog.focused_input(), Some(FieldInput::MultiLine(_))))
        }
        // People and checklists are moved through with the same keys.
        DialogAction::NextField | DialogAction::PreviousField => {
            available_if(dialog.form.fields().len() > 1 || dialog.has_field_with_lines())
        }
        DialogAction::Submit | DialogAction::Cancel => Ok(()),
    }
}

fn check_conflict(state: &State, action: ConflictAction) -> Availability {
    match action {
        ConflictAction::SendDraft => {
            let conflict = state.conflict().ok_or(Unavailable::NotApplicable)?;
            available_if(matches!(conflict.draft, ConflictDraft::Saved | ConflictDraft::Rejected(_)))?;
            check_engineer(state)
        }
        ConflictAction::Close | ConflictAction::NextOpen => Ok(()),
    }
}

fn check_branches(state: &State, action: TriedAction) -> Availability {
    check_write(state, open_chat(state)?)?;
    match action {
        TriedAction::Add => Ok(()),
        TriedAction::Edit | TriedAction::Open | TriedAction::RuleOut | TriedAction::Confirm => {
            available_if(!state.branches().is_empty() || !state.proposed_entries().is_empty())
        }
    }
}

fn open_chat(state: &State) -> Result<&Chat, Unavailable> {
    state.open_chat().ok_or(Unavailable::NotApplicable)
}
