//! What can be done now, and why not: one answer for the footer, the help, the palette and whoever tries. Where the
//! server is bound to say no, it is not asked.

mod rules;

use tierup_common::handoff::HandoffStatus;
use tierup_common::session::SessionStatus;

use crate::keymap::{
    Action, BriefingAction, CaseAction, ConflictAction, Context, DialogAction, ListAction, OutcomeAction,
    SessionAction, Tab, TriedAction,
};
use crate::state::State;
use crate::state::dialog::{DialogField, FieldInput};
use crate::state::layer::{ConflictDraft, Layer};
use crate::state::queue::MineRow;
use crate::state::toast::ToastLevel;
use crate::update::availability::rules::{
    available_if, check_active, check_assign, check_engineer, check_evidence, check_hand_off, check_online,
    check_participant, check_reassess, check_release, check_send, check_send_back, check_take_back, is_admin,
    is_mine, not_now, open_briefing, open_chat, unavailable_evidence,
};
use crate::update::{is_awaiting_steps, is_step_strip_shown, picker};

pub(super) use rules::check_claim;

/// Why something cannot be done.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Unavailable {
    /// There is nothing that it could do, and nothing to say.
    NotApplicable,
    /// Things are not so, which may change.
    NotNow(String),
    /// It is refused.
    Refused(String),
}

type Availability = Result<(), Unavailable>;

/// Whether something can be done in a place at this moment.
pub fn is_available(state: &State, context: Context, action: Action) -> bool {
    check(state, context, action).is_ok()
}

/// Says why something cannot be done.
pub(super) fn show_reason(state: &mut State, reason: Unavailable) {
    match reason {
        Unavailable::NotApplicable => {}
        Unavailable::NotNow(why) => state.show_toast(ToastLevel::Info, why),
        Unavailable::Refused(why) => state.show_toast(ToastLevel::Error, why),
    }
}

/// Whether something can be done in a place at this moment, and if not, why.
pub(super) fn check(state: &State, context: Context, action: Action) -> Availability {
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
        Action::Case(CaseAction::Read) => available_if(!picker::similar_cases(state).is_empty()),
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
        ListAction::Open => match queue.tab {
            Tab::Queue => selected.map(|_| ()),
            Tab::Mine => queue.mine_list.selected().map(|_| ()).ok_or(Unavailable::NotApplicable),
            Tab::Parked => queue.parked_list.selected().map(|_| ()).ok_or(Unavailable::NotApplicable),
        },
        ListAction::PickUp => match (queue.tab, queue.mine_list.selected()) {
            (Tab::Queue, _) | (Tab::Mine, Some(MineRow::Handoff(_)) | None) => check_claim(state, selected?),
            (Tab::Mine, Some(MineRow::Session(_))) => Ok(()),
            (Tab::Parked, _) => {
                queue.parked_list.selected().ok_or(Unavailable::NotApplicable)?;
                check_engineer(state)?;
                check_online(state, "a parked session is taken back by the server")
            }
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
    let briefing = open_briefing(state).ok_or(Unavailable::NotApplicable)?;
    let item = &briefing.item;
    match verb {
        BriefingAction::StartHere => check_claim(state, item),
        BriefingAction::Reassess => check_reassess(state, item),
        BriefingAction::NextOpen => {
            let this = usize::from(item.status == HandoffStatus::Open);
            if state.queue.counts.open() > this { Ok(()) } else { not_now("Nothing else waits") }
        }
        BriefingAction::NextEvidence | BriefingAction::PreviousEvidence => check_evidence(briefing),
        BriefingAction::Cases if briefing.assessment().is_none_or(|data| data.similar.is_empty()) => {
            not_now("Nothing like it was seen before")
        }
        BriefingAction::Assign => check_assign(state, item),
        BriefingAction::SendBack => check_send_back(state, item),
        BriefingAction::TakeBack => {
            check_engineer(state)?;
            check_online(state, "it stays in the queue")?;
            if item.status == HandoffStatus::Open && Some(item.handed_off_by) == state.my_id() {
                Ok(())
            } else {
                not_now("Only your own escalation can be taken back, while nobody has claimed it")
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
        SessionAction::UseStep(_) if is_awaiting_steps(state) => {
            not_now("The suggested steps are still being written")
        }
        SessionAction::UseStep(number) => {
            let count = chat.suggested_steps(state.my_id()).len();
            available_if(is_step_strip_shown(state))?;
            let has_step = (1..=count).contains(&usize::from(number));
            if has_step {
                Ok(())
            } else {
                not_now(format!("There is no step {number}: {count} are suggested"))
            }
        }
        SessionAction::HideSteps => available_if(is_step_strip_shown(state) || is_awaiting_steps(state)),
        SessionAction::StepsRight | SessionAction::StepsLeft => available_if(is_step_strip_shown(state)),
        SessionAction::ShowBriefing if chat.briefing.is_none() => {
            not_now("This session was not handed off: it has no briefing")
        }
        SessionAction::Resolve => {
            check_participant(state, chat)?;
            match chat.status() {
                Some(SessionStatus::Resolved) => not_now("This session has ended"),
                Some(SessionStatus::Active | SessionStatus::Paused | SessionStatus::Escalated) | None => {
                    Ok(())
                }
            }
        }
        SessionAction::Escalate | SessionAction::Park => check_hand_off(state, chat),
        SessionAction::Release => check_release(state, handoff()?),
        SessionAction::PickUp => {
            let item = handoff()?;
            available_if(!is_mine(state, item))?;
            check_claim(state, item)
        }
        SessionAction::Assign => check_assign(state, handoff()?),
        SessionAction::SendBack => check_send_back(state, handoff()?),
        SessionAction::TakeBack => check_take_back(state, chat),
        SessionAction::Outcomes if picker::suggested_steps(state).is_empty() => {
            not_now("No steps were suggested for this session")
        }
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

fn check_dialog(state: &State, verb: DialogAction) -> Availability {
    let dialog = state.layers.iter().rev().find_map(|layer| match layer {
        Layer::Dialog(dialog) => Some(dialog),
        Layer::Help { .. }
        | Layer::Log { .. }
        | Layer::Palette(_)
        | Layer::CommandLine(_)
        | Layer::Conflict(_)
        | Layer::Confirm(_)
        | Layer::Briefing
        | Layer::LogIn(_)
        | Layer::Picker(_) => None,
    });
    let Some(dialog) = dialog else { return available_if(verb != DialogAction::Newline) };
    match verb {
        DialogAction::Newline => {
            let field = dialog.fields.get(dialog.focus_index).map(|field| &field.input);
            available_if(matches!(field, Some(FieldInput::MultiLine(_))))
        }
        DialogAction::NextField | DialogAction::PreviousField => {
            // People and lines to tick are gone through with the same keys.
            let has_lines = |field: &DialogField| {
                matches!(field.input, FieldInput::Person { .. } | FieldInput::Checklist { .. })
            };
            available_if(dialog.fields.len() > 1 || dialog.fields.iter().any(has_lines))
        }
        DialogAction::Submit | DialogAction::Cancel => Ok(()),
    }
}

fn check_conflict(state: &State, verb: ConflictAction) -> Availability {
    match verb {
        ConflictAction::SendDraft => {
            let lost = state
                .layers
                .iter()
                .rev()
                .find_map(|layer| if let Layer::Conflict(lost) = layer { Some(lost) } else { None });
            let lost = lost.ok_or(Unavailable::NotApplicable)?;
            available_if(matches!(lost.draft, ConflictDraft::Saved | ConflictDraft::Rejected(_)))?;
            // Of whom the server takes a note there: admins, and whoever opened the session, mostly the one who handed it off.
            let item = state.queue.item(lost.handoff_id);
            available_if(
                is_admin(state) || item.is_some_and(|item| Some(item.handed_off_by) == state.my_id()),
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
            available_if(!picker::branches(state).is_empty())
        }
    }
}
