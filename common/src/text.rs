//! Shortening text that people or models wrote.

/// The first `max_chars` characters of a text, with an ellipsis if anything was cut.
pub fn truncate(text: &str, max_chars: usize) -> String {
    match text.char_indices().nth(max_chars) {
        None => text.to_owned(),
        Some((end, _)) => format!("{}…", text[..end].trim_end()),
    }
}

/// The same with every run of white space as one space. The rest of a long text is not copied.
pub fn truncate_to_line(text: &str, max_chars: usize) -> String {
    let mut line = String::new();
    // One more, so that a cut is seen.
    let mut room = max_chars + 1;
    for word in text.split_whitespace() {
        if room == 0 {
            break;
        }
        if !line.is_empty() {
            line.push(' ');
            room -= 1;
        }
        line.extend(word.chars().take(room));
        room -= word.chars().take(room).count();
    }
    truncate(&line, max_chars)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_text_is_cut_between_characters() {
        assert_eq!(truncate("äbc", 3), "äbc");
        assert_eq!(truncate("äb cd", 3), "äb…");
        for (line, max_chars) in
            [("a b cd", 6), ("a b c…", 5), ("a b…", 4), ("a b…", 3), ("a…", 2), ("a…", 1)]
        {
            assert_eq!(truncate_to_line(" a\n b\tcd ", max_chars), line);
        }
        for long in ["é ".repeat(400), "é".repeat(400)] {
            let line = truncate_to_line(&long, 300);
            assert!((300..=301).contains(&line.chars().count()) && line.ends_with('…'), "{line}");
        }
    }
}
