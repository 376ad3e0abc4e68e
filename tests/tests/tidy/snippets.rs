//! The code that docs/STYLE.md quotes is in the source.

use crate::source::{all_files, normalize_whitespace, read_document};

#[test]
fn the_code_that_the_style_guide_quotes_is_in_the_source() {
    let style = read_document("docs/STYLE.md");
    let snippets: Vec<&str> =
        style.split("```rust\n").skip(1).map(|rest| rest.split("```").next().unwrap()).collect();
    assert!(snippets.len() >= 8, "the style guide quotes hardly anything");
    let sources: Vec<String> = all_files().iter().map(|file| normalize_whitespace(&file.text)).collect();
    for snippet in snippets {
        let is_quoted_from = |source: &String| {
            let mut rest = source.as_str();
            // `…` stands for lines that are left out.
            normalize_whitespace(snippet).split('…').map(str::trim).all(|part| match rest.split_once(part) {
                Some((_, after)) => {
                    rest = after;
                    true
                }
                None => false,
            })
        };
        assert!(sources.iter().any(is_quoted_from), "not in the source:\n{snippet}");
    }
}
