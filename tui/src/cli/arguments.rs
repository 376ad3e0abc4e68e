//! Arguments that make no sense, said as every other error is: one line and a hint. They may come from anywhere, a
//! clipboard too, and are made safe like the rest.

use std::io::Write;
use std::process::ExitCode;

use clap::error::{ContextKind, ContextValue, ErrorKind};

use crate::cli::exit::Exit;

/// Answers arguments that were refused; a wish for help or for the version is one of them.
pub(super) fn refuse(error: &clap::Error) -> ExitCode {
    if matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion) {
        // Whoever reads it may have heard enough (`| head`).
        let _ = error.print().and_then(|()| std::io::stdout().flush());
        return ExitCode::SUCCESS;
    }
    if error.kind() == ErrorKind::InvalidUtf8 {
        return Exit::usage("an argument is not UTF-8")
            .hint("pass the text through standard input: `… | iconv -f LATIN1 -t UTF-8 | tierup new -`")
            .report();
    }
    Exit::usage(first_line(error)).hint(hint(error)).report()
}

fn first_line(error: &clap::Error) -> String {
    let text = error.render().to_string();
    let mut lines = text.lines().map(str::trim).take_while(|line| !line.is_empty());
    let first = lines.next().unwrap_or_default().trim_start_matches("error: ").to_owned();
    // What is missing stands on the lines that follow.
    let rest: Vec<&str> = lines.collect();
    if rest.is_empty() { first } else { format!("{first} {}", rest.join(" ")) }
}

fn hint(error: &clap::Error) -> String {
    let suggested =
        [ContextKind::SuggestedSubcommand, ContextKind::SuggestedArg, ContextKind::SuggestedValue];
    let suggestion = suggested.into_iter().find_map(|kind| {
        let context = error.get(kind)?;
        if let ContextValue::Strings(several) = context {
            return several.first().cloned();
        }
        matches!(context, ContextValue::String(_)).then(|| context.to_string())
    });
    if let Some(suggestion) = suggestion {
        return format!("did you mean {suggestion}?");
    }
    match error.get(ContextKind::Usage) {
        Some(ContextValue::StyledStr(usage)) => usage
            .to_string()
            .trim()
            .trim_start_matches("Usage:")
            .trim()
            .lines()
            .next()
            .unwrap_or_default()
            .into(),
        _ => "`tierup --help` lists the commands".into(),
    }
}
