//! The actions that keys, clicks and commands can do. Their names are public.

use strum::IntoStaticStr;

use crate::keymap::tab::Tab;

/// An action. Each context has actions of its own; moving is the same everywhere.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, IntoStaticStr)]
#[strum(serialize_all = "kebab-case")]
pub enum Action {
    /// Quit.
    Quit,
    /// Quit from any context; drafts are kept.
    QuitNow,
    /// Stop the process until the shell continues it.
    Suspend,
    /// Show the keys of this context.
    Help,
    /// Show past toasts.
    Log,
    /// Open the palette.
    Palette,
    /// Open the command line.
    CommandLine,
    /// Capture the mouse, or leave it to the terminal.
    ToggleMouse,
    /// Switch to the next theme.
    NextTheme,
    /// Log in again, or as another user.
    LogIn,
    /// Filter the list by a saved filter, by its number from 1.
    SavedFilter(u8),
    /// Run a command of one's own, by its number from 1.
    Command(u8),
    /// Write a runbook of the session that the user resolved last.
    WriteRunbook,
    /// Open a long text on a screen of its own.
    Pager,
    /// Copy the whole text.
    CopyText,
    /// Search in what is read, or go from match to match.
    Search(SearchAction),
    /// Move the selection or scroll.
    Move(Move),
    /// An action of the list.
    List(ListAction),
    /// An action of the briefing.
    Briefing(BriefingAction),
    /// An action of the session.
    Session(SessionAction),
    /// An action on the text that is being typed.
    Edit(EditAction),
    /// An action of a dialog.
    Dialog(DialogAction),
    /// An action after a lost claim.
    Conflict(ConflictAction),
    /// An action of an input line: the filter, the palette, the command line.
    Line(LineAction),
    /// An action on the list of what was tried.
    Tried(TriedAction),
    /// An action on the outcome of a step.
    Outcome(OutcomeAction),
    /// An action on a similar case.
    Case(CaseAction),
    /// Answer yes.
    Yes,
    /// Answer no, or close the layer.
    Close,
}

/// A movement of the selection or of text.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, IntoStaticStr)]
#[strum(serialize_all = "kebab-case")]
pub enum Move {
    /// One row down.
    Down,
    /// One row up.
    Up,
    /// A page down.
    PageDown,
    /// A page up.
    PageUp,
    /// To the first row.
    Top,
    /// To the last row.
    Bottom,
}

/// Actions of the list.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, IntoStaticStr)]
#[strum(serialize_all = "kebab-case")]
pub enum ListAction {
    /// Open the selected row.
    Open,
    /// Claim the selected handoff without opening its briefing.
    PickUp,
    /// Select the next unread row.
    NextUnread,
    /// Mark the selected row as unread.
    MarkUnread,
    /// Start a new session.
    NewSession,
    /// Release a claim.
    Release,
    /// Change the priority and the summary of a handoff.
    Change,
    /// Mark the selected handoff, or remove its mark.
    Mark,
    /// Assign what is marked, or the selected handoff, to a person.
    PassOn,
    /// Run the assessment again.
    Reassess,
    /// Filter the rows.
    Filter,
    /// Clear the filter.
    ClearFilter,
    /// Switch to the next sort order.
    Sort,
    /// Switch between rows of one line and of two.
    Dense,
    /// Switch to the next tab.
    NextTab,
    /// Switch to a tab.
    Tab(Tab),
}

/// Actions of the briefing.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, IntoStaticStr)]
#[strum(serialize_all = "kebab-case")]
pub enum BriefingAction {
    /// Claim the handoff and open its session.
    StartHere,
    /// Go back to the list.
    Back,
    /// Focus the other pane.
    OtherPane,
    /// Run the assessment again.
    Reassess,
    /// Open the next unclaimed handoff.
    NextOpen,
    /// Go to the next piece of evidence.
    NextEvidence,
    /// Go to the previous piece of evidence.
    PreviousEvidence,
    /// Show the similar cases.
    Cases,
    /// Show what the assessment proposes to try.
    Proposed,
    /// Read the whole session, at the selected evidence.
    Whole,
    /// Assign the handoff to a person.
    Assign,
    /// Send the handoff back to its opener with a question.
    SendBack,
    /// Take back the user's own escalation.
    TakeBack,
    /// Change the priority and the summary.
    Change,
}

/// Actions of a session.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, IntoStaticStr)]
#[strum(serialize_all = "kebab-case")]
pub enum SessionAction {
    /// Send the message.
    Send,
    /// Insert a line break.
    Newline,
    /// Put the next suggested step into the empty message, or in place of the last one.
    NextStep,
    /// Put the previous suggested step there.
    PreviousStep,
    /// Open the menu of the session's actions.
    Menu,
    /// Leave the message for the conversation, where single letters act.
    Conversation,
    /// Return to the message.
    Write,
    /// Put a suggested step into the message, by its number from 1.
    UseStep(u8),
    /// Hide the suggested steps, or show them again.
    HideSteps,
    /// Scroll the steps right.
    StepsRight,
    /// Scroll the steps left.
    StepsLeft,
    /// Switch between asking the assistant and leaving a note.
    ToggleNote,
    /// Show the briefing over the session.
    ShowBriefing,
    /// Resolve the session.
    Resolve,
    /// Escalate the session.
    Escalate,
    /// Park the session.
    Park,
    /// Release the claim.
    Release,
    /// Claim the handoff of this session.
    PickUp,
    /// Take back a parked or escalated session.
    TakeBack,
    /// Assign the handoff to a person.
    Assign,
    /// Send the handoff back to its opener with a question.
    SendBack,
    /// Change the priority and the summary of the handoff.
    Change,
    /// Show what was tried.
    Tried,
    /// Show what the assessment proposes to try.
    Proposed,
    /// Show the suggested steps and their outcomes.
    Outcomes,
    /// Go to the next piece of evidence.
    NextEvidence,
    /// Mark the previous message.
    MarkUp,
    /// Mark the next message.
    MarkDown,
    /// Copy the selection, or the marked message.
    Copy,
    /// Copy the next code block of the marked message.
    CopyCode,
    /// Edit the message in the user's editor.
    Editor,
    /// Recall the previous sent message.
    Older,
    /// Recall the next sent message.
    Newer,
    /// Go back to the previous screen.
    Back,
}

/// Actions on the text that is being typed, in every field. The default keys are readline's.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, IntoStaticStr)]
#[strum(serialize_all = "kebab-case")]
pub enum EditAction {
    /// To the beginning of the line.
    LineStart,
    /// To the end of the line.
    LineEnd,
    /// To the previous character.
    Left,
    /// To the next character.
    Right,
    /// To the beginning of the word.
    WordLeft,
    /// To the end of the word.
    WordRight,
    /// Delete the character before the cursor.
    DeleteBack,
    /// Delete the character under the cursor.
    DeleteForward,
    /// Delete to the end of the line.
    KillToEnd,
    /// Delete to the beginning of the line.
    KillToStart,
    /// Delete back to a blank.
    KillBlankWord,
    /// Delete to the beginning of the word.
    KillWordBack,
    /// Delete to the end of the word.
    KillWord,
    /// Insert what was deleted last.
    Yank,
    /// Undo the last edit.
    Undo,
    /// Redo the last undone edit.
    Redo,
}

/// Actions on the list of what was tried.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, IntoStaticStr)]
#[strum(serialize_all = "kebab-case")]
pub enum TriedAction {
    /// Add an entry.
    Add,
    /// Edit it.
    Edit,
    /// Set its status to open.
    Open,
    /// Rule it out.
    RuleOut,
    /// Confirm it.
    Confirm,
}

/// Actions on the outcome of a step.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, IntoStaticStr)]
#[strum(serialize_all = "kebab-case")]
pub enum OutcomeAction {
    /// It worked.
    Worked,
    /// It failed.
    Failed,
    /// Clear the outcome.
    Clear,
}

/// Actions on similar cases.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, IntoStaticStr)]
#[strum(serialize_all = "kebab-case")]
pub enum CaseAction {
    /// Read its session.
    Read,
}

/// Actions of a dialog.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, IntoStaticStr)]
#[strum(serialize_all = "kebab-case")]
pub enum DialogAction {
    /// Submit it.
    Submit,
    /// Go to the next field.
    NextField,
    /// Go to the previous field.
    PreviousField,
    /// Insert a line break.
    Newline,
    /// Close it.
    Cancel,
}

/// Actions after a lost claim.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, IntoStaticStr)]
#[strum(serialize_all = "kebab-case")]
pub enum ConflictAction {
    /// Go back to the list.
    Close,
    /// Open the next unclaimed handoff.
    NextOpen,
    /// Send the draft to the winner as a note.
    SendDraft,
}

/// Actions of a search in what is read.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, IntoStaticStr)]
#[strum(serialize_all = "kebab-case")]
pub enum SearchAction {
    /// Search for a text.
    Search,
    /// Go to the next match.
    NextMatch,
    /// Go to the previous match.
    PreviousMatch,
    /// End the search.
    End,
}

/// Actions of an input line.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, IntoStaticStr)]
#[strum(serialize_all = "kebab-case")]
pub enum LineAction {
    /// Accept the line.
    Accept,
    /// Complete the word.
    Complete,
    /// Show the previous completion.
    CompleteBack,
    /// Leave the line.
    Cancel,
}
