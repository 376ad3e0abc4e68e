//! Runbooks: Markdown files that describe a problem, its cause and its solution.
//!
//! Any Markdown works. The first heading is the title. A heading that contains `cause` or `why` starts the cause, one
//! that contains `fix`, `step`, `resol`, `solution`, `try` or `do` the steps. Without such headings, the first
//! paragraph is the cause and every list item a step.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;

use pulldown_cmark::{Event, Parser, Tag, TagEnd};

use crate::search::error::SearchError;

/// The largest file that is read.
const MAX_FILE_BYTES: u64 = 256 * 1024;

/// A runbook.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Runbook {
    /// The first heading, or else the name of the file.
    pub title: String,
    /// Why the problem happens.
    pub cause: String,
    /// What to do, in order.
    pub steps: Vec<String>,
    /// The whole content as plain text.
    pub text: String,
}

impl Runbook {
    /// Parses Markdown; `name` is the title if there is no heading.
    pub fn parse(name: &str, markdown: &str) -> Self {
        let blocks = parse_blocks(markdown);
        let mut runbook = Self { title: name.into(), ..Self::default() };
        let mut section = Section::Other;
        let (mut sectioned, mut first_paragraph, mut items) = (Vec::new(), None, Vec::new());
        let mut titled = false;
        for block in &blocks {
            runbook.text.push_str(block.text());
            runbook.text.push('\n');
            match block {
                Block::Heading(text) if !titled => {
                    titled = true;
                    runbook.title.clone_from(text);
                }
                Block::Heading(text) => section = Section::from_heading(text),
                Block::Paragraph(text) => {
                    first_paragraph.get_or_insert(text);
                    if section == Section::Cause && runbook.cause.is_empty() {
                        runbook.cause.clone_from(text);
                    }
                }
                Block::ListItem(text) => {
                    items.push(text.clone());
                    if section == Section::Steps {
                        sectioned.push(text.clone());
                    }
                }
            }
        }
        runbook.steps = if sectioned.is_empty() { items } else { sectioned };
        if runbook.cause.is_empty() {
            runbook.cause = first_paragraph.cloned().unwrap_or_default();
        }
        runbook
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Section {
    Cause,
    Steps,
    Other,
}

impl Section {
    fn from_heading(heading: &str) -> Self {
        let heading = heading.to_lowercase();
        let has = |words: &[&str]| words.iter().any(|word| heading.contains(word));
        if has(&["cause", "why"]) {
            Self::Cause
        } else if has(&["fix", "step", "resol", "solution", "try", "do"]) {
            Self::Steps
        } else {
            Self::Other
        }
    }
}

enum Block {
    Heading(String),
    Paragraph(String),
    ListItem(String),
}

impl Block {
    fn text(&self) -> &str {
        match self {
            Self::Heading(text) | Self::Paragraph(text) | Self::ListItem(text) => text,
        }
    }
}

/// The blocks of a text, each as plain text in one line.
#[expect(clippy::wildcard_enum_match_arm, reason = "only these events of the library make blocks")]
fn parse_blocks(markdown: &str) -> Vec<Block> {
    let mut blocks = Vec::new();
    let (mut text, mut items_open) = (String::new(), 0_usize);
    for event in Parser::new(markdown) {
        match event {
            Event::Start(Tag::Item) => {
                // A nested list ends the text of its item.
                if items_open > 0 {
                    flush_block(&mut text, Block::ListItem, &mut blocks);
                }
                items_open += 1;
            }
            Event::End(TagEnd::Item) => {
                items_open = items_open.saturating_sub(1);
                flush_block(&mut text, Block::ListItem, &mut blocks);
            }
            Event::End(TagEnd::Heading(_)) => flush_block(&mut text, Block::Heading, &mut blocks),
            Event::End(TagEnd::Paragraph) if items_open == 0 => {
                flush_block(&mut text, Block::Paragraph, &mut blocks);
            }
            Event::End(TagEnd::Paragraph) | Event::SoftBreak | Event::HardBreak => text.push(' '),
            Event::Text(more) | Event::Code(more) => text.push_str(&more),
            _ => {}
        }
    }
    blocks
}

fn flush_block(text: &mut String, block: impl Fn(String) -> Block, blocks: &mut Vec<Block>) {
    let line = std::mem::take(text).split_whitespace().collect::<Vec<_>>().join(" ");
    if !line.is_empty() {
        blocks.push(block(line));
    }
}

/// Runbooks by name.
pub(super) type RunbookMap = BTreeMap<String, Arc<Runbook>>;

/// The runbooks of a folder, read again when a file changes.
#[derive(Debug)]
pub(super) struct RunbookFolder {
    folder: Option<PathBuf>,
    last_listing: Option<BTreeMap<PathBuf, (SystemTime, u64)>>,
    runbooks: RunbookMap,
}

impl RunbookFolder {
    pub(super) fn new(folder: Option<PathBuf>) -> Self {
        Self { folder, last_listing: None, runbooks: RunbookMap::new() }
    }

    pub(super) fn books(&self) -> &RunbookMap {
        &self.runbooks
    }

    /// Reads the folder again with the next refresh, whether or not a file has changed.
    pub(super) fn invalidate(&mut self) {
        self.last_listing = None;
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (&str, &Runbook)> {
        self.runbooks.iter().map(|(name, book)| (name.as_str(), book.as_ref()))
    }

    /// Reads the folder again if a file was added, removed or changed; returns whether it did.
    pub(super) fn refresh(&mut self) -> Result<bool, SearchError> {
        let found = match &self.folder {
            Some(folder) => {
                list_files(folder).map_err(|error| SearchError::Runbooks(folder.clone(), error))?
            }
            None => BTreeMap::new(),
        };
        if self.last_listing.as_ref() == Some(&found) {
            return Ok(false);
        }
        self.runbooks.clear();
        for (path, (_, length)) in &found {
            let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
            match read_file(path, *length) {
                Ok(markdown) => {
                    self.runbooks.insert(name.clone(), Arc::new(Runbook::parse(&name, &markdown)));
                }
                Err(error) => tracing::warn!(path = %path.display(), %error, "cannot read a runbook"),
            }
        }
        self.last_listing = Some(found);
        Ok(true)
    }
}

fn list_files(folder: &Path) -> std::io::Result<BTreeMap<PathBuf, (SystemTime, u64)>> {
    let mut found = BTreeMap::new();
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        let is_markdown = path.extension().is_some_and(|end| end.eq_ignore_ascii_case("md"));
        // The file may have been removed since it was listed.
        let Some(meta) = is_markdown.then(|| std::fs::metadata(&path).ok()).flatten() else { continue };
        found.insert(path, (meta.modified()?, meta.len()));
    }
    Ok(found)
}

fn read_file(path: &Path, length: u64) -> std::io::Result<String> {
    if length > MAX_FILE_BYTES {
        return Err(std::io::Error::other(format!("larger than {MAX_FILE_BYTES} bytes")));
    }
    std::fs::read_to_string(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_runbook_is_parsed_into_title_cause_and_steps() {
        let book = Runbook::parse(
            "vpn",
            "# VPN error 809\n\nClients cannot connect.\n\n## Cause\nThe firewall drops\nUDP `4500`.\n\n\
             ## Symptoms\n- error 809\n\n## Fix\n1. Open UDP 4500.\n2. Reconnect\n   the client.\n",
        );
        assert_eq!(book.title, "VPN error 809");
        assert_eq!(book.cause, "The firewall drops UDP 4500.");
        assert_eq!(book.steps, ["Open UDP 4500.", "Reconnect the client."]);
        assert!(book.text.contains("error 809"));
    }

    #[test]
    fn a_runbook_needs_no_headings() {
        let book = Runbook::parse("printers", "Jams come from damp paper.\n\n* Dry it\n* Fan it");
        assert_eq!(book.title, "printers");
        assert_eq!(book.cause, "Jams come from damp paper.");
        assert_eq!(book.steps, ["Dry it", "Fan it"]);
    }

    #[test]
    fn a_changed_runbook_folder_is_reloaded() {
        let folder = tempfile::tempdir().unwrap();
        let mut books = RunbookFolder::new(Some(folder.path().into()));
        assert!(books.refresh().unwrap());
        assert!(!books.refresh().unwrap());
        std::fs::write(folder.path().join("vpn.md"), "# VPN").unwrap();
        std::fs::write(folder.path().join("notes.txt"), "no").unwrap();
        assert!(books.refresh().unwrap());
        assert_eq!(books.iter().map(|(name, _)| name).collect::<Vec<_>>(), ["vpn"]);
    }
}
