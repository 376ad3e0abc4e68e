//! Arguments that make no sense, said as every other error is: one line and a hint. They may come from anywhere, a
//! clipboard too, and are made safe like the rest.

use std::ffi::{OsStr, OsString};
use std::io::Write;
use std::process::ExitCode;

use clap::Command;
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

/// The arguments behind the `--` that ends the options. One that is the value of an option, as in `--why --`, ends nothing.
pub(super) fn behind_dashes<'a>(cli: &Command, said: &'a [OsString]) -> &'a [OsString] {
    let takes_it = |before: &OsStr| {
        let commands = std::iter::once(cli).chain(cli.get_subcommands());
        commands.flat_map(Command::get_opts).filter(|option| option.is_allow_hyphen_values_set()).any(
            |option| {
                let long = option.get_long().map(|long| format!("--{long}"));
                let short = option.get_short().map(|short| format!("-{short}"));
                [long, short].into_iter().flatten().any(|name| before == name.as_str())
            },
        )
    };
    let ends = |pair: &[OsString]| pair[1] == "--" && !takes_it(&pair[0]);
    said.windows(2).position(ends).map_or(&[], |before| &said[before + 2..])
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

#[cfg(test)]
mod tests {
    use clap::{CommandFactory, Parser};

    use super::*;
    use crate::cli::Cli;

    /// Mutant seen to fail: any `--` taken for the end of the options.
    #[test]
    fn only_what_stands_behind_the_end_of_the_options_is_a_text_whatever_it_looks_like() {
        for (line, behind) in [
            ("tierup new -- --verbose", &["--verbose"][..]),
            ("tierup say -- 17 --wiat", &["17", "--wiat"]),
            ("tierup say 17 -- --", &["--"]),
            ("tierup say 17 --wiat --", &[]),
            ("tierup tried s17 --wiat --why --", &[]),
            ("tierup tried s17 --why -- -- --wiat", &["--wiat"]),
            ("tierup new --json --summary -- --wiat", &[]),
            ("tierup new -s -- --wiat", &[]),
            ("tierup new --summary=x -- --wiat", &["--wiat"]),
            ("tierup new VPN", &[]),
        ] {
            let said: Vec<OsString> = line.split(' ').map(OsString::from).collect();
            assert!(Cli::try_parse_from(&said).is_ok(), "{line}");
            assert_eq!(behind_dashes(&Cli::command(), &said), behind, "{line}");
        }
    }
}
