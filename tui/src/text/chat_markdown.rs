//! What people write, as rows: they paste logs, tables and configuration, which stay as they are. Only fences, inline
//! code, links, bold text and lists are markup.

use crate::text::link;
use crate::text::{Safe, SafeLine, SafeSpan, TextRole, safe, safe_format, wrap};

/// The rows of a raw text, and the line of the text that each of them belongs to.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct ChatText {
    /// The rows.
    pub rows: Vec<SafeLine>,
    /// The index of the line of each row, ascending.
    pub line_indices: Vec<usize>,
}

/// Renders a raw text as rows of a width.
pub fn render(raw: &str, width: usize) -> ChatText {
    let text = safe::sanitize_text(raw);
    let text = text.without_trailing_newlines();
    let mut open_fence = None;
    let mut rendered = ChatText::default();
    for (index, line) in text.lines().enumerate() {
        let rows = match (Fence::parse(&line), &open_fence) {
            (Some(fence), Some(open)) if fence.closes(open) => {
                open_fence = None;
                Vec::new()
            }
            (_, Some(_)) => code_rows(&line, width),
            (Some(fence), None) => {
                let label = safe::sanitize_line(fence.info).into_owned();
                open_fence = Some(fence.into_owned());
                if label.is_empty() { Vec::new() } else { vec![SafeLine::from_text(label, TextRole::Dim)] }
            }
            (None, None) => prose_rows(&line, width),
        };
        rendered.line_indices.resize(rendered.rows.len() + rows.len(), index);
        rendered.rows.extend(rows);
    }
    rendered
}

/// The code blocks of a raw text: what is between fences.
pub fn code_blocks(raw: &str) -> Vec<String> {
    let mut blocks: Vec<Vec<&str>> = Vec::new();
    let mut open_fence: Option<Fence<'_>> = None;
    for line in raw.lines() {
        match (Fence::parse(line), &open_fence) {
            (Some(fence), Some(open)) if fence.closes(open) => open_fence = None,
            (_, Some(_)) => blocks.last_mut().into_iter().for_each(|block| block.push(line)),
            (Some(fence), None) => {
                open_fence = Some(fence);
                blocks.push(Vec::new());
            }
            (None, None) => {}
        }
    }
    blocks.into_iter().map(|block| block.join("\n").trim_end_matches('\n').to_owned()).collect()
}

/// A line that begins or ends a code block: three backticks or tildes, or more.
struct Fence<'l> {
    sign: char,
    length: usize,
    /// What follows the signs: a language.
    info: &'l str,
}

impl<'l> Fence<'l> {
    fn parse(line: &'l str) -> Option<Self> {
        let content = line.trim_start_matches(' ');
        let sign = content.chars().next().filter(|sign| matches!(sign, '`' | '~'))?;
        let info = content.trim_start_matches(sign);
        let length = content.len() - info.len();
        let info = info.trim();
        // Backticks after the language would be inline code.
        let is_fence = line.len() - content.len() <= 3 && length >= 3 && !(sign == '`' && info.contains('`'));
        is_fence.then_some(Self { sign, length, info })
    }

    const fn closes(&self, open: &Fence<'_>) -> bool {
        self.sign as u32 == open.sign as u32 && self.length >= open.length && self.info.is_empty()
    }

    const fn into_owned(self) -> Fence<'static> {
        Fence { sign: self.sign, length: self.length, info: "" }
    }
}

/// A line of a code block, indented as in the assistant's messages.
fn code_rows(line: &Safe<'_>, width: usize) -> Vec<SafeLine> {
    let spans = [SafeSpan::new("  ", TextRole::Plain), SafeSpan::new(line, TextRole::Code)];
    wrap::spans(&spans, width, "    ")
}

/// A line outside code. The rows of an item of a list are indented under its text.
fn prose_rows(line: &str, width: usize) -> Vec<SafeLine> {
    let Some((indent, marker, text)) = split_list_marker(line) else {
        return wrap::spans(&inline_spans(line, TextRole::Plain), width, "");
    };
    let bullet = if marker.starts_with(['-', '*', '+']) {
        safe_format!("{}•{}", " ".repeat(indent), &marker[1..])
    } else {
        safe_format!("{}{marker}", " ".repeat(indent))
    };
    let hanging = Safe::spaces(bullet.width());
    let mut spans = vec![SafeSpan::new(bullet, TextRole::Dim)];
    spans.extend(inline_spans(text, TextRole::Plain));
    wrap::spans(&spans, width, &hanging)
}

/// The indentation of an item of a list, its marker with the spaces after it, and its text.
fn split_list_marker(line: &str) -> Option<(usize, &str, &str)> {
    let item = line.trim_start_matches(' ');
    let after_digits = item.trim_start_matches(|c: char| c.is_ascii_digit());
    let digits = item.len() - after_digits.len();
    let sign_end = match digits {
        0 if item.starts_with(['-', '*', '+']) => 1,
        1..=9 if after_digits.starts_with(['.', ')']) => digits + 1,
        _ => return None,
    };
    let text = item[sign_end..].trim_start_matches(' ');
    let marker_end = item.len() - text.len();
    let is_item = marker_end > sign_end && !text.is_empty();
    is_item.then(|| (line.len() - item.len(), &item[..marker_end], text))
}

/// The spans of a line: inline code, bold text and links.
fn inline_spans(line: &str, role: TextRole) -> Vec<SafeSpan> {
    let mut spans = Vec::new();
    let (mut plain_start, mut at) = (0, 0);
    while let Some(offset) = line[at..].find(['`', '*', '[']) {
        let start = at + offset;
        let Some((found, length)) = markup_at(line, start, role) else {
            // None of the signs of a run begins markup.
            let sign = line[start..].chars().next().unwrap_or_default();
            at = line.len() - line[start..].trim_start_matches(sign).len();
            continue;
        };
        push_linkified(&line[plain_start..start], role, &mut spans);
        spans.extend(found);
        at = start + length;
        plain_start = at;
    }
    push_linkified(&line[plain_start..], role, &mut spans);
    spans
}

/// The markup that begins at a place of a line, and how many bytes it takes.
fn markup_at(line: &str, start: usize, role: TextRole) -> Option<(Vec<SafeSpan>, usize)> {
    let rest = &line[start..];
    match rest.as_bytes().first()? {
        b'`' => inline_code(rest),
        b'*' => bold(line, start),
        _ => named_link(rest, role),
    }
}

/// Code between runs of equally many backticks.
fn inline_code(rest: &str) -> Option<(Vec<SafeSpan>, usize)> {
    let run = rest.len() - rest.trim_start_matches('`').len();
    let mut at = run;
    while let Some(offset) = rest[at..].find('`') {
        let close = at + offset;
        let after = rest[close..].trim_start_matches('`');
        let length = rest.len() - close - after.len();
        if length == run {
            let code = SafeSpan::new(safe::sanitize_line(&rest[run..close]), TextRole::Code);
            return (close > run).then(|| (vec![code], close + run));
        }
        at = close + length;
    }
    None
}

/// Text between two pairs of stars that hug it and stand at the edges of words: not an exponent, a glob or an argument.
fn bold(line: &str, start: usize) -> Option<(Vec<SafeSpan>, usize)> {
    let is_edge = |c: Option<char>, signs: &str| c.is_none_or(|c| c.is_whitespace() || signs.contains(c));
    let inner = line[start..].strip_prefix("**").filter(|inner| inner.starts_with(char::is_alphanumeric))?;
    let end = inner.find("**").filter(|end| !inner[..*end].ends_with(char::is_whitespace))?;
    let after = inner[end + 2..].chars().next();
    let is_word =
        is_edge(line[..start].chars().next_back(), "([{\"'“‘—") && is_edge(after, ".,;:!?)]}\"'”’—");
    is_word.then(|| (inline_spans(&inner[..end], TextRole::Strong), end + 4))
}

/// A link with a text of its own, `[text](address)`: its address is shown, or nobody would know where it leads.
fn named_link(rest: &str, role: TextRole) -> Option<(Vec<SafeSpan>, usize)> {
    let inner = rest.strip_prefix('[')?;
    // It is read only as far as it can be a link: a line may have very many brackets.
    let text = &inner[..inner.find(['[', ']'])?];
    let after = inner[text.len()..].strip_prefix("](")?;
    let address = &after[..after.find([')', ' '])?];
    let closes = after[address.len()..].starts_with(')');
    let url = link::safe_url(address).filter(|_| closes && !text.is_empty())?;
    let mut spans = vec![SafeSpan::with_link(safe::sanitize_line(text), TextRole::Link, Some(url.clone()))];
    if text != address {
        let shown = SafeSpan::with_link(safe::sanitize_line(address), TextRole::Link, Some(url));
        spans.extend([SafeSpan::new(" (", role), shown, SafeSpan::new(")", role)]);
    }
    Some((spans, text.len() + address.len() + 4))
}

/// Adds text without markup; addresses in it become links.
fn push_linkified(text: &str, role: TextRole, spans: &mut Vec<SafeSpan>) {
    for (part, is_link) in link::split_urls(text) {
        let url = if is_link { link::safe_url(part) } else { None };
        let role = if is_link { TextRole::Link } else { role };
        spans.push(SafeSpan::with_link(safe::sanitize_line(part), role, url));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rendered(raw: &str, width: usize) -> Vec<String> {
        let text = |line: &SafeLine| line.0.iter().map(|span| &*span.text).collect::<String>();
        render(raw, width).rows.iter().map(|line| text(line).trim_end().to_owned()).collect()
    }

    /// The parts of a line that are not plain.
    fn marked(raw: &str) -> Vec<(String, TextRole)> {
        let spans = inline_spans(raw, TextRole::Plain).into_iter();
        let marked = spans.filter(|span| span.role != TextRole::Plain);
        marked.map(|span| (String::from(span.text), span.role)).collect()
    }

    #[test]
    fn pasted_text_stays_as_it_was_pasted() {
        for raw in [
            "# grep -c error /var/log/syslog\n    indented\n        more",
            "PID   USER     CPU\n  1   root     0.3\n\n\n 42   tierup   12.0",
            "a | b\n--|--\n1 | 2",
            "> quoted by mail\n---\n<b>not bold</b> &amp; 5 * 3 * 2 _init_ __main__ ~~gone~~",
            "src/**/*.rs and lib/**/*.rs, f(*args, **kwargs), 2**3**4",
            "arr[0](x) \\* C:\\new\\*",
            "-rw-r--r-- 1 root\n--flag value\n+15% at 10.0.0.1\n3.14\n2026-11-27",
        ] {
            assert_eq!(rendered(raw, 80).join("\n"), raw);
            assert!(raw.lines().all(|line| marked(line).is_empty()), "{raw}");
        }
    }

    #[test]
    fn fences_inline_code_bold_text_and_lists_are_markup() {
        let code = |text: &str| (text.to_owned(), TextRole::Code);
        let strong = |text: &str| (text.to_owned(), TextRole::Strong);
        assert_eq!(
            marked("run `gpupdate /force` as ``a`b`` or ` alone"),
            [code("gpupdate /force"), code("a`b")]
        );
        assert_eq!(
            marked("**Do not reboot**: (**it** runs `chkdsk`)"),
            [strong("Do not reboot"), strong("it"), code("chkdsk")]
        );
        assert_eq!(
            rendered("Log:\n```text\n  # one\n\nstays\n```\nDone", 40),
            ["Log:", "text", "    # one", "", "  stays", "Done"]
        );
        assert_eq!(
            rendered("- restarted the printer spooler\n  * twice\n10. then this", 22),
            ["• restarted the", "  printer spooler", "  • twice", "10. then this"]
        );
        assert_eq!(rendered("~~~\nopen to the end", 40), ["  open to the end"]);
    }

    #[test]
    fn links_show_where_they_lead() {
        assert_eq!(rendered("see [the page](https://a.test/x).", 60), ["see the page (https://a.test/x)."]);
        assert_eq!(rendered("[x](javascript:alert)", 60), ["[x](javascript:alert)"]);
        let spans = inline_spans("at https://a.test/x, now", TextRole::Plain);
        assert_eq!(spans[1].link.as_ref().map(link::SafeUrl::as_str), Some("https://a.test/x"));
    }

    #[test]
    fn only_fences_make_code_blocks() {
        let raw = "    indented\n```sh\nls\n\n```\nand\n~~~\n```\n~~~~\n```\nopen";
        assert_eq!(code_blocks(raw), ["ls", "```", "open"]);
    }

    #[test]
    fn every_row_knows_its_line() {
        let text = render("one two three\n```\nfour\n```\nfive", 8);
        assert_eq!((text.rows.len(), text.line_indices), (4, vec![0, 0, 2, 4]));
    }

    #[test]
    fn any_text_is_rendered_without_control_characters() {
        let raw = "`\x1b]0;t\x07` **\u{202e}** [x](https://a.test/\x1b) - \u{1b}[2J\t*";
        for end in (0..=raw.len()).filter(|end| raw.is_char_boundary(*end)) {
            let all = rendered(&raw[..end], 20).join("\n");
            assert!(!all.contains(['\x1b', '\x07', '\u{202e}']), "{all:?}");
        }
    }
}
