//! `tierup show`: a handoff with its snapshot and assessment, or a session with its messages.

use clap::Args;
use clap_complete::ArgValueCandidates;
use serde_json::Value;
use tierup_common::assessment::{Assessment, AssessmentStatus, Confidence, Step};
use tierup_common::handoff::{ChangesSince, Handoff, HandoffStatus, QueueItem};
use tierup_common::id::{HandoffRef, SessionId};
use tierup_common::limit;
use tierup_common::session::{Branch, Message, MessageRole, Session, SessionItem};

use crate::cli::context::{CommandContext, is_not_found};
use crate::cli::reference::{SessionRef, ShowTarget};
use crate::cli::{candidates, outcome, queue, tried};
use crate::error::CliError;
use crate::runtime::api::requests::{self, ItemList};
use crate::text::ellipsize;
use crate::theme::Glyphs;

/// Columns of a reason or a question, at most.
const MAX_REASON_WIDTH: usize = 400;

#[derive(Args)]
pub(super) struct ShowArgs {
    /// A handoff (its number or id) or a session (s17 or its id)
    #[arg(add = ArgValueCandidates::new(candidates::handoffs_and_sessions))]
    subject: ShowTarget,
}

pub(super) async fn run(context: &CommandContext, arguments: &ShowArgs) -> Result<(), CliError> {
    match arguments.subject {
        ShowTarget::Handoff(number) => {
            let handoff = context.api.send(requests::handoff(HandoffRef::Number(number))).await?;
            print_handoff(context, &handoff).await
        }
        ShowTarget::Session(number) => {
            print_session(context, &context.fetch_session(SessionRef::SessionNumber(number)).await?).await
        }
        ShowTarget::Id(id) => match context.api.send(requests::handoff(id)).await {
            Err(failure) if is_not_found(&failure) => {
                let session = SessionRef::Id(SessionId::from_bytes(*id.as_bytes()));
                print_session(context, &context.fetch_session(session).await?).await
            }
            handoff => print_handoff(context, &handoff?).await,
        },
    }
}

async fn print_handoff(context: &CommandContext, shown: &Handoff) -> Result<(), CliError> {
    if context.output.is_json() {
        return context.output.print_json(shown);
    }
    let (item, snapshot) = (&shown.item, &shown.snapshot);
    context.output.print_heading(&format!("#{} {}", item.number, item.problem_summary))?;
    let age = context.format_age(item.created_at);
    let resolved = if item.status == HandoffStatus::Resolved {
        Some(context.fetch_session(SessionRef::Id(item.session_id)).await?.item)
    } else {
        None
    };
    let status = match &resolved {
        Some(session) => resolved_text(context, session).await,
        None => queue::status_text(item),
    };
    let due = item.due_state(context.api.server_now()).map(|due| format!(" · {due}")).unwrap_or_default();
    context.output.print_line(&format!(
        "{} · {status} · from {}, {age}{due}",
        item.priority, item.handed_off_by_name
    ))?;
    let resolution = resolved.as_ref().and_then(|session| session.resolution.as_deref());
    print_section(context, "Resolution", resolution.unwrap_or_default())?;
    print_section(context, "Problem", &snapshot.intake_content.text)?;
    print_section(context, "Notes", &item.engineer_notes)?;
    if let Some(changes) = &snapshot.changes_since {
        print_section(context, "Since the last handoff", &changes_text(context, changes))?;
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
    let ChangesSince { number, handed_off_at, new_messages, branches, steps, question, .. } = changes;
    let mut lines = vec![format!("#{number}, {}", context.format_age(*handed_off_at))];
    lines.push(format!("{new_messages} new {}", if *new_messages == 1 { "message" } else { "messages" }));
    if let Some(asked) = question {
        lines.push(format!("{} asked: {}", asked.by.name, one_line(&asked.text)));
        lines.extend(asked.answer.as_deref().map(|answer| format!("answer: {}", one_line(answer))));
    }
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

async fn print_session(context: &CommandContext, shown: &Session) -> Result<(), CliError> {
    if context.output.is_json() {
        return context.output.print_json(shown);
    }
    let item = &shown.item;
    context.output.print_heading(&format!("Session {} {}", item.number, item.title()))?;
    let age = context.format_age(item.updated_at);
    let status = resolved_text(context, item).await;
    context.output.print_line(&format!("{status} · assigned to {} · updated {age}", item.assignee_name))?;
    print_section(context, "Resolution", item.resolution.as_deref().unwrap_or_default())?;
    print_branches(context, &item.branch_map)?;
    print_messages(context, "Messages", &shown.conversation_messages)?;
    if let Some(original) = item.duplicate_of {
        context.output.print_line(&format!("  Duplicate of #{}", original.number))?;
    }
    let duplicates = item.duplicates.iter().map(|duplicate| format!("session {}", duplicate.number));
    print_section(context, "Duplicates", &duplicates.collect::<Vec<_>>().join("\n"))
}

/// The status of a session; of a resolved one with who did it, and when.
async fn resolved_text(context: &CommandContext, session: &SessionItem) -> String {
    let Some(at) = session.resolved_at else { return session.status.to_string() };
    let age = context.format_age(at);
    // The log may no longer have the event.
    match context.api.send(requests::timeline(session.id)).await.ok().as_ref().and_then(resolver_name) {
        Some(name) => format!("resolved by {name}, {age}"),
        None => format!("resolved {age}"),
    }
}

/// Who resolved the session of a timeline. Events that this version does not know are skipped.
fn resolver_name(timeline: &ItemList<Value>) -> Option<String> {
    let resolved = timeline.items.iter().rev().find(|event| event["type"] == "session_resolved")?;
    resolved["by"]["name"].as_str().map(str::to_owned)
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
    let state = match (item.assessment_status, &item.ai_assessment_data) {
        (AssessmentStatus::NotRequested, _) => return Ok(()),
        (AssessmentStatus::Ready, Some(_)) => String::new(),
        (AssessmentStatus::Failed, earlier) => {
            let error = item.assessment_error.as_deref().unwrap_or("failed");
            let follows = if earlier.is_some() { "\nEarlier assessment:" } else { "" };
            let detail = item.assessment_error_detail.as_deref();
            let detail = detail.map(|detail| format!("\nDetails for admins: {detail}")).unwrap_or_default();
            format!("{error}{detail}{follows}")
        }
        (AssessmentStatus::Pending | AssessmentStatus::Running, Some(_)) => {
            "A new assessment is being written. The earlier one:".into()
        }
        (AssessmentStatus::Pending | AssessmentStatus::Running | AssessmentStatus::Ready, None) => {
            "in progress".into()
        }
    };
    let text = item.ai_assessment_data.as_deref().map(assessment_text).unwrap_or_default();
    print_section(context, "Assessment", format!("{state}\n{text}").trim())
}

fn assessment_text(data: &Assessment) -> String {
    let mut lines = match data.confidence {
        Confidence::Inconclusive => vec![format!("Inconclusive: {}", data.likely_cause)],
        Confidence::Low | Confidence::Medium | Confidence::High => {
            vec![format!("Likely cause ({}): {}", data.confidence_summary(), data.likely_cause)]
        }
    };
    for reservation in data.reservations() {
        lines.push(format!("{} {}", Glyphs::UNICODE.reservation(reservation), reservation.sentence()));
    }
    for (number, step) in (1..).zip(&data.suggested_steps) {
        lines.push(format!("{number}. {}{}", step.text, step_note(step)));
        lines.extend(reason_line(step.why.as_deref()));
    }
    let questions = data.find_out.iter().take(limit::MAX_FIND_OUT);
    lines.extend(questions.map(|question| format!("To find out: {}", one_line(question))));
    for similar in &data.similar {
        lines.push(format!("Similar: session {}: {}", similar.number, similar.problem_summary));
        lines.extend(reason_line(similar.why.as_deref()));
    }
    lines.join("\n")
}

/// What became of a step, after its text.
fn step_note(step: &Step) -> String {
    match (step.outcome, step.already_tried) {
        (Some(known), _) => format!(" ({})", outcome::outcome_text(known)),
        (None, true) => " (already tried)".into(),
        (None, false) => String::new(),
    }
}

/// Why a step is suggested or a case is similar, below it.
fn reason_line(why: Option<&str>) -> Option<String> {
    let why = why.map(one_line).filter(|why| !why.is_empty())?;
    Some(format!("   {why}"))
}

/// A text in one line of bounded length.
fn one_line(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    ellipsize(&line, MAX_REASON_WIDTH).into_owned()
}

#[cfg(test)]
mod tests {
    use tierup_common::assessment::{Basis, Outcome, Similar};
    use tierup_common::id::{Number, StepId};

    use super::*;

    #[test]
    fn an_assessment_says_how_sure_it_is_and_what_speaks_against_it() {
        let step = |text: &str, already_tried, outcome| Step {
            id: StepId::from_bytes([1; 16]),
            text: text.into(),
            already_tried,
            outcome,
            why: Some("session 17:\nit worked".into()),
        };
        let assessment = Assessment {
            likely_cause: "The client is damaged.".into(),
            suggested_steps: vec![
                step("Reinstall it", true, None),
                step("Renew it", false, Some(Outcome::Worked)),
            ],
            confidence: Confidence::Low,
            similar: vec![Similar {
                session_id: SessionId::from_bytes([1; 16]),
                number: Number(9),
                problem_summary: "VPN drops".into(),
                resolution: "Renewed it.".into(),
                why: Some("x".repeat(1000)),
            }],
            basis: Basis { cases: 1, runbooks: 0, identifiers: vec!["error 809".into()] },
            find_out: vec!["Another network?".into()],
            contradicted_by: Some("reinstall the client".into()),
            is_uncited: true,
            is_cut_off: true,
            ..Assessment::default()
        };
        let text = assessment_text(&assessment);
        let (known, long) = text.rsplit_once('\n').unwrap();
        assert_eq!(
            known,
            "Likely cause (low confidence · 1 case, error 809): The client is damaged.\n\
             ✗ Ruled out in this session: reinstall the client\n\
             … Cut off: the engine stopped before it finished\n\
             ? Uncited: no quote from the session supports it\n\
             1. Reinstall it (already tried)\n   session 17: it worked\n\
             2. Renew it (worked)\n   session 17: it worked\n\
             To find out: Another network?\n\
             Similar: session 9: VPN drops"
        );
        assert!(long.chars().count() <= MAX_REASON_WIDTH + 3 && long.ends_with('…'), "{long}");
        let inconclusive = Assessment { confidence: Confidence::Inconclusive, ..assessment };
        assert!(assessment_text(&inconclusive).starts_with("Inconclusive: The client is damaged.\n"));
    }
}
