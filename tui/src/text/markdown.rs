//! Markdown as rows of text: what messages and assessments are written in.

use std::sync::Arc;

use pulldown_cmark::{CodeBlockKind, Event, Options, Parser, Tag, TagEnd, TextMergeStream};

use crate::text::table::Table;
use crate::text::{Ink, Piece, Row, link, safe, wrap};

/// A raw line of text in which only code is marked, by backticks: names of things, steps, evidence.
pub fn line(raw: &str, ink: Ink) -> Vec<Piece> {
    let parts: Vec<&str> = raw.split('`').collect();
    // A backtick without its partner is a backtick.
    if parts.len().is_multiple_of(2) {
        return vec![Piece::new(safe::line(raw), ink)];
    }
    let marked = parts.iter().enumerate().filter(|(_, part)| !part.is_empty());
    marked
        .map(|(place, part)| Piece::new(safe::line(part), if place % 2 == 1 { Ink::Code } else { ink }))
        .collect()
}

/// Breaks raw Markdown into rows of a width. Safe to call on half a text that is still being written.
pub fn rows(raw: &str, width: usize) -> Vec<Row> {
    let mut writer = Writer::new(width);
    for event in parse(raw) {
        writer.take(event);
    }
    writer.end_line();
    while writer.rows.last().is_some_and(|row| row.0.is_empty()) {
        writer.rows.pop();
    }
    writer.rows
}

/// The code blocks of raw Markdown, as they are written, without a line break at the end.
#[expect(clippy::wildcard_enum_match_arm, reason = "of a library's events only these matter")]
pub fn code_blocks(raw: &str) -> Vec<String> {
    let mut blocks = Vec::new();
    let mut is_code = false;
    for event in parse(raw) {
        match event {
            Event::Start(Tag::CodeBlock(_)) => {
                is_code = true;
                blocks.push(String::new());
            }
            Event::End(TagEnd::CodeBlock) => is_code = false,
            Event::Text(text) if is_code => {
                if let Some(block) = blocks.last_mut() {
                    block.push_str(&text);
                }
            }
            _ => {}
        }
    }
    for block in &mut blocks {
        block.truncate(block.trim_end_matches('\n').len());
    }
    blocks
}

fn parse(raw: &str) -> impl Iterator<Item = Event<'_>> {
    let options = Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH | Options::ENABLE_TASKLISTS;
    TextMergeStream::new(Parser::new_ext(raw, options))
}

struct Writer {
    width: usize,
    rows: Vec<Row>,
    /// The line being written.
    line: Vec<Piece>,
    /// The meanings that are open, the innermost last.
    inks: Vec<Ink>,
    /// The lists that are open, with the number of the next item where they count.
    lists: Vec<Option<u64>>,
    quotes: usize,
    in_code: bool,
    /// The link that is open: where it leads, as it is written, and as a terminal may be told.
    link: Option<(String, Option<Arc<str>>)>,
    /// The table that is open, as far as it came.
    table: Option<Table>,
}

impl Writer {
    const fn new(width: usize) -> Self {
        Self {
            width,
            rows: Vec::new(),
            line: Vec::new(),
            inks: Vec::new(),
            lists: Vec::new(),
            quotes: 0,
            in_code: false,
            link: None,
            table: None,
        }
    }

    fn take(&mut self, event: Event<'_>) {
        match event {
            Event::Start(tag) => self.start(tag),
            Event::End(tag) => self.end(tag),
            Event::Text(text) if self.in_code => self.code_block(&text),
            Event::Text(text) if self.link.is_none() => self.words(&text),
            Event::Text(text) | Event::InlineHtml(text) => self.word(&text, self.ink()),
            Event::Html(text) => {
                self.word(text.trim_end_matches('\n'), self.ink());
                self.end_line();
            }
            Event::Code(text) | Event::InlineMath(text) | Event::DisplayMath(text) => {
                self.word(&text, Ink::Code);
            }
            Event::SoftBreak | Event::HardBreak => {
                // A cell of a table is one line.
                if self.table.is_none() {
                    self.end_line();
                }
            }
            Event::Rule => {
                self.gap();
                self.rows.push(Row::of("─".repeat(self.width.min(20)), Ink::Dim));
            }
            Event::TaskListMarker(done) => self.word(if done { "[x] " } else { "[ ] " }, Ink::Plain),
            Event::FootnoteReference(name) => self.word(&format!("[{name}]"), Ink::Dim),
        }
    }

    #[expect(clippy::wildcard_enum_match_arm, reason = "of a library's tags only these look different")]
    fn start(&mut self, tag: Tag<'_>) {
        match tag {
            Tag::Heading { .. } => {
                self.gap();
                self.inks.push(Ink::Heading);
            }
            Tag::Paragraph => self.gap(),
            Tag::BlockQuote(_) => {
                self.gap();
                self.quotes += 1;
            }
            Tag::CodeBlock(kind) => {
                self.gap();
                self.in_code = true;
                if let CodeBlockKind::Fenced(language) = kind
                    && !language.is_empty()
                {
                    self.rows.push(Row::of(format!("{}{}", self.indent(), safe::line(&language)), Ink::Dim));
                }
            }
            Tag::List(start) => {
                // A list belongs to the line before it.
                self.end_line();
                self.lists.push(start);
            }
            Tag::Item => {
                self.end_line();
                let mark = match self.lists.last_mut() {
                    Some(Some(number)) => {
                        *number += 1;
                        format!("{}. ", *number - 1)
                    }
                    Some(None) | None => "• ".into(),
                };
                self.line.push(Piece::new(mark, Ink::Dim));
            }
            Tag::Table(sides) => {
                self.gap();
                self.table = Some(Table { sides, rows: Vec::new() });
            }
            Tag::TableHead | Tag::TableRow => {
                if let Some(table) = &mut self.table {
                    table.rows.push(Vec::new());
                }
            }
            Tag::Strikethrough => self.inks.push(Ink::Dim),
            Tag::Emphasis => self.inks.push(Ink::Emphasis),
            Tag::Strong => self.inks.push(Ink::Strong),
            Tag::Link { dest_url, .. } | Tag::Image { dest_url, .. } => {
                self.link = Some((dest_url.to_string(), link::target(&dest_url)));
            }
            _ => {}
        }
    }

    #[expect(clippy::wildcard_enum_match_arm, reason = "of a library's tags only these look different")]
    fn end(&mut self, tag: TagEnd) {
        match tag {
            TagEnd::Heading(_) => {
                self.end_line();
                self.inks.pop();
            }
            TagEnd::Paragraph | TagEnd::Item => self.end_line(),
            TagEnd::BlockQuote(_) => self.quotes = self.quotes.saturating_sub(1),
            TagEnd::CodeBlock => {
                self.in_code = false;
                self.gap();
            }
            TagEnd::List(_) => {
                self.end_line();
                self.lists.pop();
            }
            TagEnd::TableCell => {
                let cell = std::mem::take(&mut self.line);
                if let Some(row) = self.table.as_mut().and_then(|table| table.rows.last_mut()) {
                    row.push(cell);
                }
            }
            TagEnd::Table => {
                let indent = self.indent();
                let table = self.table.take().unwrap_or_default();
                let width = self.width.saturating_sub(indent.chars().count());
                self.rows.extend(table.shown(width).into_iter().map(|mut row| {
                    row.0.insert(0, Piece::new(indent.clone(), Ink::Dim));
                    row
                }));
                // What follows stands apart, a list too.
                self.gap();
            }
            TagEnd::Emphasis | TagEnd::Strong | TagEnd::Strikethrough => {
                self.inks.pop();
            }
            TagEnd::Link | TagEnd::Image => {
                if let Some((written, target)) = self.link.take() {
                    let shown = self.line.iter().any(|piece| piece.text.contains(&written));
                    if !shown {
                        self.word(" (", Ink::Dim);
                        self.line.push(Piece::linked(safe::line(&written), Ink::Link, target));
                        self.word(")", Ink::Dim);
                    }
                }
            }
            _ => {}
        }
    }

    fn ink(&self) -> Ink {
        match (&self.link, self.inks.last()) {
            (Some(_), _) => Ink::Link,
            (None, Some(ink)) => *ink,
            (None, None) => Ink::Plain,
        }
    }

    fn word(&mut self, text: &str, ink: Ink) {
        let target = self.link.as_ref().and_then(|(_, target)| target.clone());
        // Made safe only here: an entity like &#27; becomes what it stands for while it is parsed.
        self.line.push(Piece::linked(safe::line(text), ink, target));
    }

    /// Text that is no link as a whole: addresses in it are.
    fn words(&mut self, text: &str) {
        for (part, is_link) in link::parts(text) {
            let target = if is_link { link::target(part) } else { None };
            let ink = if is_link { Ink::Link } else { self.ink() };
            self.line.push(Piece::linked(safe::line(part), ink, target));
        }
    }

    /// An empty row before a block, but not at the top nor inside a list.
    fn gap(&mut self) {
        let begins_item = self.line.len() == 1 && !self.lists.is_empty();
        if begins_item {
            return;
        }
        self.end_line();
        let follows = self.rows.last().is_some_and(|row| !row.0.is_empty());
        if follows && self.lists.is_empty() {
            self.rows.push(Row::default());
        }
    }

    fn indent(&self) -> String {
        format!("{}{}", "▏ ".repeat(self.quotes), "  ".repeat(self.lists.len().saturating_sub(1)))
    }

    fn end_line(&mut self) {
        if self.line.is_empty() {
            return;
        }
        let mut line = std::mem::take(&mut self.line);
        let indent = self.indent();
        let hang = if self.lists.is_empty() { indent.clone() } else { format!("{indent}   ") };
        let begins_item = line
            .first()
            .is_some_and(|piece| piece.ink == Ink::Dim && (piece.text == "• " || piece.text.ends_with(". ")));
        let lead = if self.lists.is_empty() || begins_item { indent } else { hang.clone() };
        if !lead.is_empty() {
            line.insert(0, Piece::new(lead, Ink::Dim));
        }
        self.rows.extend(wrap::pieces(&line, self.width, &hang));
    }

    /// Code keeps its lines and its spaces; a line wider than the row goes on in the next.
    fn code_block(&mut self, text: &str) {
        let indent = self.indent();
        for line in safe::text(text).trim_end_matches('\n').split('\n') {
            let line = [Piece::new(format!("{indent}  "), Ink::Plain), Piece::new(line, Ink::Code)];
            self.rows.extend(wrap::pieces(&line, self.width, "    "));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(raw: &str, width: usize) -> Vec<String> {
        let text = |row: Row| row.0.into_iter().map(|piece| piece.text).collect::<String>();
        rows(raw, width).into_iter().map(|row| text(row).trim_end().to_owned()).collect()
    }

    #[test]
    fn blocks_stand_apart_and_lists_hang() {
        let raw = "**Likely cause** (high): the certificate\n\n1. Check the machine certificate\n2. Reinstall\n\nDone";
        assert_eq!(
            shown(raw, 24),
            [
                "Likely cause (high): the",
                "certificate",
                "1. Check the machine",
                "   certificate",
                "2. Reinstall",
                "",
                "Done"
            ]
        );
    }

    #[test]
    fn a_rule_stands_apart_and_columns_lean_as_they_are_written() {
        assert_eq!(shown("one\n\n---\n\ntwo", 8), ["one", "", "────────", "", "two"]);
        assert_eq!(shown("---", 8), ["────────"]);
        assert_eq!(
            shown("| Host | Lost |\n|---|--:|\n| a | 100000 |\n| b | 7 |", 30)[2..],
            ["a    │ 100000", "b    │      7"]
        );
    }

    #[test]
    fn a_list_stands_apart_from_a_table_and_from_code_before_it() {
        assert_eq!(
            shown("| a | b |\n|---|---|\n| 1 | 2 |\n\n- one\n- two", 40),
            ["a │ b", "──┼──", "1 │ 2", "", "• one", "• two"]
        );
        assert_eq!(shown("```\nx\n```\n- one", 40), ["  x", "", "• one"]);
    }

    #[test]
    fn code_keeps_its_lines() {
        let raw = "Run:\n```sh\nip link set mtu 1400\n\n  done\n```\nthen";
        assert_eq!(shown(raw, 40), ["Run:", "", "sh", "  ip link set mtu 1400", "", "    done", "", "then"]);
    }

    #[test]
    fn code_in_a_line_is_marked() {
        let inks =
            |raw| line(raw, Ink::Plain).into_iter().map(|piece| (piece.text, piece.ink)).collect::<Vec<_>>();
        let plain = |text: &str| (text.to_owned(), Ink::Plain);
        assert_eq!(
            inks("run `gpupdate` now"),
            [plain("run "), ("gpupdate".into(), Ink::Code), plain(" now")]
        );
        assert_eq!(inks("a ` alone"), [plain("a ` alone")]);
    }

    #[test]
    fn a_link_shows_where_it_leads() {
        assert_eq!(shown("see [the page](https://a.test/x)", 60), ["see the page (https://a.test/x)"]);
        assert_eq!(shown("<https://a.test>", 60), ["https://a.test"]);
    }

    #[test]
    fn half_a_text_is_shown_as_far_as_it_goes() {
        let raw = "**Likely cause**: the `cert\n\n1. Check\n2. ";
        for end in (0..=raw.len()).filter(|end| raw.is_char_boundary(*end)) {
            let _ = rows(&raw[..end], 20);
        }
        assert_eq!(shown("a **bold", 20), ["a **bold"]);
    }

    #[test]
    fn markup_cannot_smuggle_what_is_not_text() {
        let all = shown("[x](javascript:\x1b]0;t\x07) &#27;[2J <b>\u{202e}</b>", 200).join("\n");
        assert!(!all.contains(['\x1b', '\x07', '\u{202e}']), "{all:?}");
    }
}
