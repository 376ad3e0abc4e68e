//! Texts that users pass: as an argument, or through standard input.

use std::io::{BufRead, Read, Write, stderr, stdin};

use tierup_common::encoding::{Encoding, detect_encoding};
use tierup_common::limit;
use tierup_common::search_query::SearchQuery;
use tierup_common::trim::strip_bom;

use crate::error::CliError;
use crate::text::safe;

/// The longest answer to a question, in bytes.
const MAX_ANSWER_BYTES: u64 = 4096;

/// Standard input as text, without a byte order mark and the line breaks at its end.
pub(super) fn read_stdin() -> Result<String, CliError> {
    let mut bytes = Vec::new();
    let largest = u64::try_from(limit::MAX_BODY_BYTES).unwrap_or(u64::MAX);
    stdin().lock().take(largest + 1).read_to_end(&mut bytes).map_err(CliError::from_display)?;
    if bytes.len() > limit::MAX_BODY_BYTES {
        return Err(CliError::usage(format!("the text is longer than {} KiB", limit::MAX_BODY_BYTES / 1024)));
    }
    let text = decode_utf8(bytes)?;
    Ok(strip_bom(&text).trim_end_matches(['\n', '\r']).to_owned())
}

/// A search as `--query` takes it.
pub(super) fn parse_search(text: &str) -> Result<SearchQuery, String> {
    let query = SearchQuery::parse(text).map_err(|error| error.to_string())?;
    if query.is_unread {
        return Err("only the console knows what is unread".into());
    }
    Ok(query)
}

/// Asks a question on the terminal; the default is no.
pub(super) fn ask_yes_or_no(question: &str) -> Result<bool, CliError> {
    // Without standard error there is nobody to ask, and no answer means no.
    let prompt = safe::sanitize_line(question);
    let _ = write!(stderr(), "{prompt} [y/N] ").and_then(|()| stderr().flush());
    let mut line = String::new();
    stdin().lock().take(MAX_ANSWER_BYTES).read_line(&mut line).map_err(CliError::from_display)?;
    Ok(matches!(line.trim(), "y" | "Y" | "yes" | "Yes"))
}

/// Bytes of standard input as text, or an error that says how to convert them.
pub(super) fn decode_utf8(bytes: Vec<u8>) -> Result<String, CliError> {
    String::from_utf8(bytes).map_err(|error| {
        let position = error.utf8_error().valid_up_to() + 1;
        let not_utf8 = |why: &str| CliError::usage(format!("standard input is not UTF-8: {why}"));
        match detect_encoding(error.as_bytes()) {
            Some(Encoding::Utf16) => {
                not_utf8("it is UTF-16").with_hint("pipe it through `iconv -f UTF-16 -t UTF-8`")
            }
            Some(Encoding::Compressed(program)) => not_utf8(&format!("it is compressed with {program}"))
                .with_hint(format!("pipe it through `{program} -dc`")),
            None => not_utf8(&format!("byte {position} is invalid"))
                .with_hint("pipe it through `iconv -f LATIN1 -t UTF-8`, replacing LATIN1 with its encoding"),
        }
    })
}

/// The argument, unless it may be a mistyped option: a dash and a name without blanks.
pub(super) fn reject_option_like(argument: &str) -> Result<String, OptionLikeError> {
    let option = argument.strip_prefix("--").or_else(|| argument.strip_prefix('-')).unwrap_or_default();
    let name = option.split('=').next().unwrap_or_default();
    let is_name = name.starts_with(|c: char| c.is_ascii_alphabetic()) && !name.contains(char::is_whitespace);
    if is_name { Err(OptionLikeError(option_name(argument))) } else { Ok(argument.to_owned()) }
}

fn option_name(argument: &str) -> String {
    argument.split('=').next().unwrap_or_default().to_owned()
}

/// A text that may be a mistyped option.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{0} looks like an option")]
pub(super) struct OptionLikeError(String);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_may_begin_with_a_dash_but_not_look_like_an_option() {
        for text in
            ["- rebooted", "-5 dB", "--- log ---", "-> fixed", "-v makes it fail", "--", "-1", "dash-ed"]
        {
            assert_eq!(reject_option_like(text).as_deref(), Ok(text));
        }
        for (text, name) in [("--pririty=high urgent", "--pririty"), ("--wiat", "--wiat"), ("-x", "-x")] {
            assert_eq!(reject_option_like(text), Err(OptionLikeError(name.into())));
        }
    }
}
