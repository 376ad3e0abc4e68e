//! `tierup show`: a handoff with its snapshot and assessment, or a session with its messages.

use clap::Args;
use tierup_common::assessment::{Assessment, AssessmentStatus};
use tierup_common::handoff::{ChangesSince, Handoff, QueueItem};
use tierup_common::id::{HandoffRef, SessionId};
use tierup_common::session::{Branch, Message, MessageRole, Session};

use crate::cli::context::{CommandContext, is_not_found};
use crate::cli::reference::{SessionRef, ShowTarget};
use crate::cli::{outcome, queue, tried};
use crate::error::CliError;
use crate::runtime::api::requests;

#[derive(Args)]
pub(super) struct ShowArgs {
    /// A handoff (its number or id) or a session (s17 or its id)
    subject: ShowTarget,
}

pub(super) async fn run(context: &CommandContext, arguments: &ShowArgs) -> Result<(), CliError> {
    match arguments.subject {
        ShowTarget::Handoff(number) => {
            let handoff = context.api.send(requests::handoff(HandoffRef::Number(number))).await?;
            print_handoff(context, &handoff)
        }
        ShowTarget::Session(number) => {
            print_session(context, &context.fetch_session(SessionRef::SessionNumber(number)).await?)
        }
        ShowTarget::Id(id) => match context.api.send(requests::handoff(id)).await {
            Err(failure) if is_not_found(&failure) => {
                let session = SessionRef::Id(SessionId::from_bytes(*id.as_bytes()));
                print_session(context, &context.fetch_session(session).await?)
            }
            handoff => print_handoff(context, &handoff?),
        },
    }
}

fn print_handoff(context: &CommandContext, shown: &Handoff) -> Result<(), CliError> {
    if context.output.is_json() {
        return context.output.print_json(shown);
    }
    let (item, snapshot) = (&shown.item, &shown.snapshot);
    context.output.print_heading(&format!("#{} {}", item.number, item.problem_summary))?;
    let age = context.format_age(item.created_at);
    let status = queue::status_text(item);
    context
        .output
        .print_line(&format!("{} · {status} · from {}, {age}", item.priority, item.handed_off_by_name))?;
    print_section(context, "Problem", &snapshot.intake_content.text)?;
    print_section(context, "Notes", &item.engineer_notes)?;
    if let Some(changes) = &snapshot.changes_since {
        print_section(context, "Since the last hand-off", &changes_text(context, changes))?;
    }
    print_branches(context, &snapshot.branch_map)?;
    let shown_count = snapshot.messages.len();
    let title = match usize::try_from(snapshot.message_count) {
        Ok(all) if all > shown_count => format!("Last {shown_count} of {all} messages"),
        Ok(_) | Err(_) => "Messages".into(),
    };
    print_messages(context, &title, &snapshot.messages)?;
    print_assessment(context, item)
}

/// What changed since the escalation before, one fact a line.
fn changes_text(context: &CommandContext, changes: &ChangesSince) -> String {
    let ChangesSince { number, handed_off_at, new_messages, branches, steps, .. } = changes;
    let mut lines = vec![format!("#{number}, {}", context.format_age(*handed_off_at))];
    lines.push(format!("{new_messages} new {}", if *new_messages == 1 { "message" } else { "messages" }));
    for change in branches {
        let now = tried::status_text(change.status);
        let note = match change.previous_status {
            Some(before) => format!("{now}, was {}", tried::status_text(before)),
            None => format!("new, {now}"),
        };
        lines.push(format!("{note}: {}", change.hypothesis));
    }
    for step in steps {
        lines.push(format!("{}: {}", outcome::outcome_text(step.outcome), step.text));
    }
    lines.join("\n")
}

fn print_session(context: &CommandContext, shown: &Session) -> Result<(), CliError> {
    if context.output.is_json() {
        return context.output.print_json(shown);
    }
    let item = &shown.item;
    context.output.print_heading(&format!("Session {} {}", item.number, item.title()))?;
    let age = context.format_age(item.updated_at);
    context
        .output
        .print_line(&format!("{} · assigned to {} · updated {age}", item.status, item.assignee_name))?;
    print_branches(context, &item.branch_map)?;
    print_messages(context, "Messages", &shown.conversation_messages)?;
    print_section(context, "Resolution", item.resolution.as_deref().unwrap_or_default())
}

/// A heading and a text; nothing if the text is empty.
fn print_section(context: &CommandContext, title: &str, text: &str) -> Result<(), CliError> {
    if text.trim().is_empty() {
        return Ok(());
    }
    context.output.print_text("")?;
    context.output.print_heading(title)?;
    let indented: Vec<String> = text.trim_end().lines().map(|line| format!("  {line}")).collect();
    context.output.print_text(&indented.join("\n"))
}

fn print_branches(context: &CommandContext, branches: &[Branch]) -> Result<(), CliError> {
    let line = |branch: &Branch| {
        let evidence = branch.evidence.as_deref().map(|text| format!(" ({text})")).unwrap_or_default();
        format!("{}: {}{evidence}", tried::status_text(branch.status), branch.hypothesis)
    };
    print_section(context, "Tried", &branches.iter().map(line).collect::<Vec<_>>().join("\n"))
}

fn print_messages(context: &CommandContext, title: &str, messages: &[Message]) -> Result<(), CliError> {
    let block = |message: &Message| {
        let author = match (&message.author_name, message.role) {
            (Some(name), _) => name.as_str(),
            (None, MessageRole::Assistant) => "assistant",
            (None, MessageRole::System | MessageRole::User) => "tierup",
        };
        format!("{author}, {}\n{}", context.format_age(message.created_at), message.content)
    };
    print_section(context, title, &messages.iter().map(block).collect::<Vec<_>>().join("\n\n"))
}

fn print_assessment(context: &CommandContext, item: &QueueItem) -> Result<(), CliError> {
    match (&item.ai_assessment_data, item.assessment_status) {
        (Some(data), AssessmentStatus::Ready) => print_section(context, "Assessment", &assessment_text(data)),
        (_, AssessmentStatus::Failed) => {
            print_section(context, "Assessment", item.assessment_error.as_deref().unwrap_or("failed"))
        }
        (_, AssessmentStatus::Pending | AssessmentStatus::Running | AssessmentStatus::Ready) => {
            print_section(context, "Assessment", "in progress")
        }
        (_, AssessmentStatus::NotRequested) => Ok(()),
    }
}

fn assessment_text(data: &Assessment) -> String {
    let mut lines = vec![format!("Likely cause ({}): {}", data.confidence.label(), data.likely_cause)];
    for (number, step) in (1..).zip(&data.suggested_steps) {
        let note = match (step.outcome, step.already_tried) {
            (Some(known), _) => format!(" ({})", outcome::outcome_text(known)),
            (None, true) => " (already tried)".into(),
            (None, false) => String::new(),
        };
        lines.push(format!("{number}. {}{note}", step.text));
    }
    for similar in &data.similar {
        lines.push(format!("Similar: session {}: {}", similar.number, similar.problem_summary));
    }
    lines.join("\n")
}
