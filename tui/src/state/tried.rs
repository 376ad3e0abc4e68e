//! The rows of the list of what was tried: the hypotheses of the session, then those that its assessment proposes.

use std::collections::BTreeSet;

use tierup_common::assessment::{Assessment, Confidence};
use tierup_common::id::SessionId;
use tierup_common::limit;
use tierup_common::session::{Branch, SessionStatus};
use tierup_common::text::truncate_to_line;

use crate::state::State;
use crate::state::chat::Chat;
use crate::state::layer::{Layer, PickerKind};

/// Characters of a proposed hypothesis.
const MAX_PROPOSAL_CHARS: usize = 300;

/// A row of the list of what was tried.
#[derive(Clone, PartialEq, Debug)]
pub enum TriedEntry {
    /// A hypothesis of the session.
    Recorded(Branch),
    /// A hypothesis of the assessment, which nobody has recorded yet.
    Proposed(String),
}

impl State {
    /// What has been tried in the open session.
    pub fn branches(&self) -> &[Branch] {
        let session = self.open_chat().and_then(Chat::session);
        session.map_or(&[], |session| &session.branch_map)
    }

    /// The rows of the list of what was tried.
    pub fn tried_entries(&self) -> Vec<TriedEntry> {
        let recorded = self.branches().iter().cloned().map(TriedEntry::Recorded);
        recorded.chain(self.proposed_entries().into_iter().map(TriedEntry::Proposed)).collect()
    }

    /// What the assessment of the open session proposes and nobody has recorded: its likely cause, unless it is ruled out or
    /// unknown, and what to find out.
    pub fn proposed_entries(&self) -> Vec<String> {
        let is_active = self.open_chat().is_some_and(|chat| chat.status() == Some(SessionStatus::Active));
        let Some(assessment) = self.open_assessment().filter(|_| is_active) else { return Vec::new() };
        let mut known: BTreeSet<String> =
            self.branches().iter().map(|branch| comparison_key(&branch.hypothesis)).collect();
        let is_new = |hypothesis: &String| !hypothesis.is_empty() && known.insert(comparison_key(hypothesis));
        hypotheses(assessment).filter(is_new).collect()
    }

    /// Adds a branch to the open session, if it is this one, or replaces it by its newer version. The picker keeps its
    /// selection, also if a proposal has become a branch.
    pub fn upsert_branch(&mut self, session: SessionId, branch: &Branch) {
        let selected = self.selected_proposal();
        let item = self.open_chat_of_mut(session).and_then(Chat::session_mut);
        let Some(item) = item else { return };
        match item.branch_map.iter_mut().find(|known| known.id == branch.id) {
            Some(known) => known.clone_from(branch),
            None => item.branch_map.push(branch.clone()),
        }
        if let Some(proposal) = selected {
            self.select_entry(&proposal);
        }
    }

    /// The proposal that is selected in the list of what was tried.
    fn selected_proposal(&self) -> Option<String> {
        let picker = self.layers.iter().rev().find_map(Layer::as_picker);
        let picker = picker.filter(|picker| picker.kind == PickerKind::Branches)?;
        let index = picker.selected.checked_sub(self.branches().len())?;
        self.proposed_entries().into_iter().nth(index)
    }

    fn select_entry(&mut self, hypothesis: &str) {
        let key = comparison_key(hypothesis);
        let index = self.tried_entries().iter().position(|entry| match entry {
            TriedEntry::Recorded(branch) => comparison_key(&branch.hypothesis) == key,
            TriedEntry::Proposed(proposal) => comparison_key(proposal) == key,
        });
        let picker = self.layers.iter_mut().rev().find_map(Layer::as_picker_mut);
        if let (Some(index), Some(picker)) = (index, picker) {
            picker.selected = index;
        }
    }
}

/// What an assessment holds for possible, in one line each.
fn hypotheses(assessment: &Assessment) -> impl Iterator<Item = String> {
    let is_possible =
        assessment.confidence != Confidence::Inconclusive && assessment.contradicted_by.is_none();
    let cause = is_possible.then_some(&assessment.likely_cause);
    let questions = assessment.find_out.iter().take(limit::MAX_FIND_OUT);
    cause.into_iter().chain(questions).map(|text| truncate_to_line(text, MAX_PROPOSAL_CHARS))
}

/// What two hypotheses have in common that differ only in case, spaces or a full stop.
fn comparison_key(hypothesis: &str) -> String {
    truncate_to_line(hypothesis, MAX_PROPOSAL_CHARS).trim_end_matches('.').to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hypothesis_is_the_same_in_other_spelling() {
        let same = comparison_key("the gateway rejects the issuer");
        assert_eq!(comparison_key("The  gateway rejects\nthe issuer."), same);
        assert_ne!(comparison_key("the gateway rejects"), same);
    }
}
