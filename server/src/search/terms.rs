//! The terms of a text: words with their stems and meanings, and identifiers such as error codes, versions, paths and
//! hosts.

use std::collections::HashSet;

use crate::search::language::TextStemmer;
use crate::search::lexicon::{self, Lexicon, MAX_PHRASE_WORDS};
use crate::search::segment::{self, Segment};
use crate::search::words;

/// The prefix of keys of identifiers.
const IDENTIFIER_PREFIX: &str = "xid";
/// The longest identifier, in characters without punctuation.
const MAX_IDENTIFIER_CHARS: usize = 48;
/// Words before a number that is a code.
#[rustfmt::skip]
const CODE_WORDS: &[&str] = &[
    "error", "errors", "code", "event", "status", "exit", "http", "fehler", "fehlercode", "ereignis", "erreur",
    "código", "rc", "errno", "id", "fault", "stop", "bugcheck", "volsnap", "sqlcode", "message", "meldung",
    "evento", "événement", "returned", "answers", "port", "udp", "tcp",
];
/// The shortest part of a compound.
const MIN_PART_BYTES: usize = 4;

/// A term. Two terms are the same if they share a key.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Term {
    /// The keys, the most exact first: an identifier, a stem in English, one in the language of the text, a meaning.
    pub(crate) keys: Vec<String>,
    /// As written.
    pub(crate) text: String,
    /// What kind of term it is.
    pub(crate) kind: TermKind,
}

/// The kind of a term.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(crate) enum TermKind {
    /// A word.
    Word,
    /// The name of a host or an account, or a small number with a unit: it may be anybody's.
    Name,
    /// An error code, a version, a path: if two problems share one, that is seldom chance.
    Identifier,
}

impl Term {
    /// Whether a set of keys has this term.
    pub(crate) fn is_in(&self, keys: &HashSet<String>) -> bool {
        self.keys.iter().any(|key| keys.contains(key))
    }

    /// The key that tells it best.
    pub(crate) fn main_key(&self) -> &str {
        self.keys.first().map_or("", String::as_str)
    }

    /// The keys that the index knows: meanings are not indexed.
    pub(crate) fn indexed_keys(&self) -> impl Iterator<Item = &str> {
        self.keys.iter().map(String::as_str).filter(|key| !key.starts_with(lexicon::CONCEPT_PREFIX))
    }
}

/// The terms of a text, in order and with repetitions, without stop words.
pub(crate) fn terms(text: &str, lexicon: &Lexicon) -> Vec<Term> {
    let normalized = segment::normalize(text);
    let stemmer = TextStemmer::for_text(&normalized.to_lowercase());
    let mut terms = Vec::new();
    for line in normalized.lines() {
        let tokens = line.split(is_token_boundary).map(trim_token).filter(|it| !it.is_empty());
        let tokens: Vec<&str> = tokens.collect();
        let mut word_run: Vec<String> = Vec::new();
        for (at, token) in tokens.iter().copied().enumerate() {
            let is_after_code = at > 0 && CODE_WORDS.contains(&tokens[at - 1].to_lowercase().as_str());
            if let Some(kind) = identifier_kind(token, is_after_code) {
                let joined: String = token.chars().filter(|c| c.is_alphanumeric()).collect();
                let joined: String = joined.to_lowercase().chars().take(MAX_IDENTIFIER_CHARS).collect();
                let keys = vec![format!("{IDENTIFIER_PREFIX}{joined}")];
                let text = if is_after_code { format!("{} {token}", tokens[at - 1]) } else { token.into() };
                terms.push(Term { keys, text, kind });
            }
            word_run.extend(words_of_token(token));
        }
        push_words(&word_run, &stemmer, lexicon, &mut terms);
    }
    terms
}

/// The keys of all terms of a text.
pub(crate) fn key_set(text: &str, lexicon: &Lexicon) -> HashSet<String> {
    terms(text, lexicon).into_iter().flat_map(|term| term.keys).collect()
}

/// The text for the index: stems and identifiers, separated by spaces.
pub(super) fn index_text(text: &str, lexicon: &Lexicon) -> String {
    let mut indexed = String::with_capacity(text.len());
    for term in terms(text, lexicon) {
        for key in term.indexed_keys() {
            indexed.push_str(key);
            indexed.push(' ');
        }
    }
    indexed
}

fn is_token_boundary(c: char) -> bool {
    c.is_whitespace()
        || matches!(
            c,
            '"' | '`'
                | '“'
                | '”'
                | '„'
                | '«'
                | '»'
                | '('
                | ')'
                | '['
                | ']'
                | '{'
                | '}'
                | '<'
                | '>'
                | ','
                | ';'
                | '|'
                | '='
                | '→'
        )
}

fn trim_token(token: &str) -> &str {
    token
        .trim_matches(|c: char| !c.is_alphanumeric() && c != '/' && c != '\\')
        .trim_end_matches(['/', '\\', '.', ':'])
}

/// What kind of identifier a token is; none for a plain word.
fn identifier_kind(token: &str, is_after_code: bool) -> Option<TermKind> {
    let count = token.chars().count();
    if !(2..=2 * MAX_IDENTIFIER_CHARS).contains(&count) {
        return None;
    }
    let digits = token.chars().filter(char::is_ascii_digit).count();
    let letters = token.chars().filter(|c| c.is_alphabetic()).count();
    if letters == 0 {
        return number_kind(token, digits, is_after_code);
    }
    let has = |marks: &[char]| token.contains(marks);
    if has(&['/', '\\']) && letters >= 3 {
        return Some(TermKind::Identifier);
    }
    if digits > 0 {
        let upper = token.chars().filter(|c| c.is_uppercase()).count();
        let is_code = token.starts_with("0x") || digits >= 3 && (upper == letters || digits >= 4);
        let is_host = has(&['.', '@', '-']) && upper < letters;
        return Some(if is_code && !is_host { TermKind::Identifier } else { TermKind::Name });
    }
    if has(&['_', ':', '@']) || (has(&['.']) && letters >= 4) {
        return Some(if has(&['@', '.']) { TermKind::Name } else { TermKind::Identifier });
    }
    let is_constant = count >= 6 && token.chars().all(|c| c.is_ascii_uppercase());
    (is_constant || humps(token) >= 3).then_some(TermKind::Identifier)
}

/// What a token of digits and punctuation is. A short number is a code only after a word that says so.
fn number_kind(token: &str, digits: usize, is_after_code: bool) -> Option<TermKind> {
    let parts = token.split(['.', ':', '-', '/']).count();
    let is_plain = parts == 1 || digits > 8 || parts > 3;
    match digits {
        2..=6 if is_plain && is_after_code => Some(TermKind::Identifier),
        4..=6 if is_plain && !is_year(token) => Some(TermKind::Identifier),
        _ if is_plain => (digits > 2).then_some(TermKind::Name),
        // A version, but not a time or a date.
        _ => token.contains('.').then_some(TermKind::Name),
    }
}

fn is_year(token: &str) -> bool {
    token.len() == 4 && (token.starts_with("19") || token.starts_with("20"))
}

/// The number of capitals that follow a small letter, and one for the beginning: `SqlServerWriter` has 3.
fn humps(token: &str) -> usize {
    let chars: Vec<char> = token.chars().collect();
    1 + chars.windows(2).filter(|pair| pair[0].is_lowercase() && pair[1].is_uppercase()).count()
}

/// The words in a token, in lower case: split at punctuation and where small letters turn into capitals.
fn words_of_token(token: &str) -> Vec<String> {
    let mut found = Vec::new();
    for segment in segment::segments(token) {
        match segment {
            Segment::Word(word) => {
                let mut start = 0;
                let chars: Vec<(usize, char)> = word.char_indices().collect();
                for pair in chars.windows(2) {
                    if pair[0].1.is_lowercase() && pair[1].1.is_uppercase() {
                        found.push(word[start..pair[1].0].to_lowercase());
                        start = pair[1].0;
                    }
                }
                found.push(word[start..].to_lowercase());
            }
            Segment::Run(run) => found.extend(words::significant_bigrams(run).map(str::to_owned)),
        }
    }
    found
}

fn push_words(words: &[String], stemmer: &TextStemmer, lexicon: &Lexicon, terms: &mut Vec<Term>) {
    let mut at = 0;
    while let Some(word) = words.get(at) {
        if let Some((length, concept)) = phrase_at(words, at, stemmer, lexicon) {
            let key = concept.key();
            let text = words[at..at + length].join(" ");
            terms.push(Term { keys: vec![key], text, kind: TermKind::Word });
        }
        at += 1;
        let is_number = word.chars().all(|c| c.is_ascii_digit());
        if word.chars().nth(1).is_none() || words::is_stop_word(word) || is_number {
            continue;
        }
        let (english, own) = stemmer.stems(word);
        let concept = lexicon.concept(&english).map(lexicon::Concept::key);
        if concept.is_none() && stemmer.is_compounding() {
            push_compound(word, stemmer, lexicon, terms);
        }
        let keys: Vec<String> = std::iter::once(english).chain(own).chain(concept).collect();
        terms.push(Term { keys, text: word.clone(), kind: TermKind::Word });
    }
}

/// The longest phrase with a meaning of its own that begins here, in words.
fn phrase_at(
    words: &[String],
    at: usize,
    stemmer: &TextStemmer,
    lexicon: &Lexicon,
) -> Option<(usize, lexicon::Concept)> {
    if !lexicon.starts_phrase(&words[at]) {
        return None;
    }
    (2..=MAX_PHRASE_WORDS.min(words.len() - at)).rev().find_map(|length| {
        let phrase = words[at..at + length].iter().map(String::as_str);
        lexicon.concept(&lexicon::phrase_key(stemmer, phrase)).map(|concept| (length, concept))
    })
}

/// The parts of a compound that have a meaning: `Maschinenzertifikat` has a certificate.
fn push_compound(word: &str, stemmer: &TextStemmer, lexicon: &Lexicon, terms: &mut Vec<Term>) {
    let starts = word.char_indices().map(|(at, _)| at).filter(|at| *at >= MIN_PART_BYTES);
    for at in starts.filter(|at| word.len() - at >= MIN_PART_BYTES) {
        let (head, tail) = word.split_at(at);
        let tail_concept = lexicon.concept(&stemmer.stems(tail).0);
        let Some(tail_concept) = tail_concept else { continue };
        let head = head.strip_suffix('s').filter(|it| it.len() >= MIN_PART_BYTES).unwrap_or(head);
        let (english, own) = stemmer.stems(head);
        let head_concept = lexicon.concept(&english).map(lexicon::Concept::key);
        let keys = std::iter::once(english).chain(own).chain(head_concept).collect();
        terms.push(Term { keys, text: head.to_owned(), kind: TermKind::Word });
        let (english, own) = stemmer.stems(tail);
        let keys = std::iter::once(english).chain(own).chain([tail_concept.key()]).collect();
        terms.push(Term { keys, text: tail.to_owned(), kind: TermKind::Word });
        return;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn identifiers(text: &str) -> Vec<String> {
        let found = terms(text, &Lexicon::new(""));
        found.into_iter().filter(|it| it.kind == TermKind::Identifier).map(|it| it.text).collect()
    }

    #[test]
    fn codes_versions_and_paths_are_identifiers() {
        assert_eq!(
            identifiers("Error 809, 0x80070643 after KB5034441: ORA-01555 in /var/lib/docker (exit 137)"),
            ["Error 809", "0x80070643", "KB5034441", "ORA-01555", "/var/lib/docker", "exit 137"]
        );
        assert!(identifiers("At 10:30 the two users on ps01 restarted it 3 times").is_empty());
    }

    #[test]
    fn the_same_meaning_in_two_languages_is_one_term() {
        let lexicon = Lexicon::new("");
        let english = key_set("the machine certificate has expired", &lexicon);
        for other in [
            "Das Maschinenzertifikat ist abgelaufen und der Dienst steht nicht",
            "le certificat est expiré depuis hier",
        ] {
            let found = terms(other, &lexicon);
            let shared: Vec<&str> =
                found.iter().filter(|term| term.is_in(&english)).map(|term| term.text.as_str()).collect();
            assert!(shared.len() >= 2, "{other}: {shared:?}");
        }
    }
}
