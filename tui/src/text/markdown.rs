//! Markdown as rows of text: messages and assessments are written in it.

use pulldown_cmark::{CodeBlockKind, Event, Options, Parser, Tag, TagEnd, TextMergeStream};

use crate::text::link::{self, SafeUrl};
use crate::text::table::MarkdownTable;
use crate::text::{Safe, SafeLine, SafeSpan, TextRole, safe, safe_format, wrap};

/// The spans of a raw line in which backticks mark code and nothing else is markup: a step, a piece of evidence.
pub fn inline_code_spans(raw: &str, role: TextRole) -> Vec<SafeSpan> {
    let parts: Vec<&str> = raw.split('`').collect();
    // An unpaired backtick is just a backtick.
    if parts.len().is_multiple_of(2) {
        return vec![SafeSpan::new(safe::sanitize_line(raw), role)];
    }
    let roles = [role, TextRole::Code].into_iter().cycle();
    let parts = parts.into_iter().zip(roles).filter(|(part, _)| !part.is_empty());
    parts.map(|(part, role)| SafeSpan::new(safe::sanitize_line(part), role)).collect()
}

/// Renders raw Markdown as rows of a width. It may be a text that is still being written.
pub fn render(raw: &str, width: usize) -> Vec<SafeLine> {
    let mut renderer = MarkdownRenderer::new(width);
    for event in parse(raw) {
        renderer.handle_event(event);
    }
    renderer.flush_line();
    while renderer.lines.pop_if(|line| line.0.is_empty()).is_some() {}
    renderer.lines
}

/// The code blocks of raw Markdown, each without the line break at its end.
#[expect(clippy::wildcard_enum_match_arm, reason = "only these of the library's events matter")]
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

struct MarkdownRenderer {
    width: usize,
    lines: Vec<SafeLine>,
    /// The line being written.
    current_line: Vec<SafeSpan>,
    /// The roles of the open inline tags, the innermost last.
    roles: Vec<TextRole>,
    /// The open lists, the innermost last: the number of the next item, or `None` for bullets.
    open_lists: Vec<Option<u64>>,
    quote_depth: usize,
    in_code_block: bool,
    /// The address of the open link: as written, and as a terminal may be given it.
    open_link: Option<(String, Option<SafeUrl>)>,
    /// The open table, as far as it was parsed.
    open_table: Option<MarkdownTable>,
}

impl MarkdownRenderer {
    const fn new(width: usize) -> Self {
        Self {
            width,
            lines: Vec::new(),
            current_line: Vec::new(),
            roles: Vec::new(),
            open_lists: Vec::new(),
            quote_depth: 0,
            in_code_block: false,
            open_link: None,
            open_table: None,
        }
    }

    fn handle_event(&mut self, event: Event<'_>) {
        match event {
            Event::Start(tag) => self.start_tag(tag),
            Event::End(tag) => self.end_tag(tag),
            Event::Text(text) if self.in_code_block => self.push_code_block(&text),
            Event::Text(text) if self.open_link.is_none() => self.push_linkified(&text),
            Event::Text(text) | Event::InlineHtml(text) => self.push_text(&text, self.current_role()),
            Event::Html(text) => {
                self.push_text(text.trim_end_matches('\n'), self.current_role());
                self.flush_line();
            }
            Event::Code(text) | Event::InlineMath(text) | Event::DisplayMath(text) => {
                self.push_text(&text, TextRole::Code);
            }
            Event::SoftBreak | Event::HardBreak => {
                // A table cell is one line.
                if self.open_table.is_none() {
                    self.flush_line();
                }
            }
            Event::Rule => {
                self.push_blank_line();
                self.lines
                    .push(SafeLine::from_text(Safe::from("─").repeated(self.width.min(20)), TextRole::Dim));
            }
            Event::TaskListMarker(is_done) => {
                self.push_text(if is_done { "[x] " } else { "[ ] " }, TextRole::Plain);
            }
            Event::FootnoteReference(name) => self.push_text(&format!("[{name}]"), TextRole::Dim),
        }
    }

    #[expect(clippy::wildcard_enum_match_arm, reason = "only these of the library's tags look different")]
    fn start_tag(&mut self, tag: Tag<'_>) {
        match tag {
            Tag::Heading { .. } => {
                self.push_blank_line();
                self.roles.push(TextRole::Heading);
            }
            Tag::Paragraph => self.push_blank_line(),
            Tag::BlockQuote(_) => {
                self.push_blank_line();
                self.quote_depth += 1;
            }
            Tag::CodeBlock(kind) => {
                self.push_blank_line();
                self.in_code_block = true;
                if let CodeBlockKind::Fenced(language) = kind
                    && !language.is_empty()
                {
                    let label = safe_format!("{}{language}", self.indent());
                    self.lines.push(SafeLine::from_text(label, TextRole::Dim));
                }
            }
            Tag::List(start) => {
                // A list belongs to the line before it.
                self.flush_line();
                self.open_lists.push(start);
            }
            Tag::Item => {
                self.flush_line();
                let marker = match self.open_lists.last_mut() {
                    Some(Some(number)) => {
                        *number += 1;
                        safe_format!("{}. ", *number - 1)
                    }
                    Some(None) | None => "• ".into(),
                };
                self.current_line.push(SafeSpan::new(marker, TextRole::Dim));
            }
            Tag::Table(alignments) => {
                self.push_blank_line();
                self.open_table = Some(MarkdownTable { alignments, rows: Vec::new() });
            }
            Tag::TableHead | Tag::TableRow => {
                if let Some(table) = &mut self.open_table {
                    table.rows.push(Vec::new());
                }
            }
            Tag::Strikethrough => self.roles.push(TextRole::Dim),
            Tag::Emphasis => self.roles.push(TextRole::Emphasis),
            Tag::Strong => self.roles.push(TextRole::Strong),
            Tag::Link { dest_url, .. } | Tag::Image { dest_url, .. } => {
                self.open_link = Some((dest_url.to_string(), link::safe_url(&dest_url)));
            }
            _ => {}
        }
    }

    #[expect(clippy::wildcard_enum_match_arm, reason = "only these of the library's tags look different")]
    fn end_tag(&mut self, tag: TagEnd) {
        match tag {
            TagEnd::Heading(_) => {
                self.flush_line();
                self.roles.pop();
            }
            TagEnd::Paragraph | TagEnd::Item => self.flush_line(),
            TagEnd::BlockQuote(_) => self.quote_depth = self.quote_depth.saturating_sub(1),
            TagEnd::CodeBlock => {
                self.in_code_block = false;
                self.push_blank_line();
            }
            TagEnd::List(_) => {
                self.flush_line();
                self.open_lists.pop();
            }
            TagEnd::TableCell => {
                let cell = std::mem::take(&mut self.current_line);
                if let Some(row) = self.open_table.as_mut().and_then(|table| table.rows.last_mut()) {
                    row.push(cell);
                }
            }
            TagEnd::Table => self.flush_table(),
            TagEnd::Emphasis | TagEnd::Strong | TagEnd::Strikethrough => {
                self.roles.pop();
            }
            TagEnd::Link | TagEnd::Image => self.end_link(),
            _ => {}
        }
    }

    /// Shows the address of a link, unless its text does.
    fn end_link(&mut self) {
        let Some((address, url)) = self.open_link.take() else { return };
        if self.current_line.iter().any(|span| span.text.contains(&address)) {
            return;
        }
        self.push_text(" (", TextRole::Dim);
        self.current_line.push(SafeSpan::with_link(safe::sanitize_line(&address), TextRole::Link, url));
        self.push_text(")", TextRole::Dim);
    }

    fn current_role(&self) -> TextRole {
        match (&self.open_link, self.roles.last()) {
            (Some(_), _) => TextRole::Link,
            (None, Some(role)) => *role,
            (None, None) => TextRole::Plain,
        }
    }

    fn push_text(&mut self, text: &str, role: TextRole) {
        let url = self.open_link.as_ref().and_then(|(_, url)| url.clone());
        // Sanitized after parsing: the parser decodes entities like &#27;.
        self.current_line.push(SafeSpan::with_link(safe::sanitize_line(text), role, url));
    }

    /// Adds text outside a link; addresses in it become links.
    fn push_linkified(&mut self, text: &str) {
        for (part, is_link) in link::split_urls(text) {
            let url = if is_link { link::safe_url(part) } else { None };
            let role = if is_link { TextRole::Link } else { self.current_role() };
            self.current_line.push(SafeSpan::with_link(safe::sanitize_line(part), role, url));
        }
    }

    /// Puts an empty row before a block, except at the top and inside a list.
    fn push_blank_line(&mut self) {
        let begins_item = self.current_line.len() == 1 && !self.open_lists.is_empty();
        if begins_item {
            return;
        }
        self.flush_line();
        let has_text_above = self.lines.last().is_some_and(|line| !line.0.is_empty());
        if has_text_above && self.open_lists.is_empty() {
            self.lines.push(SafeLine::default());
        }
    }

    fn indent(&self) -> Safe<'static> {
        let mut indent = Safe::from("▏ ").repeated(self.quote_depth);
        indent.push(&Safe::from("  ").repeated(self.open_lists.len().saturating_sub(1)));
        indent
    }

    fn flush_line(&mut self) {
        if self.current_line.is_empty() {
            return;
        }
        let mut line = std::mem::take(&mut self.current_line);
        let indent = self.indent();
        let hanging = if self.open_lists.is_empty() { indent.clone() } else { safe_format!("{indent}   ") };
        let begins_item = line.first().is_some_and(|span| {
            span.role == TextRole::Dim && (&*span.text == "• " || span.text.ends_with(". "))
        });
        let lead = if self.open_lists.is_empty() || begins_item { indent } else { hanging.clone() };
        if !lead.is_empty() {
            line.insert(0, SafeSpan::new(lead, TextRole::Dim));
        }
        self.lines.extend(wrap::spans(&line, self.width, &hanging));
    }

    fn flush_table(&mut self) {
        let indent = self.indent();
        let table = self.open_table.take().unwrap_or_default();
        let width = self.width.saturating_sub(indent.chars().count());
        self.lines.extend(table.render(width).into_iter().map(|mut line| {
            line.0.insert(0, SafeSpan::new(&indent, TextRole::Dim));
            line
        }));
        // Even a list that follows gets an empty row.
        self.push_blank_line();
    }

    /// Code keeps its lines and its spaces; a line that is too wide wraps.
    fn push_code_block(&mut self, text: &str) {
        let indent = safe_format!("{}  ", self.indent());
        for line in safe::sanitize_text(text).without_trailing_newlines().lines() {
            let spans = [SafeSpan::new(&indent, TextRole::Plain), SafeSpan::new(line, TextRole::Code)];
            self.lines.extend(wrap::spans(&spans, self.width, "    "));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rendered(raw: &str, width: usize) -> Vec<String> {
        let text = |line: &SafeLine| line.0.iter().map(|span| &*span.text).collect::<String>();
        render(raw, width).iter().map(|line| text(line).trim_end().to_owned()).collect()
    }

    #[test]
    fn blocks_are_separated_and_list_items_are_indented() {
        let raw = "**Likely cause** (high): the certificate\n\n1. Check the machine certificate\n2. Reinstall\n\nDone";
        assert_eq!(
            rendered(raw, 24),
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
    fn rules_are_separated_and_table_columns_are_aligned() {
        assert_eq!(rendered("one\n\n---\n\ntwo", 8), ["one", "", "────────", "", "two"]);
        assert_eq!(rendered("---", 8), ["────────"]);
        assert_eq!(
            rendered("| Host | Lost |\n|---|--:|\n| a | 100000 |\n| b | 7 |", 30)[2..],
            ["a    │ 100000", "b    │      7"]
        );
    }

    #[test]
    fn a_list_is_separated_from_a_table_or_code_before_it() {
        assert_eq!(
            rendered("| a | b |\n|---|---|\n| 1 | 2 |\n\n- one\n- two", 40),
            ["a │ b", "──┼──", "1 │ 2", "", "• one", "• two"]
        );
        assert_eq!(rendered("```\nx\n```\n- one", 40), ["  x", "", "• one"]);
    }

    #[test]
    fn a_code_block_keeps_its_lines() {
        let raw = "Run:\n```sh\nip link set mtu 1400\n\n  done\n```\nthen";
        assert_eq!(
            rendered(raw, 40),
            ["Run:", "", "sh", "  ip link set mtu 1400", "", "    done", "", "then"]
        );
    }

    #[test]
    fn inline_code_gets_its_own_role() {
        let roles = |raw| {
            inline_code_spans(raw, TextRole::Plain)
                .into_iter()
                .map(|span| (String::from(span.text), span.role))
                .collect::<Vec<_>>()
        };
        let plain = |text: &str| (text.to_owned(), TextRole::Plain);
        assert_eq!(
            roles("run `gpupdate` now"),
            [plain("run "), ("gpupdate".into(), TextRole::Code), plain(" now")]
        );
        assert_eq!(roles("a ` alone"), [plain("a ` alone")]);
    }

    #[test]
    fn a_link_shows_its_url() {
        assert_eq!(rendered("see [the page](https://a.test/x)", 60), ["see the page (https://a.test/x)"]);
        assert_eq!(rendered("<https://a.test>", 60), ["https://a.test"]);
    }

    #[test]
    fn incomplete_markdown_is_rendered_without_panicking() {
        let raw = "**Likely cause**: the `cert\n\n1. Check\n2. ";
        for end in (0..=raw.len()).filter(|end| raw.is_char_boundary(*end)) {
            let _ = render(&raw[..end], 20);
        }
        assert_eq!(rendered("a **bold", 20), ["a **bold"]);
    }

    #[test]
    fn markdown_renders_no_control_characters() {
        let all = rendered("[x](javascript:\x1b]0;t\x07) &#27;[2J <b>\u{202e}</b>", 200).join("\n");
        assert!(!all.contains(['\x1b', '\x07', '\u{202e}']), "{all:?}");
    }
}
