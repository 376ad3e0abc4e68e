//! Invalid arguments, reported as every error is: one line and a hint. Arguments may come from a clipboard, so they are
//! made safe like all text.

use std::ffi::{OsStr, OsString};
use std::io::Write;
use std::process::ExitCode;

use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{Arg, Command};

use crate::cli::diagnostics::report;
use crate::cli::input::reject_option_like;
use crate::error::CliError;
use crate::settings::is_dumb_terminal;

/// Reports arguments that clap refused; requests for help and the version are among them.
pub(super) fn report_clap_error(error: &clap::Error, cli: &Command, args: &[OsString]) -> ExitCode {
    if matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion) {
        let printed = if is_dumb_terminal(&|name| std::env::var(name).ok()) {
            write!(std::io::stdout(), "{}", error.render())
        } else {
            error.print()
        };
        // The reader may have closed the pipe (`| head`).
        let _ = printed.and_then(|()| std::io::stdout().flush());
        return ExitCode::SUCCESS;
    }
    if error.kind() == ErrorKind::InvalidUtf8 {
        return report(&invalid_utf8_error(cli, args));
    }
    report(&CliError::usage(error_summary(error)).with_hint(clap_hint(error)))
}

/// An argument that is not UTF-8, with a way to pass it to the same command.
fn invalid_utf8_error(cli: &Command, args: &[OsString]) -> CliError {
    let Some(index) = args.iter().position(|argument| argument.to_str().is_none()) else {
        return CliError::usage("an environment variable is not UTF-8")
            .with_hint("check the variables that begin with TIERUP_");
    };
    let verb = args.iter().skip(1).find_map(|argument| cli.find_subcommand(argument));
    let takes_text = |verb: &&Command| verb.get_positionals().any(Arg::is_allow_hyphen_values_set);
    let is_of_an_option =
        accepts_hyphen_values(cli, &args[index - 1]) || args[index].as_encoded_bytes().starts_with(b"-");
    let hint = match verb.filter(takes_text).filter(|_| !is_of_an_option) {
        Some(verb) => format!(
            "pass the text through standard input: `… | iconv -f LATIN1 -t UTF-8 | tierup {} … -`",
            verb.get_name()
        ),
        None => {
            "convert it: `\"$(printf %s … | iconv -f LATIN1 -t UTF-8)\"`, replacing LATIN1 with its encoding"
                .into()
        }
    };
    CliError::usage(format!("argument {index} is not UTF-8")).with_hint(hint)
}

/// An option's value that looks like a mistyped option, unless it follows a `=`.
pub(super) fn ambiguous_value_error(cli: &Command, args: &[OsString]) -> Option<CliError> {
    let options = &args[..args.len() - after_double_dash(cli, args).len()];
    let pairs = options.windows(2).filter(|pair| accepts_hyphen_values(cli, &pair[0]));
    pairs.filter_map(|pair| Some((pair[0].to_str()?, pair[1].to_str()?))).find_map(|(name, value)| {
        let error = reject_option_like(value).err()?;
        Some(
            CliError::usage(error.to_string())
                .with_hint(format!("to pass it as a value, write `{name}={value}`")),
        )
    })
}

/// Whether this is the name of an option whose value may begin with a dash.
fn accepts_hyphen_values(cli: &Command, name: &OsStr) -> bool {
    let commands = std::iter::once(cli).chain(cli.get_subcommands());
    commands.flat_map(Command::get_opts).filter(|option| option.is_allow_hyphen_values_set()).any(|option| {
        let long = option.get_long().map(|long| format!("--{long}"));
        let short = option.get_short().map(|short| format!("-{short}"));
        [long, short].into_iter().flatten().any(|known| name == known.as_str())
    })
}

/// The arguments after the `--` that ends the options. A `--` that is an option's value, as in `--why --`, ends nothing.
pub(super) fn after_double_dash<'a>(cli: &Command, args: &'a [OsString]) -> &'a [OsString] {
    let ends = |pair: &[OsString]| pair[1] == "--" && !accepts_hyphen_values(cli, &pair[0]);
    args.windows(2).position(ends).map_or(&[], |index| &args[index + 2..])
}

fn error_summary(error: &clap::Error) -> String {
    let text = error.render().to_string();
    let mut lines = text.lines().map(str::trim).take_while(|line| !line.is_empty());
    let first = lines.next().unwrap_or_default().trim_start_matches("error: ").to_owned();
    // The lines that follow name missing arguments.
    let rest: Vec<&str> = lines.collect();
    if rest.is_empty() { first } else { format!("{first} {}", rest.join(" ")) }
}

fn clap_hint(error: &clap::Error) -> String {
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
    use crate::cli::arguments::Cli;

    /// Seen to fail: while any `--` ended the options.
    #[test]
    fn only_arguments_after_the_end_of_the_options_are_text() {
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
            assert_eq!(after_double_dash(&Cli::command(), &said), behind, "{line}");
        }
    }
}
