//! Arguments that make no sense, said as every other error is: one line and a hint. They may come from anywhere, a
//! clipboard too, and are made safe like the rest.

use std::ffi::{OsStr, OsString};
use std::io::Write;
use std::process::ExitCode;

use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{Arg, Command};

use crate::cli::errand;
use crate::cli::exit::Exit;
use crate::settings::is_dumb;

/// Answers arguments that were refused; a wish for help or for the version is one of them.
pub(super) fn refuse(error: &clap::Error, cli: &Command, said: &[OsString]) -> ExitCode {
    if matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion) {
        // Whoever reads it may have heard enough (`| head`).
        let printed = if is_dumb(&|name| std::env::var(name).ok()) {
            write!(std::io::stdout(), "{}", error.render())
        } else {
            error.print()
        };
        let _ = printed.and_then(|()| std::io::stdout().flush());
        return ExitCode::SUCCESS;
    }
    if error.kind() == ErrorKind::InvalidUtf8 {
        return no_utf_8(cli, said).report();
    }
    Exit::usage(first_line(error)).hint(hint(error)).report()
}

/// An argument that is no text, with what to do in the command that was meant.
fn no_utf_8(cli: &Command, said: &[OsString]) -> Exit {
    let Some(place) = said.iter().position(|it| it.to_str().is_none()) else {
        return Exit::usage("a variable of the environment is not UTF-8")
            .hint("those that count here begin with TIERUP_");
    };
    let verb = said.iter().skip(1).find_map(|it| cli.find_subcommand(it));
    let takes_text = |verb: &&Command| verb.get_positionals().any(Arg::is_allow_hyphen_values_set);
    let is_of_an_option =
        takes_dashes(cli, &said[place - 1]) || said[place].as_encoded_bytes().starts_with(b"-");
    let hint = match verb.filter(takes_text).filter(|_| !is_of_an_option) {
        Some(verb) => format!(
            "pass the text through standard input: `… | iconv -f LATIN1 -t UTF-8 | tierup {} … -`",
            verb.get_name()
        ),
        None => "`\"$(printf %s … | iconv -f LATIN1 -t UTF-8)\"` in its place converts it, with the name of what it is"
            .into(),
    };
    Exit::usage(format!("argument {place} is not UTF-8")).hint(hint)
}

/// A value that looks like an option that was mistyped, where an option stands before it that takes any text. One behind
/// `=` is a value, whatever it looks like.
pub(super) fn unclear(cli: &Command, said: &[OsString]) -> Option<Exit> {
    let options = &said[..said.len() - behind_dashes(cli, said).len()];
    let pairs = options.windows(2).filter(|pair| takes_dashes(cli, &pair[0]));
    let texts = pairs.filter_map(|pair| Some((pair[0].to_str()?, pair[1].to_str()?)));
    texts.map(|(name, value)| (name, value, errand::words(value))).find_map(|(name, value, checked)| {
        let why = checked.err()?;
        Some(
            Exit::usage(why.to_string())
                .hint(format!("a text that looks like one goes so: `{name}={value}`")),
        )
    })
}

/// Whether this is the name of an option that takes any text.
fn takes_dashes(cli: &Command, name: &OsStr) -> bool {
    let commands = std::iter::once(cli).chain(cli.get_subcommands());
    commands.flat_map(Command::get_opts).filter(|option| option.is_allow_hyphen_values_set()).any(|option| {
        let long = option.get_long().map(|long| format!("--{long}"));
        let short = option.get_short().map(|short| format!("-{short}"));
        [long, short].into_iter().flatten().any(|known| name == known.as_str())
    })
}

/// The arguments behind the `--` that ends the options. One that is the value of an option, as in `--why --`, ends nothing.
pub(super) fn behind_dashes<'a>(cli: &Command, said: &'a [OsString]) -> &'a [OsString] {
    let ends = |pair: &[OsString]| pair[1] == "--" && !takes_dashes(cli, &pair[0]);
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
