//! Text that the endpoint cut off, without the part whose end is missing.

use crate::assess::parse::is_list_item;
use crate::search::words;

/// What is surely whole of a Markdown text that was cut off: its lines, and the sentences of an unfinished paragraph. An
/// unfinished block of code is left out, and so is an unfinished item: half a command does something else.
pub(super) fn whole_part(text: &str) -> String {
    let mut whole = String::new();
    // Where the block of code began that is open.
    let mut fence: Option<usize> = None;
    let mut last_line = "";
    for line in text.split_inclusive('\n') {
        if !line.ends_with('\n') {
            last_line = line;
            break;
        }
        if ["```", "~~~"].iter().any(|marker| line.trim_start().starts_with(marker)) {
            fence = if fence.is_some() { None } else { Some(whole.len()) };
        }
        whole.push_str(line);
    }
    match fence {
        Some(start) => whole.truncate(start),
        None if !is_list_item(last_line) && !last_line.contains('`') => {
            whole.push_str(&whole_sentences(last_line));
        }
        None => {}
    }
    whole.truncate(whole.trim_end().len());
    whole
}

/// The sentences whose end was seen.
pub(super) fn whole_sentences(text: &str) -> String {
    let mut sentences: Vec<&str> = words::sentences(text).collect();
    sentences.pop_if(|last| !last.ends_with(['.', '!', '?', '。', '！', '？']));
    sentences.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_whole_is_left() {
        for (text, whole) in [
            ("Free space.\n1. Look\n2. Delete with rm -rf /var/lib/app/du", "Free space.\n1. Look"),
            ("Free space. Delete with rm -rf /var/lib/app/du", "Free space."),
            ("Run this:\n```sh\ncd /var\nrm -rf lib/app/du", "Run this:"),
            ("Run this:\n```sh\nls\n```\nThen wait", "Run this:\n```sh\nls\n```"),
            ("Run `rm -rf /var/lib/app/du", ""),
            ("The fan is", ""),
        ] {
            assert_eq!(whole_part(text), whole, "{text}");
        }
    }
}
