//! What can be done now, and why not: one answer for the footer, the help, the palette and whoever tries. Where the
//! server is bound to say no, it is not asked.

mod rules;
mod unavailable;

use tierup_common::handoff::HandoffStatus;
use tierup_common::session::SessionStatus;

use crate::availability::rules::{
    check_active, check_assign, check_evidence, check_hand_off, check_online, check_participant,
    check_reassess, check_release, check_send, check_send_back, check_take_back, open_chat,
    unavailable_evidence,
};
use crate::keymap::{
    Action, BriefingAction, CaseAction, ConflictAction, Context, DialogAction, ListAction, OutcomeAction,
    SessionAction, Tab, TriedAction,
};
use crate::state::State;
use crate::state::chat::Chat;
use crate::state::dialog::FieldInput;
use crate::state::layer::ConflictDraft;
use crate::state::lists::RowId;

use crate::availability::unavailable::{available_if, not_now};

pub use rules::{check_claim, check_engineer, check_resume};
pub use unavailable::{Availability, Unavailable};

/// Whether something can be done in a place at this moment.
pub fn is_available(state: &State, context: Context, action: Action) -> bool {
    check(state, context, action).is_ok()
}

/// Whether something can be done in a place at this moment, and if not, why.
pub fn check(state: &State, context: Context, action: Action) -> Availability {
    match action {
        Action::List(verb) => check_list(state, verb),
        Action::Briefing(verb) => check_briefing(state, context, verb),
        Action::Session(verb) => check_session(state, verb),
        Action::Dialog(verb) => check_dialog(state, verb),
        Action::Conflict(verb) => check_conflict(state, verb),
        Action::Tried(verb) => check_branches(state, verb),
        Action::Outcome(OutcomeAction::Worked | OutcomeAction::Failed | OutcomeAction::Clear) => {
            check_participant(state, open_chat(state)?)
        }
        Action::Case(CaseAction::Read) => available_if(!state.similar_cases().is_empty()),
        Action::Quit
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
        | Action::Line(_)
        | Action::Yes
        | Action::Close => Ok(()),
    }
}

fn check_list(state: &State, verb: ListAction) -> Availability {
    let queue = &state.queue;
    let selected = queue.selected_item().ok_or(Unavailable::NotApplicable);
    match verb {
        ListAction::Open => available_if(queue.selected_row().is_some()),
        ListAction::PickUp => match queue.selected_row() {
            Some(RowId::Session(_)) if queue.tab == Tab::Parked => check_resume(state),
            Some(RowId::Session(_)) => Ok(()),
            Some(RowId::Handoff(_)) | None => check_claim(state, selected?),
        },
        ListAction::Reassess => check_reassess(state, selected?),
        ListAction::Release => check_release(state, selected?),
        ListAction::NextUnread if state.unread_count() == 0 => not_now("Nothing unread"),
        ListAction::MarkUnread => available_if(state.seen.contains(selected?.id)),
        ListAction::NewSession => check_engineer(state),
        ListAction::ClearFilter => available_if(queue.filter.is_active()),
        ListAction::NextUnread
        | ListAction::Filter
        | ListAction::Sort
        | ListAction::NextTab
        | ListAction::Tab(_) => Ok(()),
    }
}

fn check_briefing(state: &State, context: Context, verb: BriefingAction) -> Availability {
    let briefing = state.open_briefing().ok_or(Unavailable::NotApplicable)?;
    let item = &briefing.item;
    match verb {
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
        BriefingAction::Assign => check_assign(state, item),
        BriefingAction::SendBack => check_send_back(state, item),
        BriefingAction::TakeBack => {
            check_engineer(state)?;
            check_online(state, "not taken back")?;
            if item.status == HandoffStatus::Open && Some(item.handed_off_by) == state.my_id() {
                Ok(())
            } else {
                not_now("You can take back only your own escalation, before it is claimed")
            }
        }
        BriefingAction::Back => available_if(context != Context::BriefingOverlay),
        BriefingAction::Cases | BriefingAction::OtherPane | BriefingAction::Whole => Ok(()),
    }
}

fn check_session(state: &State, verb: SessionAction) -> Availability {
    let chat = open_chat(state)?;
    let handoff = || {
        let briefing = chat.briefing.as_ref();
        briefing
            .map(|open| &open.item)
            .ok_or_else(|| Unavailable::NotNow("This session was not handed off".into()))
    };
    match verb {
        SessionAction::Send => check_send(state, chat),
        SessionAction::UseStep(number) => check_use_step(state, chat, number),
        SessionAction::HideSteps => available_if(state.is_step_strip_shown() || state.is_awaiting_steps()),
        SessionAction::StepsRight | SessionAction::StepsLeft => available_if(state.is_step_strip_shown()),
        SessionAction::ShowBriefing if chat.briefing.is_none() => {
            not_now("No briefing: this session was not handed off")
        }
        SessionAction::Resolve => check_resolve(state, chat),
        SessionAction::Escalate | SessionAction::Park => check_hand_off(state, chat),
        SessionAction::Release => check_release(state, handoff()?),
        SessionAction::PickUp => {
            let item = handoff()?;
            available_if(!state.is_mine(item))?;
            check_claim(state, item)
        }
        SessionAction::Assign => check_assign(state, handoff()?),
        SessionAction::SendBack => check_send_back(state, handoff()?),
        SessionAction::TakeBack => check_take_back(state, chat),
        SessionAction::Outcomes if state.suggested_steps().is_empty() => not_now("No suggested steps"),
        SessionAction::NextEvidence => {
            chat.briefing.as_ref().map_or_else(unavailable_evidence, check_evidence)
        }
        SessionAction::ToggleNote => {
            available_if(chat.status().is_none_or(|status| status == SessionStatus::Active))
        }
        SessionAction::ShowBriefing
        | SessionAction::Outcomes
        | SessionAction::Newline
        | SessionAction::Tried
        | SessionAction::MarkUp
        | SessionAction::MarkDown
        | SessionAction::Copy
        | SessionAction::CopyCode
        | SessionAction::Editor
        | SessionAction::Undo
        | SessionAction::Redo
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

fn check_resolve(state: &State, chat: &Chat) -> Availability {
    check_participant(state, chat)?;
    match chat.status() {
        Some(SessionStatus::Resolved) => not_now("This session is already resolved"),
        Some(SessionStatus::Active | SessionStatus::Paused | SessionStatus::Escalated) | None => Ok(()),
    }
}

fn check_dialog(state: &State, verb: DialogAction) -> Availability {
    let Some(dialog) = state.dialog() else { return available_if(verb != DialogAction::Newline) };
    match verb {
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

fn check_conflict(state: &State, verb: ConflictAction) -> Availability {
    match verb {
        ConflictAction::SendDraft => {
            let lost = state.conflict().ok_or(Unavailable::NotApplicable)?;
            available_if(matches!(lost.draft, ConflictDraft::Saved | ConflictDraft::Rejected(_)))?;
            // Of whom the server takes a note there: admins, and whoever opened the session, mostly the one who handed it off.
            let item = state.queue.item(lost.handoff_id);
            available_if(
                state.is_admin() || item.is_some_and(|item| Some(item.handed_off_by) == state.my_id()),
            )
        }
        ConflictAction::Close | ConflictAction::NextOpen => Ok(()),
    }
}

fn check_branches(state: &State, verb: TriedAction) -> Availability {
    let chat = open_chat(state)?;
    check_participant(state, chat)?;
    check_active(state, chat)?;
    match verb {
        TriedAction::Add => Ok(()),
        TriedAction::Edit | TriedAction::Open | TriedAction::RuleOut | TriedAction::Confirm => {
            available_if(!state.branches().is_empty())
        }
    }
}
