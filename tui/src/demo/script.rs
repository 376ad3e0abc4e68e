//! `tierup demo --script`: the story with the same server and team, printed line by line.

use std::io::Write;
use std::time::Duration;

use tierup_common::assessment::Assessment;
use tierup_common::event::{EventBody, Signal, StreamFrame};
use tierup_common::handoff::Handoff;
use tierup_common::id::HandoffId;
use tierup_common::session::{Message, MessageRole};

use crate::demo::server::DemoServer;
use crate::demo::story::Story;
use crate::demo::team::TeamMember;
use crate::effect::StreamFilter;
use crate::error::CliError;
use crate::event::CallError;
use crate::runtime::stream::{self, Subscription};
use crate::text::{ellipsize, safe};

/// How fast assessments are written, in words per second.
pub(super) const WORDS_PER_SECOND: u32 = 200;
/// How long to wait for any event of the story.
const STEP_TIMEOUT: Duration = Duration::from_secs(20);

/// Plays the story to its end.
pub(super) async fn run(server: &DemoServer) -> Result<(), CliError> {
    let story = Story::read().map_err(CliError::from_display)?;
    let [first, second, ..] = &story.problems[..] else {
        return Err(CliError::error("the story is too short"));
    };
    let (you, ana) = (&server.you, &server.team.ana);
    let [sam, lee, ..] = &server.team.juniors[..] else {
        return Err(CliError::error("the team is too small"));
    };
    let mut stream = Subscription::open(you.api.clone(), None);
    wait_for_frame(&mut stream, |frame| stream::hello_time(&frame)).await?;
    print_line(&format!("started a server on {}, in a temporary folder", you.api.server_url()))?;
    server.team.seed_history(&story).await?;
    print_line(&format!("the team has already resolved {} problems", story.history.len()))?;

    let handoff = sam.escalate(first).await?;
    print_escalation(sam, &handoff)?;
    wait_for_arrival(&mut stream, handoff.item.id).await?;
    print_line(&format!("{} sees it arrive", you.name))?;
    let assessment = read_briefing(you, &handoff).await?;
    print_line(&format!("likely cause ({}): {}", assessment.confidence, assessment.likely_cause))?;
    for (number, step) in (1..).zip(&assessment.suggested_steps) {
        let tried = if step.already_tried { "  (already tried)" } else { "" };
        print_line(&format!("  {number} {}{tried}", step.text))?;
    }
    let claimed = you.claim(handoff.item.id).await?;
    print_line(&format!("{} claims #{}", you.name, claimed.item.number))?;
    ask_assistant(you, &claimed, &assessment).await?;

    let handoff = lee.escalate(second).await?;
    print_escalation(lee, &handoff)?;
    let other = handoff.item.id;
    ana.claim(other).await?;
    print_line(&format!("{} claims #{}", ana.name, handoff.item.number))?;
    match you.claim(other).await {
        Err(CallError::Problem(problem)) if problem.winner.is_some() => {
            let detail = problem.detail.unwrap_or_default();
            print_line(&format!("{} is too late: {detail}", you.name))?;
        }
        Err(failure) => return Err(failure.into()),
        Ok(_) => return Err(CliError::error("two people claimed the same handoff")),
    }
    you.resolve(claimed.item.session_id, "The first step did it.").await?;
    print_line(&format!("{} resolves #{}", you.name, claimed.item.number))?;
    print_line("stopped the server and removed its folder")
}

/// Reads a briefing while its assessment is written.
async fn read_briefing(you: &TeamMember, handoff: &Handoff) -> Result<Assessment, CliError> {
    let id = handoff.item.id;
    let mut stream = Subscription::open(you.api.clone(), Some(StreamFilter::Handoff(id)));
    print_line(&format!(
        "{} opens #{} while its assessment is being written",
        you.name, handoff.item.number
    ))?;
    let mut bytes = 0;
    let written = wait_for_frame(&mut stream, |frame| match frame {
        StreamFrame::Signal(Signal::HandoffAssessmentDelta { offset, text, .. }) => {
            bytes = offset + text.len();
            None
        }
        StreamFrame::Event(event) => {
            let EventBody::HandoffAssessmentReady { handoff, ai_assessment_data, .. } = event.body else {
                return None;
            };
            (handoff.handoff_id == id).then_some(*ai_assessment_data)
        }
        StreamFrame::Signal(_) | StreamFrame::Unknown { .. } => None,
    });
    let written = written.await?;
    print_line(&format!("streamed {bytes} bytes of it"))?;
    Ok(written)
}

/// Sends a suggested step and waits for the assistant's answer.
async fn ask_assistant(you: &TeamMember, handoff: &Handoff, assessment: &Assessment) -> Result<(), CliError> {
    let session = handoff.item.session_id;
    let step = assessment.suggested_steps.iter().find(|step| !step.already_tried);
    let text = step.map_or("What should I look at first?", |step| step.text.as_str());
    let mut stream = Subscription::open(you.api.clone(), Some(StreamFilter::Session(session)));
    wait_for_frame(&mut stream, |frame| stream::hello_time(&frame)).await?;
    you.ask(session, text).await?;
    print_line(&format!("{} sends the step: {text}", you.name))?;
    let answer = wait_for_frame(&mut stream, |frame| match frame {
        StreamFrame::Event(event) => {
            let EventBody::MessageAdded { message, .. } = event.body else { return None };
            (message.role != MessageRole::User).then_some(message)
        }
        StreamFrame::Signal(_) | StreamFrame::Unknown { .. } => None,
    });
    let Message { content, .. } = answer.await?;
    print_line(&format!("the assistant answers: {}", first_line(&content)))
}

async fn wait_for_arrival(stream: &mut Subscription, id: HandoffId) -> Result<(), CliError> {
    wait_for_frame(stream, |frame| match frame {
        StreamFrame::Event(event) => {
            let EventBody::HandoffCreated { handoff, .. } = event.body else { return None };
            (handoff.handoff_id == id).then_some(())
        }
        StreamFrame::Signal(_) | StreamFrame::Unknown { .. } => None,
    })
    .await
}

/// Waits for a frame of a stream, over every break.
async fn wait_for_frame<T>(
    stream: &mut Subscription,
    select: impl FnMut(StreamFrame) -> Option<T>,
) -> Result<T, CliError> {
    let found = tokio::time::timeout(STEP_TIMEOUT, stream.find(select, |_| Ok::<_, CliError>(()))).await;
    let found = found.map_err(|_| CliError::error("the demo is stuck: an event did not come in time"))??;
    found.ok_or_else(|| CliError::error("the stream ended"))
}

fn print_escalation(who: &TeamMember, handoff: &Handoff) -> Result<(), CliError> {
    let item = &handoff.item;
    print_line(&format!(
        "{} escalates #{}, {}: {}",
        who.name, item.number, item.priority, item.problem_summary
    ))
}

fn print_line(line: &str) -> Result<(), CliError> {
    writeln!(std::io::stdout(), "{}", safe::sanitize_line(line)).map_err(CliError::from_display)
}

fn first_line(text: &str) -> String {
    ellipsize(text.lines().next().unwrap_or_default(), 120).into_owned()
}
