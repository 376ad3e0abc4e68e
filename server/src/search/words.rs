//! The words that a text is about: without case, endings and stop words.

use std::collections::HashSet;
use std::sync::LazyLock;

use rust_stemmers::{Algorithm, Stemmer};

use crate::search::segment::{self, Segment};

const STOP_WORD_LIST: &str = "a about above after again all also am an and any are as at be because been before being but by \
    can cannot could did do does doing don done down during each every few for from further get gets getting got \
    had has have having he her here hers him his how i if in into is it its just keep keeps let like me more most \
    my new no nor not now of off on once one only or other our out over own same see she should since so some \
    still such than that the their them then there these they this those through to too try tried two under until \
    up us use used user users using very want was we well were what when where which while who why will with \
    won would yes yet you your hello hi please thanks thank help problem problems issue issues work works working \
    today yesterday morning week day days time times says said nothing something anything";

/// The same in German, French, Spanish and Dutch.
const FOREIGN_STOP_WORD_LIST: &str = "aber alle allem allen aller alles als also am auch auf aus bei beim bin bis bitte da damit \
    danach dann das dass dem den denn der des die dies diese diesem diesen dieser doch dort durch ein eine einem einen \
    einer eines er es für gar ganz gibt habe haben hat hatte hatten hier ich ihr im immer ist ja jede jeden jeder jetzt \
    kann kein keine keinen keiner kommt kommen können mal man mehr mit muss nach nicht nichts noch nun nur ob oder ohne \
    schon sehr seit sein seine sich sie sind so sobald sonst über um und uns unser unsere unter viel vom von vor war \
    waren was weil wenn werden wer wie wieder wir wird wo wurde wurden zu zum zur zwar hallo danke \
    alors après au aussi autre autres aux avant avec avoir bonjour car ce cela ces cet cette chez comme dans de depuis \
    des donc dont du elle elles en encore est et été être eux fait font il ils je la le les leur leurs lui mais merci \
    même mes mon ne nos notre nous on ont ou où par pas peu peut plus pour puis quand que quelque quelques qui sa sans \
    se ses si sont sous sur ta tous tout toute toutes très un une vers vos votre vous y \
    al algo antes aunque como con cuando de del desde donde el ella ellos entre era es esa ese eso esta está están este \
    esto estos fue gracias ha hace hacia han hasta hay hola la las le lo los más mi mismo muy nada ni nos nosotros o \
    para pero por porque pues que se sea según ser si sido sin sobre solo su sus también tan tiene todo todos un una \
    unos usted y ya het een niet maar ook nog voor met van";

static STOP_WORDS: LazyLock<HashSet<&'static str>> = LazyLock::new(|| {
    STOP_WORD_LIST.split_whitespace().chain(FOREIGN_STOP_WORD_LIST.split_whitespace()).collect()
});
static STEMMER: LazyLock<Stemmer> = LazyLock::new(|| Stemmer::create(Algorithm::English));

/// The significant words of a text, in order and with repetitions. A word is a sequence of letters and digits; a number
/// counts (error 809), a single letter does not. In scripts without spaces, each bigram is a word, except those of
/// Hiragana alone, which are mostly endings and particles.
pub fn keywords(text: &str) -> impl Iterator<Item = String> + use<> {
    let normalized = segment::normalize(text);
    let mut words = Vec::new();
    for segment in segment::segments(&normalized) {
        match segment {
            Segment::Word(word) => words.push(word.to_lowercase()),
            Segment::Run(run) => words.extend(significant_bigrams(run).map(str::to_owned)),
        }
    }
    words.retain(|word| word.chars().nth(1).is_some() && !STOP_WORDS.contains(word.as_str()));
    words.into_iter()
}

/// The bigrams of a run, except those of Hiragana alone.
pub(super) fn significant_bigrams(run: &str) -> impl Iterator<Item = &str> {
    segment::bigrams(run).filter(|pair| !pair.chars().all(|c| ('ぁ'..='ゟ').contains(&c)))
}

/// Whether a word, in lower case, says nothing about what a text is about.
pub(super) fn is_stop_word(word: &str) -> bool {
    STOP_WORDS.contains(word)
}

/// The same without endings: `reinstalled` and `reinstalling` are one.
pub fn stems(text: &str) -> HashSet<String> {
    keywords(text).map(|word| STEMMER.stem(&word).into_owned()).collect()
}

/// The share of `part` that is also in `whole`, from 0 to 1; 0 if `part` is empty.
#[expect(clippy::implicit_hasher, reason = "both sets come from `stems`")]
pub fn overlap(part: &HashSet<String>, whole: &HashSet<String>) -> f64 {
    share(part.intersection(whole).count(), part.len())
}

/// A share from 0 to 1; 0 of nothing.
#[expect(clippy::cast_precision_loss, reason = "texts have far fewer than 2^52 words")]
pub(crate) fn share(part: usize, whole: usize) -> f64 {
    if whole == 0 { 0.0 } else { part as f64 / whole as f64 }
}

/// Marks that end a sentence without a following space.
const SENTENCE_ENDS: &[char] = &['。', '！', '？', '｡', '।', '॥', '။', '។', '؟', '۔'];

/// Whether a sentence is a question.
pub fn is_question(sentence: &str) -> bool {
    sentence.ends_with(['?', '？', '؟'])
}

/// The sentences of a text: split at lines, then at full stops, question and exclamation marks.
pub fn sentences(text: &str) -> impl Iterator<Item = &str> {
    text.lines().flat_map(split_sentences).map(str::trim).filter(|sentence| !sentence.is_empty())
}

/// A full stop ends a sentence only before a space, so that `10.0.0.1` stays whole.
fn split_sentences(line: &str) -> impl Iterator<Item = &str> {
    let mut rest = line;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let end = rest
            .match_indices(|c| matches!(c, '.' | '!' | '?') || SENTENCE_ENDS.contains(&c))
            .map(|(at, mark)| (at + mark.len(), mark))
            .find(|(end, mark)| mark.starts_with(SENTENCE_ENDS) || rest[*end..].starts_with(' '))
            .map_or(rest.len(), |(end, _)| end);
        let (sentence, after) = rest.split_at(end);
        rest = after;
        Some(sentence)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_stemmed_and_stop_words_dropped() {
        let one = stems("I have reinstalled the VPN client, error 809!");
        let other = stems("Reinstalling VPN clients: error 809");
        assert_eq!(one, other);
        assert!(stems("what is it that we do").is_empty());
    }

    #[test]
    fn keywords_of_text_without_spaces_are_bigrams() {
        assert_eq!(keywords("VPN接続がきれます").collect::<Vec<_>>(), ["vpn", "接続", "続が"]);
        assert_eq!(keywords("ＶＰＮ").collect::<Vec<_>>(), ["vpn"]);
    }

    #[test]
    fn a_text_is_split_into_sentences() {
        let all: Vec<_> = sentences("It pings 10.0.0.1. Nothing else?  No!\nLast line").collect();
        assert_eq!(all, ["It pings 10.0.0.1.", "Nothing else?", "No!", "Last line"]);
        let all: Vec<_> = sentences("証明書が切れた。更新した？ はい").collect();
        assert_eq!(all, ["証明書が切れた。", "更新した？", "はい"]);
        assert!(is_question(all[1]) && !is_question(all[0]));
    }
}
