//! `tierup completions` and `tierup man`: made from the arguments themselves.

use std::io::Write;
use std::path::PathBuf;

use clap::{Args, CommandFactory};
use clap_complete::Shell;

use crate::cli::Cli;
use crate::cli::error::{CliError, cli_error};

#[derive(Args)]
pub(super) struct CompletionsArgs {
    /// For which shell
    shell: Shell,
}

#[derive(Args)]
pub(super) struct ManArgs {
    /// Write a page for each command into this folder, instead of the first page to standard output
    folder: Option<PathBuf>,
}

pub(super) fn print_completions(arguments: &CompletionsArgs) -> Result<(), CliError> {
    let mut script = Vec::new();
    clap_complete::generate(arguments.shell, &mut Cli::command(), "tierup", &mut script);
    write_stdout(&script)
}

pub(super) fn print_manual(arguments: &ManArgs) -> Result<(), CliError> {
    if let Some(folder) = &arguments.folder {
        std::fs::create_dir_all(folder).map_err(cli_error)?;
        return clap_mangen::generate_to(Cli::command(), folder).map_err(cli_error);
    }
    let mut page = Vec::new();
    clap_mangen::Man::new(Cli::command()).render(&mut page).map_err(cli_error)?;
    write_stdout(&page)
}

/// Writes what the product itself says: nothing in it comes from outside.
fn write_stdout(bytes: &[u8]) -> Result<(), CliError> {
    match std::io::stdout().write_all(bytes) {
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => Err(CliError::broken_pipe()),
        done => done.map_err(cli_error),
    }
}
