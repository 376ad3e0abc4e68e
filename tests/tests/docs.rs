//! What the documents say of the keys is what the keymap says.

#![expect(clippy::expect_used, reason = "a test that cannot go on fails")]

use std::fmt::Write as _;
use std::path::Path;

use tierup::keymap::{Context, HelpEntry, KeyOverrides, Keymap};
use tierup::theme::Charset;

/// The places, in the order of the document.
const CONTEXTS: [(Context, &str); 16] = [
    (Context::Queue, "Queue"),
    (Context::Filter, "Filter"),
    (Context::Briefing, "Briefing"),
    (Context::Session, "Session"),
    (Context::BriefingOverlay, "Briefing over a session"),
    (Context::Tried, "What has been tried"),
    (Context::Outcomes, "Step outcomes"),
    (Context::Cases, "What was seen before"),
    (Context::Dialog, "Dialog"),
    (Context::Palette, "Palette"),
    (Context::CommandLine, "Command line"),
    (Context::Conflict, "After a lost claim"),
    (Context::Confirm, "A question"),
    (Context::Help, "Help"),
    (Context::Log, "Log"),
    (Context::Global, "Everywhere"),
];

fn key_tables() -> String {
    let keymap =
        Keymap::with_overrides(&KeyOverrides::new(), Charset::AsciiGlyphs).expect("the keys as they are");
    let mut text = String::new();
    for (place, title) in CONTEXTS {
        let (here, everywhere) = keymap.help_entries(place);
        let lines = if place == Context::Global { everywhere } else { here };
        writeln!(text, "\n### {title}\n\n| keys | what they do | name |\n| --- | --- | --- |").expect("text");
        for HelpEntry { keys, description: about, action_name: name, .. } in lines {
            let keys: Vec<String> = keys.split(' ').map(|key| format!("`{key}`")).collect();
            writeln!(text, "| {} | {about} | `{name}` |", keys.join(" ")).expect("text");
        }
    }
    text
}

/// To write them anew after a change that is meant: `TIERUP_UPDATE=1 cargo test --test docs`.
#[test]
fn the_tables_of_keys_are_those_of_the_keymap() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("a workspace").join("docs/CONSOLE.md");
    let text = std::fs::read_to_string(&path).expect("docs/CONSOLE.md");
    let (before, rest) = text.split_once("<!-- keys: from the keymap -->\n").expect("where the tables begin");
    let (known, after) = rest.split_once("\n<!-- end of keys -->").expect("where the tables end");
    let tables = key_tables();
    if std::env::var_os("TIERUP_UPDATE").is_some() {
        let text = format!("{before}<!-- keys: from the keymap -->\n{tables}\n<!-- end of keys -->{after}");
        std::fs::write(&path, text).expect("docs/CONSOLE.md");
    } else {
        assert!(known == tables, "docs/CONSOLE.md is out of date: TIERUP_UPDATE=1 cargo test --test docs");
    }
}
