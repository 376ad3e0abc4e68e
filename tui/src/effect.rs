//! The effects of the console: plain values that the runtime performs, and answers with events.

use tierup_common::assessment::Outcome;
use tierup_common::handoff::{Assign, ChangeHandoff, QueueState};
use tierup_common::id::{BranchId, HandoffId, Number, Seq, SessionId, StepId};
use tierup_common::session::{CreateMessage, CreateSession, HandOff, PutBranch, Resolve, SessionStatus};

use crate::state::read_marks::LogPosition;
use crate::text::{Safe, SafeText};

/// The id of a call. Ids count up, so a reply with a lower one may be out of date.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct CallId(pub u64);

/// An effect.
#[derive(Clone, PartialEq, Debug)]
pub enum Effect {
    /// Call the server.
    Call(CallId, Call),
    /// Log in, and use these credentials from then on.
    LogIn(CallId, Credentials),
    /// Open the team's stream, and reopen it whenever it breaks.
    OpenTeamStream,
    /// Keep exactly these filtered streams open. New streams of sessions begin after this event.
    SetStreamFilters(Vec<StreamFilter>, Option<Seq>),
    /// Add to the stored seen-set.
    MarkSeen(HandoffId),
    /// Remove from the stored seen-set.
    MarkUnread(HandoffId),
    /// Store that a session was read up to an event.
    SaveReadMark(SessionId, Seq),
    /// Store where the user is in the log.
    SaveLogPosition(LogPosition),
    /// Store the draft of a session; an empty one is deleted.
    SaveDraft(SessionId, String),
    /// Store whether rows have one line.
    SaveDenseRows(bool),
    /// Copy a text to the clipboard.
    CopyToClipboard(SafeText<'static>),
    /// Set the title of the terminal's window.
    SetTitle(Safe<'static>),
    /// Notify a user whose focus is elsewhere.
    Notify(Notification),
    /// Capture the mouse, or leave it to the terminal.
    SetMouseCapture(bool),
    /// Open a text in the user's editor.
    OpenEditor(EditorTarget, String),
    /// Run a command of the user's own.
    RunProgram(ProgramCall),
    /// Write a runbook into a new file.
    SaveRunbook {
        /// The id of the answer.
        call_id: CallId,
        /// The file, as the user typed it.
        path: String,
        /// The runbook.
        markdown: String,
    },
    /// Stop the process until the shell continues it.
    Suspend,
    /// Set the terminal up again after the process was stopped.
    ReenterTerminal,
    /// Quit.
    Quit,
}

/// A command of the user's own, with its arguments. No shell reads them.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ProgramCall {
    /// Its name in the settings.
    pub name: String,
    /// The program.
    pub program: String,
    /// Its arguments.
    pub arguments: Vec<String>,
    /// Whether it gets the terminal until it ends.
    pub in_terminal: bool,
}

/// What a text in the user's editor is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum EditorTarget {
    /// The draft of a message in this session.
    Draft(SessionId),
    /// The runbook of the session that the user resolved last.
    Runbook,
}

/// The credentials of a log-in.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Credentials {
    /// The server's address.
    pub server_url: String,
    /// The email address; none if the secret is a token.
    pub email: Option<String>,
    /// The password, or the token.
    pub secret: Secret,
}

/// A password or token. Never shown, not even by `Debug`.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Secret(String);

impl Secret {
    /// Adds a character.
    pub fn push(&mut self, c: char) {
        self.0.push(c);
    }

    /// Removes the last character.
    pub fn pop(&mut self) {
        self.0.pop();
    }

    /// Removes all characters.
    pub fn clear(&mut self) {
        self.0.clear();
    }

    /// The number of characters.
    pub fn len(&self) -> usize {
        self.0.chars().count()
    }

    /// Whether there are no characters.
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The text itself, to log in with or to store.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// A desktop notification.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Notification {
    /// What happened.
    pub title: Safe<'static>,
    /// The handoff.
    pub body: Safe<'static>,
}

/// The content of a filtered stream.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum StreamFilter {
    /// A handoff: its assessment while it is written, and who reads it.
    Handoff(HandoffId),
    /// A session: its messages.
    Session(SessionId),
}

/// A call to the server.
#[derive(Clone, PartialEq, Debug)]
pub enum Call {
    /// Get the user.
    Me,
    /// List a page of the queue.
    Queue {
        /// The state of the handoffs.
        state: QueueState,
        /// Where the page begins; none for the first page.
        cursor: Option<String>,
    },
    /// Search handoffs, and the messages of their sessions.
    Search {
        /// The state of the handoffs.
        state: QueueState,
        /// The words to search for.
        query: String,
    },
    /// List the user's own sessions with this status.
    OwnSessions(SessionStatus),
    /// List a page of the log: what concerns the user.
    Events {
        /// Only events after this one.
        after: Option<Seq>,
        /// Only events before this one; none for the newest page.
        before: Option<Seq>,
    },
    /// List a page of past sessions.
    History {
        /// The search.
        query: String,
        /// Where the page begins; none for the first page.
        cursor: Option<String>,
    },
    /// Find a handoff by its number.
    FindHandoff(Number),
    /// Find a session by its number.
    FindSession(Number),
    /// Get a handoff with its snapshot.
    Handoff(HandoffId),
    /// Get a session with its newest messages.
    Session(SessionId),
    /// List earlier messages of a session.
    Messages {
        /// The session.
        session_id: SessionId,
        /// The messages before the one with this `seq`.
        before_seq: u32,
    },
    /// List what happened in a session.
    Story(StoryCall),
    /// Change the priority and the summary of a handoff.
    ChangeHandoff {
        /// The handoff.
        handoff_id: HandoffId,
        /// What changes.
        request: ChangeHandoff,
    },
    /// Claim a handoff.
    Claim(HandoffId),
    /// Release a claim.
    Release {
        /// The handoff.
        handoff_id: HandoffId,
        /// Why, for the next engineer.
        reason: String,
    },
    /// Request the assessment of a handoff again.
    Reassess(HandoffId),
    /// List the users of the account.
    Users,
    /// Assign a handoff to a person.
    Assign {
        /// The handoff.
        handoff_id: HandoffId,
        /// The new owner, and what they should know.
        request: Assign,
    },
    /// Return a handoff to its opener.
    SendBack {
        /// The handoff.
        handoff_id: HandoffId,
        /// What the opener should find out.
        question: String,
    },
    /// Record the outcome of a suggested step.
    PutStep {
        /// The handoff.
        handoff_id: HandoffId,
        /// The step.
        step_id: StepId,
        /// Its outcome; none removes it.
        outcome: Option<Outcome>,
    },
    /// Add or change a hypothesis.
    PutBranch {
        /// The session.
        session_id: SessionId,
        /// The branch.
        branch_id: BranchId,
        /// Its content.
        request: PutBranch,
    },
    /// Create a session.
    CreateSession(CreateSession),
    /// Add a message to a session.
    CreateMessage {
        /// The session.
        session_id: SessionId,
        /// The message.
        message: CreateMessage,
    },
    /// Park or escalate a session.
    HandOff {
        /// The session.
        session_id: SessionId,
        /// The intent, notes and priority.
        request: HandOff,
    },
    /// Take a session back.
    Resume(SessionId),
    /// Resolve a session.
    Resolve {
        /// The session.
        session_id: SessionId,
        /// The resolution.
        request: Resolve,
    },
}

/// A call about what happened in a session.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum StoryCall {
    /// List its newest messages.
    NewestMessages(SessionId),
    /// List what happened besides its messages.
    Events {
        /// The session.
        session_id: SessionId,
        /// The events before this one; the newest ones if there is none.
        before: Option<Seq>,
    },
}
