//! The language of searches: words, phrases in quotes, and fields like `from:sam`. The server's lists, the command line
//! and the console all read it here.

mod age;
mod token;

use std::fmt;
use std::time::Duration;

use crate::handoff::{HandoffStatus, Priority, QueueItem};
use crate::id::UserId;
use crate::search_query::age::format_age;
use crate::search_query::token::{Token, tokens};
use crate::session::{SessionItem, SessionStatus};
use crate::string_enum::{UnknownVariant, string_enum};
use crate::time::Timestamp;

pub use age::parse_age;
pub use token::{Field, TextTerm, text_terms};

/// Values of one field: more are refused.
const MAX_VALUES: usize = 16;
string_enum! {
    /// A status in a search. Some are of handoffs, some of sessions; each finds what it means of the other, too.
    pub enum StatusWord {
        /// Waiting in the queue.
        Open = "open",
        /// Waiting in the queue.
        Escalated = "escalated",
        /// Claimed by somebody.
        Claimed = "claimed",
        /// Worked on.
        Active = "active",
        /// Parked.
        Parked = "parked",
        /// Parked.
        Paused = "paused",
        /// Finished.
        Resolved = "resolved",
        /// Taken back before a claim, or sent back with a question.
        Withdrawn = "withdrawn",
        /// Escalated again by its claimer.
        Superseded = "superseded",
    }
}

/// A search. All of its parts must match; of several values of one field, any.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct SearchQuery {
    /// Beginnings of names, or `me`: see [`Field::From`].
    pub from: Vec<String>,
    /// Beginnings of names, or `me`: see [`Field::By`].
    pub by: Vec<String>,
    /// Priorities.
    pub priorities: Vec<Priority>,
    /// Statuses.
    pub statuses: Vec<StatusWord>,
    /// Only what the searcher opened, escalated or works on.
    pub is_mine: bool,
    /// Only what the searcher has not opened. Only a console knows that.
    pub is_unread: bool,
    /// Only what was created before this age.
    pub older_than: Option<Duration>,
    /// Only what was created after this age.
    pub newer_than: Option<Duration>,
    /// What the text must contain.
    pub text: Vec<TextTerm>,
}

/// Why a search cannot be understood: which field, and what it takes.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SearchQueryError {
    /// The field.
    pub field: Field,
    reason: String,
}

impl fmt::Display for SearchQueryError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.field, self.reason)
    }
}

impl std::error::Error for SearchQueryError {}

impl SearchQuery {
    /// Parses a search. A word before a colon that is no field is text, like a quote that is never closed.
    pub fn parse(text: &str) -> Result<Self, SearchQueryError> {
        let mut query = Self::default();
        for token in tokens(text) {
            match token {
                Token::Field(field, value) => query.add_value(field, value)?,
                Token::Word(word) => query.text.push(TextTerm::Word(word.into())),
                Token::Phrase(phrase) => query.text.push(TextTerm::Phrase(phrase.into())),
            }
        }
        Ok(query)
    }

    fn add_value(&mut self, field: Field, value: &str) -> Result<(), SearchQueryError> {
        let refuse = |reason: String| SearchQueryError { field, reason };
        let unknown = |error: UnknownVariant| refuse(error.to_string());
        if value.is_empty() {
            return Err(refuse(format!("needs a value, like {field}:{}", example(field))));
        }
        let count = match field {
            Field::From => push_new(&mut self.from, value.to_owned()),
            Field::By => push_new(&mut self.by, value.to_owned()),
            Field::Priority => {
                push_new(&mut self.priorities, value.to_ascii_lowercase().parse().map_err(unknown)?)
            }
            Field::Status => {
                push_new(&mut self.statuses, value.to_ascii_lowercase().parse().map_err(unknown)?)
            }
            Field::Is => {
                match value.to_ascii_lowercase().as_str() {
                    "mine" => self.is_mine = true,
                    "unread" => self.is_unread = true,
                    _ => return Err(unknown(UnknownVariant::new(value, vec!["mine", "unread"]))),
                }
                1
            }
            Field::Older => {
                let age = parse_age(value).map_err(refuse)?;
                self.older_than = self.older_than.max(Some(age));
                1
            }
            Field::Newer => {
                let age = parse_age(value).map_err(refuse)?;
                self.newer_than = Some(self.newer_than.map_or(age, |known| known.min(age)));
                1
            }
        };
        if count > MAX_VALUES { Err(refuse(format!("takes at most {MAX_VALUES} values"))) } else { Ok(()) }
    }

    /// Whether everything matches.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Its words, and its phrases in quotes; none if it has neither.
    pub fn full_text(&self) -> Option<String> {
        let terms: Vec<String> = self.text.iter().map(ToString::to_string).collect();
        (!terms.is_empty()).then(|| terms.join(" "))
    }

    /// The part that a server can answer.
    #[must_use]
    pub fn without_unread(&self) -> Self {
        Self { is_unread: false, ..self.clone() }
    }

    /// The latest creation of what is old enough.
    pub fn created_before(&self, now: Timestamp) -> Option<Timestamp> {
        self.older_than.map(|age| now.minus(age))
    }

    /// The earliest creation of what is new enough.
    pub fn created_after(&self, now: Timestamp) -> Option<Timestamp> {
        self.newer_than.map(|age| now.minus(age))
    }

    /// Whether the fields match a handoff, whatever its text and whoever has read it.
    pub fn matches_handoff(&self, item: &QueueItem, me: Option<UserId>, now: Timestamp) -> bool {
        let escalator = (item.handed_off_by, item.handed_off_by_name.as_str());
        let claimer = item.claimed_by.zip(item.claimed_by_name.as_deref());
        let mine = [Some(item.handed_off_by), item.claimed_by];
        (self.from.is_empty() || names_person(&self.from, escalator, me))
            && (self.by.is_empty() || claimer.is_some_and(|claimer| names_person(&self.by, claimer, me)))
            && (!self.is_mine || (me.is_some() && mine.contains(&me)))
            && (self.priorities.is_empty() || self.priorities.contains(&item.priority))
            && (self.statuses.is_empty() || self.statuses.iter().any(|word| word.is_of_handoff(item.status)))
            && self.matches_age(item.created_at, now)
    }

    /// Whether the fields match a session, whatever its text.
    pub fn matches_session(&self, session: &SessionItem, me: Option<UserId>, now: Timestamp) -> bool {
        let opener = (session.user_id, session.user_name.as_str());
        let assignee = (session.assignee_id, session.assignee_name.as_str());
        let latest = session.latest_escalation.as_ref();
        let has_priority = || latest.is_some_and(|latest| self.priorities.contains(&latest.priority));
        let has_status = |word: &StatusWord| word.is_of_session(session.status, latest.map(|it| it.status));
        (self.from.is_empty() || names_person(&self.from, opener, me))
            && (self.by.is_empty() || names_person(&self.by, assignee, me))
            && (!self.is_mine || me.is_some_and(|me| me == session.user_id || me == session.assignee_id))
            && (self.priorities.is_empty() || has_priority())
            && (self.statuses.is_empty() || self.statuses.iter().any(has_status))
            && self.matches_age(session.created_at, now)
    }

    fn matches_age(&self, created_at: Timestamp, now: Timestamp) -> bool {
        self.created_before(now).is_none_or(|at| created_at <= at)
            && self.created_after(now).is_none_or(|at| created_at >= at)
    }
}

/// In a form that parses to the same search.
impl fmt::Display for SearchQuery {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut parts: Vec<String> = Vec::new();
        let mut put = |field: Field, value: &str| {
            let needs_quotes = value.chars().any(char::is_whitespace);
            let quote = if needs_quotes { "\"" } else { "" };
            parts.push(format!("{field}:{quote}{value}{quote}"));
        };
        self.from.iter().for_each(|name| put(Field::From, name));
        self.by.iter().for_each(|name| put(Field::By, name));
        if self.is_mine {
            put(Field::Is, "mine");
        }
        if self.is_unread {
            put(Field::Is, "unread");
        }
        self.priorities.iter().for_each(|priority| put(Field::Priority, priority.as_str()));
        self.statuses.iter().for_each(|status| put(Field::Status, status.as_str()));
        if let Some(age) = self.older_than {
            put(Field::Older, &format_age(age));
        }
        if let Some(age) = self.newer_than {
            put(Field::Newer, &format_age(age));
        }
        parts.extend(self.full_text());
        f.write_str(&parts.join(" "))
    }
}

impl StatusWord {
    /// The status of a handoff that it means; none if it is only of sessions.
    pub const fn of_handoff(self) -> HandoffStatus {
        match self {
            Self::Open | Self::Escalated => HandoffStatus::Open,
            Self::Claimed | Self::Active => HandoffStatus::Claimed,
            Self::Parked | Self::Paused => HandoffStatus::Parked,
            Self::Resolved => HandoffStatus::Resolved,
            Self::Withdrawn => HandoffStatus::Withdrawn,
            Self::Superseded => HandoffStatus::Superseded,
        }
    }

    /// What it means of a session: its status, or that of its latest escalation.
    pub const fn of_session(self) -> SessionCondition {
        match self {
            Self::Open | Self::Escalated => SessionCondition::Status(SessionStatus::Escalated),
            Self::Active => SessionCondition::Status(SessionStatus::Active),
            Self::Parked | Self::Paused => SessionCondition::Status(SessionStatus::Paused),
            Self::Resolved => SessionCondition::Status(SessionStatus::Resolved),
            Self::Claimed | Self::Withdrawn | Self::Superseded => {
                SessionCondition::LatestEscalation(self.of_handoff())
            }
        }
    }

    fn is_of_handoff(self, status: HandoffStatus) -> bool {
        self.of_handoff() == status
    }

    fn is_of_session(self, status: SessionStatus, latest: Option<HandoffStatus>) -> bool {
        match self.of_session() {
            SessionCondition::Status(wanted) => wanted == status,
            SessionCondition::LatestEscalation(wanted) => latest == Some(wanted),
        }
    }
}

/// What a status means of a session.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum SessionCondition {
    /// It has this status.
    Status(SessionStatus),
    /// Its latest escalation has this status.
    LatestEscalation(HandoffStatus),
}

/// Whether one of these beginnings of names, or `me`, means a person.
pub fn names_person(names: &[String], person: (UserId, &str), me: Option<UserId>) -> bool {
    let (id, full_name) = person;
    let full_name = full_name.to_lowercase();
    names.iter().any(|name| {
        if name.eq_ignore_ascii_case("me") {
            return Some(id) == me;
        }
        let name = name.to_lowercase();
        full_name.match_indices(&name).any(|(at, _)| {
            full_name.get(..at).is_some_and(|before| !before.ends_with(|c: char| c.is_alphanumeric()))
        })
    })
}

/// Adds a value that is new; returns the number of values.
fn push_new<T: PartialEq>(values: &mut Vec<T>, value: T) -> usize {
    if !values.contains(&value) {
        values.push(value);
    }
    values.len()
}

/// A value of a field, for messages.
const fn example(field: Field) -> &'static str {
    match field {
        Field::From | Field::By => "sam",
        Field::Is => "mine",
        Field::Priority => "urgent",
        Field::Status => "resolved",
        Field::Older | Field::Newer => "30m",
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn parse(text: &str) -> SearchQuery {
        SearchQuery::parse(text).unwrap()
    }

    fn error(text: &str) -> String {
        SearchQuery::parse(text).unwrap_err().to_string()
    }

    fn word(text: &str) -> TextTerm {
        TextTerm::Word(text.into())
    }

    #[test]
    fn fields_words_and_phrases_are_told_apart() {
        let query = parse("from:sam by:\"Dana Wu\" is:mine Priority:URGENT older:30m vpn \"exact words\"");
        assert_eq!((query.from, query.by), (vec!["sam".into()], vec!["Dana Wu".into()]));
        assert!(query.is_mine && !query.is_unread);
        assert_eq!(query.priorities, [Priority::Urgent]);
        assert_eq!(query.older_than, Some(Duration::from_mins(30)));
        assert_eq!(query.text, [word("vpn"), TextTerm::Phrase("exact words".into())]);
    }

    #[test]
    fn a_word_before_a_colon_that_is_no_field_is_text() {
        assert_eq!(parse("error:809 http://x a:b: :").text.len(), 4);
        assert_eq!(parse("notfrom:sam").text, [word("notfrom:sam")]);
        assert_eq!(parse("5\" disk").text, [word("5\""), word("disk")]);
        assert_eq!(parse("\"never closed").text, [TextTerm::Phrase("never closed".into())]);
        assert!(parse(" \"\" \" \" ").is_empty());
    }

    #[test]
    fn a_value_that_a_field_does_not_take_is_refused_with_what_it_takes() {
        assert_eq!(error("priority:hi"), "priority: \"hi\" is not one of low, normal, high, urgent");
        assert_eq!(error("is:red"), "is: \"red\" is not one of mine, unread");
        assert_eq!(error("from:"), "from: needs a value, like from:sam");
        assert_eq!(error("by:\" \""), "by: needs a value, like by:sam");
        for age in ["older:30", "older:m", "newer:-1d", "older:1.5h", "older:١d"] {
            assert!(error(age).contains("write it like 30m"), "{age}");
        }
        assert!(error("older:99999999999999999999d").contains("more than ten years"));
        let names: Vec<String> = (0..=MAX_VALUES).map(|n| format!("from:p{n}")).collect();
        assert_eq!(error(&names.join(" ")), "from: takes at most 16 values");
    }

    #[test]
    fn a_name_is_found_by_the_beginning_of_any_of_its_words() {
        let sam = UserId::from_bytes([1; 16]);
        let is_named = |name: &str, full: &str| names_person(&[name.into()], (sam, full), Some(sam));
        for name in ["sam", "SAM", "ort", "sam ortiz", "sam o", "me"] {
            assert!(is_named(name, "Sam Ortiz"), "{name}");
        }
        assert!(!is_named("tiz", "Sam Ortiz"), "the end of a word is no beginning");
        assert!(is_named("ÉVA", "Éva Kiss") && is_named("佐藤", "佐藤 健"));
        assert!(!names_person(&["me".into()], (sam, "Me Too"), None));
    }

    #[test]
    fn repeated_ages_narrow_and_other_repeated_fields_widen() {
        let query = parse("older:30m older:2h newer:7d newer:1d priority:high priority:urgent priority:high");
        assert_eq!(query.older_than, Some(Duration::from_hours(2)));
        assert_eq!(query.newer_than, Some(Duration::from_hours(24)));
        assert_eq!(query.priorities, [Priority::High, Priority::Urgent]);
    }

    proptest! {
        #[test]
        fn any_text_parses_or_says_what_is_wrong(text in ".{0,80}") {
            if let Err(error) = SearchQuery::parse(&text) {
                prop_assert!(error.to_string().starts_with(error.field.as_str()));
            }
        }

        #[test]
        fn a_search_that_is_written_down_is_the_same_search(
            parts in proptest::collection::vec(
                prop_oneof![
                    "(from|by|is|priority|status|older|newer|other):[a-z0-9\"]{0,6}",
                    "(from|by):\"[a-zé ]{1,9}\"",
                    "is:(mine|unread)",
                    "priority:(low|urgent)",
                    "status:(open|resolved|paused)",
                    "(older|newer):[0-9]{1,3}[mhdw]",
                    "\"[^\"]{0,9}\"",
                    "\\PC{1,9}",
                ],
                0..8,
            ),
        ) {
            if let Ok(query) = SearchQuery::parse(&parts.join(" ")) {
                prop_assert_eq!(SearchQuery::parse(&query.to_string()), Ok(query));
            }
        }

        #[test]
        fn plain_words_are_only_text(words in proptest::collection::vec("[a-zé接0-9/.-]{1,8}", 0..6)) {
            let query = parse(&words.join(" "));
            let expected: Vec<TextTerm> = words.iter().map(|text| word(text)).collect();
            prop_assert_eq!(query, SearchQuery { text: expected, ..SearchQuery::default() });
        }
    }
}
