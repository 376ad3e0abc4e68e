//! Everything that the console wants done: plain values, done by the runtime, which answers with events.

use tierup_common::assessment::Outcome;
use tierup_common::handoff::QueueState;
use tierup_common::id::{BranchId, HandoffId, Seq, SessionId, StepId, UserId};
use tierup_common::session::{CreateMessage, CreateSession, HandOff, PutBranch, Resolve, SessionStatus};

use crate::text::{Safe, SafeText};

/// A request under way. Tickets count up; an answer to an older one may be out of date.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct CallId(pub u64);

/// Something to do.
#[derive(Clone, PartialEq, Debug)]
pub enum Effect {
    /// Ask the server something.
    Call(CallId, Call),
    /// Find out whether these open a server, and come with them from then on.
    LogIn(CallId, Credentials),
    /// Hold the team's stream, from now on and over every break.
    OpenTeamStream,
    /// Hold streams narrowed to these, and only these. Those of sessions that are not held yet begin after this event.
    SetStreamFilters(Vec<StreamFilter>, Option<Seq>),
    /// Add to the seen-set.
    MarkSeen(HandoffId),
    /// Take out of the seen-set.
    MarkUnread(HandoffId),
    /// Keep the draft of a session; an empty one is forgotten.
    SaveDraft(SessionId, String),
    /// Copy text to the clipboard.
    CopyToClipboard(SafeText<'static>),
    /// Set the title of the terminal's window.
    SetTitle(Safe<'static>),
    /// Ring, for somebody who looks elsewhere.
    Notify(Notification),
    /// Take the mouse, or leave it to the terminal.
    SetMouseCapture(bool),
    /// Let the user write the draft of a session in an editor of their own.
    OpenEditor(SessionId, String),
    /// Stop the process until the shell brings it back.
    Suspend,
    /// Take the terminal over once more.
    ReenterTerminal,
    /// Leave.
    Quit,
}

/// What opens a server.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Credentials {
    /// The server's address.
    pub server_url: String,
    /// The email address that the secret is a password of; without one, it is a token.
    pub email: Option<String>,
    /// The password, or the token.
    pub secret: Secret,
}

/// A text that is never shown, in no debugging either.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Secret(String);

impl Secret {
    /// Adds a character.
    pub fn push(&mut self, c: char) {
        self.0.push(c);
    }

    /// Takes the last character away.
    pub fn pop(&mut self) {
        self.0.pop();
    }

    /// Takes all of it away.
    pub fn clear(&mut self) {
        self.0.clear();
    }

    /// How many characters it has.
    pub fn len(&self) -> usize {
        self.0.chars().count()
    }

    /// Whether it has none.
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The text itself, for whoever it is meant for.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// Something that wants attention, in the words of a notification.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Notification {
    /// Why it is sent.
    pub title: Safe<'static>,
    /// What it is about.
    pub body: Safe<'static>,
}

/// What a narrowed stream is narrowed to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum StreamFilter {
    /// A handoff: its assessment as it grows.
    Handoff(HandoffId),
    /// A session: what is said in it.
    Session(SessionId),
}

/// A question to the server.
#[derive(Clone, PartialEq, Debug)]
pub enum Call {
    /// Who am I?
    Me,
    /// A page of the queue.
    Queue {
        /// Which handoffs.
        state: QueueState,
        /// Where the page begins.
        cursor: Option<String>,
    },
    /// What the server finds by these words: it looks at what was said in the sessions, too.
    Search {
        /// Among which handoffs.
        state: QueueState,
        /// The words.
        query: String,
    },
    /// The caller's own sessions that stand there.
    OwnSessions(SessionStatus),
    /// A handoff with what was handed over.
    Handoff(HandoffId),
    /// A session with what was said last.
    Session(SessionId),
    /// What was said in it before.
    Messages {
        /// In which session.
        session_id: SessionId,
        /// Before which message, by its `seq`.
        before_seq: u32,
    },
    /// Claim.
    Claim(HandoffId),
    /// Put back in the queue.
    Release {
        /// Which.
        handoff_id: HandoffId,
        /// Why.
        reason: String,
    },
    /// Assess again.
    Reassess(HandoffId),
    /// Everybody in the account.
    Users,
    /// Pass a handoff to a person.
    Assign {
        /// Which.
        handoff_id: HandoffId,
        /// To whom.
        to: UserId,
    },
    /// Return a handoff to its opener.
    SendBack {
        /// Which.
        handoff_id: HandoffId,
        /// What they should find out.
        question: String,
    },
    /// Note what came of a suggested step.
    PutStep {
        /// Of which handoff.
        handoff_id: HandoffId,
        /// Which step.
        step_id: StepId,
        /// What came of it; nothing takes it back.
        outcome: Option<Outcome>,
    },
    /// Note a hypothesis, or what became of it.
    PutBranch {
        /// Of which session.
        session_id: SessionId,
        /// Which branch.
        branch_id: BranchId,
        /// What it says.
        request: PutBranch,
    },
    /// Open a session.
    CreateSession(CreateSession),
    /// Say something.
    CreateMessage {
        /// In which session.
        session_id: SessionId,
        /// What.
        message: CreateMessage,
    },
    /// Park or escalate.
    HandOff {
        /// Which session.
        session_id: SessionId,
        /// How.
        request: HandOff,
    },
    /// Take back.
    Resume(SessionId),
    /// End a session.
    Resolve {
        /// Which.
        session_id: SessionId,
        /// How.
        request: Resolve,
    },
}
