//! What can be done now, and why not: one answer for the footer, the help, the palette and whoever tries. Where the
//! server is bound to say no, it is not asked.

mod rules;

use tierup_common::handoff::HandoffStatus;
use tierup_common::session::SessionStatus;

use crate::keymap::{
    Action, BriefingVerb, CaseVerb, ConflictVerb, Context, DialogVerb, ListVerb, OutcomeVerb, SessionVerb,
    TriedVerb,
};
use crate::state::State;
use crate::state::dialog::{Field, Input};
use crate::state::layer::{Draft, Layer};
use crate::state::queue::{Mine, Tab};
use crate::state::toast::Tone;
use crate::update::can::rules::{
    assign, chat, evidence, hand_off, is_active, is_admin, is_engineer, is_mine, is_online, no_evidence,
    not_now, only_if, reassess, release, send, send_back, shown, take_back, takes_part,
};
use crate::update::{pick, steps_are_coming, steps_are_shown};

pub(super) use rules::claim;

/// Why something cannot be done.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum No {
    /// There is nothing that it could do, and nothing to say.
    Idle,
    /// Things are not so, which may change.
    NotNow(String),
    /// It is refused.
    Refused(String),
}

type Can = Result<(), No>;

/// Whether something can be done in a place at this moment.
pub fn can(state: &State, context: Context, action: Action) -> bool {
    check(state, context, action).is_ok()
}

/// Says why something cannot be done.
pub(super) fn say(state: &mut State, no: No) {
    match no {
        No::Idle => {}
        No::NotNow(why) => state.toast(Tone::Info, why),
        No::Refused(why) => state.toast(Tone::Bad, why),
    }
}

/// Whether something can be done in a place at this moment, and if not, why.
pub(super) fn check(state: &State, context: Context, action: Action) -> Can {
    match action {
        Action::List(verb) => in_list(state, verb),
        Action::Briefing(verb) => in_briefing(state, context, verb),
        Action::Session(verb) => in_session(state, verb),
        Action::Dialog(verb) => in_dialog(state, verb),
        Action::Conflict(verb) => after_conflict(state, verb),
        Action::Tried(verb) => in_tried(state, verb),
        Action::Outcome(OutcomeVerb::Worked | OutcomeVerb::Failed | OutcomeVerb::Clear) => {
            takes_part(state, chat(state)?)
        }
        Action::Case(CaseVerb::Read) => only_if(!pick::cases(state).is_empty()),
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

fn in_list(state: &State, verb: ListVerb) -> Can {
    let queue = &state.queue;
    let selected = queue.selected().ok_or(No::Idle);
    match verb {
        ListVerb::Open => match queue.tab {
            Tab::Queue => selected.map(|_| ()),
            Tab::Mine => queue.mine.selected().map(|_| ()).ok_or(No::Idle),
            Tab::Parked => queue.parked.selected().map(|_| ()).ok_or(No::Idle),
        },
        ListVerb::PickUp => match (queue.tab, queue.mine.selected()) {
            (Tab::Queue, _) | (Tab::Mine, Some(Mine::Handoff(_)) | None) => claim(state, selected?),
            (Tab::Mine, Some(Mine::Session(_))) => Ok(()),
            (Tab::Parked, _) => {
                queue.parked.selected().ok_or(No::Idle)?;
                is_engineer(state)?;
                is_online(state, "a parked session is taken back by the server")
            }
        },
        ListVerb::Reassess => reassess(state, selected?),
        ListVerb::Release => release(state, selected?),
        ListVerb::NextUnread if state.unread() == 0 => not_now("Nothing unread"),
        ListVerb::MarkUnread => only_if(state.seen.has(selected?.id)),
        ListVerb::NewSession => is_engineer(state),
        ListVerb::ClearFilter => only_if(queue.filter.is_on()),
        ListVerb::NextUnread | ListVerb::Filter | ListVerb::Sort | ListVerb::NextTab | ListVerb::Tab(_) => {
            Ok(())
        }
    }
}

fn in_briefing(state: &State, context: Context, verb: BriefingVerb) -> Can {
    let briefing = shown(state).ok_or(No::Idle)?;
    let item = &briefing.item;
    match verb {
        BriefingVerb::StartHere => claim(state, item),
        BriefingVerb::Reassess => reassess(state, item),
        BriefingVerb::NextOpen => {
            let this = usize::from(item.status == HandoffStatus::Open);
            if state.queue.counts.open() > this { Ok(()) } else { not_now("Nothing else waits") }
        }
        BriefingVerb::NextEvidence | BriefingVerb::PreviousEvidence => evidence(briefing),
        BriefingVerb::Cases if briefing.assessment().is_none_or(|data| data.similar.is_empty()) => {
            not_now("Nothing like it was seen before")
        }
        BriefingVerb::Assign => assign(state, item),
        BriefingVerb::SendBack => send_back(state, item),
        BriefingVerb::TakeBack => {
            is_engineer(state)?;
            is_online(state, "it stays in the queue")?;
            if item.status == HandoffStatus::Open && Some(item.handed_off_by) == state.my_id() {
                Ok(())
            } else {
                not_now("Only your own escalation can be taken back, while nobody has claimed it")
            }
        }
        BriefingVerb::Back => only_if(context != Context::BriefingOverlay),
        BriefingVerb::Cases | BriefingVerb::OtherPane | BriefingVerb::Whole => Ok(()),
    }
}

fn in_session(state: &State, verb: SessionVerb) -> Can {
    let chat = chat(state)?;
    let handoff = || {
        let briefing = chat.briefing.as_ref();
        briefing.map(|open| &open.item).ok_or_else(|| No::NotNow("This session was not handed off".into()))
    };
    match verb {
        SessionVerb::Send => send(state, chat),
        SessionVerb::UseStep(_) if steps_are_coming(state) => {
            not_now("The suggested steps are still being written")
        }
        SessionVerb::UseStep(number) => {
            let count = chat.steps(state.my_id()).len();
            only_if(steps_are_shown(state))?;
            let has_step = (1..=count).contains(&usize::from(number));
            if has_step {
                Ok(())
            } else {
                not_now(format!("There is no step {number}: {count} are suggested"))
            }
        }
        SessionVerb::HideSteps => only_if(steps_are_shown(state) || steps_are_coming(state)),
        SessionVerb::StepsRight | SessionVerb::StepsLeft => only_if(steps_are_shown(state)),
        SessionVerb::ShowBriefing if chat.briefing.is_none() => {
            not_now("This session was not handed off: it has no briefing")
        }
        SessionVerb::Resolve => {
            takes_part(state, chat)?;
            match chat.status() {
                Some(SessionStatus::Resolved) => not_now("This session has ended"),
                Some(SessionStatus::Active | SessionStatus::Paused | SessionStatus::Escalated) | None => {
                    Ok(())
                }
            }
        }
        SessionVerb::Escalate | SessionVerb::Park => hand_off(state, chat),
        SessionVerb::Release => release(state, handoff()?),
        SessionVerb::PickUp => {
            let item = handoff()?;
            only_if(!is_mine(state, item))?;
            claim(state, item)
        }
        SessionVerb::Assign => assign(state, handoff()?),
        SessionVerb::SendBack => send_back(state, handoff()?),
        SessionVerb::TakeBack => take_back(state, chat),
        SessionVerb::Outcomes if pick::steps(state).is_empty() => {
            not_now("No steps were suggested for this session")
        }
        SessionVerb::NextEvidence => chat.briefing.as_ref().map_or_else(no_evidence, evidence),
        SessionVerb::ToggleNote => {
            only_if(chat.status().is_none_or(|status| status == SessionStatus::Active))
        }
        SessionVerb::ShowBriefing
        | SessionVerb::Outcomes
        | SessionVerb::Newline
        | SessionVerb::Tried
        | SessionVerb::MarkUp
        | SessionVerb::MarkDown
        | SessionVerb::Copy
        | SessionVerb::CopyCode
        | SessionVerb::Editor
        | SessionVerb::Undo
        | SessionVerb::Redo
        | SessionVerb::Older
        | SessionVerb::Newer
        | SessionVerb::Back => Ok(()),
    }
}

fn in_dialog(state: &State, verb: DialogVerb) -> Can {
    let dialog = state.layers.iter().rev().find_map(|layer| match layer {
        Layer::Dialog(dialog) => Some(dialog),
        Layer::Help { .. }
        | Layer::Log { .. }
        | Layer::Palette(_)
        | Layer::Command(_)
        | Layer::Conflict(_)
        | Layer::Confirm(_)
        | Layer::Briefing
        | Layer::LogIn(_)
        | Layer::Pick(_) => None,
    });
    let Some(dialog) = dialog else { return only_if(verb != DialogVerb::Newline) };
    match verb {
        DialogVerb::Newline => {
            let field = dialog.fields.get(dialog.focus).map(|field| &field.input);
            only_if(matches!(field, Some(Input::Text(_))))
        }
        DialogVerb::NextField | DialogVerb::PreviousField => {
            // People and lines to tick are gone through with the same keys.
            let has_lines =
                |field: &Field| matches!(field.input, Input::Person { .. } | Input::Checks { .. });
            only_if(dialog.fields.len() > 1 || dialog.fields.iter().any(has_lines))
        }
        DialogVerb::Submit | DialogVerb::Cancel => Ok(()),
    }
}

fn after_conflict(state: &State, verb: ConflictVerb) -> Can {
    match verb {
        ConflictVerb::SendDraft => {
            let lost = state
                .layers
                .iter()
                .rev()
                .find_map(|layer| if let Layer::Conflict(lost) = layer { Some(lost) } else { None });
            let lost = lost.ok_or(No::Idle)?;
            only_if(matches!(lost.draft, Draft::Kept | Draft::Refused(_)))?;
            // Of whom the server takes a note there: admins, and whoever opened the session, mostly the one who handed it off.
            let item = state.queue.item(lost.handoff);
            only_if(is_admin(state) || item.is_some_and(|item| Some(item.handed_off_by) == state.my_id()))
        }
        ConflictVerb::Close | ConflictVerb::NextOpen => Ok(()),
    }
}

fn in_tried(state: &State, verb: TriedVerb) -> Can {
    let chat = chat(state)?;
    takes_part(state, chat)?;
    is_active(state, chat)?;
    match verb {
        TriedVerb::Add => Ok(()),
        TriedVerb::Edit | TriedVerb::Open | TriedVerb::RuleOut | TriedVerb::Confirm => {
            only_if(!pick::tried(state).is_empty())
        }
    }
}
