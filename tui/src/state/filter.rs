//! The filter of the lists: a row matches if it contains every word, or if the server found the words in its session.

use std::collections::HashSet;
use std::fmt;

use nucleo_matcher::pattern::{AtomKind, CaseMatching, Normalization, Pattern};
use nucleo_matcher::{Config, Matcher, Utf32Str};
use tierup_common::handoff::QueueItem;
use tierup_common::id::HandoffId;
use tierup_common::session::SessionItem;
use tierup_common::time::Timestamp;

use crate::effect::CallId;
use crate::state::composer::Composer;

/// A filter of the lists. Without words every row matches.
#[derive(Default)]
pub struct Filter {
    /// The text that is typed.
    pub input: Composer,
    /// Whether it has the keys.
    pub is_open: bool,
    /// The trimmed text.
    query: String,
    pattern: Pattern,
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
            .field("query", &self.query)
            .field("is_open", &self.is_open)
            .finish_non_exhaustive()
    }
}

impl Filter {
    /// The trimmed text; empty if everything is shown.
    pub fn text(&self) -> &str {
        &self.query
    }

    /// Whether it hides rows.
    pub fn is_active(&self) -> bool {
        !self.query.is_empty()
    }

    /// Applies the typed text; true if it has changed.
    pub fn apply_input(&mut self) -> bool {
        let text = self.input.text().trim().to_owned();
        let is_new = text != self.query;
        if is_new {
            self.pattern =
                Pattern::new(&text, CaseMatching::Ignore, Normalization::Smart, AtomKind::Substring);
            self.query = text;
            self.server_matches.clear();
            self.pending_calls.clear();
        }
        is_new
    }

    /// A matcher for many rows.
    pub fn row_matcher(&self) -> RowMatcher<'_> {
        RowMatcher {
            filter: self,
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
    matcher: Matcher,
    row: String,
    buffer: Vec<char>,
}

impl RowMatcher<'_> {
    /// Whether a handoff matches.
    pub fn matches(&mut self, item: &QueueItem) -> bool {
        if !self.filter.is_active() || self.filter.server_matches.contains(&item.id) {
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
        if !self.filter.is_active() {
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

#[cfg(test)]
mod tests {
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
            let mut matcher = filter.row_matcher();
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
    }

    #[test]
    fn matches_are_located_by_character_index() {
        assert_eq!(filter_for("down vpn").match_indices("VPN is down"), [0, 1, 2, 7, 8, 9, 10]);
        assert_eq!(filter_for("接続").match_indices("VPN接続が切れます"), [3, 4]);
        assert!(filter_for("").match_indices("VPN is down").is_empty());
    }
}
