//! An answer in text: headings, lists, tables and blocks of code, line by line.

use tierup_common::assessment::{Confidence, Evidence};

use crate::assess::parse::answer::{Answer, Part, read_confidence};
use crate::assess::parse::heading::{self, Section};
use crate::assess::parse::markup;
use crate::assess::parse::quote;
use crate::assess::parse::table::Table;

/// An unfinished line of this many bytes is prose: no heading is longer.
const MAX_HEADING_BYTES: usize = 24;

/// Reads an answer. If it is not complete, the last step and the last quote are left out: more of them may follow.
pub(super) fn read(text: &str, is_complete: bool) -> Answer {
    let mut reader = TextReader::default();
    for line in text.split_inclusive('\n') {
        if is_complete || line.ends_with('\n') || reader.can_read_unfinished(line) {
            reader.read_line(line);
        }
    }
    reader.finish(is_complete)
}

#[derive(Default)]
struct TextReader {
    /// None before the first heading.
    section: Option<Section>,
    /// A part is whole once the next one has begun.
    cause: Part<Vec<String>>,
    steps: Part<Vec<String>>,
    quotes: Part<Vec<Evidence>>,
    find_out: Part<Vec<String>>,
    confidence: Option<Confidence>,
    /// The item that following lines may continue.
    item: Option<Item>,
    /// Text under a heading that nothing is read from; the cause, if there is no other text.
    other: Vec<String>,
    /// The marker that closes the block of code.
    fence: Option<&'static str>,
    /// Whether the whole answer stands in a block of code.
    is_wrapped: bool,
    table: Option<Table>,
    is_after_blank: bool,
}

#[derive(Default)]
struct Item {
    indent: usize,
    text: String,
    commands: Vec<String>,
    /// Whether it is a line without a marker.
    is_plain: bool,
}

impl TextReader {
    /// An unfinished line may become a heading or an item, so that only the text of the cause is read from it, and what
    /// is one already.
    fn can_read_unfinished(&self, line: &str) -> bool {
        if self.fence.is_some() {
            return false;
        }
        match heading::read(line) {
            // Half a quote stands in its message too.
            Some((Section::Quotes, rest)) => rest.is_empty(),
            // `Steps` may become `Steps like these`.
            Some((_, rest)) => !rest.is_empty() || line.trim_end().ends_with([':', '*', '_']),
            None if self.section == Some(Section::Quotes) => false,
            None if markup::list_item(line).is_some_and(|(_, text)| !text.is_empty()) => true,
            None => {
                let is_cause = self.section == Some(Section::Cause) && self.item.is_none();
                is_cause && line.len() >= MAX_HEADING_BYTES && line.starts_with(char::is_alphabetic)
            }
        }
    }

    fn read_line(&mut self, line: &str) {
        let trimmed = line.trim();
        if self.read_code(trimmed) {
            return;
        }
        if trimmed.is_empty() {
            self.is_after_blank = true;
            return;
        }
        let is_rule = trimmed.len() >= 3 && trimmed.chars().all(|c| matches!(c, '-' | '=' | '*' | '_'));
        if !is_rule {
            match heading::read(trimmed) {
                Some((section, rest)) => self.begin_section(section, rest),
                None => self.read_content(line, trimmed),
            }
        }
        self.is_after_blank = false;
    }

    /// Reads a line of a block of code: a command of the step before it, or a part of the cause. Some models put the
    /// whole answer into one.
    fn read_code(&mut self, line: &str) -> bool {
        let marker = ["```", "~~~"].into_iter().find(|marker| line.starts_with(marker));
        match (self.fence, marker) {
            (Some(open), Some(close)) if open == close => self.fence = None,
            (Some(_), _) => self.read_code_line(line),
            (None, Some(marker)) if self.is_wrapped && line == marker => {
                // What follows is no part of the last step.
                (self.is_wrapped, self.is_after_blank) = (false, true);
            }
            (None, Some(_))
                if self.section.is_none() && self.cause.value.is_empty() && self.item.is_none() =>
            {
                self.is_wrapped = true;
            }
            (None, Some(marker)) => self.fence = Some(marker),
            (None, None) => return false,
        }
        true
    }

    fn read_code_line(&mut self, line: &str) {
        let is_comment = line.is_empty() || line.starts_with("# ");
        if let Some(item) = &mut self.item {
            item.commands.extend((!is_comment).then(|| line.to_owned()));
        } else if self.is_in_cause() {
            self.cause.value.push(line.to_owned());
        }
    }

    const fn is_in_cause(&self) -> bool {
        matches!(self.section, None | Some(Section::Cause)) && !self.cause.is_whole
    }

    fn begin_section(&mut self, section: Section, rest: &str) {
        self.end_item();
        self.table = None;
        match self.section.replace(section) {
            // What stands before the first heading of a cause introduces the answer.
            None if section == Section::Cause => self.cause.value.clear(),
            None => self.cause.is_whole = !self.cause.value.is_empty(),
            Some(ended) => {
                if let Some(has_ended) = self.end_mark(ended) {
                    *has_ended = true;
                }
            }
        }
        if let Some(has_ended) = self.end_mark(section) {
            *has_ended = false;
        }
        if rest.is_empty() {
            return;
        }
        match section {
            Section::Cause if is_confidence_label(rest) => {
                self.confidence = read_confidence(rest);
            }
            Section::Cause => self.cause.value.push(rest.to_owned()),
            Section::Confidence => self.confidence = read_confidence(rest).or(self.confidence),
            Section::Steps | Section::FindOut => {
                self.begin_item(0, markup::list_item(rest).map_or(rest, |(_, text)| text));
            }
            Section::Quotes => self.quotes.value.extend(quote::read(rest)),
            Section::Other => self.other.push(rest.to_owned()),
        }
    }

    const fn end_mark(&mut self, section: Section) -> Option<&mut bool> {
        match section {
            Section::Cause => Some(&mut self.cause.is_whole),
            Section::Steps => Some(&mut self.steps.is_whole),
            Section::Quotes => Some(&mut self.quotes.is_whole),
            Section::FindOut => Some(&mut self.find_out.is_whole),
            Section::Confidence | Section::Other => None,
        }
    }

    fn read_content(&mut self, line: &str, trimmed: &str) {
        match self.section {
            Some(Section::Confidence) => {
                self.confidence = self.confidence.or_else(|| read_confidence(trimmed));
                return;
            }
            Some(Section::Other) => {
                self.other.push(trimmed.to_owned());
                return;
            }
            None | Some(Section::Cause | Section::Steps | Section::Quotes | Section::FindOut) => {}
        }
        if let Some(cells) = markup::table_cells(trimmed) {
            self.read_row(&cells);
            return;
        }
        self.table = None;
        match markup::list_item(line) {
            Some((indent, text)) => self.read_item(indent, text, trimmed),
            None => self.read_paragraph(line, trimmed),
        }
    }

    fn read_row(&mut self, cells: &[&str]) {
        self.end_item();
        let Some(table) = &mut self.table else {
            self.table = Some(Table::from_header(cells));
            return;
        };
        if self.section == Some(Section::Quotes) {
            self.quotes.value.extend(table.quote(cells));
        } else {
            self.cause.is_whole = true;
            self.steps.value.extend(table.step(cells));
        }
    }

    fn read_item(&mut self, indent: usize, text: &str, trimmed: &str) {
        if let Some(item) = self.item.as_mut().filter(|item| indent >= item.indent + 2) {
            let separator = if item.text.is_empty() || item.text.ends_with(':') { " " } else { "; " };
            item.text.push_str(separator);
            item.text.push_str(text);
            return;
        }
        self.end_item();
        match self.section {
            Some(Section::Quotes) => self.quotes.value.extend(quote::read(text)),
            // `## Cause` and a list: the list is the cause.
            Some(Section::Cause) if self.cause.value.last().is_none_or(|line| line.ends_with(':')) => {
                self.cause.value.push(text.to_owned());
            }
            None if self.cause.value.is_empty() && trimmed.starts_with('*') && trimmed.ends_with('*') => {}
            None | Some(Section::Cause | Section::Steps | Section::FindOut) => self.begin_item(indent, text),
            Some(Section::Confidence | Section::Other) => {}
        }
    }

    fn read_paragraph(&mut self, line: &str, trimmed: &str) {
        if self.section == Some(Section::Quotes) {
            self.quotes.value.extend(quote::read(trimmed));
            return;
        }
        let indent = line.len() - line.trim_start().len();
        if let Some(item) = self.item.as_mut().filter(|item| !item.is_plain) {
            if !self.is_after_blank || indent >= item.indent + 2 {
                item.text.push(' ');
                item.text.push_str(trimmed);
            } else {
                // A paragraph after the list belongs to nothing.
                self.end_item();
            }
        } else if self.is_in_cause() {
            self.cause.value.push(trimmed.to_owned());
        } else if self.has_no_list() && !trimmed.ends_with(':') {
            self.end_item();
            self.begin_item(indent, trimmed);
            self.item.iter_mut().for_each(|item| item.is_plain = true);
        }
    }

    /// Whether the section is a list whose items have no markers so far.
    fn has_no_list(&self) -> bool {
        let items = match self.section {
            Some(Section::Steps) => &self.steps.value,
            Some(Section::FindOut) => &self.find_out.value,
            None | Some(Section::Cause | Section::Quotes | Section::Confidence | Section::Other) => {
                return false;
            }
        };
        items.is_empty() || self.item.is_some()
    }

    fn begin_item(&mut self, indent: usize, text: &str) {
        if self.section != Some(Section::FindOut) {
            self.cause.is_whole = true;
        }
        self.item = Some(Item { indent, text: text.to_owned(), ..Item::default() });
    }

    fn end_item(&mut self) {
        self.fence = None;
        let Some(item) = self.item.take() else { return };
        let text = markup::plain_line(quote::without_tried_marker(&item.text));
        let text = quote::without_tried_marker(&text).to_owned();
        let step = item.commands.iter().fold(text, |step, command| {
            if step.contains('`') && !step.contains(command.as_str()) {
                format!("{step}, {}", markup::join_command("", command))
            } else {
                markup::join_command(&step, command)
            }
        });
        match self.section {
            _ if step.is_empty() || ["none", "none.", "n/a"].contains(&step.to_lowercase().as_str()) => {}
            Some(Section::FindOut) => self.find_out.value.push(step),
            None
            | Some(
                Section::Cause | Section::Steps | Section::Quotes | Section::Confidence | Section::Other,
            ) => {
                self.steps.value.push(step);
            }
        }
    }

    fn finish(mut self, is_complete: bool) -> Answer {
        if is_complete {
            self.end_item();
        }
        let is_prose = self.section.is_none() || self.cause.value.is_empty();
        if self.cause.value.is_empty() {
            self.cause.value.append(&mut self.other);
        }
        if is_prose && self.cause.value.len() > 1 && self.cause.value[0].ends_with(':') {
            // `Sure, here is what I found:`
            self.cause.value.remove(0);
        }
        let cause = markup::plain_line(&self.cause.value.join(" "));
        Answer {
            cause: Part { value: cause, is_whole: is_complete || self.cause.is_whole },
            steps: self.steps.or_whole(is_complete),
            quotes: self.quotes.or_whole(is_complete),
            find_out: self.find_out.or_whole(is_complete),
            confidence: self.confidence,
            is_prose,
        }
    }
}

/// `**Likely cause** high confidence`: the rest of the heading is not the cause.
fn is_confidence_label(text: &str) -> bool {
    text == "inconclusive"
        || text.strip_suffix(" confidence").is_some_and(|level| level.parse::<Confidence>().is_ok())
}
