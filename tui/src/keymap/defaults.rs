//! The keys as they are before anybody changes one.

use crokey::{KeyCombination, key};

use crate::keymap::{
    Action, Binding, BriefingAction, CaseAction, ConflictAction, Context, DialogAction, LineAction,
    ListAction, Move, OutcomeAction, SessionAction, TriedAction,
};
use crate::state::queue::Tab;

fn bind(
    context: Context,
    keys: &[KeyCombination],
    action: Action,
    label: &'static str,
    about: &'static str,
) -> Binding {
    Binding { context, keys: keys.to_vec(), action, hint_label: label, description: about }
}

/// What the keys of the steps do: one line of the help.
const USE_STEP_HELP: &str = "Put this suggested step into the message; it is not sent";

/// Every binding there is before anybody changes one.
#[rustfmt::skip]
#[expect(clippy::too_many_lines, reason = "it is a table")]
pub(super) fn default_bindings() -> Vec<Binding> {
    use Action::{Briefing as B, Conflict as K, Dialog as D, Line as T, List as L, Move as M, Session as S};
    use Context as C;
    use {Action as A, Move as To};
    vec![
        bind(C::Queue, &[key!(enter), key!(l), key!(right)], L(ListAction::Open), "open", "Open: the ten-second briefing, or your session"),
        bind(C::Queue, &[key!(p)], L(ListAction::PickUp), "pick up", "Pick up: claim and start; or take back what is parked"),
        bind(C::Queue, &[key!(j), key!(down)], M(To::Down), "", "Down"),
        bind(C::Queue, &[key!(k), key!(up)], M(To::Up), "", "Up"),
        bind(C::Queue, &[key!(pagedown), key!(ctrl-d)], M(To::PageDown), "", "A page down"),
        bind(C::Queue, &[key!(pageup), key!(ctrl-u)], M(To::PageUp), "", "A page up"),
        bind(C::Queue, &[key!(g), key!(home)], M(To::Top), "", "To the first"),
        bind(C::Queue, &[key!(shift-g), key!(end)], M(To::Bottom), "", "To the last"),
        bind(C::Queue, &[key!(n)], L(ListAction::NextUnread), "next unread", "Next unread"),
        bind(C::Queue, &[key!('/')], L(ListAction::Filter), "filter", "Filter: show only rows that say this"),
        bind(C::Queue, &[key!(esc)], L(ListAction::ClearFilter), "all rows", "Show all rows again"),
        bind(C::Queue, &[key!(s)], L(ListAction::Sort), "sort", "Sort: by priority, by age, by the last change"),
        bind(C::Queue, &[key!(u)], L(ListAction::MarkUnread), "", "Mark as unread"),
        bind(C::Queue, &[key!(c)], L(ListAction::NewSession), "new session", "New session"),
        bind(C::Queue, &[key!(x)], L(ListAction::Release), "", "Release: give a claim of yours back to the queue"),
        bind(C::Queue, &[key!(r)], L(ListAction::Reassess), "", "Run the assessment again"),
        bind(C::Queue, &[key!(tab)], L(ListAction::NextTab), "", "Next tab"),
        bind(C::Queue, &[key!('1')], L(ListAction::Tab(Tab::Queue)), "", "Queue: what waits, and what others work on"),
        bind(C::Queue, &[key!('2')], L(ListAction::Tab(Tab::Mine)), "", "Mine: what you work on"),
        bind(C::Queue, &[key!('3')], L(ListAction::Tab(Tab::Parked)), "", "Parked: what you put aside"),

        bind(C::Filter, &[key!(enter)], T(LineAction::Accept), "keep", "Keep the filter, and go on in the list"),
        bind(C::Filter, &[key!(esc)], T(LineAction::Cancel), "show all", "Show all rows again"),
        bind(C::Filter, &[key!(down), key!(ctrl-n)], M(To::Down), "", "Down"),
        bind(C::Filter, &[key!(up), key!(ctrl-p)], M(To::Up), "", "Up"),
        bind(C::Filter, &[key!(pagedown)], M(To::PageDown), "", "A page down"),
        bind(C::Filter, &[key!(pageup)], M(To::PageUp), "", "A page up"),

        bind(C::Briefing, &[key!(enter)], B(BriefingAction::StartHere), "start here", "Start here: claim it and go to its session"),
        bind(C::Briefing, &[key!(esc), key!(h), key!(left), key!(backspace)], B(BriefingAction::Back), "back", "Back to the list"),
        bind(C::Briefing, &[key!(tab), key!(backtab)], B(BriefingAction::OtherPane), "other pane", "Between what happened and the assessment"),
        bind(C::Briefing, &[key!(r)], B(BriefingAction::Reassess), "assess again", "Run the assessment again"),
        bind(C::Briefing, &[key!(n)], B(BriefingAction::NextOpen), "next open", "Open the next one that waits"),
        bind(C::Briefing, &[key!(e)], B(BriefingAction::NextEvidence), "evidence", "To the message that speaks for it; again, to the next"),
        bind(C::Briefing, &[key!(shift-e)], B(BriefingAction::PreviousEvidence), "", "To the evidence before"),
        bind(C::Briefing, &[key!(s)], B(BriefingAction::Cases), "seen before", "What was seen before, to read"),
        bind(C::Briefing, &[key!(v)], B(BriefingAction::Whole), "whole session", "Read the whole conversation, without claiming"),
        bind(C::Briefing, &[key!(a)], B(BriefingAction::Assign), "", "Pass it to a person: your claim, or anybody's if you are an admin"),
        bind(C::Briefing, &[key!(b)], B(BriefingAction::SendBack), "", "Send it back with a question"),
        bind(C::Briefing, &[key!(t)], B(BriefingAction::TakeBack), "", "Take your own escalation back"),
        bind(C::Briefing, &[key!(j), key!(down)], M(To::Down), "", "Scroll down"),
        bind(C::Briefing, &[key!(k), key!(up)], M(To::Up), "", "Scroll up"),
        bind(C::Briefing, &[key!(pagedown), key!(' '), key!(ctrl-d)], M(To::PageDown), "", "A page down"),
        bind(C::Briefing, &[key!(pageup), key!(ctrl-u)], M(To::PageUp), "", "A page up"),
        bind(C::Briefing, &[key!(g), key!(home)], M(To::Top), "", "To the top"),
        bind(C::Briefing, &[key!(shift-g), key!(end)], M(To::Bottom), "", "To the end"),

        bind(C::BriefingOverlay, &[key!(esc), key!(ctrl-b), key!(q), key!(enter)], A::Close, "close", "Back to the session"),
        bind(C::BriefingOverlay, &[key!(tab), key!(backtab)], B(BriefingAction::OtherPane), "other pane", "Between what happened and the assessment"),
        bind(C::BriefingOverlay, &[key!(r)], B(BriefingAction::Reassess), "assess again", "Run the assessment again"),
        bind(C::BriefingOverlay, &[key!(e)], B(BriefingAction::NextEvidence), "evidence", "To the message that speaks for it; again, to the next"),
        bind(C::BriefingOverlay, &[key!(shift-e)], B(BriefingAction::PreviousEvidence), "", "To the evidence before"),
        bind(C::BriefingOverlay, &[key!(v)], B(BriefingAction::Whole), "in the session", "Back to the session, at the message of the evidence"),
        bind(C::BriefingOverlay, &[key!(s)], B(BriefingAction::Cases), "seen before", "What was seen before, to read"),
        bind(C::BriefingOverlay, &[key!(j), key!(down)], M(To::Down), "", "Scroll down"),
        bind(C::BriefingOverlay, &[key!(k), key!(up)], M(To::Up), "", "Scroll up"),
        bind(C::BriefingOverlay, &[key!(pagedown), key!(' '), key!(ctrl-d)], M(To::PageDown), "", "A page down"),
        bind(C::BriefingOverlay, &[key!(pageup), key!(ctrl-u)], M(To::PageUp), "", "A page up"),
        bind(C::BriefingOverlay, &[key!(g), key!(home)], M(To::Top), "", "To the top"),
        bind(C::BriefingOverlay, &[key!(shift-g), key!(end)], M(To::Bottom), "", "To the end"),

        bind(C::Session, &[key!(enter)], S(SessionAction::Send), "send", "Send"),
        bind(C::Session, &[key!(alt-p)], S(SessionAction::PickUp), "pick up", "Pick up: claim the handoff whose session you read"),
        bind(C::Session, &[key!(alt-t)], S(SessionAction::TakeBack), "take back", "Take back what you parked, or escalated and nobody claimed"),
        bind(C::Session, &[key!(alt-1), key!('1')], S(SessionAction::UseStep(1)), "use step", USE_STEP_HELP),
        bind(C::Session, &[key!(alt-2), key!('2')], S(SessionAction::UseStep(2)), "", USE_STEP_HELP),
        bind(C::Session, &[key!(alt-3), key!('3')], S(SessionAction::UseStep(3)), "", USE_STEP_HELP),
        bind(C::Session, &[key!(alt-4), key!('4')], S(SessionAction::UseStep(4)), "", USE_STEP_HELP),
        bind(C::Session, &[key!(alt-5), key!('5')], S(SessionAction::UseStep(5)), "", USE_STEP_HELP),
        bind(C::Session, &[key!(alt-6), key!('6')], S(SessionAction::UseStep(6)), "", USE_STEP_HELP),
        bind(C::Session, &[key!(alt-7), key!('7')], S(SessionAction::UseStep(7)), "", USE_STEP_HELP),
        bind(C::Session, &[key!(alt-8), key!('8')], S(SessionAction::UseStep(8)), "", USE_STEP_HELP),
        bind(C::Session, &[key!(alt-9), key!('9')], S(SessionAction::UseStep(9)), "", USE_STEP_HELP),
        bind(C::Session, &[key!(ctrl-b)], S(SessionAction::ShowBriefing), "briefing", "Show the briefing"),
        bind(C::Session, &[key!(ctrl-r)], S(SessionAction::Resolve), "resolve", "Resolve: say what it was"),
        bind(C::Session, &[key!(esc)], S(SessionAction::Back), "back", "Back to the list; what you typed is kept"),
        bind(C::Session, &[key!(ctrl-e)], S(SessionAction::Escalate), "escalate", "Escalate: pass it to the team's queue"),
        bind(C::Session, &[key!(ctrl-k)], S(SessionAction::Park), "park", "Park: put it aside, privately"),
        bind(C::Session, &[key!(ctrl-t)], S(SessionAction::ToggleNote), "note", "Ask the assistant, or leave a note that it does not answer"),
        bind(C::Session, &[key!(alt-enter), key!(shift-enter), key!(ctrl-j)], S(SessionAction::Newline), "newline", "Line break"),
        bind(C::Session, &[key!(alt-x)], S(SessionAction::HideSteps), "", "Hide the suggested steps"),
        bind(C::Session, &[key!(alt-right)], S(SessionAction::StepsRight), "", "More steps to the right"),
        bind(C::Session, &[key!(alt-left)], S(SessionAction::StepsLeft), "", "More steps to the left"),
        bind(C::Session, &[key!(ctrl-o)], S(SessionAction::Editor), "editor", "Write the message in your own editor ($VISUAL, $EDITOR)"),
        bind(C::Session, &[key!(ctrl-g)], S(SessionAction::Tried), "tried", "What has been tried, and what became of it"),
        bind(C::Session, &[key!(alt-o)], S(SessionAction::Outcomes), "", "Say what came of the suggested steps"),
        bind(C::Session, &[key!(alt-e)], S(SessionAction::NextEvidence), "", "To the message that speaks for the assessment; again, to the next"),
        bind(C::Session, &[key!(alt-a)], S(SessionAction::Assign), "", "Pass it to a person"),
        bind(C::Session, &[key!(alt-q)], S(SessionAction::SendBack), "", "Send it back with a question"),
        bind(C::Session, &[key!(alt-r)], S(SessionAction::Release), "", "Release: give your claim back to the queue"),
        bind(C::Session, &[key!(alt-up)], S(SessionAction::MarkUp), "", "Mark the message before"),
        bind(C::Session, &[key!(alt-down)], S(SessionAction::MarkDown), "", "Mark the next message"),
        bind(C::Session, &[key!(alt-c)], S(SessionAction::Copy), "", "Copy what you selected, or the marked message, or the last one"),
        bind(C::Session, &[key!(alt-k)], S(SessionAction::CopyCode), "", "Copy a code block of that message; again, the next"),
        bind(C::Session, &[key!(ctrl-u)], S(SessionAction::Undo), "", "Undo what you typed"),
        bind(C::Session, &[key!(ctrl-y)], S(SessionAction::Redo), "", "Do it again"),
        bind(C::Session, &[key!(alt-','), key!(up)], S(SessionAction::Older), "", "The message you sent before; by an arrow, from the first line"),
        bind(C::Session, &[key!(alt-'.'), key!(down)], S(SessionAction::Newer), "", "The message you sent after; by an arrow, from the last line"),
        bind(C::Session, &[key!(pageup)], M(To::PageUp), "", "Scroll up"),
        bind(C::Session, &[key!(pagedown)], M(To::PageDown), "", "Scroll down"),
        bind(C::Session, &[key!(ctrl-up)], M(To::Up), "", "A line up"),
        bind(C::Session, &[key!(ctrl-down)], M(To::Down), "", "A line down"),
        bind(C::Session, &[key!(ctrl-home)], M(To::Top), "", "To the first message"),
        bind(C::Session, &[key!(ctrl-end)], M(To::Bottom), "", "To the end"),
        bind(C::Session, &[key!(alt-l)], A::Log, "", "Log: what was told in the corner, with its time"),
        bind(C::Session, &[key!(f1), key!('?')], A::Help, "help", "This help"),

        bind(C::Dialog, &[key!(enter), key!(ctrl-s)], D(DialogAction::Submit), "done", "Done"),
        bind(C::Dialog, &[key!(esc)], D(DialogAction::Cancel), "cancel", "Cancel"),
        bind(C::Dialog, &[key!(tab), key!(down)], D(DialogAction::NextField), "next field", "Next field"),
        bind(C::Dialog, &[key!(backtab), key!(up)], D(DialogAction::PreviousField), "", "Field before"),
        bind(C::Dialog, &[key!(alt-enter), key!(shift-enter), key!(ctrl-j)], D(DialogAction::Newline), "newline", "Line break"),

        bind(C::Conflict, &[key!(enter), key!(esc), key!(q)], K(ConflictAction::Close), "close", "Back to the queue"),
        bind(C::Conflict, &[key!(n)], K(ConflictAction::NextOpen), "next open", "Open the next one that waits"),

        bind(C::Conflict, &[key!(d)], K(ConflictAction::SendDraft), "send the draft", "Send the winner what you typed, as a note"),

        bind(C::Tried, &[key!(a)], A::Tried(TriedAction::Add), "add", "A new line: what might be the cause"),
        bind(C::Tried, &[key!(enter), key!(e)], A::Tried(TriedAction::Edit), "edit", "Change the line, and say why"),
        bind(C::Tried, &[key!(x)], A::Tried(TriedAction::RuleOut), "ruled out", "It was not that"),
        bind(C::Tried, &[key!(c)], A::Tried(TriedAction::Confirm), "confirmed", "It was that"),
        bind(C::Tried, &[key!(o)], A::Tried(TriedAction::Open), "open", "Not settled"),
        bind(C::Tried, &[key!(j), key!(down)], M(To::Down), "", "Down"),
        bind(C::Tried, &[key!(k), key!(up)], M(To::Up), "", "Up"),
        bind(C::Tried, &[key!(esc), key!(ctrl-g), key!(q)], A::Close, "close", "Back to the session"),

        bind(C::Outcomes, &[key!(w)], A::Outcome(OutcomeAction::Worked), "worked", "This step worked"),
        bind(C::Outcomes, &[key!(f)], A::Outcome(OutcomeAction::Failed), "failed", "This step failed"),
        bind(C::Outcomes, &[key!(u), key!(backspace)], A::Outcome(OutcomeAction::Clear), "unmark", "Take the mark back"),
        bind(C::Outcomes, &[key!(j), key!(down)], M(To::Down), "", "Down"),
        bind(C::Outcomes, &[key!(k), key!(up)], M(To::Up), "", "Up"),
        bind(C::Outcomes, &[key!(esc), key!(alt-o), key!(q), key!(enter)], A::Close, "close", "Back to the session"),

        bind(C::Cases, &[key!(enter), key!(l), key!(right)], A::Case(CaseAction::Read), "read", "Read this session"),
        bind(C::Cases, &[key!(j), key!(down)], M(To::Down), "", "Down"),
        bind(C::Cases, &[key!(k), key!(up)], M(To::Up), "", "Up"),
        bind(C::Cases, &[key!(esc), key!(s), key!(q)], A::Close, "close", "Back to the briefing"),

        bind(C::Confirm, &[key!(y)], A::Yes, "yes", "Yes"),
        bind(C::Confirm, &[key!(esc), key!(n), key!(enter), key!(q)], A::Close, "no", "No"),

        bind(C::Help, &[key!(esc), key!('?'), key!(q), key!(enter), key!(f1)], A::Close, "close", "Close"),
        bind(C::Help, &[key!(j), key!(down)], M(To::Down), "", "Scroll down"),
        bind(C::Help, &[key!(k), key!(up)], M(To::Up), "", "Scroll up"),
        bind(C::Help, &[key!(pagedown), key!(' ')], M(To::PageDown), "", "A page down"),
        bind(C::Help, &[key!(pageup)], M(To::PageUp), "", "A page up"),

        bind(C::Log, &[key!(esc), key!(shift-l), key!(q), key!(enter)], A::Close, "close", "Close"),
        bind(C::Log, &[key!(j), key!(down)], M(To::Down), "", "Scroll down"),
        bind(C::Log, &[key!(k), key!(up)], M(To::Up), "", "Scroll up"),
        bind(C::Log, &[key!(pagedown), key!(' ')], M(To::PageDown), "", "A page down"),
        bind(C::Log, &[key!(pageup)], M(To::PageUp), "", "A page up"),
        bind(C::Log, &[key!(g), key!(home)], M(To::Top), "", "To the newest"),
        bind(C::Log, &[key!(shift-g), key!(end)], M(To::Bottom), "", "To the oldest"),

        bind(C::Palette, &[key!(enter)], T(LineAction::Accept), "do it", "Do what is selected, or open it"),
        bind(C::Palette, &[key!(down), key!(ctrl-n), key!(tab)], M(To::Down), "", "Down"),
        bind(C::Palette, &[key!(up), key!(ctrl-p), key!(backtab)], M(To::Up), "", "Up"),
        bind(C::Palette, &[key!(pagedown)], M(To::PageDown), "", "A page down"),
        bind(C::Palette, &[key!(pageup)], M(To::PageUp), "", "A page up"),
        bind(C::Palette, &[key!(esc)], T(LineAction::Cancel), "close", "Close"),

        bind(C::CommandLine, &[key!(enter)], T(LineAction::Accept), "do it", "Do it"),
        bind(C::CommandLine, &[key!(tab)], T(LineAction::Complete), "complete", "Finish the word; again: another way"),
        bind(C::CommandLine, &[key!(backtab)], T(LineAction::CompleteBack), "", "Finish it the way before"),
        bind(C::CommandLine, &[key!(up), key!(ctrl-p)], M(To::Up), "", "What was typed before"),
        bind(C::CommandLine, &[key!(down), key!(ctrl-n)], M(To::Down), "", "What was typed after"),
        bind(C::CommandLine, &[key!(esc)], T(LineAction::Cancel), "close", "Close"),

        bind(C::Global, &[key!(ctrl-p)], A::Palette, "palette", "Palette: any action or handoff, by what it is called"),
        bind(C::Global, &[key!(':')], A::CommandLine, "", "Command: an action by its name, like `:claim 42`"),
        bind(C::Global, &[key!(shift-l)], A::Log, "", "Log: what was told in the corner, with its time"),
        bind(C::Global, &[key!(shift-t)], A::NextTheme, "", "Next theme"),
        bind(C::Global, &[key!(shift-m), key!(alt-m)], A::ToggleMouse, "", "Take the mouse, or leave it to the terminal"),
        bind(C::Global, &[], A::LogIn, "", "Log in, again or as somebody else"),
        bind(C::Global, &[key!('?'), key!(f1)], A::Help, "help", "This help"),
        bind(C::Global, &[key!(q)], A::Quit, "quit", "Quit"),
        bind(C::Global, &[key!(ctrl-c)], A::QuitNow, "", "Quit, from anywhere; drafts of messages are kept"),
        bind(C::Global, &[key!(ctrl-z)], A::Suspend, "", "Suspend; `fg` brings it back"),
    ]
}
