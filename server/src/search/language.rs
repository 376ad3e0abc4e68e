//! The language of a text, told by its most frequent small words, and the stems of its words.

use std::cell::OnceCell;
use std::collections::HashMap;
use std::sync::LazyLock;

use icu_normalizer::DecomposingNormalizerBorrowed;
use icu_properties::CodePointMapData;
use icu_properties::props::{GeneralCategory, GeneralCategoryGroup};
use rust_stemmers::{Algorithm, Stemmer};

/// A language, with its most frequent words that others do not have.
struct Language {
    algorithm: Algorithm,
    words: &'static [&'static str],
}

const LANGUAGES: &[Language] = &[
    Language {
        algorithm: Algorithm::German,
        words: &[
            "der", "die", "das", "und", "ist", "nicht", "ein", "eine", "einen", "mit", "auf", "für", "den",
            "dem", "von", "zu", "im", "wird", "wurde", "sich", "auch", "nach", "seit", "kein", "keine",
            "hat", "haben", "nur", "bei", "aus", "wenn", "oder", "noch", "am", "zum", "wieder", "geht",
            "alle", "vom", "beim",
        ],
    },
    Language {
        algorithm: Algorithm::French,
        words: &[
            "le", "la", "les", "des", "du", "et", "est", "une", "un", "pas", "ne", "dans", "pour", "sur",
            "avec", "depuis", "qui", "que", "ce", "au", "aux", "sont", "plus", "nous", "vous", "il", "elle",
            "mais", "ou",
        ],
    },
    Language {
        algorithm: Algorithm::Spanish,
        words: &[
            "el", "los", "las", "del", "y", "es", "una", "un", "con", "para", "por", "que", "desde", "en",
            "al", "se", "su", "pero", "ya", "como", "más", "está", "hay", "sin", "ha", "han", "lo", "nos",
            "ni",
        ],
    },
    Language {
        algorithm: Algorithm::Italian,
        words: &[
            "il", "lo", "gli", "di", "che", "è", "una", "un", "con", "per", "non", "del", "della", "dal",
            "dopo", "sono", "nel", "alla", "anche", "ma", "più", "si",
        ],
    },
    Language {
        algorithm: Algorithm::Dutch,
        words: &[
            "het", "een", "de", "en", "is", "niet", "op", "van", "voor", "met", "sinds", "geen", "ook",
            "bij", "naar", "maar", "nog", "werkt", "wordt", "zijn",
        ],
    },
    Language {
        algorithm: Algorithm::Portuguese,
        words: &[
            "o", "os", "as", "da", "do", "dos", "não", "uma", "um", "com", "para", "por", "que", "desde",
            "em", "está", "mas", "já", "são", "foi", "ao", "na", "no",
        ],
    },
];

/// English words, so that a text in English with a foreign word or two is English.
const ENGLISH: &[&str] = &[
    "the", "and", "is", "not", "of", "to", "in", "it", "on", "for", "with", "was", "are", "after", "since",
    "has", "have", "but", "they", "that", "this", "from", "at", "all", "no", "be", "as", "by", "we", "an",
];
/// The words of a text that tell its language.
const MAX_DETECTED_WORDS: usize = 300;
/// The longest word that is stemmed, in bytes.
const MAX_WORD_BYTES: usize = 64;

/// Stems words of one text. Loanwords are everywhere, so each word also has its English stem.
pub(super) struct TextStemmer {
    english: Stemmer,
    own: Option<Stemmer>,
    is_compounding: bool,
    decompose: OnceCell<DecomposingNormalizerBorrowed<'static>>,
}

impl TextStemmer {
    /// For the language of this text, in lower case.
    pub(super) fn for_text(text: &str) -> Self {
        let language = detect(text);
        Self {
            english: Stemmer::create(Algorithm::English),
            own: language.map(|language| Stemmer::create(language.algorithm)),
            is_compounding: language
                .is_some_and(|it| matches!(it.algorithm, Algorithm::German | Algorithm::Dutch)),
            decompose: OnceCell::new(),
        }
    }

    /// Whether the language writes compounds as one word.
    pub(super) const fn is_compounding(&self) -> bool {
        self.is_compounding
    }

    /// The English stem of a word in lower case, then the one of the text's language if it differs.
    pub(super) fn stems(&self, word: &str) -> (String, Option<String>) {
        if word.len() > MAX_WORD_BYTES || word.bytes().any(|byte| byte.is_ascii_digit()) {
            return (self.fold(word), None);
        }
        let english = self.fold(&self.english.stem(word));
        let own = self.own.as_ref().map(|own| self.fold(&own.stem(word)));
        (english.clone(), own.filter(|own| *own != english))
    }

    /// Without accents: `é` is `e`, and `ß` is `ss`.
    fn fold(&self, word: &str) -> String {
        if word.is_ascii() {
            return word.to_owned();
        }
        let decompose = self.decompose.get_or_init(DecomposingNormalizerBorrowed::new_nfd);
        let categories = CodePointMapData::<GeneralCategory>::new();
        let is_mark = |c: &char| GeneralCategoryGroup::Mark.contains(categories.get(*c));
        let is_latin_mark = |c: &char| is_mark(c) && ('\u{300}'..='\u{36f}').contains(c);
        let folded: String = decompose.normalize_iter(word.chars()).filter(|c| !is_latin_mark(c)).collect();
        folded.replace('ß', "ss")
    }
}

/// The languages that have a word, as bits; the last one is English.
static WORD_LANGUAGES: LazyLock<HashMap<&'static str, u8>> = LazyLock::new(|| {
    let mut languages = HashMap::new();
    let lists = LANGUAGES.iter().map(|language| language.words).chain([ENGLISH]);
    for (bit, words) in lists.enumerate() {
        for word in words {
            *languages.entry(*word).or_default() |= 1 << bit;
        }
    }
    languages
});

/// The language of a text; none for English and whatever else.
fn detect(text: &str) -> Option<&'static Language> {
    let mut counts = vec![0_usize; LANGUAGES.len() + 1];
    let words = text.split(|c: char| !c.is_alphabetic()).filter(|word| !word.is_empty());
    for languages in words.take(MAX_DETECTED_WORDS).filter_map(|word| WORD_LANGUAGES.get(word)) {
        for (bit, count) in counts.iter_mut().enumerate() {
            *count += usize::from(languages >> bit & 1);
        }
    }
    let english = counts.pop().unwrap_or_default();
    let (count, language) = counts.into_iter().zip(LANGUAGES).max_by_key(|(count, _)| *count)?;
    (count >= 2 && count > english).then_some(language)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_stemmed_in_the_language_of_their_text() {
        let german = TextStemmer::for_text("die verbindungen sind nicht stabil und der server ist langsam");
        assert_eq!(german.stems("verbindungen").1.as_deref(), Some("verbind"));
        assert_eq!(german.stems("server").0, "server", "loanwords keep their English stem");
        assert_eq!(german.stems("geräte").0, "gerat", "without accents");
        let english = TextStemmer::for_text("the connections are not stable");
        assert_eq!(english.stems("connections"), ("connect".into(), None));
        let french = TextStemmer::for_text("les certificats ne sont pas valides depuis hier");
        assert_eq!(french.stems("certificats").0, "certificat");
        assert_eq!(french.stems("0x80070643").0, "0x80070643");
    }
}
