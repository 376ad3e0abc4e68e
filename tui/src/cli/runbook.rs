//! `tierup runbook`: a resolved session as the draft of a runbook, on standard output or in a file.

use std::fs::OpenOptions;
use std::io::{self, IsTerminal, Write};
use std::path::{Path, PathBuf};

use clap::Args;
use clap_complete::ArgValueCandidates;
use serde_json::json;
use tierup_common::handoff::Handoff;

use crate::cli::candidates;
use crate::cli::context::CommandContext;
use crate::cli::reference::SessionRef;
use crate::error::CliError;
use crate::runbook_draft::{LatestEscalation, RunbookDraft, draft};
use crate::runtime::api::requests;
use crate::runtime::editor;

#[derive(Args)]
pub(super) struct RunbookArgs {
    /// Resolved session: its number or id, or h42 for the session of handoff 42
    #[arg(add = ArgValueCandidates::new(candidates::sessions))]
    session: SessionRef,
    /// Write to this file instead of standard output
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Overwrite the file
    #[arg(long, requires = "output")]
    force: bool,
    /// Do not open $VISUAL or $EDITOR on a terminal
    #[arg(long)]
    no_edit: bool,
}

pub(super) async fn run(context: &CommandContext, arguments: &RunbookArgs) -> Result<(), CliError> {
    let output = arguments.output.as_deref();
    // Before anybody edits what could not be saved.
    if let Some(path) = output.filter(|path| !arguments.force && path.symlink_metadata().is_ok()) {
        return Err(file_exists(path));
    }
    let mut drafted = fetch_draft(context, arguments.session).await?;
    let is_terminal = io::stdin().is_terminal() && io::stdout().is_terminal();
    if is_terminal && !arguments.no_edit && !context.output.is_json() {
        drafted.markdown = edit(&drafted.markdown)?;
    }
    if let Some(path) = output
        && let Err(error) = write_file(path, &drafted.markdown, arguments.force)
    {
        // What was edited is not lost.
        context.output.print_text(&drafted.markdown)?;
        return Err(error);
    }
    let RunbookDraft { file_name, markdown } = &drafted;
    if context.output.is_json() {
        let file = output.map(|path| path.display().to_string());
        return context
            .output
            .print_json(&json!({"file_name": file_name, "markdown": markdown, "file": file}));
    }
    match output {
        Some(path) => context.output.print_line(&format!("wrote {}", path.display())),
        None => context.output.print_text(markdown),
    }
}

async fn fetch_draft(context: &CommandContext, session: SessionRef) -> Result<RunbookDraft, CliError> {
    let id = context.resolve_session_id(session).await?;
    let session = context.api.send(requests::session_with_newest_messages(id)).await?;
    let escalation = match &session.escalation_package {
        Some(package) => Some(context.api.send(requests::handoff(package.handoff_id)).await?),
        None => None,
    };
    let latest = escalation
        .as_ref()
        .map(|Handoff { item, snapshot }| LatestEscalation { item, snapshot: Some(snapshot) });
    let number = session.item.number;
    draft(&session.item, latest, &[]).ok_or_else(|| {
        CliError::error(format!("session {number} is not resolved"))
            .with_hint(format!("`tierup resolve s{number} RESOLUTION` resolves it"))
    })
}

fn edit(markdown: &str) -> Result<String, CliError> {
    let command = editor::editor_command(|name| std::env::var(name).ok());
    let edited = tokio::task::block_in_place(|| editor::edit(&command, markdown)).map_err(|error| {
        CliError::error(error).with_hint("`--no-edit` prints the draft without an editor")
    })?;
    if edited.trim().is_empty() {
        return Err(CliError::error("the text is empty: nothing written"));
    }
    Ok(edited)
}

fn write_file(path: &Path, markdown: &str, force: bool) -> Result<(), CliError> {
    let mut options = OpenOptions::new();
    options.write(true);
    if force {
        options.create(true).truncate(true)
    } else {
        options.create_new(true)
    };
    let content = format!("{}\n", markdown.trim_end());
    let written = options.open(path).and_then(|mut file| file.write_all(content.as_bytes()));
    written.map_err(|error| {
        if error.kind() == io::ErrorKind::AlreadyExists {
            file_exists(path)
        } else {
            CliError::error(format!("cannot write {}: {error}", path.display()))
        }
    })
}

fn file_exists(path: &Path) -> CliError {
    CliError::error(format!("{} exists", path.display())).with_hint("pass --force to overwrite it")
}
