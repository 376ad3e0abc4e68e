//! Escapes text that people wrote, so that a chat tool shows it as plain text: no mentions, links or markup.

/// Invisible; put between two characters that would be a command together.
const ZERO_WIDTH_SPACE: char = '\u{200b}';

/// Whether a character is visible and harmless: not a control, direction or line-break character, and not zero-width.
pub(super) fn is_visible(c: char) -> bool {
    let is_format = matches!(c,
        '\u{061c}' | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
        | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}');
    !c.is_control() && !is_format
}

/// For Slack: escapes what `<!channel>`, `<@U…>` and `<https://…|text>` begin with, and `@everyone`, which
/// Slack-compatible tools know.
pub(super) fn escape_slack(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' | '<' | '>' => plain.push_str(html_entity(c)),
            '@' => plain.extend(['@', ZERO_WIDTH_SPACE]),
            _ => plain.push(c),
        }
    }
    plain
}

/// For Mattermost: escapes Markdown, and breaks up what mentions or links without markup: `@all`, `~channel`,
/// `#hashtag`, `:emoji:`, `https://…`, `www.…`, and Slack's `<!channel>`.
pub(super) fn escape_mattermost(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text.chars().peekable();
    let mut before = ' ';
    while let Some(c) = rest.next() {
        match c {
            '&' | '<' | '>' => plain.push_str(html_entity(c)),
            '\\' | '`' | '*' | '_' | '[' | ']' | '$' => plain.extend(['\\', c]),
            '~' => plain.extend(['\\', c, ZERO_WIDTH_SPACE]),
            '@' => plain.extend([c, ZERO_WIDTH_SPACE]),
            // A handoff's number (`#7`) is no hashtag, and a time (`12:30`) no emoji.
            '#' if rest.peek().is_some_and(|next| !next.is_ascii_digit()) => {
                plain.extend([c, ZERO_WIDTH_SPACE]);
            }
            ':' if rest.peek().is_some_and(|next| !next.is_whitespace())
                && !(before.is_ascii_digit() && rest.peek().is_some_and(char::is_ascii_digit)) =>
            {
                plain.extend([c, ZERO_WIDTH_SPACE]);
            }
            '.' if ends_with_www(&plain) => plain.extend([ZERO_WIDTH_SPACE, c]),
            _ => plain.push(c),
        }
        before = c;
    }
    plain
}

fn ends_with_www(text: &str) -> bool {
    let end = text.len().checked_sub(3).and_then(|at| text.get(at..));
    end.is_some_and(|end| end.eq_ignore_ascii_case("www"))
}

const fn html_entity(c: char) -> &'static str {
    match c {
        '&' => "&amp;",
        '<' => "&lt;",
        _ => "&gt;",
    }
}

#[cfg(test)]
mod tests {
    use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd};

    use super::*;

    /// The text that Markdown renders, and whether it contains anything but text.
    fn render_markdown(text: &str) -> (String, bool) {
        let mut seen = String::new();
        let mut only_text = true;
        let known = Options::ENABLE_TABLES
            | Options::ENABLE_STRIKETHROUGH
            | Options::ENABLE_FOOTNOTES
            | Options::ENABLE_TASKLISTS
            | Options::ENABLE_MATH;
        for event in Parser::new_ext(text, known) {
            if let Event::Text(text) = event {
                seen.push_str(&text);
            } else {
                let is_paragraph =
                    matches!(event, Event::Start(Tag::Paragraph) | Event::End(TagEnd::Paragraph));
                only_text &= is_paragraph;
            }
        }
        (seen.replace(ZERO_WIDTH_SPACE, ""), only_text)
    }

    #[test]
    fn escaped_text_triggers_nothing_in_mattermost() {
        for text in [
            "#7 *b* **b** _i_ __b__ ~~s~~ `c` ``c`` ***x***",
            "#7 [reset your password](https://evil.test) ![x](https://evil.test/x.png) [r][x]",
            "#7 <https://evil.test> <https://evil.test|here> <b>x</b> <!-- x --> &lt; &amp; AT&T",
            r"#7 back\slash \* \[x](y) $x$ $$x$$ [^1]",
            "#7 a | b | c",
        ] {
            assert_eq!(
                render_markdown(&escape_mattermost(text)),
                (text.to_owned(), true),
                "{}",
                escape_mattermost(text)
            );
        }
        let rings = ["@all", "@channel", "@here", "@priya", "~town-square", "#incident", ":fire:", ":100:"];
        for ring in
            rings.into_iter().chain(["https://", "ftp://", "mailto:a", "www.evil", "WWW.evil", "<!channel>"])
        {
            let text = format!("#7 x {ring} y {ring}");
            let plain = escape_mattermost(&text);
            assert!(!plain.contains(ring), "{plain}");
            assert_eq!(render_markdown(&plain).0, text);
        }
        assert_eq!(escape_mattermost("#7 Ana: 12:30, a.b"), "#7 Ana: 12:30, a.b");
    }

    #[test]
    fn escaped_text_triggers_nothing_in_slack() {
        assert_eq!(escape_slack("<!channel> <@U1> <https://x|y> R&D"), {
            let at = format!("@{ZERO_WIDTH_SPACE}");
            format!("&lt;!channel&gt; &lt;{at}U1&gt; &lt;https://x|y&gt; R&amp;D")
        });
        assert!(!escape_slack("@everyone").contains("@everyone"));
    }

    #[test]
    fn control_and_bidi_characters_are_not_visible() {
        assert!("aé接🔥\u{301}".chars().all(is_visible));
        assert!(!"\n\t\u{1b}\u{202e}\u{2066}\u{200b}\u{feff}\u{2028}\u{e0041}".chars().any(is_visible));
    }
}
