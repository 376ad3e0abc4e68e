//! Which steps were tried already, as the session shows. An engine's own word for it does not count.

use std::collections::HashSet;

use tierup_common::session::{Branch, BranchStatus, MessageRole};

use crate::assess::draft::DraftStep;
use crate::domain::briefing::Briefing;
use crate::search::words;

/// A step counts as tried if one sentence of the session contains this share of its words.
const TRIED_OVERLAP: f64 = 0.6;

/// Marks the steps that were tried, and puts them last.
pub(super) fn mark_tried(briefing: &Briefing, mut steps: Vec<DraftStep>) -> Vec<DraftStep> {
    let tried = TriedSteps::from_briefing(briefing);
    for step in &mut steps {
        step.already_tried = tried.contains(&step.text);
    }
    steps.sort_by_key(|step| step.already_tried);
    steps
}

/// Attempts recorded in the session: settled branches, and statements of people.
pub(super) struct TriedSteps(Vec<HashSet<String>>);

impl TriedSteps {
    pub(super) fn from_briefing(briefing: &Briefing) -> Self {
        let settled = |branch: &&Branch| branch.status != BranchStatus::Open;
        let branches = briefing.branches.iter().filter(settled).map(|branch| branch.hypothesis.as_str());
        let people = briefing.messages.iter().filter(|message| message.role == MessageRole::User);
        let texts = people.map(|message| message.content.as_str()).chain([briefing.notes.as_str()]);
        let claims = texts.flat_map(words::sentences).filter(|sentence| !words::is_question(sentence));
        Self(branches.chain(claims).map(words::stems).collect())
    }

    pub(super) fn contains(&self, step: &str) -> bool {
        let step = words::stems(step);
        step.len() >= 2 && self.0.iter().any(|said| words::overlap(&step, said) >= TRIED_OVERLAP)
    }
}
