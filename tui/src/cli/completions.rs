//! `tierup completions` and `tierup man`: generated from the arguments. The scripts ask the program itself, which knows
//! the values too (`candidates.rs`).

use std::io::Write;
use std::path::PathBuf;

use clap::Args;
use clap_complete::Shell;
use clap_complete::env::{Bash, Elvish, EnvCompleter, Fish, Powershell, Zsh};

use crate::error::CliError;

#[derive(Args)]
pub(super) struct CompletionsArgs {
    /// The shell
    shell: Shell,
}

#[derive(Args)]
pub(super) struct ManArgs {
    /// Write one page per command into this folder, instead of the main page to standard output
    folder: Option<PathBuf>,
}

/// The variable in which a script names its shell when it asks for completions.
pub(super) const SHELL_VARIABLE: &str = "TIERUP_COMPLETE";

pub(super) fn print_completions(arguments: &CompletionsArgs) -> Result<(), CliError> {
    let shell: &dyn EnvCompleter = match arguments.shell {
        Shell::Bash => &Bash,
        Shell::Elvish => &Elvish,
        Shell::Fish => &Fish,
        Shell::PowerShell => &Powershell,
        Shell::Zsh => &Zsh,
        other => return Err(CliError::usage(format!("there are no completions for {other}"))),
    };
    let mut script = Vec::new();
    shell
        .write_registration(SHELL_VARIABLE, "tierup", "tierup", "tierup", &mut script)
        .map_err(CliError::from_display)?;
    write_stdout(&script)
}

pub(super) fn print_manual(arguments: &ManArgs, cli: clap::Command) -> Result<(), CliError> {
    if let Some(folder) = &arguments.folder {
        std::fs::create_dir_all(folder).map_err(CliError::from_display)?;
        return clap_mangen::generate_to(cli, folder).map_err(CliError::from_display);
    }
    let mut page = Vec::new();
    clap_mangen::Man::new(cli).render(&mut page).map_err(CliError::from_display)?;
    write_stdout(&page)
}

/// Writes our own text, which needs no sanitizing.
fn write_stdout(bytes: &[u8]) -> Result<(), CliError> {
    match std::io::stdout().write_all(bytes) {
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => Err(CliError::broken_pipe()),
        done => done.map_err(CliError::from_display),
    }
}
