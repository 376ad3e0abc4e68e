//! `tierup handover`: what one works on to another person, at the end of a shift.

use std::io::{IsTerminal, stderr, stdin};

use clap::Args;
use serde::Serialize;
use tierup_common::handoff::{Assign, Handoff, QueueState};
use tierup_common::id::HandoffRef;
use tierup_common::user::User;

use crate::cli::assign::find_user;
use crate::cli::context::CommandContext;
use crate::cli::input::ask_yes_or_no;
use crate::cli::pages;
use crate::cli::reference::parse_handoff_ref;
use crate::error::CliError;
use crate::runtime::api::requests;

/// Claims that are passed on at once, at most.
const MAX_HANDOFFS: usize = 1_000;

#[derive(Args)]
pub(super) struct HandoverArgs {
    /// Handoffs: their numbers or ids [default: all that you have claimed]
    #[arg(value_parser = parse_handoff_ref)]
    handoffs: Vec<HandoffRef>,
    /// Team member: an email address, an id, a name or the beginning of one
    #[arg(long, value_name = "PERSON")]
    to: String,
    /// What they should know, as a message in each session; use - to read it from standard input
    #[arg(long, value_name = "TEXT", allow_hyphen_values = true)]
    note: Option<String>,
    /// Pass on without asking
    #[arg(long)]
    yes: bool,
}

/// What was passed on, and what was not.
#[derive(Serialize)]
struct Handover {
    items: Vec<Handoff>,
    failed: Vec<Failure>,
}

#[derive(Serialize)]
struct Failure {
    handoff: String,
    error: String,
}

pub(super) async fn run(context: &CommandContext, arguments: &HandoverArgs) -> Result<(), CliError> {
    let note = arguments.note.as_deref().map(|note| context.read_text(note)).transpose()?;
    let team = context.api.send(requests::users()).await?.items;
    let person = find_user(team, &arguments.to)?;
    let handoffs = handoffs_to_pass_on(context, arguments).await?;
    if handoffs.is_empty() {
        return Err(CliError::not_found("you have claimed nothing").with_hint("`tierup queue --state mine`"));
    }
    // A script is not asked.
    let can_ask = stdin().is_terminal() && stderr().is_terminal() && !context.output.is_json();
    if arguments.handoffs.is_empty() && !arguments.yes && can_ask {
        let count = handoffs.len();
        let noun = if count == 1 { "handoff" } else { "handoffs" };
        if !ask_yes_or_no(&format!("Pass {count} {noun} on to {}?", person.name))? {
            return Err(CliError::error("nothing was passed on"));
        }
    }
    pass_on(context, &handoffs, &person, note).await
}

/// Those that the arguments name, or else all that the user has claimed.
async fn handoffs_to_pass_on(
    context: &CommandContext,
    arguments: &HandoverArgs,
) -> Result<Vec<HandoffRef>, CliError> {
    if !arguments.handoffs.is_empty() {
        return Ok(arguments.handoffs.clone());
    }
    let mine = pages::fetch_all(&context.api, MAX_HANDOFFS, |size, cursor| {
        requests::queue_page(QueueState::Mine, size, cursor)
    });
    Ok(mine.await?.items.iter().map(|item| HandoffRef::Number(item.number)).collect())
}

/// Passes each on. One that fails does not keep the others; the first error is the command's.
async fn pass_on(
    context: &CommandContext,
    handoffs: &[HandoffRef],
    person: &User,
    note: Option<String>,
) -> Result<(), CliError> {
    let body = Assign { user_id: person.id, note };
    let mut done = Handover { items: Vec::new(), failed: Vec::new() };
    let mut first_error = None;
    for handoff in handoffs {
        match context.api.send(requests::assign(*handoff, &body)).await {
            Ok(passed) => {
                if !context.output.is_json() {
                    let item = &passed.item;
                    let text =
                        format!("passed #{} to {}: {}", item.number, person.name, item.problem_summary);
                    context.output.print_line(&text)?;
                }
                done.items.push(passed);
            }
            Err(error) => {
                let name = match handoff {
                    HandoffRef::Number(number) => format!("#{number}"),
                    HandoffRef::Id(id) => id.to_string(),
                };
                done.failed.push(Failure { handoff: name.clone(), error: error.user_message() });
                first_error.get_or_insert_with(|| CliError::from(error).about(&name));
            }
        }
    }
    if context.output.is_json() {
        context.output.print_json(&done)?;
    }
    let others = done.failed.len().saturating_sub(1);
    first_error.map_or(Ok(()), |error| {
        Err(if others > 0 { error.with_hint(format!("{others} more were not passed on")) } else { error })
    })
}
