//! `tierup completions` and `tierup man`: generated from the arguments.

use std::io::Write;
use std::path::PathBuf;

use clap::Args;
use clap_complete::Shell;

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

pub(super) fn print_completions(arguments: &CompletionsArgs, mut cli: clap::Command) -> Result<(), CliError> {
    let mut script = Vec::new();
    clap_complete::generate(arguments.shell, &mut cli, "tierup", &mut script);
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
