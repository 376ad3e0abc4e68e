//! The default keys, a table per context.

use crokey::key;

use crate::keymap::action::{
    Action, BriefingAction, CaseAction, ConflictAction, DialogAction, LineAction, ListAction, Move,
    OutcomeAction, SearchAction, SessionAction, TriedAction,
};
use crate::keymap::binding::{Binding, Row};
use crate::keymap::context::Context;
use crate::keymap::editing::EDITING;
use crate::keymap::tab::Tab;
use crate::keymap::verbs::VERBS;

/// The tables in the order of the palette.
const TABLES: [(Context, &[Row]); 28] = [
    (Context::Queue, QUEUE),
    (Context::Filter, FILTER),
    (Context::Briefing, BRIEFING),
    (Context::Briefing, BRIEFING_SCROLL),
    (Context::Briefing, READING),
    (Context::BriefingOverlay, BRIEFING_OVERLAY),
    (Context::BriefingOverlay, BRIEFING_SCROLL),
    (Context::BriefingOverlay, READING),
    (Context::Session, SESSION),
    (Context::Conversation, CONVERSATION),
    (Context::Conversation, VERBS),
    (Context::Conversation, CONVERSATION_SCROLL),
    (Context::SessionMenu, MENU),
    (Context::Editing, EDITING),
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
    (Context::Pager, PAGER),
    (Context::SearchLine, SEARCH_LINE),
    (Context::Search, SEARCH),
];

/// The default bindings, without those that are derived; the global ones come last.
pub(super) fn default_bindings() -> Vec<Binding> {
    let tables = TABLES.into_iter().chain([(Context::Global, GLOBAL)]);
    let bind = |context, (keys, action, hint_label, description): Row| Binding {
        context,
        keys: keys.to_vec(),
        action,
        hint_label,
        description: description.into(),
    };
    tables.flat_map(|(context, rows)| rows.iter().map(move |row| bind(context, *row))).collect()
}

const DOWN: Action = Action::Move(Move::Down);
const UP: Action = Action::Move(Move::Up);
const PAGE_DOWN: Action = Action::Move(Move::PageDown);
const PAGE_UP: Action = Action::Move(Move::PageUp);
const TOP: Action = Action::Move(Move::Top);
const BOTTOM: Action = Action::Move(Move::Bottom);
const SEARCH_TEXT: Action = Action::Search(SearchAction::Search);

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
    (&[key!('/')], Action::List(ListAction::Filter), "filter", "Filter by words, and by fields like `from:sam is:mine`"),
    (&[key!(esc)], Action::List(ListAction::ClearFilter), "all rows", "Remove the marks, or show all rows"),
    (&[key!(s)], Action::List(ListAction::Sort), "sort", "Sort by priority, by age or by last change"),
    (&[key!(d)], Action::List(ListAction::Dense), "", "One line a row, or two"),
    (&[key!(u)], Action::List(ListAction::MarkUnread), "", "Mark as unread"),
    (&[key!(c)], Action::List(ListAction::NewSession), "new session", "New session"),
    (&[key!(shift-u)], Action::List(ListAction::Release), "", "Release your claim to the queue"),
    (&[key!(' ')], Action::List(ListAction::Mark), "", "Mark a handoff, to pass several on"),
    (&[key!(a)], Action::List(ListAction::PassOn), "", "Assign what is marked, or this handoff, to someone else"),
    (&[key!(r)], Action::List(ListAction::Reassess), "", "Run the assessment again"),
    (&[key!('!')], Action::List(ListAction::Change), "", "Change the priority and the summary"),
    (&[key!(tab)], Action::List(ListAction::NextTab), "", "Next tab"),
    (&[key!('1')], Action::List(ListAction::Tab(Tab::Queue)), "", "Queue: open escalations, and those claimed by others"),
    (&[key!('2')], Action::List(ListAction::Tab(Tab::Mine)), "", "Mine: your claims and open sessions"),
    (&[key!('3')], Action::List(ListAction::Tab(Tab::Parked)), "", "Parked: the sessions you parked"),
    (&[key!('4')], Action::List(ListAction::Tab(Tab::History)), "", "History: what was resolved, sent back or taken back"),
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
    (&[key!(esc), key!(q), key!(h), key!(left), key!(backspace)], Action::Briefing(BriefingAction::Back), "back", "Back to the list"),
    (&[key!(tab), key!(backtab)], Action::Briefing(BriefingAction::OtherPane), "other pane", "Switch between the history and the assessment"),
    (&[key!(r)], Action::Briefing(BriefingAction::Reassess), "reassess", "Run the assessment again"),
    (&[key!(n)], Action::Briefing(BriefingAction::NextOpen), "next handoff", "Open the next unclaimed handoff"),
    (&[key!(e), key!(']')], Action::Briefing(BriefingAction::NextEvidence), "evidence", "Next evidence"),
    (&[key!('[')], Action::Briefing(BriefingAction::PreviousEvidence), "", "Previous evidence"),
    (&[key!(shift-s)], Action::Briefing(BriefingAction::Cases), "similar", "Similar cases"),
    (&[key!(v)], Action::Briefing(BriefingAction::Whole), "whole session", "Read the whole session without claiming it"),
    (&[key!(a)], Action::Briefing(BriefingAction::Assign), "", "Assign to someone else (admins: any claim)"),
    (&[key!(b)], Action::Briefing(BriefingAction::SendBack), "", "Send back with a question"),
    (&[key!(t)], Action::Briefing(BriefingAction::TakeBack), "", "Take back your escalation"),
    (&[key!('!')], Action::Briefing(BriefingAction::Change), "", "Change the priority and the summary"),
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

/// What a briefing has in common with a conversation.
#[rustfmt::skip]
const READING: &[Row] = &[
    (&[key!('/')], SEARCH_TEXT, "search", "Search in this text"),
    (&[key!(f)], Action::Pager, "full text", "Open a long text in full"),
];

#[rustfmt::skip]
const BRIEFING_OVERLAY: &[Row] = &[
    (&[key!(esc), key!(q), key!(enter)], Action::Close, "close", "Back to the session"),
    (&[key!(tab), key!(backtab)], Action::Briefing(BriefingAction::OtherPane), "other pane", "Switch between the history and the assessment"),
    (&[key!(r)], Action::Briefing(BriefingAction::Reassess), "reassess", "Run the assessment again"),
    (&[key!(e), key!(']')], Action::Briefing(BriefingAction::NextEvidence), "evidence", "Next evidence"),
    (&[key!('[')], Action::Briefing(BriefingAction::PreviousEvidence), "", "Previous evidence"),
    (&[key!(v)], Action::Briefing(BriefingAction::Whole), "in the session", "Back to the session, at the selected evidence"),
    (&[key!(shift-s)], Action::Briefing(BriefingAction::Cases), "similar", "Similar cases"),
    (&[key!(o)], Action::Briefing(BriefingAction::Proposed), "add cause", "Add the likely cause, or what to find out, to Tried"),
];

/// The message. What the session does is in [`VERBS`], whose keys are added before the line break.
#[rustfmt::skip]
const SESSION: &[Row] = &[
    (&[key!(enter)], Action::Session(SessionAction::Send), "send", "Send"),
    (&[key!(tab)], Action::Session(SessionAction::NextStep), "step", "Put the first suggested step into an empty message; again for the next"),
    (&[key!(backtab)], Action::Session(SessionAction::PreviousStep), "", "Back to the previous suggested step"),
    (&[key!(ctrl-x)], Action::Session(SessionAction::Menu), "menu", "Menu: what you can do with this session"),
    (&[key!(esc)], Action::Session(SessionAction::Conversation), "conversation", "To the conversation, where single letters act"),
    (&[key!(alt-enter), key!(shift-enter), key!(ctrl-j)], Action::Session(SessionAction::Newline), "newline", "Line break"),
    (&[key!(alt-right)], Action::Session(SessionAction::StepsRight), "", "Scroll the steps right"),
    (&[key!(alt-left)], Action::Session(SessionAction::StepsLeft), "", "Scroll the steps left"),
    (&[key!(alt-','), key!(up)], Action::Session(SessionAction::Older), "", "Recall the previous message; the arrow only on the first line"),
    (&[key!(alt-'.'), key!(down)], Action::Session(SessionAction::Newer), "", "Recall the next message; the arrow only on the last line"),
    (&[key!(pageup)], PAGE_UP, "", "Page up"),
    (&[key!(pagedown)], PAGE_DOWN, "", "Page down"),
    (&[key!(ctrl-up)], UP, "", "Scroll up"),
    (&[key!(ctrl-down)], DOWN, "", "Scroll down"),
    (&[key!(ctrl-home)], TOP, "", "To the first message"),
    (&[key!(ctrl-end)], BOTTOM, "", "To the end"),
    (&[key!(f1)], Action::Help, "help", "Help"),
];

#[rustfmt::skip]
const CONVERSATION: &[Row] = &[
    (&[key!(i), key!(enter)], Action::Session(SessionAction::Write), "write", "Back to your message"),
    (&[key!(esc)], Action::Session(SessionAction::Back), "list", "Back to the list; your draft is kept"),
];

#[rustfmt::skip]
const CONVERSATION_SCROLL: &[Row] = &[
    (&[key!(ctrl-x)], Action::Session(SessionAction::Menu), "", "Menu: what you can do with this session"),
    (&[key!(j), key!(down), key!(ctrl-down)], DOWN, "", "Scroll down"),
    (&[key!(k), key!(up), key!(ctrl-up)], UP, "", "Scroll up"),
    (&[key!(pagedown), key!(' '), key!(ctrl-d)], PAGE_DOWN, "", "Page down"),
    (&[key!(pageup), key!(ctrl-u)], PAGE_UP, "", "Page up"),
    (&[key!(g), key!(home), key!(ctrl-home)], TOP, "", "To the first message"),
    (&[key!(shift-g), key!(end), key!(ctrl-end)], BOTTOM, "", "To the end"),
];

#[rustfmt::skip]
const MENU: &[Row] = &[
    (&[key!(esc), key!(ctrl-x)], Action::Close, "close", "Back to the session"),
    (&[key!(down)], DOWN, "", "Scroll down"),
    (&[key!(up)], UP, "", "Scroll up"),
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
    (&[key!(esc), key!(q)], Action::Close, "close", "Back to the session"),
];

#[rustfmt::skip]
const OUTCOMES: &[Row] = &[
    (&[key!(w)], Action::Outcome(OutcomeAction::Worked), "worked", "This step worked"),
    (&[key!(f)], Action::Outcome(OutcomeAction::Failed), "failed", "This step failed"),
    (&[key!(u), key!(backspace)], Action::Outcome(OutcomeAction::Clear), "clear", "Clear the outcome"),
    (&[key!(j), key!(down)], DOWN, "", "Down"),
    (&[key!(k), key!(up)], UP, "", "Up"),
    (&[key!(esc), key!(q), key!(enter)], Action::Close, "close", "Back to the session"),
];

#[rustfmt::skip]
const CASES: &[Row] = &[
    (&[key!(enter), key!(l), key!(right)], Action::Case(CaseAction::Read), "read", "Read this session"),
    (&[key!(j), key!(down)], DOWN, "", "Down"),
    (&[key!(k), key!(up)], UP, "", "Up"),
    (&[key!(esc), key!(shift-s), key!(q)], Action::Close, "close", "Back to the briefing"),
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
    (&[key!(esc), key!(enter), key!(f1)], Action::Close, "close", "Close; with a filter, show all keys first"),
    (&[key!(down), key!(ctrl-n)], DOWN, "", "Scroll down"),
    (&[key!(up), key!(ctrl-p)], UP, "", "Scroll up"),
    (&[key!(pagedown)], PAGE_DOWN, "", "Page down"),
    (&[key!(pageup)], PAGE_UP, "", "Page up"),
    (&[key!(home)], TOP, "", "To the top"),
    (&[key!(end)], BOTTOM, "", "To the end"),
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
    (&[key!('/')], SEARCH_TEXT, "search", "Search in the log"),
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
const PAGER: &[Row] = &[
    (&[key!(esc), key!(q), key!(f), key!(h), key!(left)], Action::Close, "close", "Back to the conversation"),
    (&[key!('/')], SEARCH_TEXT, "search", "Search in this text"),
    (&[key!(c), key!(y)], Action::CopyText, "copy", "Copy the whole text"),
    (&[key!(j), key!(down), key!(enter)], DOWN, "", "Scroll down"),
    (&[key!(k), key!(up)], UP, "", "Scroll up"),
    (&[key!(pagedown), key!(' '), key!(ctrl-d)], PAGE_DOWN, "", "Page down"),
    (&[key!(pageup), key!(ctrl-u)], PAGE_UP, "", "Page up"),
    (&[key!(g), key!(home)], TOP, "", "To the top"),
    (&[key!(shift-g), key!(end)], BOTTOM, "", "To the end"),
];

#[rustfmt::skip]
const SEARCH_LINE: &[Row] = &[
    (&[key!(enter)], Action::Line(LineAction::Accept), "search", "Keep the search and go from match to match"),
    (&[key!(esc)], Action::Line(LineAction::Cancel), "cancel", "Back to where you were"),
];

#[rustfmt::skip]
const SEARCH: &[Row] = &[
    (&[key!(n), key!(enter)], Action::Search(SearchAction::NextMatch), "next match", "Next match"),
    (&[key!(esc)], Action::Search(SearchAction::End), "end search", "End the search; you stay where you are"),
    (&[key!(shift-n)], Action::Search(SearchAction::PreviousMatch), "previous", "Previous match"),
    (&[key!('/')], SEARCH_TEXT, "", "Change the search"),
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
    (&[key!(ctrl-c)], Action::QuitNow, "", "Quit anywhere, drafts kept; in a text, clear it first"),
    (&[key!(ctrl-z)], Action::Suspend, "", "Suspend; `fg` resumes"),
];
