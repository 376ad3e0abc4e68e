//! Hostile text stays text at every output, checked with a terminal parser on a corpus of known attacks and on random
//! input. `fuzz/` checks the same property for as long as it runs.
//!
//! Seen to fail: with `needs_escape` returning false.

#[path = "only_text/property.rs"]
mod property;

use proptest::prelude::{ProptestConfig, any, prop, prop_oneof};
use proptest::strategy::{Just, Strategy};
use proptest::{prop_compose, proptest};
use tierup::text::safe;

/// Text that acts on a terminal, hides, or misleads.
const CORPUS: &[&str] = &[
    "",
    "\u{1b}[2J\u{1b}[H",
    "\u{1b}]0;owned\u{7}",
    "\u{1b}]2;owned\u{1b}\\",
    "\u{1b}]52;c;b3duZWQ=\u{7}",
    "\u{1b}]8;;http://evil.test\u{1b}\\click\u{1b}]8;;\u{1b}\\",
    "\u{1b}]9;4;1;50\u{7}",
    "\u{1b}]777;notify;a;b\u{7}",
    "\u{1b}Pq#0;2;0;0;0\u{1b}\\",
    "\u{1b}_Gf=24;AAAA\u{1b}\\",
    "\u{1b}^private\u{1b}\\",
    "\u{1b}c",
    "\u{1b}",
    "end\u{1b}",
    "\u{9b}31m\u{9d}0;owned\u{9c}\u{90}q\u{9c}",
    "\u{7}\u{8}\u{8}\u{8}\u{b}\u{c}\u{e}\u{f}\u{7f}",
    "one\rtwo\u{85}three\u{2028}four\u{2029}five\nsix",
    "invoice\u{202e}fdp.exe",
    "\u{2066}a\u{2067}b\u{2068}c\u{2069}\u{200e}\u{200f}\u{61c}",
    "pass\u{200b}\u{200c}\u{200d}\u{2060}\u{feff}word",
    "\u{e0041}\u{e0042}\u{e007f} tags",
    "va\u{fe0f}ri\u{e0100}ation",
    "\u{3164}\u{115f}\u{1160}\u{ffa0} blanks that are none",
    "\u{fff9}a\u{fffa}b\u{fffb}",
    "👩\u{200d}💻 ❤\u{fe0f} 🏴\u{e0067}\u{e0062}\u{e007f}",
    "semi;colons;1;2\u{7};3",
    "\"quotes\" \\ and \\\\",
];

#[test]
fn hostile_text_is_only_text_at_every_output() {
    for raw in CORPUS {
        property::assert_safe(raw);
        property::assert_safe(&format!("before {raw} after {raw}"));
        property::assert_safe(&raw.repeat(500));
    }
}

#[test]
fn stacked_combining_marks_are_limited() {
    let tower = format!("a{}", "\u{301}".repeat(100_000));
    property::assert_safe(&tower);
    assert!(safe::sanitize_line(&tower).chars().count() < 20);
    assert!(tierup::runtime::terminal_host::title_sequence(&safe::sanitize_line(&tower)).len() < 100);
}

prop_compose! {
    /// Random characters, with more special ones than by chance.
    fn nasty()(parts in prop::collection::vec(
        prop_oneof![
            prop::sample::select(CORPUS).prop_map(str::to_owned),
            any::<String>(),
            any::<char>().prop_map(String::from),
            (0_u8..0xa0).prop_map(|byte| char::from(byte).to_string()),
            Just("\u{1b}]".to_owned()),
        ],
        0..12,
    )) -> String {
        parts.concat()
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(400) })]

    #[test]
    fn random_text_is_only_text_at_every_output(raw in nasty()) {
        property::assert_safe(&raw);
    }
}
