//! Misspelled words: what an unknown word most likely stands for, among the words of the solutions.

use std::collections::{BTreeMap, HashMap};

use rusqlite::{Connection, params};

use crate::search::lexicon;
use crate::search::rarity::{QueryTerm, Rarity};
use crate::search::terms::TermKind;

/// The most words that are corrected: of a text without end, the first ones.
const MAX_CORRECTED: usize = 24;
/// The shortest stem that is corrected, in characters: short words are too much alike.
const MIN_CHARS: usize = 4;
/// From this length on, in characters, a stem may have two errors.
const MIN_CHARS_OF_TWO: usize = 8;
/// The most words that a misspelled one is compared with.
const MAX_COMPARED: u32 = 2_000;

/// The known stems that unknown words stand for, by the main keys of their terms.
///
/// A stem begins with the same letter as the one it stands for, and differs by one insertion, deletion, substitution or
/// swap of neighbours; long ones may differ by two.
pub(super) fn corrections(
    connection: &Connection,
    terms: &[QueryTerm],
    rarity: &mut Rarity,
) -> rusqlite::Result<HashMap<String, String>> {
    let is_unknown = |term: &&QueryTerm| {
        term.weight > 0.0
            && term.term.kind == TermKind::Word
            && term.alternatives.is_empty()
            && !rarity.is_indexed(term)
            && lexicon::is_rare(term.term.main_key())
            && term.term.main_key().chars().count() >= MIN_CHARS
            && term.term.main_key().bytes().all(|byte| byte.is_ascii_lowercase())
    };
    let unknown = terms.iter().filter(is_unknown).take(MAX_CORRECTED);
    let mut by_letter: BTreeMap<u8, Vec<Misspelled>> = BTreeMap::new();
    for term in unknown {
        let stem = term.term.main_key();
        let misspelled = Misspelled { stem: stem.to_owned(), best: None };
        by_letter.entry(stem.as_bytes()[0]).or_default().push(misspelled);
    }
    let mut statement = connection
        .prepare_cached("SELECT term, doc FROM solution_term WHERE term >= ?1 AND term < ?2 LIMIT ?3")?;
    let mut corrections = HashMap::new();
    for (letter, mut unknown) in by_letter {
        let (first, end) = (char::from(letter).to_string(), char::from(letter + 1).to_string());
        let mut rows = statement.query(params![first, end, MAX_COMPARED])?;
        while let Some(row) = rows.next()? {
            let (known, count) = (row.get_ref(0)?.as_str()?, row.get(1)?);
            for misspelled in &mut unknown {
                misspelled.compare(known, count);
            }
        }
        for Misspelled { stem, best } in unknown {
            if let Some((_, count, known)) = best {
                rarity.insert(&known, count);
                corrections.insert(stem, known);
            }
        }
    }
    Ok(corrections)
}

/// An unknown stem, and the known one that is most like it: its distance, the number of solutions that have it, itself.
struct Misspelled {
    stem: String,
    best: Option<(usize, u64, String)>,
}

impl Misspelled {
    /// Keeps a known stem if it is nearer than the best one, or as near and more common.
    fn compare(&mut self, known: &str, count: u64) {
        let Some(distance) = distance(&self.stem, known) else { return };
        if self.best.as_ref().is_none_or(|(least, most, _)| (distance, *most) < (*least, count)) {
            self.best = Some((distance, count, known.to_owned()));
        }
    }
}

/// How many errors make one stem of the other; none if they are too many for its length.
fn distance(stem: &str, known: &str) -> Option<usize> {
    let most = if stem.len() >= MIN_CHARS_OF_TWO { 2 } else { 1 };
    let is_close = known.len().abs_diff(stem.len()) <= most && known.len() + 1 >= MIN_CHARS;
    let distance = is_close.then(|| strsim::osa_distance(stem, known))?;
    (distance <= most).then_some(distance)
}
