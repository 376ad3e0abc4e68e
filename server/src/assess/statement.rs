//! What people say, clause by clause: that something is so, that it is not, that they did it in vain, or that they might.

mod cues;

use crate::assess::statement::cues::{
    DENIED, DENIED_SYMPTOM, GIVES_UP, IN_ORDER, NO_EFFECT, SUPPOSED, TURNS,
};
use crate::search::words;

/// How a clause is meant.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Stance {
    /// Something is so, or was done.
    Stated,
    /// Something is not the cause, or is in order.
    Denied,
    /// Something works, as an aside.
    InOrder,
    /// Something was done, and changed nothing.
    NoEffect,
    /// Something might be, or may be done.
    Supposed,
    /// A question.
    Asked,
}

/// A part of a sentence.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Clause<'t> {
    pub(super) text: &'t str,
    pub(super) stance: Stance,
}

/// The fewest words of a clause that says something by itself; a shorter one is about the clause before it.
const MIN_OWN_WORDS: usize = 2;

/// The clauses of a text. A clause that only says how it went is about the one before it: `Reset the cache, no change.`
pub(super) fn clauses(text: &str) -> Vec<Clause<'_>> {
    let mut found: Vec<Clause<'_>> = Vec::new();
    for sentence in words::sentences(text) {
        let is_question = words::is_question(sentence);
        let first = found.len();
        for part in split_at_turns(sentence) {
            let stance = if is_question { Stance::Asked } else { stance(part) };
            let is_short = own_words(part) < MIN_OWN_WORDS;
            let is_in_sentence = first < found.len();
            let previous = found.iter_mut().rev().find(|clause| own_words(clause.text) >= 1);
            match (stance, previous) {
                (Stance::NoEffect, Some(previous)) if is_short && previous.stance != Stance::Asked => {
                    previous.stance = stance;
                }
                (Stance::Denied | Stance::InOrder, Some(previous))
                    if is_short
                        && is_in_sentence
                        && matches!(previous.stance, Stance::Stated | Stance::Supposed) =>
                {
                    previous.stance = stance;
                }
                (_, Some(_) | None) => {}
            }
            found.push(Clause { text: part, stance });
        }
    }
    found
}

/// Whether a clause of a problem's description takes a symptom back: `not error 809 this time`.
pub(super) fn takes_back(clause: &str) -> bool {
    let text = padded(clause);
    has(&text, DENIED_SYMPTOM)
        || (text.contains(" this time ") && [" no ", " not ", " isn t "].iter().any(|no| text.contains(no)))
}

/// Whether a text says that everything known has been gone through, in vain.
pub(super) fn gives_up(text: &str) -> bool {
    has(&padded(text), GIVES_UP)
}

fn stance(clause: &str) -> Stance {
    let text = padded(clause);
    if has(&text, NO_EFFECT)
        || matches!(text.trim(), "same" | "nothing" | "nope" | "no" | "dasselbe" | "idem")
    {
        Stance::NoEffect
    } else if has(&text, SUPPOSED) {
        Stance::Supposed
    } else if has(&text, DENIED) || takes_back(clause) {
        Stance::Denied
    } else if has(&text, IN_ORDER) {
        Stance::InOrder
    } else {
        Stance::Stated
    }
}

/// In lower case, words separated by single spaces, with a space at both ends.
fn padded(clause: &str) -> String {
    let mut text = String::from(" ");
    for word in clause.to_lowercase().split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()) {
        text.push_str(word);
        text.push(' ');
    }
    text
}

fn has(padded: &str, cues: &[&str]) -> bool {
    cues.iter().any(|cue| {
        padded
            .match_indices(cue)
            .any(|(at, _)| padded[..at].ends_with(' ') && padded[at + cue.len()..].starts_with(' '))
    })
}

/// The words of a clause that are no cue by themselves.
fn own_words(clause: &str) -> usize {
    let is_cue = |word: &String| {
        [NO_EFFECT, DENIED, IN_ORDER]
            .iter()
            .any(|cues| cues.iter().any(|cue| cue.split(' ').any(|part| part == word)))
    };
    words::keywords(clause).filter(|word| !is_cue(word) && !word.chars().all(|c| c.is_ascii_digit())).count()
}

fn split_at_turns(sentence: &str) -> Vec<&str> {
    let mut parts = vec![sentence];
    for turn in TURNS {
        parts = parts.into_iter().flat_map(|part| part.split(turn)).collect();
    }
    parts.into_iter().map(str::trim).filter(|part| part.chars().any(char::is_alphanumeric)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stances(text: &str) -> Vec<(String, Stance)> {
        clauses(text).into_iter().map(|clause| (clause.text.to_owned(), clause.stance)).collect()
    }

    #[test]
    fn a_clause_that_says_how_it_went_is_about_the_one_before() {
        assert_eq!(stances("Restarted the print spooler, no change.")[0].1, Stance::NoEffect);
        assert_eq!(stances("Asked for their certificate, valid until 2028.")[0].1, Stance::Denied);
        assert_eq!(stances("Restarted the spooler. Same error.")[0].1, Stance::NoEffect);
    }

    #[test]
    fn denials_plans_and_questions_are_told_apart() {
        assert_eq!(stances("It is not the password")[0].1, Stance::Denied);
        assert_eq!(stances("Next I would renew the certificate")[0].1, Stance::Supposed);
        assert_eq!(stances("Shall we reboot the gateway?")[0].1, Stance::Asked);
        assert_eq!(stances("Renewed the certificate on gw2")[0].1, Stance::Stated);
        assert_eq!(stances("Das Zertifikat ist in Ordnung")[0].1, Stance::Denied);
        assert_eq!(stances("Jana says: it is not the password")[1].1, Stance::Denied);
        assert!(gives_up("Been through both old tickets, neither is it."));
        assert!(!gives_up("The pool is full."));
        assert!(takes_back("it is not 0x80070643 this time"));
        assert!(!takes_back("printer does not print since this morning"));
    }
}
