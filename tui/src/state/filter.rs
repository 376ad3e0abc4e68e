//! The filter of the lists: a row matches if its fields do, and if it contains every word or the server found the words
//! in its session.

use std::collections::HashSet;
use std::fmt;

use nucleo_matcher::pattern::{Atom, AtomKind, CaseMatching, Normalization, Pattern};
use nucleo_matcher::{Config, Matcher, Utf32Str};
use tierup_common::handoff::{HandoffStatus, QueueItem};
use tierup_common::id::{HandoffId, UserId};
use tierup_common::search_query::{SearchQuery, TextTerm};
use tierup_common::session::SessionItem;
use tierup_common::time::Timestamp;

use crate::effect::CallId;
use crate::state::composer::Composer;

/// A filter of the lists. Without words and fields every row matches.
#[derive(Default)]
pub struct Filter {
    /// The text that is typed.
    pub input: Composer,
    /// Whether it has the keys.
    pub is_open: bool,
    /// The trimmed text.
    typed: String,
    /// What it asks for: the last text that could be understood.
    query: SearchQuery,
    /// Why the text cannot be understood, if it cannot.
    error: Option<String>,
    /// Its words and phrases.
    pattern: Pattern,
    /// The time by the server's clock that ages are measured against.
    pub as_of: Timestamp,
    /// The handoffs that were opened before: the others are unread.
    pub seen: HashSet<HandoffId>,
    /// The server's matches.
    pub server_matches: HashSet<HandoffId>,
    /// When to search on the server, unless more is typed.
    pub search_at: Option<Timestamp>,
    /// Searches without a reply yet.
    pub pending_calls: Vec<CallId>,
    /// Whether only loaded rows were searched, because the server could not be.
    pub is_local_only: bool,
}

impl fmt::Debug for Filter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Filter")
            .field("typed", &self.typed)
            .field("is_open", &self.is_open)
            .finish_non_exhaustive()
    }
}

impl Filter {
    /// The trimmed text; empty if everything is shown.
    pub fn text(&self) -> &str {
        &self.typed
    }

    /// What it asks for.
    pub const fn query(&self) -> &SearchQuery {
        &self.query
    }

    /// Why the text cannot be understood. Until it can, the filter is as it was before.
    pub fn error(&self) -> Option<&str> {
        self.error.as_deref()
    }

    /// Whether it hides rows.
    pub fn is_active(&self) -> bool {
        !self.typed.is_empty()
    }

    /// Whether rows match or not as time passes.
    pub const fn depends_on_time(&self) -> bool {
        self.query.older_than.is_some() || self.query.newer_than.is_some()
    }

    /// Applies the typed text; true if it has changed.
    pub fn apply_input(&mut self) -> bool {
        let text = self.input.text().trim().to_owned();
        if text == self.typed {
            return false;
        }
        match SearchQuery::parse(&text) {
            Ok(query) => {
                self.error = None;
                if query.text != self.query.text {
                    self.pattern = pattern_of(&query.text);
                }
                self.query = query;
                self.server_matches.clear();
                self.pending_calls.clear();
            }
            Err(error) => self.error = Some(error.to_string()),
        }
        self.typed = text;
        true
    }

    /// A matcher for many rows, for this user.
    pub fn row_matcher(&self, me: Option<UserId>) -> RowMatcher<'_> {
        RowMatcher {
            filter: self,
            me,
            matcher: Matcher::new(Config::DEFAULT),
            row: String::new(),
            buffer: Vec::new(),
        }
    }

    /// The indices of the matching characters of a text, ascending.
    pub fn match_indices(&self, text: &str) -> Vec<u32> {
        if !self.is_active() {
            return Vec::new();
        }
        match_indices(&self.pattern, text)
    }
}

/// Words as any part of a text, phrases with their blanks.
fn pattern_of(terms: &[TextTerm]) -> Pattern {
    let atom = |term: &TextTerm| {
        let (TextTerm::Word(text) | TextTerm::Phrase(text)) = term;
        Atom::new(text, CaseMatching::Ignore, Normalization::Smart, AtomKind::Substring, false)
    };
    let mut pattern = Pattern::default();
    pattern.atoms = terms.iter().map(atom).collect();
    pattern
}

/// The indices of the characters of a text that a pattern matches, ascending. Words without a match are skipped.
pub fn match_indices(pattern: &Pattern, text: &str) -> Vec<u32> {
    let mut matcher = Matcher::new(Config::DEFAULT);
    let (mut buffer, mut indices) = (Vec::new(), Vec::new());
    let text = Utf32Str::new(text, &mut buffer);
    for atom in &pattern.atoms {
        atom.indices(text, &mut matcher, &mut indices);
    }
    indices.sort_unstable();
    indices.dedup();
    indices
}

/// Matches rows, with buffers that are reused.
pub struct RowMatcher<'a> {
    filter: &'a Filter,
    me: Option<UserId>,
    matcher: Matcher,
    row: String,
    buffer: Vec<char>,
}

impl RowMatcher<'_> {
    /// Whether a handoff matches.
    pub fn matches(&mut self, item: &QueueItem) -> bool {
        let query = &self.filter.query;
        let is_unread = || is_unread(item, self.me, |id| self.filter.seen.contains(&id));
        if !query.matches_handoff(item, self.me, self.filter.as_of) || (query.is_unread && !is_unread()) {
            return false;
        }
        if query.text.is_empty() || self.filter.server_matches.contains(&item.id) {
            return true;
        }
        self.row.clear();
        let number = item.number.to_string();
        let parts = [
            "#",
            &number,
            "\n",
            &item.problem_summary,
            "\n",
            item.priority.as_str(),
            "\n",
            &item.handed_off_by_name,
            "\n",
            item.claimed_by_name.as_deref().unwrap_or_default(),
            "\n",
            &item.engineer_notes,
        ];
        self.row.extend(parts);
        self.matches_row()
    }

    /// Whether a session of the user's own matches.
    pub fn matches_session(&mut self, session: &SessionItem) -> bool {
        let query = &self.filter.query;
        if query.is_unread || !query.matches_session(session, self.me, self.filter.as_of) {
            return false;
        }
        if query.text.is_empty() {
            return true;
        }
        self.row.clear();
        self.row.push_str(&session.title());
        self.matches_row()
    }

    fn matches_row(&mut self) -> bool {
        let row = Utf32Str::new(&self.row, &mut self.buffer);
        self.filter.pattern.score(row, &mut self.matcher).is_some()
    }
}

/// Whether a handoff is unread: open, escalated by someone else, and not opened or claimed here.
pub fn is_unread(item: &QueueItem, me: Option<UserId>, is_seen: impl FnOnce(HandoffId) -> bool) -> bool {
    item.status == HandoffStatus::Open && Some(item.handed_off_by) != me && !is_seen(item.id)
}

#[cfg(test)]
mod tests {
    use tierup_common::handoff::Priority;

    use super::*;

    fn filter_for(text: &str) -> Filter {
        let mut filter = Filter { input: Composer::with_text(text), ..Filter::default() };
        filter.apply_input();
        filter
    }

    #[test]
    fn a_row_matches_if_it_has_every_word_whatever_the_case_and_accents() {
        let matches = |words: &str, row: &str| {
            let filter = filter_for(words);
            let mut matcher = filter.row_matcher(None);
            matcher.row.push_str(row);
            matcher.matches_row()
        };
        assert!(matches("vpn ortiz", "#4 VPN is down\nSam Ortiz"));
        assert!(!matches("vpn lee", "#4 VPN is down\nSam Ortiz"));
        assert!(matches("menu", "Das Menü fehlt"));
        assert!(!matches("vn", "VPN"), "letters that merely follow one another are not a word");
        assert!(matches("#4", "#4 VPN is down"));
        assert!(matches("接続", "#5 VPN接続が切れます"), "where a script has no blanks, any part");
        assert!(matches("vpn 切れ", "#5 VPN接続が切れます"));
        assert!(!matches("接切", "#5 VPN接続が切れます"));
        assert!(matches("\"is down\"", "#4 VPN is down") && !matches("\"down is\"", "#4 VPN is down"));
    }

    #[test]
    fn a_text_that_cannot_be_understood_leaves_the_filter_as_it_was() {
        let mut filter = filter_for("vpn priority:urgent");
        filter.input = Composer::with_text("vpn priority:ur");
        assert!(filter.apply_input());
        assert_eq!(filter.query().priorities, [Priority::Urgent]);
        assert_eq!(filter.error(), Some("priority: \"ur\" is not one of low, normal, high, urgent"));
        filter.input = Composer::with_text("vpn");
        assert!(filter.apply_input() && filter.error().is_none() && filter.query().priorities.is_empty());
    }

    #[test]
    fn matches_are_located_by_character_index() {
        assert_eq!(filter_for("down vpn").match_indices("VPN is down"), [0, 1, 2, 7, 8, 9, 10]);
        assert_eq!(filter_for("接続").match_indices("VPN接続が切れます"), [3, 4]);
        assert!(filter_for("").match_indices("VPN is down").is_empty());
    }
}
