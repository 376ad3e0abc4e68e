//! The default keys, a table per context.

use crokey::{KeyCombination, key};

use crate::keymap::action::{
    Action, BriefingAction, CaseAction, ConflictAction, DialogAction, LineAction, ListAction, Move,
    OutcomeAction, SessionAction, TriedAction,
};
use crate::keymap::binding::Binding;
use crate::keymap::context::Context;
use crate::keymap::tab::Tab;

/// Keys, the action, its label in the footer (empty: not shown there) and its description.
type Row = (&'static [KeyCombination], Action, &'static str, &'static str);

/// The tables in the order of the palette.
const TABLES: [(Context, &[Row]); 18] = [
    (Context::Queue, QUEUE),
    (Context::Filter, FILTER),
    (Context::Briefing, BRIEFING),
    (Context::Briefing, BRIEFING_SCROLL),
    (Context::BriefingOverlay, BRIEFING_OVERLAY),
    (Context::BriefingOverlay, BRIEFING_SCROLL),
    (Context::Session, SESSION),
    (Context::Dialog, DIALOG),
    (Context::Conflict, CONFLICT),
    (Context::Branches, TRIED),
    (Context::Steps, OUTCOMES),
    (Context::SimilarCases, CASES),
    (Context::Confirm, CONFIRM),
    (Context::SecretWarning, SECRET_WARNING),
    (Context::Help, HELP),
    (Context::Log, LOG),
    (Context::Palette, PALETTE),
    (Context::CommandLine, COMMAND_LINE),
];

/// All default bindings; the global ones come last.
pub(super) fn default_bindings() -> Vec<Binding> {
    let tables = TABLES.into_iter().chain([(Context::Global, GLOBAL)]);
    let bind = |context, (keys, action, hint_label, description): Row| Binding {
        context,
        keys: keys.to_vec(),
        action,
        hint_label,
        description,
    };
    tables.flat_map(|(context, rows)| rows.iter().map(move |row| bind(context, *row))).collect()
}

const DOWN: Action = Action::Move(Move::Down);
const UP: Action = Action::Move(Move::Up);
const PAGE_DOWN: Action = Action::Move(Move::PageDown);
const PAGE_UP: Action = Action::Move(Move::PageUp);
const TOP: Action = Action::Move(Move::Top);
const BOTTOM: Action = Action::Move(Move::Bottom);

/// The description of all keys that use a step, which are one line of the help.
const USE_STEP: &str = "Add this step to your message, without sending it";

#[rustfmt::skip]
const QUEUE: &[Row] = &[
    (&[key!(enter), key!(l), key!(right)], Action::List(ListAction::Open), "open", "Open the briefing, or your session"),
    (&[key!(p)], Action::List(ListAction::PickUp), "pick up", "Pick up: claim and start, or take back a parked session"),
    (&[key!(j), key!(down)], DOWN, "", "Down"),
    (&[key!(k), key!(up)], UP, "", "Up"),
    (&[key!(pagedown), key!(ctrl-d)], PAGE_DOWN, "", "Page down"),
    (&[key!(pageup), key!(ctrl-u)], PAGE_UP, "", "Page up"),
    (&[key!(g), key!(home)], TOP, "", "First row"),
    (&[key!(shift-g), key!(end)], BOTTOM, "", "Last row"),
    (&[key!(n)], Action::List(ListAction::NextUnread), "next unread", "Next unread"),
    (&[key!('/')], Action::List(ListAction::Filter), "filter", "Filter the rows by words"),
    (&[key!(esc)], Action::List(ListAction::ClearFilter), "all rows", "Show all rows"),
    (&[key!(s)], Action::List(ListAction::Sort), "sort", "Sort by priority, by age or by last change"),
    (&[key!(z)], Action::List(ListAction::Dense), "", "One line a row, or two"),
    (&[key!(u)], Action::List(ListAction::MarkUnread), "", "Mark as unread"),
    (&[key!(c)], Action::List(ListAction::NewSession), "new session", "New session"),
    (&[key!(x)], Action::List(ListAction::Release), "", "Release your claim to the queue"),
    (&[key!(r)], Action::List(ListAction::Reassess), "", "Run the assessment again"),
    (&[key!(tab)], Action::List(ListAction::NextTab), "", "Next tab"),
    (&[key!('1')], Action::List(ListAction::Tab(Tab::Queue)), "", "Queue: open escalations, and those claimed by others"),
    (&[key!('2')], Action::List(ListAction::Tab(Tab::Mine)), "", "Mine: your claims and open sessions"),
    (&[key!('3')], Action::List(ListAction::Tab(Tab::Parked)), "", "Parked: the sessions you parked"),
];

#[rustfmt::skip]
const FILTER: &[Row] = &[
    (&[key!(enter)], Action::Line(LineAction::Accept), "keep", "Keep the filter and return to the list"),
    (&[key!(esc)], Action::Line(LineAction::Cancel), "show all", "Show all rows"),
    (&[key!(down), key!(ctrl-n)], DOWN, "", "Down"),
    (&[key!(up), key!(ctrl-p)], UP, "", "Up"),
    (&[key!(pagedown)], PAGE_DOWN, "", "Page down"),
    (&[key!(pageup)], PAGE_UP, "", "Page up"),
];

#[rustfmt::skip]
const BRIEFING: &[Row] = &[
    (&[key!(enter)], Action::Briefing(BriefingAction::StartHere), "start here", "Start here: claim it and open its session"),
    (&[key!(esc), key!(h), key!(left), key!(backspace)], Action::Briefing(BriefingAction::Back), "back", "Back to the list"),
    (&[key!(tab), key!(backtab)], Action::Briefing(BriefingAction::OtherPane), "other pane", "Switch between the history and the assessment"),
    (&[key!(r)], Action::Briefing(BriefingAction::Reassess), "reassess", "Run the assessment again"),
    (&[key!(n)], Action::Briefing(BriefingAction::NextOpen), "next handoff", "Open the next unclaimed handoff"),
    (&[key!(e)], Action::Briefing(BriefingAction::NextEvidence), "evidence", "Next evidence"),
    (&[key!(shift-e)], Action::Briefing(BriefingAction::PreviousEvidence), "", "Previous evidence"),
    (&[key!(s)], Action::Briefing(BriefingAction::Cases), "similar", "Similar cases"),
    (&[key!(v)], Action::Briefing(BriefingAction::Whole), "whole session", "Read the whole session without claiming it"),
    (&[key!(a)], Action::Briefing(BriefingAction::Assign), "", "Assign to someone else (admins: any claim)"),
    (&[key!(b)], Action::Briefing(BriefingAction::SendBack), "", "Send back with a question"),
    (&[key!(t)], Action::Briefing(BriefingAction::TakeBack), "", "Take back your escalation"),
];

/// How the panes of a briefing are scrolled, as a screen and over a session.
#[rustfmt::skip]
const BRIEFING_SCROLL: &[Row] = &[
    (&[key!(j), key!(down)], DOWN, "", "Scroll down"),
    (&[key!(k), key!(up)], UP, "", "Scroll up"),
    (&[key!(pagedown), key!(' '), key!(ctrl-d)], PAGE_DOWN, "", "Page down"),
    (&[key!(pageup), key!(ctrl-u)], PAGE_UP, "", "Page up"),
    (&[key!(g), key!(home)], TOP, "", "To the top"),
    (&[key!(shift-g), key!(end)], BOTTOM, "", "To the end"),
];

#[rustfmt::skip]
const BRIEFING_OVERLAY: &[Row] = &[
    (&[key!(esc), key!(ctrl-b), key!(q), key!(enter)], Action::Close, "close", "Back to the session"),
    (&[key!(tab), key!(backtab)], Action::Briefing(BriefingAction::OtherPane), "other pane", "Switch between the history and the assessment"),
    (&[key!(r)], Action::Briefing(BriefingAction::Reassess), "reassess", "Run the assessment again"),
    (&[key!(e)], Action::Briefing(BriefingAction::NextEvidence), "evidence", "Next evidence"),
    (&[key!(shift-e)], Action::Briefing(BriefingAction::PreviousEvidence), "", "Previous evidence"),
    (&[key!(v)], Action::Briefing(BriefingAction::Whole), "in the session", "Back to the session, at the selected evidence"),
    (&[key!(s)], Action::Briefing(BriefingAction::Cases), "similar", "Similar cases"),
    (&[key!(o)], Action::Briefing(BriefingAction::Proposed), "add cause", "Add the likely cause, or what to find out, to Tried"),
];

#[rustfmt::skip]
const SESSION: &[Row] = &[
    (&[key!(enter)], Action::Session(SessionAction::Send), "send", "Send"),
    (&[key!(alt-p)], Action::Session(SessionAction::PickUp), "pick up", "Pick up: claim the handoff of this session"),
    (&[key!(alt-t)], Action::Session(SessionAction::TakeBack), "take back", "Take back a parked session or an unclaimed escalation"),
    (&[key!(alt-1), key!('1')], Action::Session(SessionAction::UseStep(1)), "use step", USE_STEP),
    (&[key!(alt-2), key!('2')], Action::Session(SessionAction::UseStep(2)), "", USE_STEP),
    (&[key!(alt-3), key!('3')], Action::Session(SessionAction::UseStep(3)), "", USE_STEP),
    (&[key!(alt-4), key!('4')], Action::Session(SessionAction::UseStep(4)), "", USE_STEP),
    (&[key!(alt-5), key!('5')], Action::Session(SessionAction::UseStep(5)), "", USE_STEP),
    (&[key!(alt-6), key!('6')], Action::Session(SessionAction::UseStep(6)), "", USE_STEP),
    (&[key!(alt-7), key!('7')], Action::Session(SessionAction::UseStep(7)), "", USE_STEP),
    (&[key!(alt-8), key!('8')], Action::Session(SessionAction::UseStep(8)), "", USE_STEP),
    (&[key!(alt-9), key!('9')], Action::Session(SessionAction::UseStep(9)), "", USE_STEP),
    (&[key!(ctrl-b)], Action::Session(SessionAction::ShowBriefing), "briefing", "Show the briefing"),
    (&[key!(ctrl-r)], Action::Session(SessionAction::Resolve), "resolve", "Resolve the session"),
    (&[key!(esc)], Action::Session(SessionAction::Back), "back", "Back to the list; your draft is kept"),
    (&[key!(ctrl-e)], Action::Session(SessionAction::Escalate), "escalate", "Escalate to the team's queue"),
    (&[key!(ctrl-k)], Action::Session(SessionAction::Park), "park", "Park: put it aside, visible only to you"),
    (&[key!(ctrl-t)], Action::Session(SessionAction::ToggleNote), "note", "Switch between asking the assistant and leaving a note"),
    (&[key!(alt-enter), key!(shift-enter), key!(ctrl-j)], Action::Session(SessionAction::Newline), "newline", "Line break"),
    (&[key!(alt-x)], Action::Session(SessionAction::HideSteps), "", "Hide the suggested steps"),
    (&[key!(alt-right)], Action::Session(SessionAction::StepsRight), "", "Scroll the steps right"),
    (&[key!(alt-left)], Action::Session(SessionAction::StepsLeft), "", "Scroll the steps left"),
    (&[key!(ctrl-o)], Action::Session(SessionAction::Editor), "editor", "Write the message in your own editor ($VISUAL, $EDITOR)"),
    (&[key!(ctrl-g)], Action::Session(SessionAction::Tried), "tried", "Tried: possible causes and their status"),
    (&[key!(alt-g)], Action::Session(SessionAction::Proposed), "", "Add the likely cause, or what to find out, to Tried"),
    (&[key!(alt-o)], Action::Session(SessionAction::Outcomes), "", "Step outcomes"),
    (&[key!(alt-e)], Action::Session(SessionAction::NextEvidence), "", "Next evidence"),
    (&[key!(alt-a)], Action::Session(SessionAction::Assign), "", "Assign to a person"),
    (&[key!(alt-q)], Action::Session(SessionAction::SendBack), "", "Send back with a question"),
    (&[key!(alt-r)], Action::Session(SessionAction::Release), "", "Release your claim to the queue"),
    (&[key!(alt-up)], Action::Session(SessionAction::MarkUp), "", "Mark the previous message"),
    (&[key!(alt-down)], Action::Session(SessionAction::MarkDown), "", "Mark the next message"),
    (&[key!(alt-c)], Action::Session(SessionAction::Copy), "", "Copy the selection, the marked message or the last one"),
    (&[key!(alt-k)], Action::Session(SessionAction::CopyCode), "", "Copy a code block; again for the next"),
    (&[key!(ctrl-u)], Action::Session(SessionAction::Undo), "", "Undo"),
    (&[key!(ctrl-y)], Action::Session(SessionAction::Redo), "", "Redo"),
    (&[key!(alt-','), key!(up)], Action::Session(SessionAction::Older), "", "Recall the previous message; the arrow only on the first line"),
    (&[key!(alt-'.'), key!(down)], Action::Session(SessionAction::Newer), "", "Recall the next message; the arrow only on the last line"),
    (&[key!(pageup)], PAGE_UP, "", "Page up"),
    (&[key!(pagedown)], PAGE_DOWN, "", "Page down"),
    (&[key!(ctrl-up)], UP, "", "Scroll up"),
    (&[key!(ctrl-down)], DOWN, "", "Scroll down"),
    (&[key!(ctrl-home)], TOP, "", "To the first message"),
    (&[key!(ctrl-end)], BOTTOM, "", "To the end"),
    (&[key!(alt-l)], Action::Log, "", "Log: past notifications with their times"),
    (&[key!(f1), key!('?')], Action::Help, "help", "Help"),
];

#[rustfmt::skip]
const DIALOG: &[Row] = &[
    (&[key!(enter), key!(ctrl-s)], Action::Dialog(DialogAction::Submit), "done", "Done"),
    (&[key!(esc)], Action::Dialog(DialogAction::Cancel), "cancel", "Cancel"),
    (&[key!(tab), key!(down)], Action::Dialog(DialogAction::NextField), "next field", "Next field"),
    (&[key!(backtab), key!(up)], Action::Dialog(DialogAction::PreviousField), "", "Previous field"),
    (&[key!(alt-enter), key!(shift-enter), key!(ctrl-j)], Action::Dialog(DialogAction::Newline), "newline", "Line break"),
];

#[rustfmt::skip]
const CONFLICT: &[Row] = &[
    (&[key!(enter), key!(esc), key!(q)], Action::Conflict(ConflictAction::Close), "close", "Back to the queue"),
    (&[key!(n)], Action::Conflict(ConflictAction::NextOpen), "next handoff", "Open the next unclaimed handoff"),
    (&[key!(d)], Action::Conflict(ConflictAction::SendDraft), "send the draft", "Send your draft to the winner as a note"),
];

#[rustfmt::skip]
const TRIED: &[Row] = &[
    (&[key!(a)], Action::Tried(TriedAction::Add), "add", "Add an entry"),
    (&[key!(enter), key!(e)], Action::Tried(TriedAction::Edit), "edit", "Edit it, or add evidence"),
    (&[key!(x)], Action::Tried(TriedAction::RuleOut), "rule out", "Rule it out"),
    (&[key!(c)], Action::Tried(TriedAction::Confirm), "confirm", "Confirm it"),
    (&[key!(o)], Action::Tried(TriedAction::Open), "open", "Mark it as open"),
    (&[key!(j), key!(down)], DOWN, "", "Down"),
    (&[key!(k), key!(up)], UP, "", "Up"),
    (&[key!(esc), key!(ctrl-g), key!(q)], Action::Close, "close", "Back to the session"),
];

#[rustfmt::skip]
const OUTCOMES: &[Row] = &[
    (&[key!(w)], Action::Outcome(OutcomeAction::Worked), "worked", "This step worked"),
    (&[key!(f)], Action::Outcome(OutcomeAction::Failed), "failed", "This step failed"),
    (&[key!(u), key!(backspace)], Action::Outcome(OutcomeAction::Clear), "clear", "Clear the outcome"),
    (&[key!(j), key!(down)], DOWN, "", "Down"),
    (&[key!(k), key!(up)], UP, "", "Up"),
    (&[key!(esc), key!(alt-o), key!(q), key!(enter)], Action::Close, "close", "Back to the session"),
];

#[rustfmt::skip]
const CASES: &[Row] = &[
    (&[key!(enter), key!(l), key!(right)], Action::Case(CaseAction::Read), "read", "Read this session"),
    (&[key!(j), key!(down)], DOWN, "", "Down"),
    (&[key!(k), key!(up)], UP, "", "Up"),
    (&[key!(esc), key!(s), key!(q)], Action::Close, "close", "Back to the briefing"),
];

#[rustfmt::skip]
const CONFIRM: &[Row] = &[
    (&[key!(y)], Action::Yes, "yes", "Yes"),
    (&[key!(esc), key!(n), key!(enter), key!(q)], Action::Close, "no", "No"),
];

#[rustfmt::skip]
const SECRET_WARNING: &[Row] = &[
    (&[key!(enter)], Action::Yes, "send it", "Send it as it is"),
    (&[key!(esc), key!(n), key!(q)], Action::Close, "go back", "Back to the text"),
];

#[rustfmt::skip]
const HELP: &[Row] = &[
    (&[key!(esc), key!('?'), key!(q), key!(enter), key!(f1)], Action::Close, "close", "Close"),
    (&[key!(j), key!(down)], DOWN, "", "Scroll down"),
    (&[key!(k), key!(up)], UP, "", "Scroll up"),
    (&[key!(pagedown), key!(' ')], PAGE_DOWN, "", "Page down"),
    (&[key!(pageup)], PAGE_UP, "", "Page up"),
];

#[rustfmt::skip]
const LOG: &[Row] = &[
    (&[key!(esc), key!(shift-l), key!(q), key!(enter)], Action::Close, "close", "Close"),
    (&[key!(j), key!(down)], DOWN, "", "Scroll down"),
    (&[key!(k), key!(up)], UP, "", "Scroll up"),
    (&[key!(pagedown), key!(' ')], PAGE_DOWN, "", "Page down"),
    (&[key!(pageup)], PAGE_UP, "", "Page up"),
    (&[key!(g), key!(home)], TOP, "", "To the newest"),
    (&[key!(shift-g), key!(end)], BOTTOM, "", "To the oldest"),
];

#[rustfmt::skip]
const PALETTE: &[Row] = &[
    (&[key!(enter)], Action::Line(LineAction::Accept), "run", "Run or open the selected choice"),
    (&[key!(down), key!(ctrl-n), key!(tab)], DOWN, "", "Down"),
    (&[key!(up), key!(ctrl-p), key!(backtab)], UP, "", "Up"),
    (&[key!(pagedown)], PAGE_DOWN, "", "Page down"),
    (&[key!(pageup)], PAGE_UP, "", "Page up"),
    (&[key!(esc)], Action::Line(LineAction::Cancel), "close", "Close"),
];

#[rustfmt::skip]
const COMMAND_LINE: &[Row] = &[
    (&[key!(enter)], Action::Line(LineAction::Accept), "run", "Run the command"),
    (&[key!(tab)], Action::Line(LineAction::Complete), "complete", "Complete the word; again for the next completion"),
    (&[key!(backtab)], Action::Line(LineAction::CompleteBack), "", "Previous completion"),
    (&[key!(up), key!(ctrl-p)], UP, "", "Previous command"),
    (&[key!(down), key!(ctrl-n)], DOWN, "", "Next command"),
    (&[key!(esc)], Action::Line(LineAction::Cancel), "close", "Close"),
];

#[rustfmt::skip]
const GLOBAL: &[Row] = &[
    (&[key!(ctrl-p)], Action::Palette, "palette", "Palette: find an action, a command or a handoff"),
    (&[key!(':')], Action::CommandLine, "", "Command line: an action by name, like `:claim 42`"),
    (&[key!(shift-l)], Action::Log, "", "Log: past notifications with their times"),
    (&[key!(shift-t)], Action::NextTheme, "", "Next theme"),
    (&[key!(shift-m), key!(alt-m)], Action::ToggleMouse, "", "Mouse on or off (off: your terminal selects text)"),
    (&[key!(shift-w)], Action::WriteRunbook, "write runbook", "Write a runbook on what you resolved last"),
    (&[], Action::LogIn, "", "Log in again, or as another user"),
    (&[key!('?'), key!(f1)], Action::Help, "help", "Help"),
    (&[key!(q)], Action::Quit, "quit", "Quit"),
    (&[key!(ctrl-c)], Action::QuitNow, "", "Quit from anywhere; drafts are kept"),
    (&[key!(ctrl-z)], Action::Suspend, "", "Suspend; `fg` resumes"),
];
