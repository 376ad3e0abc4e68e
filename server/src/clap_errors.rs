//! Errors of the command line without the values of settings, which may be passwords or keys.

use clap::Command;
use clap::builder::StyledStr;
use clap::error::{ContextKind, ContextValue};
use tierup_common::trim::trim_value;

/// Stands for a value that is not shown.
const REDACTED: &str = "…";

/// Removes values of settings from an error.
pub fn redact_error(mut error: clap::Error, command: &Command) -> clap::Error {
    let text = |error: &clap::Error, kind| match error.get(kind) {
        Some(ContextValue::String(text)) => Some(text.clone()),
        _ => None,
    };
    let Some(argument) = text(&error, ContextKind::InvalidArg) else { return error };
    match text(&error, ContextKind::InvalidValue) {
        Some(value) if !value.is_empty() && is_setting(command, &argument) => {
            error.insert(ContextKind::InvalidValue, ContextValue::String(REDACTED.into()));
            error.remove(ContextKind::SuggestedValue);
            if trim_value(&value) != value {
                let tip = StyledStr::from("remove the spaces, line breaks or quotes around the value");
                error.insert(ContextKind::Suggested, ContextValue::StyledStrs(vec![tip]));
            }
        }
        // An unexpected argument may be the value of a flag that was forgotten.
        None if !argument.starts_with('-') && error.kind() == clap::error::ErrorKind::UnknownArgument => {
            error.insert(ContextKind::InvalidArg, ContextValue::String(REDACTED.into()));
        }
        _ => {}
    }
    error
}

/// Whether an argument, as errors name it (`--listen <ADDRESS>`), can also be set in the environment.
fn is_setting(command: &Command, argument: &str) -> bool {
    let name = argument.split([' ', '=', '[']).next().unwrap_or_default().trim_start_matches("--");
    command.get_arguments().any(|arg| arg.get_env().is_some() && arg.get_long() == Some(name))
        || command.get_subcommands().any(|inner| is_setting(inner, argument))
}
