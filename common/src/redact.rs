//! Errors about text that may hold secrets: position and reason, never the text itself.

/// The length of the longest setting name; a longer word may be a secret.
const MAX_NAME_LEN: usize = 40;

/// The line and the column of a byte offset, from 1.
pub fn line_and_column(text: &str, offset: usize) -> (usize, usize) {
    let before = text.get(..offset).unwrap_or(text);
    let line_start = before.rfind('\n').map_or(0, |at| at + 1);
    (before.matches('\n').count() + 1, before[line_start..].chars().count() + 1)
}

/// Splits an error of `serde_json` into its message and its position, which it ends with: `1 column 5`.
pub fn split_json_position(error: &str) -> (&str, Option<&str>) {
    match error.rsplit_once(" at line ") {
        Some((message, position)) => (message, Some(position)),
        None => (error, None),
    }
}

/// The message of a deserializer without the values that it quotes. Names of settings stay, so that a typo shows.
pub fn redact_message(message: &str) -> String {
    let message =
        message.lines().map(str::trim).filter(|line| !line.is_empty()).collect::<Vec<_>>().join(", ");
    for quoting in ["invalid type: ", "invalid value: "] {
        if let Some(rest) = message.strip_prefix(quoting) {
            // Serde puts the type before the value: string "…", integer `…`; map and sequence have no value.
            let kind = rest.split(['"', '`', ',']).next().unwrap_or_default().trim();
            return format!("{quoting}{kind}, {}", expected_part(&message));
        }
    }
    if message.starts_with("unknown variant ") {
        return format!("unknown word: {}", expected_part(&message));
    }
    if let Some(rest) = message.strip_prefix("unknown field `") {
        let name = rest.split('`').next().unwrap_or_default();
        return if is_setting_name(name) {
            message
        } else {
            format!("unknown field: {}", expected_part(&message))
        };
    }
    message
}

/// The expected part of a message. It is at the end, whatever the quoted value contains.
fn expected_part(message: &str) -> String {
    match message.rsplit_once(", expected ") {
        Some((_, expected)) => format!("expected {expected}"),
        None => "something else is expected".into(),
    }
}

fn is_setting_name(word: &str) -> bool {
    let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '_' | '-');
    !word.is_empty() && word.len() <= MAX_NAME_LEN && word.chars().all(fits)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_redacted_message_contains_no_value() {
        for (message, redacted) in [
            (
                r#"invalid type: string "hunter2, expected x", expected a boolean"#,
                "invalid type: string, expected a boolean",
            ),
            ("invalid value: integer `70000`, expected u16", "invalid value: integer, expected u16"),
            ("unknown variant `hunter2`, expected one of `a`, `b`", "unknown word: expected one of `a`, `b`"),
            ("unknown variant `hunter2`, there are no variants", "unknown word: something else is expected"),
            ("unknown field `lissten`, expected `listen`", "unknown field `lissten`, expected `listen`"),
            ("unknown field `smtp://a:b@c`, expected `listen`", "unknown field: expected `listen`"),
            ("unknown field `Hunter`, expected `x`, expected `listen`", "unknown field: expected `listen`"),
            ("invalid type: map, expected a string", "invalid type: map, expected a string"),
            ("missing field `kind`\n", "missing field `kind`"),
        ] {
            assert_eq!(redact_message(message), redacted, "{message}");
        }
    }

    #[test]
    fn an_offset_is_converted_to_line_and_column() {
        let text = "a\nbücher = 1\n";
        assert_eq!(line_and_column(text, 0), (1, 1));
        assert_eq!(line_and_column(text, text.find('=').unwrap()), (2, 8));
        assert_eq!(line_and_column(text, 1_000), (3, 1));
    }
}
