//! `tierup completions` and `tierup man`: made from the arguments themselves.

use std::io::Write;
use std::path::PathBuf;

use clap::{Args, CommandFactory};
use clap_complete::Shell;

use crate::cli::Cli;
use crate::cli::exit::{Exit, wrong};

#[derive(Args)]
pub(super) struct Completions {
    /// For which shell
    shell: Shell,
}

#[derive(Args)]
pub(super) struct Man {
    /// Write a page for each command into this folder, instead of the first page to standard output
    folder: Option<PathBuf>,
}

pub(super) fn completions(arguments: &Completions) -> Result<(), Exit> {
    let mut script = Vec::new();
    clap_complete::generate(arguments.shell, &mut Cli::command(), "tierup", &mut script);
    write(&script)
}

pub(super) fn man(arguments: &Man) -> Result<(), Exit> {
    if let Some(folder) = &arguments.folder {
        std::fs::create_dir_all(folder).map_err(wrong)?;
        return clap_mangen::generate_to(Cli::command(), folder).map_err(wrong);
    }
    let mut page = Vec::new();
    clap_mangen::Man::new(Cli::command()).render(&mut page).map_err(wrong)?;
    write(&page)
}

/// Writes what the product itself says: nothing in it comes from outside.
fn write(bytes: &[u8]) -> Result<(), Exit> {
    match std::io::stdout().write_all(bytes) {
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => Err(Exit::heard_enough()),
        done => done.map_err(wrong),
    }
}
