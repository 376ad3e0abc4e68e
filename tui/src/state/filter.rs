//! What the rows of the list must say to be shown: words, each of which stands somewhere in a row, or which the
//! server found in what was said about it.

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

/// A filter of the list. Without words it lets everything through.
#[derive(Default)]
pub struct Filter {
    /// What is typed.
    pub input: Composer,
    /// Whether the keys go to it.
    pub is_open: bool,
    /// Its words.
    query: String,
    pattern: Pattern,
    /// What the server found by the same words.
    pub server_matches: HashSet<HandoffId>,
    /// When the server is asked, if nothing is typed until then.
    pub search_at: Option<Timestamp>,
    /// Questions to the server under way.
    pub pending_calls: Vec<CallId>,
    /// Whether the server could not be asked: only what is loaded was searched.
    pub is_local_only: bool,
}

impl fmt::Debug for Filter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Filter")
            .field("text", &self.query)
            .field("is_open", &self.is_open)
            .finish_non_exhaustive()
    }
}

impl Filter {
    /// The words, without blanks around them; empty where everything is shown.
    pub fn text(&self) -> &str {
        &self.query
    }

    /// Whether it holds anything back.
    pub fn is_active(&self) -> bool {
        !self.query.is_empty()
    }

    /// Takes what is typed for its words; whether they are others now.
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

    /// Looks at rows one after the other.
    pub fn row_matcher(&self) -> RowMatcher<'_> {
        RowMatcher {
            filter: self,
            matcher: Matcher::new(Config::DEFAULT),
            row: String::new(),
            buffer: Vec::new(),
        }
    }

    /// Which characters of a text it found, in order.
    pub fn match_indices(&self, text: &str) -> Vec<u32> {
        if !self.is_active() {
            return Vec::new();
        }
        match_indices(&self.pattern, text)
    }
}

/// Which characters of a text a pattern found, in order. A word that is not in it is passed over.
pub fn match_indices(pattern: &Pattern, text: &str) -> Vec<u32> {
    let mut matcher = Matcher::new(Config::DEFAULT);
    let (mut buffer, mut places) = (Vec::new(), Vec::new());
    let text = Utf32Str::new(text, &mut buffer);
    for atom in &pattern.atoms {
        atom.indices(text, &mut matcher, &mut places);
    }
    places.sort_unstable();
    places.dedup();
    places
}

/// Looks whether rows say what they must. What it needs for that, it makes once.
pub struct RowMatcher<'a> {
    filter: &'a Filter,
    matcher: Matcher,
    row: String,
    buffer: Vec<char>,
}

impl RowMatcher<'_> {
    /// Whether a handoff is shown.
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

    /// Whether a session of the user's own is shown.
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
    fn every_word_must_stand_somewhere_and_case_and_accents_do_not_matter() {
        let says = |words: &str, row: &str| {
            let filter = filter_for(words);
            let mut looker = filter.row_matcher();
            looker.row.push_str(row);
            looker.matches_row()
        };
        assert!(says("vpn ortiz", "#4 VPN is down\nSam Ortiz"));
        assert!(!says("vpn lee", "#4 VPN is down\nSam Ortiz"));
        assert!(says("menu", "Das Menü fehlt"));
        assert!(!says("vn", "VPN"), "letters that merely follow one another are not a word");
        assert!(says("#4", "#4 VPN is down"));
        assert!(says("接続", "#5 VPN接続が切れます"), "where a script has no blanks, any part");
        assert!(says("vpn 切れ", "#5 VPN接続が切れます"));
        assert!(!says("接切", "#5 VPN接続が切れます"));
    }

    #[test]
    fn what_was_found_is_known_by_its_place() {
        assert_eq!(filter_for("down vpn").match_indices("VPN is down"), [0, 1, 2, 7, 8, 9, 10]);
        assert_eq!(filter_for("接続").match_indices("VPN接続が切れます"), [3, 4]);
        assert!(filter_for("").match_indices("VPN is down").is_empty());
    }
}
