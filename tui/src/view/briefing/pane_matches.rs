//! The matches of the search in both panes of a briefing, and which one is the current one.

use crate::state::State;
use crate::state::briefing::{Briefing, Pane};
use crate::state::search::{SearchOrigin, SearchPlace};
use crate::view::canvas::Canvas;
use crate::view::document::Document;
use crate::view::search::Matches;

/// The matches of the search in both panes.
pub(super) struct PaneMatches {
    pub(super) history: Matches,
    pub(super) assessment: Matches,
}

impl PaneMatches {
    /// Finds them, and which one is the current one: those of the history come first.
    pub(super) fn find(
        state: &State,
        briefing: &Briefing,
        documents: [Option<&Document>; 2],
        canvas: &mut Canvas<'_>,
    ) -> Self {
        let search = state.search_in(SearchPlace::Briefing(briefing.item.id));
        let [history, assessment] = documents
            .map(|document| document.map_or_else(Matches::default, |document| document.find_matches(search)));
        let mut found = Self { history, assessment };
        let Some(search) = search else { return found };
        let (before, count) = (found.history.all.len(), found.history.all.len() + found.assessment.all.len());
        let in_assessment = |row| found.assessment.first_from(row).map(|index| before + index);
        let first = match search.origin {
            SearchOrigin::Panes { pane: Pane::Assessment, assessment, .. } => in_assessment(assessment),
            SearchOrigin::Panes { history, .. } => {
                found.history.first_from(history).or_else(|| in_assessment(0))
            }
            SearchOrigin::Row(_) | SearchOrigin::Transcript(..) => None,
        };
        let current = search.current_index(first.unwrap_or(0), count);
        canvas.output.match_position = Some((current.map_or(0, |index| index + 1), count));
        let pane = |index| if index < before { Pane::History } else { Pane::Assessment };
        canvas.output.match_pane = current.map(pane);
        found.history.current = current.filter(|index| *index < before);
        found.assessment.current = current.and_then(|index| index.checked_sub(before));
        found.history.is_followed = search.is_following;
        found.assessment.is_followed = search.is_following;
        found
    }

    /// The pane of the current match, if that is kept in sight.
    pub(super) fn pane_in_sight(&self) -> Option<Pane> {
        let has_current = |matches: &Matches| matches.is_followed && matches.current.is_some();
        match (has_current(&self.history), has_current(&self.assessment)) {
            (true, _) => Some(Pane::History),
            (_, true) => Some(Pane::Assessment),
            (false, false) => None,
        }
    }
}
