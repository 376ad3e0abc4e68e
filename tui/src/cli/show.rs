//! `tierup show`: a handoff in ten seconds, or a session with all that was said in it.

use clap::Args;
use tierup_common::assessment::{Assessment, AssessmentStatus, Outcome};
use tierup_common::handoff::{Handoff, QueueItem};
use tierup_common::id::{HandoffRef, SessionId};
use tierup_common::problem::Code;
use tierup_common::route;
use tierup_common::session::{Branch, BranchStatus, Message, MessageRole, Session};

use crate::cli::context::{CommandContext, SessionRef, ShowTarget};
use crate::cli::error::CliError;
use crate::cli::queue;
use crate::event::CallError;

#[derive(Args)]
pub(super) struct ShowArgs {
    /// A handoff: its number or its id; or a session: s17, or its id
    subject: ShowTarget,
}

pub(super) async fn run(context: &CommandContext, arguments: &ShowArgs) -> Result<(), CliError> {
    match arguments.subject {
        ShowTarget::Handoff(number) => {
            print_handoff(context, &context.fetch_handoff(HandoffRef::Number(number)).await?)
        }
        ShowTarget::Session(number) => {
            print_session(context, &context.fetch_session(SessionRef::Number(number)).await?)
        }
        ShowTarget::Id(id) => match context.api.query(&route::HANDOFF.path(&[&id]), &()).await {
            Err(CallError::Problem(problem)) if problem.code() == Some(Code::NotFound) => {
                let name = SessionRef::Id(SessionId::from_bytes(*id.as_bytes()));
                print_session(context, &context.fetch_session(name).await?)
            }
            shown => print_handoff(context, &shown?),
        },
    }
}

fn print_handoff(context: &CommandContext, shown: &Handoff) -> Result<(), CliError> {
    if context.output.is_json() {
        return context.output.print_json(shown);
    }
    let (item, snapshot) = (&shown.item, &shown.snapshot);
    context.output.print_heading(&format!("#{} {}", item.number, item.problem_summary))?;
    let since = context.format_age(item.created_at);
    let standing = queue::status_text(item);
    context
        .output
        .print_line(&format!("{} · {standing} · from {}, {since}", item.priority, item.handed_off_by_name))?;
    print_section(context, "Problem", &snapshot.intake_content.text)?;
    print_section(context, "Notes", &item.engineer_notes)?;
    print_branches(context, &snapshot.branch_map)?;
    let told = snapshot.messages.len();
    let title = match usize::try_from(snapshot.message_count) {
        Ok(all) if all > told => format!("The last {told} of {all} messages"),
        Ok(_) | Err(_) => "Messages".into(),
    };
    print_messages(context, &title, &snapshot.messages)?;
    print_assessment(context, item)
}

fn print_session(context: &CommandContext, shown: &Session) -> Result<(), CliError> {
    if context.output.is_json() {
        return context.output.print_json(shown);
    }
    let item = &shown.item;
    context.output.print_heading(&format!("Session {} {}", item.number, item.title()))?;
    let changed = context.format_age(item.updated_at);
    context.output.print_line(&format!("{} · with {} · {changed}", item.status, item.assignee_name))?;
    print_branches(context, &item.branch_map)?;
    print_messages(context, "Messages", &shown.conversation_messages)?;
    print_section(context, "Resolution", item.resolution.as_deref().unwrap_or_default())
}

/// A heading and what stands under it; neither, if nothing does.
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
        let status = match branch.status {
            BranchStatus::Open => "open",
            BranchStatus::RuledOut => "ruled out",
            BranchStatus::Confirmed => "confirmed",
        };
        let evidence = branch.evidence.as_deref().map(|text| format!(" ({text})")).unwrap_or_default();
        format!("{status}: {}{evidence}", branch.hypothesis)
    };
    print_section(context, "Tried", &branches.iter().map(line).collect::<Vec<_>>().join("\n"))
}

fn print_messages(context: &CommandContext, title: &str, messages: &[Message]) -> Result<(), CliError> {
    let told = |message: &Message| {
        let who = match (&message.author_name, message.role) {
            (Some(name), _) => name.as_str(),
            (None, MessageRole::Assistant) => "assistant",
            (None, MessageRole::System | MessageRole::User) => "tierup",
        };
        format!("{who}, {}\n{}", context.format_age(message.created_at), message.content)
    };
    print_section(context, title, &messages.iter().map(told).collect::<Vec<_>>().join("\n\n"))
}

fn print_assessment(context: &CommandContext, item: &QueueItem) -> Result<(), CliError> {
    match (&item.ai_assessment_data, item.assessment_status) {
        (Some(data), AssessmentStatus::Ready) => print_section(context, "Assessment", &assessment_text(data)),
        (_, AssessmentStatus::Failed) => {
            print_section(context, "Assessment", item.assessment_error.as_deref().unwrap_or("failed"))
        }
        (_, AssessmentStatus::Pending | AssessmentStatus::Running | AssessmentStatus::Ready) => {
            print_section(context, "Assessment", "being written")
        }
        (_, AssessmentStatus::NotRequested) => Ok(()),
    }
}

fn assessment_text(data: &Assessment) -> String {
    let mut lines = vec![format!("Likely cause ({} confidence): {}", data.confidence, data.likely_cause)];
    for (number, step) in (1..).zip(&data.suggested_steps) {
        let became = match (step.outcome, step.already_tried) {
            (Some(Outcome::Worked), _) => " (worked)",
            (Some(Outcome::Failed), _) => " (did not work)",
            (None, true) => " (tried before)",
            (None, false) => "",
        };
        lines.push(format!("{number}. {}{became}", step.text));
    }
    for similar in &data.similar {
        let title = similar.problem_summary.as_str();
        lines.push(format!("Seen before, in session {}: {title}", similar.number));
    }
    lines.join("\n")
}
