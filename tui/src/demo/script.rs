//! The story without a terminal: the same server, the same team, told line by line.

use std::io::Write;
use std::time::Duration;

use tierup_common::assessment::Assessment;
use tierup_common::event::{Frame, Signal, What};
use tierup_common::handoff::Handoff;
use tierup_common::id::HandoffId;
use tierup_common::session::{Message, MessageRole};
use tokio::sync::mpsc::{self, UnboundedReceiver};
use tokio::task::JoinSet;

use crate::cli::{Exit, wrong};
use crate::demo::cast::Actor;
use crate::demo::stage::Stage;
use crate::demo::story::Story;
use crate::effect::Watch;
use crate::event::{Event, Failure};
use crate::runtime::stream;
use crate::text::{cut, safe};

/// How fast assessments are written: nobody reads along.
pub(super) const PACE: u32 = 200;
/// Whatever is waited for comes within this time, or the story fails.
const SOON: Duration = Duration::from_secs(20);

/// Plays the story to its end.
pub(super) async fn play(stage: &Stage) -> Result<(), Exit> {
    let story = Story::read().map_err(wrong)?;
    let [first, second, ..] = &story.problems[..] else { return Err(Exit::error("the story is too short")) };
    let mut tasks = JoinSet::new();
    let (news, mut heard) = mpsc::unbounded_channel();
    let (you, ana) = (&stage.you, &stage.cast.ana);
    let [sam, lee, ..] = &stage.cast.juniors[..] else { return Err(Exit::error("the cast is too small")) };
    tasks.spawn(stream::follow(you.api.clone(), news));
    until(&mut heard, |frame| matches!(frame, Frame::Signal(Signal::Hello { .. })).then_some(())).await?;
    tell(&format!("a server runs on {}, in a temporary folder", you.api.server()))?;
    stage.cast.remember(&story).await?;
    tell(&format!("the team has solved {} problems before", story.history.len()))?;

    let handoff = sam.escalates(first).await?;
    tell_escalation(sam, &handoff)?;
    arrival(&mut heard, handoff.item.id).await?;
    tell(&format!("{} sees it arrive", you.name))?;
    let assessment = reads(you, &handoff).await?;
    tell(&format!("likely cause ({}): {}", assessment.confidence, assessment.likely_cause))?;
    for (number, step) in (1..).zip(&assessment.suggested_steps) {
        let tried = if step.already_tried { "  (already tried)" } else { "" };
        tell(&format!("  {number} {}{tried}", step.text))?;
    }
    let claimed = you.claims(handoff.item.id).await?;
    tell(&format!("{} claims #{}", you.name, claimed.item.number))?;
    works(you, &claimed, &assessment).await?;

    let handoff = lee.escalates(second).await?;
    tell_escalation(lee, &handoff)?;
    let other = handoff.item.id;
    ana.claims(other).await?;
    tell(&format!("{} claims #{}", ana.name, handoff.item.number))?;
    match you.claims(other).await {
        Err(Failure::Problem(problem)) if problem.winner.is_some() => {
            let detail = problem.detail.unwrap_or_default();
            tell(&format!("{} is a moment late: {detail}", you.name))?;
        }
        Err(failure) => return Err(failure.into()),
        Ok(_) => return Err(Exit::error("two people claimed one handoff")),
    }
    you.resolves(claimed.item.session_id, "The first step did it.").await?;
    tell(&format!("{} resolves #{}", you.name, claimed.item.number))?;
    tell("the server stops, and nothing is left behind")
}

/// Reads a briefing while its assessment is written.
async fn reads(you: &Actor, handoff: &Handoff) -> Result<Assessment, Exit> {
    let id = handoff.item.id;
    let (news, mut heard) = mpsc::unbounded_channel();
    let mut tasks = JoinSet::new();
    tasks.spawn(stream::watch(you.api.clone(), Watch::Handoff(id), news));
    tell(&format!("{} opens #{}; its assessment is being written", you.name, handoff.item.number))?;
    let mut bytes = 0;
    let written = until(&mut heard, |frame| match frame {
        Frame::Signal(Signal::HandoffAssessmentDelta { offset, text, .. }) => {
            bytes = offset + text.len();
            None
        }
        Frame::Event(event) => {
            let What::HandoffAssessmentReady { handoff, ai_assessment_data, .. } = event.what else {
                return None;
            };
            (handoff.handoff_id == id).then_some(*ai_assessment_data)
        }
        Frame::Signal(_) | Frame::Unknown { .. } => None,
    });
    let written = written.await?;
    tell(&format!("{bytes} bytes of it came as a stream"))?;
    Ok(written)
}

/// Sends a suggested step, and waits for the assistant's answer.
async fn works(you: &Actor, handoff: &Handoff, assessment: &Assessment) -> Result<(), Exit> {
    let session = handoff.item.session_id;
    let step = assessment.suggested_steps.iter().find(|step| !step.already_tried);
    let text = step.map_or("What should I look at first?", |step| step.text.as_str());
    let (news, mut heard) = mpsc::unbounded_channel();
    let mut tasks = JoinSet::new();
    tasks.spawn(stream::watch(you.api.clone(), Watch::Session(session), news));
    until(&mut heard, |frame| matches!(frame, Frame::Signal(Signal::Hello { .. })).then_some(())).await?;
    you.asks(session, text).await?;
    tell(&format!("{} sends the step: {text}", you.name))?;
    let answer = until(&mut heard, |frame| match frame {
        Frame::Event(event) => {
            let What::MessageAdded { message, .. } = event.what else { return None };
            (message.role != MessageRole::User).then_some(message)
        }
        Frame::Signal(_) | Frame::Unknown { .. } => None,
    });
    let Message { content, .. } = answer.await?;
    tell(&format!("the assistant answers: {}", first_line(&content)))
}

async fn arrival(heard: &mut UnboundedReceiver<Event>, id: HandoffId) -> Result<(), Exit> {
    until(heard, |frame| match frame {
        Frame::Event(event) => {
            let What::HandoffCreated { handoff, .. } = event.what else { return None };
            (handoff.handoff_id == id).then_some(())
        }
        Frame::Signal(_) | Frame::Unknown { .. } => None,
    })
    .await
}

/// Waits for the frame that is meant.
async fn until<T>(
    heard: &mut UnboundedReceiver<Event>,
    mut meant: impl FnMut(Frame) -> Option<T>,
) -> Result<T, Exit> {
    let wait = async {
        while let Some(event) = heard.recv().await {
            if let Event::Live(frame) | Event::Watched(frame) = event
                && let Some(found) = meant(frame)
            {
                return Ok(found);
            }
        }
        Err(Exit::error("the stream ended"))
    };
    let waited = tokio::time::timeout(SOON, wait).await;
    waited.unwrap_or_else(|_| Err(Exit::error("the story stands still: what was waited for did not come")))
}

fn tell_escalation(who: &Actor, handoff: &Handoff) -> Result<(), Exit> {
    let item = &handoff.item;
    tell(&format!("{} escalates #{}, {}: {}", who.name, item.number, item.priority, item.problem_summary))
}

fn tell(line: &str) -> Result<(), Exit> {
    writeln!(std::io::stdout(), "{}", safe::line(line)).map_err(wrong)
}

fn first_line(text: &str) -> String {
    cut(text.lines().next().unwrap_or_default(), 120)
}
