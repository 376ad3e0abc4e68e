//! `tierup show`: a handoff in ten seconds, or a session with all that was said in it.

use clap::Args;
use tierup_common::assessment::{Assessment, AssessmentStatus, Outcome};
use tierup_common::handoff::{Handoff, QueueItem};
use tierup_common::id::{HandoffRef, SessionId};
use tierup_common::problem::Code;
use tierup_common::route;
use tierup_common::session::{Branch, BranchStatus, Message, MessageRole, Session};

use crate::cli::errand::{Errand, SessionName, Subject};
use crate::cli::exit::Exit;
use crate::cli::queue;
use crate::event::Failure;

#[derive(Args)]
pub(super) struct Arguments {
    /// A handoff: its number or its id; or a session: s17, or its id
    subject: Subject,
}

pub(super) async fn run(errand: &Errand, arguments: &Arguments) -> Result<(), Exit> {
    match arguments.subject {
        Subject::Handoff(number) => handoff(errand, &errand.handoff(HandoffRef::Number(number)).await?),
        Subject::Session(number) => {
            session(errand, &errand.whole_session(SessionName::Number(number)).await?)
        }
        Subject::Id(id) => match errand.api.read(&route::HANDOFF.path(&[&id]), &()).await {
            Err(Failure::Problem(problem)) if problem.code() == Some(Code::NotFound) => {
                let name = SessionName::Id(SessionId::from_bytes(*id.as_bytes()));
                session(errand, &errand.whole_session(name).await?)
            }
            shown => handoff(errand, &shown?),
        },
    }
}

fn handoff(errand: &Errand, shown: &Handoff) -> Result<(), Exit> {
    if errand.out.is_json() {
        return errand.out.json(shown);
    }
    let (item, snapshot) = (&shown.item, &shown.snapshot);
    errand.out.heading(&format!("#{} {}", item.number, item.problem_summary))?;
    let since = errand.ago(item.created_at);
    let standing = queue::standing(item);
    errand
        .out
        .line(&format!("{} · {standing} · from {}, {since}", item.priority, item.handed_off_by_name))?;
    section(errand, "Problem", &snapshot.intake_content.text)?;
    section(errand, "Notes", &item.engineer_notes)?;
    branches(errand, &snapshot.branch_map)?;
    let told = snapshot.messages.len();
    let title = match usize::try_from(snapshot.message_count) {
        Ok(all) if all > told => format!("The last {told} of {all} messages"),
        Ok(_) | Err(_) => "Messages".into(),
    };
    messages(errand, &title, &snapshot.messages)?;
    assessment(errand, item)
}

fn session(errand: &Errand, shown: &Session) -> Result<(), Exit> {
    if errand.out.is_json() {
        return errand.out.json(shown);
    }
    let item = &shown.item;
    errand.out.heading(&format!("Session {} {}", item.number, item.title()))?;
    let changed = errand.ago(item.updated_at);
    errand.out.line(&format!("{} · with {} · {changed}", item.status, item.assignee_name))?;
    branches(errand, &item.branch_map)?;
    messages(errand, "Messages", &shown.conversation_messages)?;
    section(errand, "Resolution", item.resolution.as_deref().unwrap_or_default())
}

/// A heading and what stands under it; neither, if nothing does.
fn section(errand: &Errand, title: &str, text: &str) -> Result<(), Exit> {
    if text.trim().is_empty() {
        return Ok(());
    }
    errand.out.text("")?;
    errand.out.heading(title)?;
    let indented: Vec<String> = text.trim_end().lines().map(|line| format!("  {line}")).collect();
    errand.out.text(&indented.join("\n"))
}

fn branches(errand: &Errand, branches: &[Branch]) -> Result<(), Exit> {
    let line = |branch: &Branch| {
        let status = match branch.status {
            BranchStatus::Open => "open",
            BranchStatus::RuledOut => "ruled out",
            BranchStatus::Confirmed => "confirmed",
        };
        let evidence = branch.evidence.as_deref().map(|text| format!(" ({text})")).unwrap_or_default();
        format!("{status}: {}{evidence}", branch.hypothesis)
    };
    section(errand, "Tried", &branches.iter().map(line).collect::<Vec<_>>().join("\n"))
}

fn messages(errand: &Errand, title: &str, messages: &[Message]) -> Result<(), Exit> {
    let told = |message: &Message| {
        let who = match (&message.author_name, message.role) {
            (Some(name), _) => name.as_str(),
            (None, MessageRole::Assistant) => "assistant",
            (None, MessageRole::System | MessageRole::User) => "tierup",
        };
        format!("{who}, {}\n{}", errand.ago(message.created_at), message.content)
    };
    section(errand, title, &messages.iter().map(told).collect::<Vec<_>>().join("\n\n"))
}

fn assessment(errand: &Errand, item: &QueueItem) -> Result<(), Exit> {
    match (&item.ai_assessment_data, item.assessment_status) {
        (Some(data), AssessmentStatus::Ready) => section(errand, "Assessment", &in_words(data)),
        (_, AssessmentStatus::Failed) => {
            section(errand, "Assessment", item.assessment_error.as_deref().unwrap_or("failed"))
        }
        (_, AssessmentStatus::Pending | AssessmentStatus::Running | AssessmentStatus::Ready) => {
            section(errand, "Assessment", "being written")
        }
        (_, AssessmentStatus::NotRequested) => Ok(()),
    }
}

fn in_words(data: &Assessment) -> String {
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
