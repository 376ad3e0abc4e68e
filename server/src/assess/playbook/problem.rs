//! What a case is about: the terms of its problem with their weights, and what people say it is not.

use std::collections::{HashMap, HashSet};

use tierup_common::session::{Branch, BranchStatus, Message, MessageRole};

use crate::assess::statement::{self, Clause, Stance};
use crate::domain::briefing::Briefing;
use crate::search::lexicon::Lexicon;
use crate::search::rarity::QueryTerm;
use crate::search::terms::{self, Term};

/// A message of more lines than this is a log: only its telling lines count.
const MAX_PROSE_LINES: usize = 10;
/// The lines of a log that count.
const MAX_LOG_LINES: usize = 12;
/// The part of each text that is read, in bytes.
const MAX_TEXT_BYTES: usize = 16 * 1024;
/// The most terms of a problem.
const MAX_TERMS: usize = 400;

// How much the parts of a case matter, fitted on the tuning half of the cases of `bench/assess`.
const TITLE_WEIGHT: f64 = 1.08;
const INTAKE_WEIGHT: f64 = 1.22;
const NOTES_WEIGHT: f64 = 1.0;
const MESSAGE_WEIGHT: f64 = 1.63;
const SUPPOSED_WEIGHT: f64 = 0.39;
const CONFIRMED_WEIGHT: f64 = 1.3;

/// What a log line has that tells what went wrong.
#[rustfmt::skip]
const TELLING: &[&str] = &[
    "error", "fail", "denied", "refused", "exceed", "cannot", "can't", "unable", "fatal", "timeout",
    "timed out", "killed", "invalid", "expired", "rejected", "no space", "not found", "unreachable", "mismatch",
    "critical", "panic", "abort", "unauthorized", "forbidden", "fehler", "abgelehnt", "erreur", "too many",
    "too large", "not allowed", "exhaust", "oom", "reset by", "exception", "revo", "overflow", "full", "corrupt",
];
/// What a line has that may be told in passing.
const HINTING: &[&str] = &["warn", "missing", "lost", "drop", "bad ", "unknown", "retry", "skip", "denie"];

/// A case, read.
#[derive(Debug, Default)]
pub(super) struct Problem {
    /// The terms, each once.
    pub(super) terms: Vec<QueryTerm>,
    /// What it is not.
    pub(super) denials: Vec<Denial>,
    /// Whether people say that they have gone through everything that is known.
    pub(super) is_exhausted: bool,
}

/// What people say that the cause is not.
#[derive(Clone, Debug)]
pub(super) struct Denial {
    /// The terms of what is denied.
    pub(super) terms: Vec<Term>,
    pub(super) kind: DenialKind,
}

/// How a denial is said, from the surest.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum DenialKind {
    /// A hypothesis that is ruled out.
    Hypothesis,
    /// The evidence against it.
    Evidence,
    /// Something that was done in vain.
    NoEffect,
    /// A statement that something is not the cause, or is in order.
    Statement,
    /// Something that works, as an aside.
    Aside,
}

impl Problem {
    /// Reads a briefing.
    pub(super) fn read(briefing: &Briefing, lexicon: &Lexicon) -> Self {
        let mut reader = Reader { lexicon, weights: HashMap::new(), order: Vec::new(), denials: Vec::new() };
        reader.read_description(&briefing.title, TITLE_WEIGHT);
        reader.read_description(&briefing.intake, INTAKE_WEIGHT);
        reader.read_talk(&briefing.notes, NOTES_WEIGHT);
        for message in people(briefing).filter(|message| message.content.trim() != briefing.intake.trim()) {
            reader.read_talk(&message.content, MESSAGE_WEIGHT);
        }
        briefing.branches.iter().for_each(|branch| reader.read_branch(branch));
        let is_exhausted = std::iter::once(briefing.title.as_str())
            .chain([briefing.notes.as_str()])
            .chain(people(briefing).map(|message| message.content.as_str()))
            .any(|text| statement::gives_up(bounded(text)));
        Self { terms: reader.order, denials: reader.denials, is_exhausted }
    }

    /// Adds what misspelled words stand for.
    pub(super) fn correct(&mut self, corrections: &HashMap<String, String>) {
        for term in &mut self.terms {
            *term = term.corrected(corrections);
        }
    }

    /// The terms to search for, and those of denials, whose rarity matters too.
    pub(super) fn query(&self, lexicon: &Lexicon) -> Vec<QueryTerm> {
        let denied = self.denials.iter().flat_map(|denial| &denial.terms);
        let denied = denied.map(|term| QueryTerm {
            alternatives: lexicon.alternatives(&term.keys).to_vec(),
            term: term.clone(),
            weight: 0.0,
            is_talk: false,
        });
        self.terms.iter().cloned().chain(denied).collect()
    }
}

/// The messages that people wrote.
pub(super) fn people(briefing: &Briefing) -> impl Iterator<Item = &Message> {
    briefing.messages.iter().filter(|message| message.role == MessageRole::User)
}

struct Reader<'l> {
    lexicon: &'l Lexicon,
    weights: HashMap<String, usize>,
    order: Vec<QueryTerm>,
    denials: Vec<Denial>,
}

impl Reader<'_> {
    /// A description says how the problem shows: `does not start` is a symptom. Only what it takes back does not count.
    fn read_description(&mut self, text: &str, weight: f64) {
        for Clause { text, stance } in statement::clauses(bounded(text)) {
            if statement::takes_back(text) {
                self.deny(text, DenialKind::Statement);
            } else if stance == Stance::Supposed {
                self.add(text, SUPPOSED_WEIGHT);
            } else {
                self.add(text, weight);
            }
        }
    }

    /// What people write while they work: what they deny does not describe the problem.
    fn read_talk(&mut self, text: &str, weight: f64) {
        let text = bounded(text);
        if text.lines().count() > MAX_PROSE_LINES {
            for line in telling_lines(text) {
                self.add_talk(line, weight);
            }
            return;
        }
        for Clause { text, stance } in statement::clauses(text) {
            match stance {
                Stance::Stated => self.add_talk(text, weight),
                Stance::Supposed | Stance::Asked => self.add(text, SUPPOSED_WEIGHT),
                Stance::Denied => self.deny(text, DenialKind::Statement),
                Stance::InOrder => self.deny(text, DenialKind::Aside),
                Stance::NoEffect => self.deny(text, DenialKind::NoEffect),
            }
        }
    }

    fn read_branch(&mut self, branch: &Branch) {
        let evidence = branch.evidence.as_deref().unwrap_or_default();
        match branch.status {
            BranchStatus::Confirmed => {
                self.add(&branch.hypothesis, CONFIRMED_WEIGHT);
                self.add(evidence, CONFIRMED_WEIGHT);
            }
            BranchStatus::RuledOut => {
                self.deny(&branch.hypothesis, DenialKind::Hypothesis);
                self.deny(evidence, DenialKind::Evidence);
            }
            BranchStatus::Open => {
                let speaks_against = statement::clauses(evidence).iter().any(|clause| {
                    matches!(clause.stance, Stance::Denied | Stance::InOrder | Stance::NoEffect)
                });
                if speaks_against {
                    self.deny(&branch.hypothesis, DenialKind::Statement);
                } else {
                    self.add(&branch.hypothesis, SUPPOSED_WEIGHT);
                }
            }
        }
    }

    fn add(&mut self, text: &str, weight: f64) {
        self.add_new(text, weight, false);
    }

    fn add_talk(&mut self, text: &str, weight: f64) {
        self.add_new(text, weight, true);
    }

    fn add_new(&mut self, text: &str, weight: f64, is_talk: bool) {
        for term in terms::terms(text, self.lexicon) {
            match self.weights.get(term.main_key()) {
                Some(at) => {
                    let known = &mut self.order[*at];
                    known.weight = known.weight.max(weight);
                }
                None if self.order.len() < MAX_TERMS => {
                    self.weights.insert(term.main_key().to_owned(), self.order.len());
                    let alternatives = self.lexicon.alternatives(&term.keys).to_vec();
                    self.order.push(QueryTerm { term, alternatives, weight, is_talk });
                }
                None => {}
            }
        }
    }

    fn deny(&mut self, text: &str, kind: DenialKind) {
        let mut seen = HashSet::new();
        let mut terms = terms::terms(bounded(text), self.lexicon);
        terms.retain(|term| seen.insert(term.main_key().to_owned()));
        if !terms.is_empty() {
            self.denials.push(Denial { terms, kind });
        }
    }
}

fn bounded(text: &str) -> &str {
    &text[..text.floor_char_boundary(MAX_TEXT_BYTES)]
}

/// The lines of a log that say what went wrong, in order: those that come seldom before those that come again and again.
fn telling_lines(log: &str) -> impl Iterator<Item = &str> {
    let shape = |line: &str| line.chars().filter(|c| c.is_alphabetic()).collect::<String>();
    let mut counts: HashMap<String, usize> = HashMap::new();
    let mut lines: Vec<(usize, &str, bool)> = Vec::new();
    for (at, line) in log.lines().enumerate() {
        let lower = line.to_lowercase();
        let has = |words: &[&str]| words.iter().any(|word| lower.contains(word));
        let is_telling = has(TELLING);
        if is_telling || has(HINTING) {
            let count = counts.entry(shape(line)).or_default();
            *count += 1;
            if *count == 1 {
                lines.push((at, line, is_telling));
            }
        }
    }
    lines.sort_by_key(|(at, line, is_telling)| (!is_telling, counts.get(&shape(line)).copied(), *at));
    lines.truncate(MAX_LOG_LINES);
    lines.sort_by_key(|(at, ..)| *at);
    lines.into_iter().map(|(_, line, _)| line)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_log_gives_the_lines_that_come_seldom() {
        let retry = "10:00:01 pool-1 ERROR retry of job failed\n10:00:01 pool-1 INFO heartbeat\n";
        let log = format!("{}10:01:00 auth FATAL certificate expired on the 3rd\n", retry.repeat(40));
        let lines: Vec<&str> = telling_lines(&log).collect();
        assert_eq!(lines.len(), 2, "{lines:?}");
        assert!(lines[1].contains("certificate expired"));
    }
}
