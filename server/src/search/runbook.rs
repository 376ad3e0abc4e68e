//! Runbooks: Markdown files that describe a problem, its cause and its solution.
//!
//! Any Markdown works. The first heading is the title. A heading such as `Cause` begins a cause, one such as `Fix` its
//! steps, one such as `Symptoms` says how to tell. Without them, each list is the steps of the cause that the text above
//! it describes, so that one runbook may have several causes.

mod blocks;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;

use crate::search::error::SearchError;
use crate::search::runbook::blocks::{Block, parse_blocks};
use crate::search::words;

/// A team's synonyms, beside its runbooks: a group per line, separated by commas.
const SYNONYM_FILE: &str = "synonyms.txt";
/// How much of a runbook without any form is taken for its cause, in characters.
const MAX_PROSE_CHARS: usize = 600;
/// The largest file that is read.
const MAX_FILE_BYTES: u64 = 256 * 1024;

/// A runbook.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Runbook {
    /// The first heading, or else the name of the file.
    pub title: String,
    /// What it says about all its causes: introduction and symptoms.
    pub overview: String,
    /// The causes, each with its steps; at least one.
    pub causes: Vec<RunbookCause>,
    /// The whole content as plain text.
    pub text: String,
}

/// A cause that a runbook describes.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct RunbookCause {
    /// The heading above it, if it has one of its own.
    pub heading: String,
    /// Why the problem happens.
    pub text: String,
    /// What to do, in order.
    pub steps: Vec<String>,
    /// Its number or letter among the causes of the runbook.
    pub label: Option<char>,
}

/// The number or letter that a heading has by itself: `Cause 1`, `Steps for A: …`.
fn label(heading: &str) -> Option<char> {
    let words = heading.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).take(4);
    words.skip(1).filter(|word| word.chars().count() == 1).find_map(|word| word.chars().next())
}

impl Runbook {
    /// Parses Markdown; `name` is the title if there is no heading.
    pub fn parse(name: &str, markdown: &str) -> Self {
        let blocks = parse_blocks(markdown);
        let mut runbook = Self { title: name.into(), ..Self::default() };
        let mut parts = Vec::new();
        let mut is_titled = false;
        for block in blocks {
            runbook.text.push_str(block.text());
            runbook.text.push('\n');
            match block {
                Block::Heading(ref text) if !is_titled => {
                    is_titled = true;
                    runbook.title.clone_from(text);
                }
                Block::Heading(_) | Block::Paragraph(_) | Block::ListItem(_) => Part::push(&mut parts, block),
            }
        }
        runbook.set_causes(parts);
        runbook
    }

    /// Sorts parts into overview and causes. A heading that says cause begins one, and steps belong to the cause before
    /// them; in a runbook without such headings, each list with the text above it is a cause.
    fn set_causes(&mut self, parts: Vec<Part>) {
        let is_in_sections = parts.iter().any(|part| part.section == Section::Cause);
        let lists =
            parts.iter().filter(|part| part.section == Section::Other && !part.items.is_empty()).count();
        for mut part in parts {
            // Of several lists in a row, each has its cause just above it.
            if lists > 1 && part.heading.is_empty() && part.paragraphs.len() > 1 {
                let own = part.paragraphs.pop().into_iter().collect();
                let before = std::mem::replace(&mut part.paragraphs, own);
                self.add_overview(&Part { paragraphs: before, ..Part::default() });
            }
            match part.section {
                Section::Cause => {
                    let own = part.own.clone();
                    self.causes.push(part.into_cause(&own));
                }
                Section::Steps => match self.cause_of_steps(&part.heading) {
                    Some(cause) => {
                        cause.steps = part.steps_or_sentences();
                    }
                    None => self.causes.push(part.into_cause("")),
                },
                Section::Symptoms => self.add_overview(&part),
                Section::Other if is_in_sections || part.items.is_empty() => self.add_overview(&part),
                Section::Other => {
                    let heading = part.heading.clone();
                    self.causes.push(part.into_cause(&heading));
                }
            }
        }
        if self.causes.is_empty() {
            self.causes.push(RunbookCause::default());
        }
        for cause in &mut self.causes {
            if cause.text.is_empty() && cause.heading.is_empty() {
                cause.text = first_sentences(&self.overview, MAX_PROSE_CHARS);
            }
        }
    }

    /// The cause that steps belong to: the one with the same label, as in `Cause 1` and `Steps for 1`, or else the one
    /// before them.
    fn cause_of_steps(&mut self, heading: &str) -> Option<&mut RunbookCause> {
        let own = label(heading);
        let labelled = |cause: &RunbookCause| own.is_some() && cause.label == own && cause.steps.is_empty();
        let at = self.causes.iter().position(labelled);
        let last = self.causes.iter().rposition(|cause| cause.steps.is_empty());
        let last = last.filter(|at| at + 1 == self.causes.len());
        at.or(last).and_then(|at| self.causes.get_mut(at))
    }

    fn add_overview(&mut self, part: &Part) {
        for text in std::iter::once(&part.heading).chain(&part.paragraphs).chain(&part.items) {
            if !text.is_empty() {
                self.overview.push_str(text);
                self.overview.push('\n');
            }
        }
    }
}

/// The first sentences of a text, up to a length in characters; at least one.
fn first_sentences(text: &str, max_chars: usize) -> String {
    let mut told = String::new();
    for sentence in words::sentences(text) {
        if !told.is_empty() {
            if told.chars().count() + sentence.chars().count() > max_chars {
                break;
            }
            told.push(' ');
        }
        told.push_str(sentence);
    }
    told
}

/// A heading with what is below it, or paragraphs with the list after them.
#[derive(Default)]
struct Part {
    section: Section,
    heading: String,
    /// What the heading of a cause says about it: `Cause 1: the pool is full`.
    own: String,
    paragraphs: Vec<String>,
    items: Vec<String>,
}

impl Part {
    /// Adds a block to the last part, or begins a new one: at each heading, and at the text after a list.
    fn push(parts: &mut Vec<Self>, block: Block) {
        match block {
            Block::Heading(heading) => {
                let (section, rest) = Section::from_heading(&heading);
                let own = if section == Section::Cause { rest.to_owned() } else { String::new() };
                parts.push(Self { section, heading, own, ..Self::default() });
            }
            Block::Paragraph(text) => {
                match parts.last_mut().filter(|part| part.items.is_empty() || part.section != Section::Other)
                {
                    Some(part) => part.paragraphs.push(text),
                    None => parts.push(Self { paragraphs: vec![text], ..Self::default() }),
                }
            }
            Block::ListItem(text) => match parts.last_mut() {
                Some(part) => part.items.push(text),
                None => parts.push(Self { items: vec![text], ..Self::default() }),
            },
        }
    }

    fn into_cause(self, heading: &str) -> RunbookCause {
        // What follows the steps says nothing about the cause, but a cause in a list does.
        let is_list = self.section == Section::Cause && self.paragraphs.is_empty();
        let text = if is_list { self.items.join(" ") } else { self.paragraphs.join(" ") };
        let steps = if self.section == Section::Cause { Vec::new() } else { self.items };
        RunbookCause { label: label(&self.heading), heading: heading.into(), text, steps }
    }

    /// Steps are a list; where there is none, each sentence is a step.
    fn steps_or_sentences(self) -> Vec<String> {
        if !self.items.is_empty() {
            return self.items;
        }
        self.paragraphs.iter().flat_map(|text| words::sentences(text)).map(str::to_owned).collect()
    }
}

#[derive(Clone, Copy, PartialEq, Eq, Default)]
enum Section {
    Cause,
    Steps,
    Symptoms,
    #[default]
    Other,
}

/// The beginnings of headings, in English, German, French and Spanish. A heading that says more is one of its own.
const CAUSE_HEADINGS: &[&str] =
    &["cause", "causes", "root cause", "why", "reason", "ursache", "grund", "warum", "causa", "raison"];
#[rustfmt::skip]
const STEP_HEADINGS: &[&str] = &[
    "fix", "step", "steps", "resolution", "solution", "what to do", "to do", "try", "remedy", "workaround",
    "repair", "lösung", "behebung", "abhilfe", "schritte", "was tun", "vorgehen", "massnahmen", "maßnahmen",
    "étapes", "que faire", "solución", "pasos", "qué hacer", "how to fix", "procedure",
];
#[rustfmt::skip]
const SYMPTOM_HEADINGS: &[&str] = &[
    "symptom", "symptoms", "symptome", "symptômes", "síntomas", "signs", "anzeichen", "first look",
    "erst unterscheiden", "how to recognise", "how to tell", "background", "notes", "see also", "hinweis",
    "hintergrund", "prevention",
];

impl Section {
    /// The section, and what the heading says after a colon or a dash: `Cause 1: the pool is full`.
    fn from_heading(heading: &str) -> (Self, &str) {
        let end = [": ", " – ", " — ", " - "]
            .iter()
            .filter_map(|mark| Some((heading.find(mark)?, mark.len())))
            .min();
        let (label, rest) =
            end.map_or((heading, ""), |(at, mark)| (&heading[..at], heading[at + mark..].trim()));
        let label = label.to_lowercase();
        let label = label.trim_end_matches([':', '?', '!', '.']);
        let starts = |words: &[&str]| {
            words.iter().any(|word| {
                let rest = label.strip_prefix(word);
                rest.is_some_and(|rest| {
                    rest.is_empty() || rest.starts_with(' ') && rest.split(' ').count() <= 4
                })
            })
        };
        if starts(CAUSE_HEADINGS) {
            (Self::Cause, rest)
        } else if starts(STEP_HEADINGS) {
            (Self::Steps, rest)
        } else if starts(SYMPTOM_HEADINGS) {
            (Self::Symptoms, rest)
        } else {
            (Self::Other, rest)
        }
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
    synonyms: String,
}

impl RunbookFolder {
    pub(super) fn new(folder: Option<PathBuf>) -> Self {
        Self { folder, last_listing: None, runbooks: RunbookMap::new(), synonyms: String::new() }
    }

    pub(super) fn books(&self) -> &RunbookMap {
        &self.runbooks
    }

    /// The team's synonyms.
    pub(super) fn synonyms(&self) -> &str {
        &self.synonyms
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
        self.synonyms.clear();
        for (path, (_, length)) in &found {
            if path.file_name().is_some_and(|name| name == SYNONYM_FILE) {
                match read_file(path, *length) {
                    Ok(synonyms) => self.synonyms = synonyms,
                    Err(error) => tracing::warn!(path = %path.display(), %error, "cannot read synonyms"),
                }
                continue;
            }
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
        let is_read = is_markdown || path.file_name().is_some_and(|name| name == SYNONYM_FILE);
        // The file may have been removed since it was listed.
        let Some(meta) = is_read.then(|| std::fs::metadata(&path).ok()).flatten() else { continue };
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
        assert_eq!(book.causes.len(), 1);
        assert_eq!(book.causes[0].text, "The firewall drops UDP 4500.");
        assert_eq!(book.causes[0].steps, ["Open UDP 4500.", "Reconnect the client."]);
        assert_eq!(book.overview, "Clients cannot connect.\nSymptoms\nerror 809\n");
        assert!(book.text.contains("error 809"));
    }

    #[test]
    fn a_runbook_needs_no_headings() {
        let book = Runbook::parse("printers", "Jams come from damp paper.\n\n* Dry it\n* Fan it");
        assert_eq!(book.title, "printers");
        assert_eq!(book.causes[0].text, "Jams come from damp paper.");
        assert_eq!(book.causes[0].steps, ["Dry it", "Fan it"]);
    }

    #[test]
    fn headings_may_number_causes_and_their_steps() {
        let book = Runbook::parse(
            "wal",
            "# WAL grows\n\n## Symptoms\n- disk full\n\n## Cause A: a slot without a reader\nIt keeps segments.\n\n\
             ## Cause B: archiving fails\nSegments wait.\n\n## Steps for A\n1. Drop the slot.\n\n\
             ## Steps for B\n1. Run the command.\n",
        );
        let causes: Vec<_> =
            book.causes.iter().map(|it| (it.heading.as_str(), it.text.as_str(), it.steps.concat())).collect();
        assert_eq!(
            causes,
            [
                ("a slot without a reader", "It keeps segments.", "Drop the slot.".to_owned()),
                ("archiving fails", "Segments wait.", "Run the command.".to_owned()),
            ]
        );
    }

    #[test]
    fn a_runbook_may_have_several_causes() {
        let book = Runbook::parse(
            "offline",
            "# Printer offline\n\nThe panel says ready.\n\n## WSD port\nFound by itself.\n1. Make a port.\n\n\
             ## SNMP\nThe community was changed.\n1. Untick SNMP.\n2. Restart.\n",
        );
        let causes: Vec<_> = book.causes.iter().map(|it| (it.heading.as_str(), it.steps.len())).collect();
        assert_eq!(causes, [("WSD port", 1), ("SNMP", 2)]);
        assert_eq!(book.overview, "The panel says ready.\n");
        let book = Runbook::parse(
            "plain",
            "Ready, but offline.\n\nIf WSD:\n\n1. Port.\n\nIf TCP:\n\n1. SNMP.\n2. Spooler.\n",
        );
        assert_eq!(book.causes.iter().map(|it| it.steps.len()).collect::<Vec<_>>(), [1, 2]);
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
