//! The key tables in docs/CONSOLE.md are those of the keymap.

#![expect(clippy::expect_used, reason = "tests may panic")]

use std::fmt::Write as _;
use std::path::Path;

use tierup::keymap::{Context, HelpEntry, KeyOverrides, Keymap};
use tierup::theme::Charset;

/// In the order of the document.
const CONTEXTS: [(Context, &str); 23] = [
    (Context::Queue, "Queue"),
    (Context::Filter, "Filter"),
    (Context::Briefing, "Briefing"),
    (Context::Session, "Session: your message"),
    (Context::Editing, "Writing"),
    (Context::Conversation, "Session: the conversation"),
    (Context::SessionMenu, "Session: the menu"),
    (Context::BriefingOverlay, "Briefing over a session"),
    (Context::Branches, "Tried"),
    (Context::Steps, "Step outcomes"),
    (Context::SimilarCases, "Similar cases"),
    (Context::Dialog, "Dialog"),
    (Context::Palette, "Palette"),
    (Context::CommandLine, "Command line"),
    (Context::Conflict, "After a lost claim"),
    (Context::Confirm, "Confirmation"),
    (Context::SecretWarning, "Before a secret is sent"),
    (Context::Help, "Help"),
    (Context::Log, "Log"),
    (Context::Pager, "A long text"),
    (Context::SearchLine, "Search, while typing"),
    (Context::Search, "Search, from match to match"),
    (Context::Global, "Everywhere"),
];

fn key_tables() -> String {
    let keymap =
        Keymap::with_overrides(&KeyOverrides::new(), Charset::AsciiGlyphs).expect("the default keys");
    let mut text = String::new();
    for (place, title) in CONTEXTS {
        let (here, everywhere) = keymap.help_entries(place);
        let lines = if place == Context::Global { everywhere } else { here };
        writeln!(text, "\n### {title}\n\n| keys | action | name |\n| --- | --- | --- |").expect("text");
        for HelpEntry { keys, description: about, action_name: name, .. } in lines {
            let keys: Vec<String> = keys.split(' ').map(|key| format!("`{key}`")).collect();
            writeln!(text, "| {} | {about} | `{name}` |", keys.join(" ")).expect("text");
        }
    }
    text
}

/// To update them after an intended change: `TIERUP_UPDATE=1 cargo test --test docs`.
#[test]
fn the_key_tables_match_the_keymap() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("a workspace").join("docs/CONSOLE.md");
    let text = std::fs::read_to_string(&path).expect("docs/CONSOLE.md");
    let (before, rest) =
        text.split_once("<!-- keys: from the keymap -->\n").expect("the beginning of the tables");
    let (known, after) = rest.split_once("\n<!-- end of keys -->").expect("the end of the tables");
    let tables = key_tables();
    if std::env::var_os("TIERUP_UPDATE").is_some() {
        let text = format!("{before}<!-- keys: from the keymap -->\n{tables}\n<!-- end of keys -->{after}");
        std::fs::write(&path, text).expect("docs/CONSOLE.md");
    } else {
        assert!(known == tables, "docs/CONSOLE.md is out of date: TIERUP_UPDATE=1 cargo test --test docs");
    }
}
