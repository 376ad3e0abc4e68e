//! Everything that a key, a click or a command can do, by name.

use strum::IntoStaticStr;

use crate::keymap::tab::Tab;

/// What a key does. Each place has verbs of its own; moving is the same everywhere.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, IntoStaticStr)]
#[strum(serialize_all = "kebab-case")]
pub enum Action {
    /// Leave the console.
    Quit,
    /// Leave the console, from wherever one is; drafts are kept.
    QuitNow,
    /// Stop until the shell brings it back.
    Suspend,
    /// Show every key of this place.
    Help,
    /// Show what happened, as it was told.
    Log,
    /// Find an action or a handoff by what it is called.
    Palette,
    /// Type an action's name.
    CommandLine,
    /// Take the mouse, or leave it to the terminal.
    ToggleMouse,
    /// Wear the next theme.
    NextTheme,
    /// Log in, again or as somebody else.
    LogIn,
    /// Move a selection or a text.
    Move(Move),
    /// Something about the list.
    List(ListAction),
    /// Something about the briefing.
    Briefing(BriefingAction),
    /// Something about the session.
    Session(SessionAction),
    /// Something about a dialog.
    Dialog(DialogAction),
    /// Something about a lost claim.
    Conflict(ConflictAction),
    /// Something about a line that is typed: the filter, the palette, a command.
    Line(LineAction),
    /// Something about what has been tried.
    Tried(TriedAction),
    /// Something about what came of a step.
    Outcome(OutcomeAction),
    /// Something about what was seen before.
    Case(CaseAction),
    /// A yes.
    Yes,
    /// A no, or simply to close what is open.
    Close,
}

/// Ways to move.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, IntoStaticStr)]
#[strum(serialize_all = "kebab-case")]
pub enum Move {
    /// One row down, or one line.
    Down,
    /// One row up, or one line.
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

/// What is done in the list.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, IntoStaticStr)]
#[strum(serialize_all = "kebab-case")]
pub enum ListAction {
    /// Open what is selected.
    Open,
    /// Claim what is selected, without opening it first.
    PickUp,
    /// Select the next unread row.
    NextUnread,
    /// Show the dot again.
    MarkUnread,
    /// Open a new session.
    NewSession,
    /// Give a claim back.
    Release,
    /// Ask for the assessment again.
    Reassess,
    /// Type what the rows must say.
    Filter,
    /// Show all rows again.
    ClearFilter,
    /// The next order.
    Sort,
    /// The next tab.
    NextTab,
    /// This tab.
    Tab(Tab),
}

/// What is done in a briefing.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, IntoStaticStr)]
#[strum(serialize_all = "kebab-case")]
pub enum BriefingAction {
    /// Claim it and begin.
    StartHere,
    /// Back to the list.
    Back,
    /// The other half.
    OtherPane,
    /// Ask for the assessment again.
    Reassess,
    /// Open the next one that waits.
    NextOpen,
    /// To the message of the next piece of evidence.
    NextEvidence,
    /// To the message of the piece of evidence before.
    PreviousEvidence,
    /// Show what was seen before.
    Cases,
    /// Read the whole conversation, at the evidence.
    Whole,
    /// Pass it to a person.
    Assign,
    /// Return it to its opener, with a question.
    SendBack,
    /// Take one's own escalation back.
    TakeBack,
}

/// What is done in a session.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, IntoStaticStr)]
#[strum(serialize_all = "kebab-case")]
pub enum SessionAction {
    /// Send what was typed.
    Send,
    /// A line break.
    Newline,
    /// Put a suggested step into the message, by its number.
    UseStep(u8),
    /// Hide the suggested steps.
    HideSteps,
    /// Show steps further to the right.
    StepsRight,
    /// Show steps further to the left.
    StepsLeft,
    /// Ask the assistant, or leave a note.
    ToggleNote,
    /// The briefing, over the session.
    ShowBriefing,
    /// Resolve it.
    Resolve,
    /// Escalate it.
    Escalate,
    /// Park it.
    Park,
    /// Give the claim back.
    Release,
    /// Claim the handoff whose session this is.
    PickUp,
    /// Take back what one parked or escalated.
    TakeBack,
    /// Pass it to a person.
    Assign,
    /// Return it to its opener, with a question.
    SendBack,
    /// Show what has been tried.
    Tried,
    /// Show the suggested steps and what came of them.
    Outcomes,
    /// To the message of the next piece of evidence.
    NextEvidence,
    /// Mark the message before.
    MarkUp,
    /// Mark the next message.
    MarkDown,
    /// Copy what is selected, or the marked message.
    Copy,
    /// Copy a code block of the marked message, one after the other.
    CopyCode,
    /// Write the message in one's own editor.
    Editor,
    /// Undo what was typed.
    Undo,
    /// Do again what was undone.
    Redo,
    /// The message that was sent before.
    Older,
    /// The message that was sent after.
    Newer,
    /// Back to where one came from.
    Back,
}

/// What is done with a line of what has been tried.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, IntoStaticStr)]
#[strum(serialize_all = "kebab-case")]
pub enum TriedAction {
    /// A new line.
    Add,
    /// Change the line.
    Edit,
    /// It is not settled.
    Open,
    /// It was not that.
    RuleOut,
    /// It was that.
    Confirm,
}

/// What is done with a suggested step.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, IntoStaticStr)]
#[strum(serialize_all = "kebab-case")]
pub enum OutcomeAction {
    /// It worked.
    Worked,
    /// It did not help.
    Failed,
    /// Nothing is known of it.
    Clear,
}

/// What is done with what was seen before.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, IntoStaticStr)]
#[strum(serialize_all = "kebab-case")]
pub enum CaseAction {
    /// Read it.
    Read,
}

/// What is done in a dialog.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, IntoStaticStr)]
#[strum(serialize_all = "kebab-case")]
pub enum DialogAction {
    /// It is filled in.
    Submit,
    /// The next field.
    NextField,
    /// The field before.
    PreviousField,
    /// A line break.
    Newline,
    /// Close it.
    Cancel,
}

/// What is done after a lost claim.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, IntoStaticStr)]
#[strum(serialize_all = "kebab-case")]
pub enum ConflictAction {
    /// Back to the list.
    Close,
    /// Open the next one that waits.
    NextOpen,
    /// Send the winner what was typed, as a note.
    SendDraft,
}

/// What is done with a line that is typed.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, IntoStaticStr)]
#[strum(serialize_all = "kebab-case")]
pub enum LineAction {
    /// It is done.
    Accept,
    /// Finish the word.
    Complete,
    /// Finish it another way.
    CompleteBack,
    /// Leave it.
    Cancel,
}
