//! How telling a term is: the rarer it is among the solutions, the more.

use std::collections::HashMap;

use crate::search::lexicon;
use crate::search::terms::{Term, TermKind};

/// How many texts the shares of common words count as: a young history says little about how rare a word is.
const PRIOR_TEXTS: f64 = 200.0;
/// A term that is in one of this many texts is as telling as one that is in none: the figures of a term stay the same
/// however long the history gets.
const RAREST_SHARE: f64 = 1.0 / 500.0;

/// A term that is in as many texts is common, however many texts there are …
const COMMON_COUNT: f64 = 200.0;
/// … but not more common than this: a long history may have a whole field of work.
const LEAST_BY_COUNT: f64 = 0.4;

/// A term to search for, and how much it matters in the problem.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct QueryTerm {
    pub(crate) term: Term,
    /// Stems of words that mean the same.
    pub(crate) alternatives: Vec<String>,
    /// Zero for a term whose rarity is of interest, but which is not searched for.
    pub(crate) weight: f64,
    /// Whether only people's talk about the work has it, and not the description of the problem.
    pub(crate) is_talk: bool,
}

impl QueryTerm {
    /// With the stem that it stands for, if it is misspelled.
    pub(crate) fn corrected(&self, corrections: &HashMap<String, String>) -> Self {
        let mut corrected = self.clone();
        corrected.term.keys.extend(corrections.get(self.term.main_key()).cloned());
        corrected
    }

    /// The keys and alternatives that the index knows, each once.
    pub(super) fn indexed_keys(&self) -> impl Iterator<Item = &str> {
        let is_new = |key: &&str| !self.term.keys.iter().any(|own| own == key);
        self.term.indexed_keys().chain(self.alternatives.iter().map(String::as_str).filter(is_new))
    }
}

/// How many solutions have each term.
#[derive(Clone, PartialEq, Debug, Default)]
pub(crate) struct Rarity {
    documents: u64,
    counts: HashMap<String, u64>,
    /// The shares of meanings without a history.
    meanings: HashMap<String, f64>,
}

impl Rarity {
    pub(super) fn new(documents: u64) -> Self {
        Self { documents, ..Self::default() }
    }

    pub(super) fn insert(&mut self, key: &str, count: u64) {
        self.counts.insert(key.to_owned(), count);
    }

    pub(super) fn is_known(&self, key: &str) -> bool {
        self.counts.contains_key(key)
    }

    /// Sets how common a meaning is: as common as its most common word.
    pub(super) fn insert_meaning(&mut self, term: &QueryTerm) {
        let Some(key) = term.term.keys.last().filter(|_| !term.alternatives.is_empty()) else { return };
        let count = term.indexed_keys().filter_map(|key| self.counts.get(key)).max().copied();
        let prior = term.alternatives.iter().map(|stem| lexicon::common_share(stem)).fold(0.0, f64::max);
        self.counts.insert(key.clone(), count.unwrap_or_default());
        self.meanings.insert(key.clone(), prior);
    }

    /// How many solutions have a key.
    pub(super) fn count(&self, key: &str) -> u64 {
        self.counts.get(key).copied().unwrap_or_default()
    }

    /// Whether a solution has the term, or a word that means the same.
    pub(crate) fn is_indexed(&self, term: &QueryTerm) -> bool {
        term.indexed_keys().any(|key| self.count(key) > 0)
    }

    /// From 0 for a term that every text has to 1 for one that hardly any has.
    ///
    /// In a long history of other problems, the words of one field of work become rare by their share of texts, and say
    /// no more than before: a term is not rarer than the number of texts that have it allows.
    pub(crate) fn of(&self, term: &Term) -> f64 {
        // The keys of a term are forms of one word: it is as common as the most common one.
        let shares = term.keys.iter().map(|key| self.share(key, term.kind));
        let share = shares.fold(RAREST_SHARE, f64::max);
        let by_share = share.ln() / RAREST_SHARE.ln();
        let count = term.keys.iter().map(|key| self.count(key)).max().unwrap_or_default();
        #[expect(clippy::cast_precision_loss, reason = "far fewer than 2^52 documents")]
        let by_count = 1.0 - (count as f64).ln_1p() / COMMON_COUNT.ln_1p();
        by_share.min(by_count.max(LEAST_BY_COUNT)).clamp(0.0, 1.0)
    }

    #[expect(clippy::cast_precision_loss, reason = "far fewer than 2^52 documents")]
    fn share(&self, key: &str, kind: TermKind) -> f64 {
        let prior = match (kind, self.meanings.get(key)) {
            (_, Some(prior)) => *prior,
            (TermKind::Word, None) => lexicon::common_share(key),
            (TermKind::Name | TermKind::Identifier, None) => RAREST_SHARE,
        };
        let count = self.count(key) as f64;
        (count + PRIOR_TEXTS * prior) / (self.documents as f64 + PRIOR_TEXTS)
    }
}
