//! Quotes and marks in the lines of an answer.

use tierup_common::assessment::Evidence;

/// Marks that models put at the end of a step that was tried. The server decides that itself.
const TRIED_MARKERS: [&str; 4] = ["(already tried)", "[already tried]", "(tried)", "[tried]"];
/// What may open or close a quote.
const QUOTE_MARKS: [char; 8] = ['"', '“', '”', '„', '«', '»', '\u{2033}', '`'];

/// A quote with the number of its message: `[3] "the words"`, `Message 3: “the words”`, `"the words" [3]`.
pub(super) fn read(item: &str) -> Option<Evidence> {
    let item = item.trim().trim_start_matches(['>', ' ']);
    let first = item.find(QUOTE_MARKS).zip(item.rfind(QUOTE_MARKS)).filter(|(first, last)| first < last);
    let (outside, quote) = if let Some((first, last)) = first {
        (format!("{} {}", &item[..first], &item[last..]), &item[first..last])
    } else {
        let end = item.find([']', ':', ')']).map_or(0, |at| at + 1);
        (item[..end].to_owned(), &item[end..])
    };
    let digits = outside.split(|c: char| !c.is_ascii_digit()).find(|digits| !digits.is_empty())?;
    let quote = quote.trim().trim_matches(QUOTE_MARKS).trim_matches([':', ' ', '\'', '‘', '’']);
    Some(Evidence { message_seq: digits.parse().ok()?, quote: quote.to_owned() })
}

/// A step without the mark that it was tried.
pub(super) fn without_tried_marker(step: &str) -> &str {
    let lower = step.to_lowercase();
    let marker = TRIED_MARKERS.iter().find(|marker| lower.ends_with(*marker));
    marker.and_then(|marker| step.get(..step.len() - marker.len())).unwrap_or(step).trim_end()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_of_every_style_are_found() {
        for item in [
            "[3] \"error 809\"",
            "[#3] “error 809”",
            "Message 3: \"error 809\"",
            "(3) error 809",
            "\"error 809\" [3]",
            "[3]: > error 809",
            "**[3]** «error 809»",
            "> [3] \"error 809\"",
        ] {
            let quote =
                read(item).map(|found| (found.message_seq, found.quote.trim_start_matches("> ").to_owned()));
            assert_eq!(quote, Some((3, "error 809".to_owned())), "{item}");
        }
        assert_eq!(read("error 809 everywhere"), None);
    }
}
