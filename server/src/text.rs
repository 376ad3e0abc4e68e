//! Shortening text that people or models wrote.

/// The first `max_chars` characters of a text, with an ellipsis if anything was cut.
pub(crate) fn truncate(text: &str, max_chars: usize) -> String {
    match text.char_indices().nth(max_chars) {
        None => text.to_owned(),
        Some((end, _)) => format!("{}…", text[..end].trim_end()),
    }
}

/// The same with every run of white space as one space.
pub(crate) fn truncate_to_line(text: &str, max_chars: usize) -> String {
    truncate(&text.split_whitespace().collect::<Vec<_>>().join(" "), max_chars)
}
