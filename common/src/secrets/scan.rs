//! Reading text byte by byte. Every delimiter is ASCII, so that ranges between delimiters are whole characters.

/// The end of the run of bytes that begins at `at`.
pub(super) fn run_end(bytes: &[u8], at: usize, belongs: impl Fn(u8) -> bool) -> usize {
    bytes[at..].iter().position(|byte| !belongs(*byte)).map_or(bytes.len(), |length| at + length)
}

/// The start of the run of bytes that ends at `end`, at most `max` bytes before it.
pub(super) fn run_start(bytes: &[u8], end: usize, max: usize, belongs: impl Fn(u8) -> bool) -> usize {
    let from = end.saturating_sub(max);
    bytes[from..end].iter().rposition(|byte| !belongs(*byte)).map_or(from, |at| from + at + 1)
}

/// The end of the spaces and tabs at `at`.
pub(super) fn skip_blanks(bytes: &[u8], at: usize) -> usize {
    run_end(bytes, at, |byte| matches!(byte, b' ' | b'\t'))
}

/// Whether a token may begin at `at`: not in the middle of a word. The letter of an escape (`\n`) and the digits of an
/// encoded character (`%3D`) are no part of a word.
pub(super) fn is_token_start(bytes: &[u8], at: usize) -> bool {
    let Some(before) = at.checked_sub(1).map(|index| bytes[index]) else { return true };
    if !before.is_ascii_alphanumeric() {
        return true;
    }
    let is_escape = at >= 2 && bytes[at - 2] == b'\\' && matches!(before, b'n' | b'r' | b't');
    let is_encoded = at >= 3 && bytes[at - 3] == b'%' && bytes[at - 2].is_ascii_hexdigit();
    is_escape || (is_encoded && before.is_ascii_hexdigit())
}

/// Whether a text was cut off at `at`, as its ellipsis says.
pub(super) fn is_cut_off(bytes: &[u8], at: usize) -> bool {
    let rest = &bytes[at..];
    rest.starts_with("…".as_bytes()) || rest.starts_with(b"...")
}
