//! Standard error: errors, hints and warnings, one line each, safe for any terminal.

use std::io::{IsTerminal, Write};
use std::process::ExitCode;

use tierup_common::secrets;

use crate::error::CliError;
use crate::settings;
use crate::text::safe;
use crate::theme::{Charset, transliterate};

/// Prints an error with its hint, and returns its exit status.
pub(super) fn report(error: &CliError) -> ExitCode {
    if let Some(message) = error.message() {
        print_diagnostic("error", message);
        if let Some(hint) = error.hint() {
            print_diagnostic("hint", hint);
        }
    }
    ExitCode::from(error.exit_status())
}

/// Warns a person at a terminal about a text that looks like it holds a secret. It is sent anyway: a command asks
/// nothing, so that it works in scripts.
pub(super) fn warn_about_secret(text: &str) {
    let found = if std::io::stderr().is_terminal() { secrets::find_secrets(text) } else { Vec::new() };
    if let Some(secret) = found.first() {
        let kind = secret.kind.with_article();
        print_diagnostic("warning", &format!("the text seems to contain {kind}, which others will see"));
    }
}

/// Prints `kind: text` as one line.
pub(super) fn print_diagnostic(kind: &str, raw: &str) {
    let charset = stream_charset(std::io::stderr().is_terminal());
    // A closed standard error has no reader to inform.
    let _ = writeln!(std::io::stderr(), "{kind}: {}", transliterate(&safe::sanitize_line(raw), charset));
}

/// What a stream can show: on a terminal what its locale allows, in a pipe everything.
pub(super) fn stream_charset(is_terminal: bool) -> Charset {
    if is_terminal { settings::detect_charset(&|name| std::env::var(name).ok()) } else { Charset::Unicode }
}
