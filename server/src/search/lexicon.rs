//! What words mean the same, and how common words of support are before any history says so.

use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;

use crate::search::language::TextStemmer;

/// The most words of one phrase.
pub(super) const MAX_PHRASE_WORDS: usize = 3;

/// Begins the keys of concepts.
pub(super) const CONCEPT_PREFIX: char = '≈';
const BUILT_IN_SYNONYMS: &str = include_str!("synonyms.txt");
const COMMON_WORDS: &str = include_str!("common_words.txt");
/// The share of texts that have a word which is not listed.
const RARE_SHARE: f64 = 0.002;

/// A group of words that mean the same.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub(crate) struct Concept(u32);

impl Concept {
    /// The key that all its words share. No word has such a key.
    pub(super) fn key(self) -> String {
        format!("{CONCEPT_PREFIX}{}", self.0)
    }

    fn from_key(key: &str) -> Option<Self> {
        key.strip_prefix(CONCEPT_PREFIX)?.parse().ok().map(Self)
    }
}

/// Synonyms, the built-in ones and a team's.
#[derive(Debug, Default)]
pub(crate) struct Lexicon {
    /// The concepts of a word or a phrase, by its English stems.
    concepts: HashMap<String, Concept>,
    /// The stems of the single words of each concept.
    stems: Vec<Vec<String>>,
    /// The first words of phrases.
    phrase_starts: HashSet<String>,
}

impl Lexicon {
    /// The built-in synonyms and those of a team: a group per line, separated by commas.
    pub(crate) fn new(own: &str) -> Self {
        let mut lexicon = Self::default();
        for line in BUILT_IN_SYNONYMS.lines().chain(own.lines()) {
            let line = line.trim();
            if !line.is_empty() && !line.starts_with('#') {
                lexicon.add_group(line);
            }
        }
        lexicon
    }

    /// A word that is in several groups belongs to the first one.
    fn add_group(&mut self, line: &str) {
        let words: Vec<String> =
            line.split(',').map(|word| word.trim().to_lowercase()).filter(|word| !word.is_empty()).collect();
        let stemmer = TextStemmer::for_text("");
        let keys: Vec<String> =
            words.iter().map(|word| phrase_key(&stemmer, word.split_whitespace())).collect();
        let next = Concept(u32::try_from(self.stems.len()).unwrap_or(u32::MAX));
        // A team's group extends the built-in one that has its first word.
        let concept = keys.first().and_then(|key| self.concepts.get(key)).copied().unwrap_or(next);
        if concept == next {
            self.stems.push(Vec::new());
        }
        for (word, key) in words.into_iter().zip(keys) {
            match word.split_once(' ') {
                Some((first, _)) => {
                    self.phrase_starts.insert(first.to_owned());
                }
                None => self.stems[concept.0 as usize].push(key.clone()),
            }
            self.concepts.entry(key).or_insert(concept);
        }
    }

    /// The concept of a word or a phrase.
    pub(super) fn concept(&self, key: &str) -> Option<Concept> {
        self.concepts.get(key).copied()
    }

    /// Whether a phrase may begin with this word, in lower case.
    pub(super) fn starts_phrase(&self, word: &str) -> bool {
        self.phrase_starts.contains(word)
    }

    /// The stems of the words that mean the same as the term with these keys; its own are among them.
    pub(crate) fn alternatives(&self, keys: &[String]) -> &[String] {
        let concept = keys.iter().find_map(|key| Concept::from_key(key));
        concept.and_then(|concept| self.stems.get(concept.0 as usize)).map_or(&[], Vec::as_slice)
    }
}

/// The key of a phrase: the English stems of its words.
pub(super) fn phrase_key<'w>(stemmer: &TextStemmer, words: impl Iterator<Item = &'w str>) -> String {
    words.map(|word| stemmer.stems(word).0).collect::<Vec<_>>().join(" ")
}

static COMMON_SHARES: LazyLock<HashMap<String, f64>> = LazyLock::new(|| {
    let stemmer = TextStemmer::for_text("");
    let mut shares = HashMap::new();
    for line in COMMON_WORDS.lines() {
        let Some((percent, words)) = line.split_once(": ") else { continue };
        let share = percent.parse::<f64>().unwrap_or_default() / 100.0;
        for word in words.split_whitespace() {
            shares.entry(stemmer.stems(word).0).or_insert(share);
        }
    }
    shares
});

/// The share of texts that have a word, by its English stem, as far as is known without a history.
pub(super) fn common_share(stem: &str) -> f64 {
    COMMON_SHARES.get(stem).copied().unwrap_or(RARE_SHARE)
}

/// Whether no list has a word as a common one, by its English stem.
pub(super) fn is_rare(stem: &str) -> bool {
    !COMMON_SHARES.contains_key(stem)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_team_extends_the_synonyms() {
        let lexicon = Lexicon::new("# ours\ncertificate, Ausweis\nflux, kondensator");
        let stemmer = TextStemmer::for_text("");
        let concept = |word: &str| lexicon.concept(&stemmer.stems(word).0);
        assert_eq!(concept("ausweis"), concept("zertifikat"));
        assert!(concept("ausweis").is_some());
        assert_eq!(concept("flux"), concept("kondensator"));
        assert_eq!(concept("nonsense"), None);
    }

    #[test]
    fn common_words_are_common_in_all_forms() {
        assert!(common_share("updat") > 0.1);
        assert!(common_share("ora01555") < 0.01);
    }
}
