//! Removes a model's thoughts from its text as it grows: `<think>…</think>`, at the start of a line.

/// The tags that models enclose their thoughts in.
const TAGS: [&str; 4] = ["think", "thinking", "thought", "reasoning"];
/// The longest tag with its brackets and slash, in bytes.
const MAX_TAG_BYTES: usize = "</reasoning>".len();

/// Removes thoughts. Text that may be the beginning of a tag is held back until more arrives.
#[derive(Debug, Default)]
pub(super) struct ThoughtFilter {
    held: String,
    /// The tag that is open.
    open: Option<&'static str>,
    /// Whether the text so far ends within a line that has other text.
    is_inside_line: bool,
    /// Whether the white space after thoughts is to be dropped.
    skips_space: bool,
    has_removed: bool,
}

impl ThoughtFilter {
    /// The text that an addition makes certain.
    pub(super) fn filter(&mut self, addition: &str) -> String {
        self.held.push_str(addition);
        let mut text = String::new();
        loop {
            let has_more = match self.open {
                Some(tag) => self.skip_thoughts(tag),
                None => self.take_text(&mut text),
            };
            if !has_more {
                return text;
            }
        }
    }

    /// The rest of the text. A tag that stayed open leaves nothing.
    pub(super) fn finish(&mut self) -> String {
        let rest = std::mem::take(&mut self.held);
        if self.open.is_some() || self.skips_space { String::new() } else { rest }
    }

    /// Whether the model is still thinking.
    pub(super) const fn is_thinking(&self) -> bool {
        self.open.is_some()
    }

    /// Whether there were thoughts.
    pub(super) const fn has_removed(&self) -> bool {
        self.has_removed
    }

    /// Drops what is held up to the closing tag; returns whether there is more to look at.
    fn skip_thoughts(&mut self, tag: &str) -> bool {
        let closing = format!("</{tag}>");
        if let Some(at) = self.held.find(&closing) {
            self.held.drain(..at + closing.len());
            self.open = None;
            self.is_inside_line = false;
            self.skips_space = true;
            return true;
        }
        // Keep what may be the beginning of the closing tag.
        let keep = self.held.len().saturating_sub(MAX_TAG_BYTES);
        let cut = self.held.floor_char_boundary(keep);
        self.held.drain(..cut);
        false
    }

    /// Moves text from what is held to `text`, up to an opening tag; returns whether there is more to look at.
    fn take_text(&mut self, text: &mut String) -> bool {
        if self.skips_space {
            let space = self.held.len() - self.held.trim_start().len();
            self.held.drain(..space);
            self.skips_space = self.held.is_empty();
        }
        while !self.held.is_empty() {
            if self.is_inside_line {
                let end = self.held.find('\n').map_or(self.held.len(), |at| at + 1);
                self.is_inside_line = !self.held[..end].ends_with('\n');
                text.extend(self.held.drain(..end));
                continue;
            }
            let line = self.held.trim_start();
            if let Some(tag) = TAGS.iter().find(|tag| opening_tag(line, tag)) {
                let start = self.held.len() - line.len() + tag.len() + 2;
                text.push_str(&self.held[..self.held.len() - line.len()]);
                self.held.drain(..start);
                self.open = Some(tag);
                self.has_removed = true;
                return true;
            }
            if may_become_opening_tag(line) {
                return false;
            }
            self.is_inside_line = true;
        }
        false
    }
}

fn opening_tag(line: &str, tag: &str) -> bool {
    line.strip_prefix('<').and_then(|rest| rest.strip_prefix(tag)).is_some_and(|rest| rest.starts_with('>'))
}

/// Whether more text may make a line begin with an opening tag. White space alone may, too.
fn may_become_opening_tag(line: &str) -> bool {
    line.is_empty() || TAGS.iter().any(|tag| format!("<{tag}>").starts_with(line))
}

/// The text after a closing tag that was never opened: some endpoints begin an answer inside the thoughts.
pub(super) fn strip_unopened_thoughts(text: &str) -> Option<&str> {
    TAGS.iter().find_map(|tag| {
        let closing = format!("\n</{tag}>\n");
        text.find(&closing).map(|at| text[at + closing.len()..].trim_start())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The text in two pieces, split at every place.
    fn filter_in_pieces(text: &str) -> Vec<String> {
        let splits = (0..=text.len()).filter(|at| text.is_char_boundary(*at));
        let filtered = splits.map(|at| {
            let mut filter = ThoughtFilter::default();
            let pieces = [filter.filter(&text[..at]), filter.filter(&text[at..]), filter.finish()];
            pieces.concat()
        });
        filtered.collect()
    }

    #[test]
    fn thoughts_are_removed_wherever_the_text_is_split() {
        for (text, expected) in [
            ("<think>hm, <b>é</b></think>\n\nDNS.", "DNS."),
            ("\n<thinking>a\n\nb</thinking>DNS.\n<think>c</think>\nTry it.", "\nDNS.\nTry it."),
            ("<think>no end, and </thi", ""),
            (
                "The log says <think>, and 1 < 2.\n<thin client>\n",
                "The log says <think>, and 1 < 2.\n<thin client>\n",
            ),
            ("{\"cause\": \"<think>\"}", "{\"cause\": \"<think>\"}"),
            ("<thin", "<thin"),
            ("  ", "  "),
        ] {
            for filtered in filter_in_pieces(text) {
                assert_eq!(filtered, expected, "{text:?}");
            }
        }
    }

    #[test]
    fn text_inside_a_line_is_not_held_back() {
        let mut filter = ThoughtFilter::default();
        assert_eq!(filter.filter("The"), "The");
        assert_eq!(filter.filter(" <"), " <");
        assert_eq!(filter.filter("\n<t"), "\n");
        assert_eq!(filter.filter("r>"), "<tr>");
    }

    #[test]
    fn an_answer_that_begins_inside_its_thoughts_loses_them() {
        assert_eq!(strip_unopened_thoughts("hm\n</think>\n\nDNS."), Some("DNS."));
        assert_eq!(strip_unopened_thoughts("The tag </think> is in the log."), None);
    }
}
