//! The inbox: what happened in the account that this user should know of, and what of it they have not looked at yet.
//! It comes from the server's log: live, and for the time before the console was started.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use tierup_common::id::{Number, Seq, SessionId};
use tierup_common::time::Timestamp;

use crate::state::read_marks::{LogPosition, ReadMarks};

/// Entries kept, the newest ones.
const MAX_ENTRIES: usize = 500;
/// Events counted per session; beyond that they count as this many.
const MAX_UNREAD_PER_SESSION: usize = 99;

/// Something that happened.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct InboxEntry {
    /// Its position in the log.
    pub seq: Seq,
    /// When, by the server's clock.
    pub at: Timestamp,
    /// What.
    pub kind: EntryKind,
    /// The session that it is about.
    pub session: SessionId,
    /// How people call the session.
    pub label: SessionLabel,
    /// The problem in one line, as it came from the server.
    pub problem: String,
    /// A sentence about it, as it came from the server.
    pub text: String,
}

/// What happened.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum EntryKind {
    /// Somebody else escalated.
    Arrival {
        /// Whether it is urgent.
        is_urgent: bool,
    },
    /// A person wrote in a session that concerns the user.
    Message,
    /// Something changed that the user asked for or works on: it was claimed, released, assigned, sent back or resolved.
    Change,
    /// The time of a park has come.
    Wake,
    /// Another reminder.
    Reminder,
}

/// How people call a session.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum SessionLabel {
    /// By the number of its handoff: `#42`.
    Handoff(Number),
    /// By its own number: `s17`.
    Session(Number),
    /// The number is unknown.
    Unknown,
}

impl std::fmt::Display for SessionLabel {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Handoff(number) => write!(f, "#{number}"),
            Self::Session(number) => write!(f, "s{number}"),
            Self::Unknown => f.write_str("a session"),
        }
    }
}

impl EntryKind {
    /// Whether the session is marked until the user looks at it.
    pub const fn marks_session(self) -> bool {
        match self {
            Self::Message | Self::Change | Self::Wake => true,
            Self::Arrival { .. } | Self::Reminder => false,
        }
    }
}

/// A session with something that the user has not looked at.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct UnreadSession {
    /// How people call it.
    pub label: SessionLabel,
    /// The problem in one line.
    pub problem: String,
    /// The newest of it, as a sentence.
    pub text: String,
    /// When that was.
    pub at: Timestamp,
    seqs: BTreeSet<Seq>,
}

/// What happened since a moment.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct InboxSummary {
    /// Escalations of others.
    pub arrivals: usize,
    /// The urgent ones among them.
    pub urgent: usize,
    /// Messages for the user.
    pub messages: usize,
    /// Changes of what is theirs.
    pub changes: usize,
}

/// Since when the user has been away.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Absence {
    /// The newest event then.
    pub seq: Seq,
    /// When, by the server's clock.
    pub since: Timestamp,
    /// Whether they missed what happened, however short it was: the console was closed, or had no connection.
    pub is_certain: bool,
}

/// The part of the log that is being fetched.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct CatchUp {
    /// Only what comes after this event.
    pub after: Seq,
    /// Where the next page ends; none for the first one.
    pub before: Option<Seq>,
    /// Pages that may still be fetched.
    pub pages_left: u32,
}

/// What happened, and what of it is unread.
#[derive(Debug, Default)]
pub struct Inbox {
    entries: BTreeMap<Seq, InboxEntry>,
    unread: HashMap<SessionId, UnreadSession>,
    /// How far each session was read, and where the user left.
    pub marks: ReadMarks,
    /// Entries up to here mark nothing: the user was there, or used another machine.
    horizon: Option<Seq>,
    /// Since when the user has been away.
    pub absence: Option<Absence>,
    /// What is still to be fetched of the log.
    pub catch_up: Option<CatchUp>,
    /// Whether the marks of this machine were loaded.
    pub is_loaded: bool,
    /// Whether the newest page of the log was fetched.
    pub has_history: bool,
    /// The position that was stored last, and when.
    pub stored_position: Option<LogPosition>,
    /// Whether the marked rows of the lists may be out of date.
    pub is_stale: bool,
}

impl Inbox {
    /// Adds an entry, once. One that is live is unread, an older one only after the horizon.
    pub fn insert(&mut self, entry: InboxEntry, is_live: bool) {
        let seq = entry.seq;
        let is_news = is_live || self.horizon.is_some_and(|horizon| seq > horizon);
        if is_news && entry.kind.marks_session() && seq > self.marks.read_up_to(entry.session) {
            self.mark_unread(&entry);
        }
        self.entries.insert(seq, entry);
        while self.entries.len() > MAX_ENTRIES {
            self.entries.pop_first();
        }
    }

    /// Removes the entry of a message, if that event is one of this session: a later entry says the same.
    pub fn remove_message(&mut self, seq: Seq, session: SessionId) {
        let is_it = |entry: &InboxEntry| entry.session == session && entry.kind == EntryKind::Message;
        if !self.entry(seq).is_some_and(is_it) {
            return;
        }
        self.entries.remove(&seq);
        if let Some(unread) = self.unread.get_mut(&session) {
            unread.seqs.remove(&seq);
            if unread.seqs.is_empty() {
                self.unread.remove(&session);
            }
        }
    }

    fn mark_unread(&mut self, entry: &InboxEntry) {
        self.is_stale = true;
        let unread = self.unread.entry(entry.session).or_insert_with(|| UnreadSession {
            label: entry.label,
            problem: entry.problem.clone(),
            text: String::new(),
            at: entry.at,
            seqs: BTreeSet::new(),
        });
        if unread.seqs.last().is_none_or(|newest| *newest < entry.seq) {
            (unread.text, unread.at) = (entry.text.clone(), entry.at);
        }
        if unread.seqs.len() < MAX_UNREAD_PER_SESSION {
            unread.seqs.insert(entry.seq);
        }
    }

    /// The user has looked at a session, with all that happened up to an event. Returns whether it was marked.
    pub fn mark_read(&mut self, session: SessionId, up_to: Seq) -> bool {
        let Some(unread) = self.unread.remove(&session) else { return false };
        let newest = unread.seqs.last().copied().unwrap_or_default();
        self.marks.mark_read(session, up_to.max(newest));
        self.is_stale = true;
        true
    }

    /// Takes the marks of this machine, for the first time or after another console has changed them.
    pub fn load_marks(&mut self, marks: &ReadMarks) {
        self.marks.merge(marks);
        let marks = &self.marks;
        self.unread.retain(|session, unread| {
            unread.seqs.retain(|seq| *seq > marks.read_up_to(*session));
            !unread.seqs.is_empty()
        });
        self.is_stale = true;
    }

    /// Entries after this event are unread, also when they are fetched later.
    pub fn set_horizon(&mut self, horizon: Seq) {
        self.horizon = Some(horizon);
    }

    /// The log was replaced, as after a restore: its positions are others.
    pub fn forget(&mut self) {
        *self = Self { is_loaded: self.is_loaded, is_stale: true, ..Self::default() };
    }

    /// The entry of an event.
    pub fn entry(&self, seq: Seq) -> Option<&InboxEntry> {
        self.entries.get(&seq)
    }

    /// The newest entry.
    pub fn newest_seq(&self) -> Option<Seq> {
        self.entries.last_key_value().map(|(seq, _)| *seq)
    }

    /// All entries, the newest first.
    pub fn entries(&self) -> impl Iterator<Item = &InboxEntry> {
        self.entries.values().rev()
    }

    /// How much in a session is unread.
    pub fn unread_in(&self, session: SessionId) -> usize {
        self.unread.get(&session).map_or(0, |unread| unread.seqs.len())
    }

    /// Whether a message in a session is unread, besides changes of it.
    pub fn has_unread_message(&self, session: SessionId) -> bool {
        let is_message = |seq: &Seq| self.entry(*seq).is_none_or(|entry| entry.kind == EntryKind::Message);
        self.unread.get(&session).is_some_and(|unread| unread.seqs.iter().any(is_message))
    }

    /// A session with something unread.
    pub fn unread_session(&self, session: SessionId) -> Option<&UnreadSession> {
        self.unread.get(&session)
    }

    /// The sessions with something unread.
    pub fn unread_sessions(&self) -> impl Iterator<Item = SessionId> + '_ {
        self.unread.keys().copied()
    }

    /// How much is unread in all sessions.
    pub fn unread_total(&self) -> usize {
        self.unread.values().map(|unread| unread.seqs.len()).sum()
    }

    /// The oldest event that is unread.
    pub fn oldest_unread(&self) -> Option<Seq> {
        self.unread.values().filter_map(|unread| unread.seqs.first().copied()).min()
    }

    /// What happened after an event.
    pub fn summary_after(&self, after: Seq) -> InboxSummary {
        let mut summary = InboxSummary::default();
        for entry in self.entries.range(after.next()..).map(|(_, entry)| entry) {
            match entry.kind {
                EntryKind::Arrival { is_urgent } => {
                    summary.arrivals += 1;
                    summary.urgent += usize::from(is_urgent);
                }
                EntryKind::Message => summary.messages += 1,
                EntryKind::Change | EntryKind::Wake => summary.changes += 1,
                EntryKind::Reminder => {}
            }
        }
        summary
    }
}

impl InboxSummary {
    /// The numbers in words: `3 new, 1 urgent, 2 messages for you`; empty if nothing happened.
    pub fn in_words(self) -> String {
        let plural = |count: usize| if count == 1 { "" } else { "s" };
        let parts = [
            (self.arrivals, format!("{} new", self.arrivals)),
            (self.urgent, format!("{} urgent", self.urgent)),
            (self.messages, format!("{} message{} for you", self.messages, plural(self.messages))),
            (self.changes, format!("{} change{} to yours", self.changes, plural(self.changes))),
        ];
        let parts: Vec<String> =
            parts.into_iter().filter(|(count, _)| *count > 0).map(|(_, words)| words).collect();
        parts.join(", ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(seq: u64, session: u8, kind: EntryKind) -> InboxEntry {
        InboxEntry {
            seq: Seq(seq),
            at: Timestamp::default(),
            kind,
            session: SessionId::from_bytes([session; 16]),
            label: SessionLabel::Handoff(Number(session.into())),
            problem: "VPN".into(),
            text: format!("event {seq}"),
        }
    }

    #[test]
    fn a_session_is_marked_until_it_is_read_and_again_after_that() {
        let (mut inbox, first) = (Inbox::default(), SessionId::from_bytes([1; 16]));
        inbox.insert(entry(11, 1, EntryKind::Message), true);
        inbox.insert(entry(11, 1, EntryKind::Message), true);
        inbox.insert(entry(12, 1, EntryKind::Change), true);
        inbox.insert(entry(13, 2, EntryKind::Arrival { is_urgent: true }), true);
        assert_eq!((inbox.unread_in(first), inbox.unread_total()), (2, 2));
        assert!(inbox.mark_read(first, Seq(13)));
        inbox.insert(entry(12, 1, EntryKind::Change), true);
        assert_eq!(inbox.unread_in(first), 0);
        inbox.insert(entry(14, 1, EntryKind::Message), true);
        assert_eq!((inbox.unread_in(first), inbox.oldest_unread()), (1, Some(Seq(14))));
    }

    #[test]
    fn what_was_there_before_the_user_left_marks_nothing() {
        let (mut inbox, first) = (Inbox::default(), SessionId::from_bytes([1; 16]));
        inbox.insert(entry(5, 1, EntryKind::Message), false);
        assert_eq!(inbox.unread_in(first), 0, "before the marks were loaded");
        inbox.set_horizon(Seq(6));
        inbox.insert(entry(6, 1, EntryKind::Message), false);
        inbox.insert(entry(7, 1, EntryKind::Message), false);
        assert_eq!(inbox.unread_in(first), 1);
        let mut marks = ReadMarks::default();
        marks.mark_read(first, Seq(7));
        inbox.load_marks(&marks);
        assert_eq!(inbox.unread_total(), 0, "another console has read it");
    }

    #[test]
    fn the_summary_counts_what_came_after_a_moment() {
        let mut inbox = Inbox::default();
        for (seq, kind) in [
            (1, EntryKind::Message),
            (2, EntryKind::Arrival { is_urgent: false }),
            (3, EntryKind::Arrival { is_urgent: true }),
            (4, EntryKind::Message),
            (5, EntryKind::Change),
        ] {
            inbox.insert(entry(seq, 1, kind), true);
        }
        let words = inbox.summary_after(Seq(1)).in_words();
        assert_eq!(words, "2 new, 1 urgent, 1 message for you, 1 change to yours");
        assert_eq!(inbox.summary_after(Seq(5)).in_words(), "");
    }

    #[test]
    fn old_entries_make_room() {
        let mut inbox = Inbox::default();
        for seq in 1..=600 {
            inbox.insert(entry(seq, 1, EntryKind::Message), true);
        }
        assert_eq!(inbox.entries().count(), 500);
        assert_eq!(inbox.unread_in(SessionId::from_bytes([1; 16])), 99);
    }
}
