//! `tierup`: the console, and the command line.

use std::process::ExitCode;

fn main() -> ExitCode {
    tierup::cli::main()
}
