//! Splits text into searchable terms. SQLite splits at spaces, but Japanese, Chinese, Thai and others write without: a
//! whole sentence would be one word.
//!
//! Text in such scripts is indexed as all pairs of adjacent characters (bigrams), and searched as a phrase of bigrams,
//! so any part of it can be found. Indexing and searching split text alike.

use std::borrow::Cow;

use icu_normalizer::ComposingNormalizerBorrowed;
use icu_properties::props::{DefaultIgnorableCodePoint, GeneralCategory, GeneralCategoryGroup, Script};
use icu_properties::script::ScriptWithExtensions;
use icu_properties::{CodePointMapData, CodePointSetData};
use tierup_common::search_query::{TextTerm, text_terms};

/// Scripts without spaces between words. Korean has spaces, but not between a word and its particle.
const UNSPACED_SCRIPTS: &[Script] = &[
    Script::Han,
    Script::Hiragana,
    Script::Katakana,
    Script::Bopomofo,
    Script::Hangul,
    Script::Thai,
    Script::Lao,
    Script::Khmer,
    Script::Myanmar,
];
/// The most bigrams of one search term.
const MAX_BIGRAMS: usize = 32;

/// A part of a text.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Segment<'t> {
    /// A word, delimited by spaces or punctuation.
    Word(&'t str),
    /// Characters of a script without spaces.
    Run(&'t str),
}

/// Normalizes text that looks alike (`ＶＰＮ` becomes `VPN`) and removes invisible characters.
pub(super) fn normalize(text: &str) -> Cow<'_, str> {
    if text.is_ascii() {
        return Cow::Borrowed(text);
    }
    let invisible = CodePointSetData::new::<DefaultIgnorableCodePoint>();
    let category = CodePointMapData::<GeneralCategory>::new();
    let is_visible = |c: &char| !invisible.contains(*c) && category.get(*c) != GeneralCategory::EnclosingMark;
    let normal = ComposingNormalizerBorrowed::new_nfkc();
    if text.chars().all(|c| is_visible(&c)) {
        return normal.normalize(text);
    }
    Cow::Owned(normal.normalize_iter(text.chars().filter(is_visible)).collect())
}

/// The segments of a normalized text, in order.
pub(super) fn segments(normalized: &str) -> impl Iterator<Item = Segment<'_>> {
    let mut rest = normalized;
    std::iter::from_fn(move || {
        rest = rest.trim_start_matches(|c| CharClass::from_char(c) == CharClass::Separator);
        let kind = CharClass::from_char(rest.chars().next()?);
        let end = rest.find(|c| CharClass::from_char(c) != kind).unwrap_or(rest.len());
        let (segment, after) = rest.split_at(end);
        rest = after;
        Some(if kind == CharClass::Unspaced { Segment::Run(segment) } else { Segment::Word(segment) })
    })
}

/// Each character of a run with the next one; the last on its own.
pub(super) fn bigrams(run: &str) -> impl Iterator<Item = &str> {
    run.char_indices().map(|(at, _)| {
        let rest = &run[at..];
        let end = rest.char_indices().nth(2).map_or(rest.len(), |(end, _)| end);
        &rest[..end]
    })
}

/// The text for the index: words and bigrams, separated by spaces.
pub(super) fn index_text(text: &str) -> String {
    let normalized = normalize(text);
    let mut indexed = String::with_capacity(normalized.len() + normalized.len() / 4);
    let mut put = |word: &str| {
        indexed.push_str(word);
        indexed.push(' ');
    };
    for segment in segments(&normalized) {
        match segment {
            Segment::Word(word) => put(word),
            Segment::Run(run) => bigrams(run).for_each(&mut put),
        }
    }
    indexed
}

/// The terms of a search, in FTS5's syntax: word prefixes, phrases of bigrams, and what is in quotes as a phrase. A single
/// character matches all bigrams that start with it.
pub(super) fn query_terms(text: &str, max_terms: usize) -> Vec<String> {
    let mut terms = Vec::new();
    for term in text_terms(text) {
        match term {
            TextTerm::Word(word) => {
                let normalized = normalize(&word);
                terms.extend(segments(&normalized).take(max_terms).map(word_query));
            }
            TextTerm::Phrase(phrase) => terms.extend(phrase_query(&phrase, max_terms)),
        }
        if terms.len() >= max_terms {
            break;
        }
    }
    terms.truncate(max_terms);
    terms
}

fn word_query(segment: Segment<'_>) -> String {
    match segment {
        Segment::Word(word) => format!("\"{word}\"*"),
        Segment::Run(run) if run.chars().nth(1).is_none() => format!("\"{run}\"*"),
        Segment::Run(run) => format!("\"{}\"", run_pairs(run).join(" ")),
    }
}

/// The terms of a phrase in the order in which they are indexed; none if it has only punctuation.
fn phrase_query(phrase: &str, max_terms: usize) -> Option<String> {
    let normalized = normalize(phrase);
    let segments: Vec<Segment<'_>> = segments(&normalized).take(max_terms).collect();
    let mut words: Vec<&str> = Vec::new();
    for (index, segment) in segments.iter().enumerate() {
        match *segment {
            Segment::Word(word) => words.push(word),
            Segment::Run(run) if index + 1 == segments.len() => words.extend(run_pairs(run)),
            Segment::Run(run) => words.extend(bigrams(run).take(MAX_BIGRAMS)),
        }
    }
    // A single character at the end matches all bigrams that start with it.
    let is_prefix = matches!(segments.last(), Some(Segment::Run(run)) if run.chars().nth(1).is_none());
    let star = if is_prefix { "*" } else { "" };
    (!words.is_empty()).then(|| format!("\"{}\"{star}", words.join(" ")))
}

/// The pairs of a run. The last character on its own adds nothing to the bigram before it.
fn run_pairs(run: &str) -> Vec<&str> {
    let pairs = run.chars().count().saturating_sub(1).max(1);
    bigrams(run).take(pairs).take(MAX_BIGRAMS).collect()
}

/// How a character delimits words.
#[derive(Clone, Copy, PartialEq, Eq)]
enum CharClass {
    Separator,
    Spaced,
    Unspaced,
}

impl CharClass {
    fn from_char(c: char) -> Self {
        if c.is_ascii() {
            return if c.is_ascii_alphanumeric() { Self::Spaced } else { Self::Separator };
        }
        let is_mark =
            || GeneralCategoryGroup::Mark.contains(CodePointMapData::<GeneralCategory>::new().get(c));
        if !c.is_alphanumeric() && !is_mark() {
            return Self::Separator;
        }
        let scripts = ScriptWithExtensions::new();
        let is_unspaced = match scripts.get_script_val(c) {
            // A character of several scripts, such as the long vowel mark of Hiragana and Katakana.
            Script::Common | Script::Inherited => {
                UNSPACED_SCRIPTS.iter().any(|script| scripts.has_script(c, *script))
            }
            script => UNSPACED_SCRIPTS.contains(&script),
        };
        if is_unspaced { Self::Unspaced } else { Self::Spaced }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_kept_and_text_without_spaces_is_split_into_bigrams() {
        assert_eq!(
            index_text("VPN接続が切れます。Error 809!"),
            "VPN 接続 続が が切 切れ れま ます す Error 809 "
        );
        assert_eq!(index_text("サーバー"), "サー ーバ バー ー ");
        assert_eq!(index_text("気"), "気 ");
        assert_eq!(index_text("𠮷野家"), "𠮷野 野家 家 ");
        assert_eq!(index_text("Das Menü fehlt"), "Das Menü fehlt ");
        assert_eq!(index_text("สิ้น"), "สิ ิ้ ้น น ", "marks are characters of a run");
        assert_eq!(index_text("한국어 지원"), "한국 국어 어 지원 원 ");
        assert_eq!(index_text("-- 。・ !"), "");
    }

    #[test]
    fn characters_that_look_alike_are_normalized() {
        for (one, other) in [
            ("ＶＰＮ　８０９", "VPN 809"),
            ("ﾌﾟﾘﾝﾀ", "プリンタ"),
            ("が", "か\u{3099}"),
            ("Verbindung", "Ver\u{ad}bindung"),
            ("é", "e\u{301}"),
            ("1️⃣", "1"),
            ("㍿", "株式会社"),
        ] {
            assert_eq!(index_text(one), index_text(other), "{one}");
        }
    }

    #[test]
    fn a_query_is_split_like_the_indexed_text() {
        assert_eq!(query_terms("接続", 9), ["\"接続\""]);
        assert_eq!(query_terms("接続が", 9), ["\"接続 続が\""]);
        assert_eq!(query_terms("続", 9), ["\"続\"*"]);
        assert_eq!(query_terms("vpn接続 out-look", 9), ["\"vpn\"*", "\"接続\"", "\"out\"*", "\"look\"*"]);
        assert_eq!(query_terms("a b c", 2).len(), 2);
        assert_eq!(query_terms(&"漢".repeat(9_999), 9)[0].matches(' ').count(), MAX_BIGRAMS - 1);
        assert!(query_terms("\" OR *", 9) == ["\"OR\""], "nothing that is asked is an operator");
        assert_eq!(
            query_terms("a \"Exact words, twice\" b", 9),
            ["\"a\"*", "\"Exact words twice\"", "\"b\"*"]
        );
        assert_eq!(query_terms("\"VPN接続が error\"", 9), ["\"VPN 接続 続が が error\""]);
        assert_eq!(query_terms("\"error 接続が\" \"error 接\"", 9), ["\"error 接続 続が\"", "\"error 接\"*"]);
        assert!(query_terms("\"-- 。\" \"\"", 9).is_empty());
    }
}
