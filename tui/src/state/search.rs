//! The search in what is read: a briefing, a conversation, the log or a long text. There is one at a time.

use tierup_common::id::{HandoffId, MessageId, SessionId};

use crate::state::briefing::Pane;
use crate::state::chat::TranscriptScroll;
use crate::state::composer::Composer;
use crate::text::find::Query;

/// A search.
#[derive(Clone, Debug)]
pub struct TextSearch {
    /// Where it searches.
    pub place: SearchPlace,
    /// The text that is typed.
    pub input: Composer,
    /// Whether the text has the keys. Otherwise the search stands, and keys go from match to match.
    pub is_typing: bool,
    /// What is searched for; none while nothing is typed.
    pub query: Option<Query>,
    /// Where the user was when the search began.
    pub origin: SearchOrigin,
    /// The current match, counted from the first one after the origin.
    pub steps: isize,
    /// Whether the current match is kept in sight: not after the user has scrolled.
    pub is_following: bool,
    /// The current match of a conversation.
    pub hit: Option<TranscriptHit>,
}

/// Where a search searches.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum SearchPlace {
    /// The briefing of a handoff.
    Briefing(HandoffId),
    /// The conversation of a session.
    Session(SessionId),
    /// The log of notifications.
    Log,
    /// A long text.
    Pager(MessageId),
}

/// Where the user was when a search began.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum SearchOrigin {
    /// The pane of a briefing that had the keys, and the first visible rows of both.
    Panes {
        /// The pane.
        pane: Pane,
        /// Of the history.
        history: usize,
        /// Of the assessment.
        assessment: usize,
    },
    /// The first visible row.
    Row(usize),
    /// The scroll position of a conversation, and the `seq` of its first visible message.
    Transcript(TranscriptScroll, u32),
}

/// The current match of a conversation.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct TranscriptHit {
    /// The `seq` of its message.
    pub seq: u32,
    /// Its index among the matches of this message.
    pub index_in_message: usize,
    /// Its index among all matches.
    pub index: usize,
    /// The number of matches in the loaded messages.
    pub count: usize,
}

impl TextSearch {
    /// A search that begins.
    pub fn new(place: SearchPlace, origin: SearchOrigin) -> Self {
        Self {
            place,
            input: Composer::default(),
            is_typing: true,
            query: None,
            origin,
            steps: 0,
            is_following: true,
            hit: None,
        }
    }

    /// The index of the current match, of `count` matches of which the one at `first` is the first after the origin.
    pub fn current_index(&self, first: usize, count: usize) -> Option<usize> {
        let count = isize::try_from(count).ok().filter(|count| *count > 0)?;
        let first = isize::try_from(first).unwrap_or(0);
        usize::try_from((first + self.steps).rem_euclid(count)).ok()
    }
}
