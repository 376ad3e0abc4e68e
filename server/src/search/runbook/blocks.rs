//! The blocks of a Markdown text.

use pulldown_cmark::{Event, Parser, Tag, TagEnd};

/// A heading, a paragraph or an item of a list.
pub(super) enum Block {
    Heading(String),
    Paragraph(String),
    ListItem(String),
}

impl Block {
    pub(super) fn text(&self) -> &str {
        match self {
            Self::Heading(text) | Self::Paragraph(text) | Self::ListItem(text) => text,
        }
    }
}

/// The blocks of a text, each as plain text in one line.
#[expect(clippy::wildcard_enum_match_arm, reason = "only these events of the library make blocks")]
pub(super) fn parse_blocks(markdown: &str) -> Vec<Block> {
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
            // Steps keep the marks of code: a command is sent as it is.
            Event::Code(code) if items_open > 0 => text.extend(["`", &code, "`"]),
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
