//! The offline engine: says of a problem what the team's runbooks and resolved sessions say of ones like it.
//!
//! It claims no more than it found. How sure it is follows from how much of the problem's own words the best fit
//! speaks of; when nothing fits it says so plainly.

use std::collections::HashSet;
use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Duration;

use tierup_common::assessment::{Confidence, Evidence, Similar};
use tierup_common::session::{Branch, BranchStatus, Message, MessageRole};

use crate::assess::{Library, Opinion, QUOTES, STEP_LENGTH, STEPS, Unable, Write, cut};
use crate::domain::briefing::Briefing;
use crate::search::runbook::Runbook;
use crate::search::{Hit, Kind, Matched, words};

/// A fit that covers less than this is none.
const LEAST: f64 = 0.18;
/// From here on it fits in part.
const MEDIUM: f64 = 0.30;
/// From here on it fits well.
const HIGH: f64 = 0.42;
/// A step was tried when so much of it stands in one sentence of the session.
const TRIED: f64 = 0.6;
/// Words that a fit must share with the problem: one alone is chance.
const SHARED_WORDS: usize = 3;

/// How fast the playbook writes: what it says is known at once, and people read at their own speed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Pace {
    /// All at once.
    AtOnce,
    /// A word after each such pause.
    PauseAfterWord(Duration),
}

/// What the team knows of problems like this one.
#[derive(Debug, Default)]
pub(super) struct Known {
    /// The runbook that fits best, if one fits.
    pub(super) runbook: Option<Arc<Runbook>>,
    /// Resolved sessions that fit, the best first.
    pub(super) similar: Vec<Similar>,
    /// How well the best fit of all fits.
    fit: f64,
    /// Whether the runbook is the best fit of all.
    runbook_first: bool,
    matched: Matched,
}

/// Looks up what is known of a problem.
pub(super) async fn known(briefing: &Briefing, library: Library<'_>) -> Result<Known, Unable> {
    let words = question(briefing);
    let matched = library.search.solutions(library.store, library.account, words).await?;
    let fits: Vec<&Hit> =
        matched.hits.iter().filter(|hit| hit.coverage >= LEAST && hit.words.len() >= SHARED_WORDS).collect();
    let mut known = Known {
        fit: fits.first().map_or(0.0, |hit| hit.coverage),
        runbook_first: fits.first().is_some_and(|hit| matches!(hit.kind, Kind::Runbook(_))),
        ..Known::default()
    };
    for hit in fits {
        match &hit.kind {
            Kind::Runbook(name) if known.runbook.is_none() => {
                known.runbook = library.search.runbook(name);
            }
            Kind::Session(id) if known.similar.len() < QUOTES => {
                let id = *id;
                let session = library.store.read(library.account, move |scope| scope.session(id)).await?;
                known.similar.push(Similar {
                    session_id: id,
                    number: session.number,
                    problem_summary: session.title,
                    resolution: session.resolution.unwrap_or_default(),
                });
            }
            Kind::Runbook(_) | Kind::Session(_) => {}
        }
    }
    known.matched = matched;
    Ok(known)
}

/// The words to look for: what people wrote, their one-line summary first and twice.
fn question(briefing: &Briefing) -> Vec<String> {
    let mut all: Vec<String> = Vec::new();
    for text in [&briefing.title, &briefing.title, &briefing.intake, &briefing.notes] {
        all.extend(words::of(text));
    }
    for message in briefing.messages.iter().filter(|message| message.role == MessageRole::User) {
        all.extend(words::of(&message.content));
    }
    all.extend(briefing.branches.iter().flat_map(|branch| words::of(&branch.hypothesis)));
    all
}

pub(super) async fn assess(
    briefing: &Briefing,
    library: Library<'_>,
    pace: Pace,
    write: Write<'_>,
) -> Result<(String, Opinion), Unable> {
    let known = known(briefing, library).await?;
    let opinion = opinion(briefing, &known);
    let text = as_text(&opinion);
    say(&text, pace, write).await;
    Ok((text, opinion))
}

pub(super) async fn reply(
    briefing: &Briefing,
    library: Library<'_>,
    pace: Pace,
    write: Write<'_>,
) -> Result<String, Unable> {
    // The last question counts most; what was said before says what it is about.
    let asked = briefing.messages.last().map(|message| message.content.clone()).unwrap_or_default();
    let known = known(&Briefing { title: asked, ..briefing.clone() }, library).await?;
    let text = answer(briefing, &known);
    say(&text, pace, write).await;
    Ok(text)
}

async fn say(text: &str, pace: Pace, write: Write<'_>) {
    match pace {
        Pace::AtOnce => write(text),
        Pace::PauseAfterWord(pause) => {
            for word in text.split_inclusive(' ') {
                write(word);
                tokio::time::sleep(pause).await;
            }
        }
    }
}

fn opinion(briefing: &Briefing, known: &Known) -> Opinion {
    let tried = Tried::of(briefing);
    let steps = suggestions(known).into_iter().map(|step| {
        let was_tried = tried.has(&step);
        (cut(&step, STEP_LENGTH), was_tried)
    });
    Opinion {
        likely_cause: likely_cause(known),
        steps: steps.take(STEPS).collect(),
        confidence: confidence(known.fit),
        evidence: evidence(briefing, &known.matched),
        similar: known.similar.clone(),
    }
}

fn confidence(fit: f64) -> Confidence {
    if fit >= HIGH {
        Confidence::High
    } else if fit >= MEDIUM {
        Confidence::Medium
    } else if fit >= LEAST {
        Confidence::Low
    } else {
        Confidence::Inconclusive
    }
}

fn likely_cause(known: &Known) -> String {
    match (&known.runbook, known.similar.first()) {
        (Some(book), similar) if known.runbook_first || similar.is_none() => book.cause.clone(),
        (_, Some(similar)) => {
            let first = words::sentences(&similar.resolution).next().unwrap_or(&similar.resolution);
            format!("As in session {}: {first}", similar.number)
        }
        (Some(_) | None, None) => {
            "Nothing in the runbooks or the resolved sessions matches this problem.".into()
        }
    }
}

/// What to try: the runbook's steps, and what ended the sessions that were alike.
fn suggestions(known: &Known) -> Vec<String> {
    let from_runbook = known.runbook.iter().flat_map(|book| book.steps.iter().cloned());
    let from_sessions = known.similar.iter().take(2).flat_map(|similar| {
        words::sentences(&similar.resolution)
            .take(1)
            .map(|sentence| format!("As in session {}: {sentence}", similar.number))
            .collect::<Vec<_>>()
    });
    if known.runbook_first {
        from_runbook.chain(from_sessions).collect()
    } else {
        from_sessions.chain(from_runbook).collect()
    }
}

/// The sentences that share the most telling words with what fits, one of a message.
fn evidence(briefing: &Briefing, matched: &Matched) -> Vec<Evidence> {
    let Some(best) = matched.hits.first() else { return Vec::new() };
    let telling: HashSet<&str> = best.words.iter().map(String::as_str).collect();
    let worth = |sentence: &str| -> f64 {
        let words: HashSet<String> = words::of(sentence).collect();
        let telling = words.iter().filter(|word| telling.contains(word.as_str()));
        telling.filter_map(|word| matched.worth.get(word)).sum()
    };
    let quote = |message: &Message| -> Option<(f64, Evidence)> {
        let sentences = words::sentences(&message.content).map(|sentence| (worth(sentence), sentence));
        let (value, sentence) = sentences.max_by(|one, other| one.0.total_cmp(&other.0))?;
        let evidence = Evidence { message_seq: message.seq, quote: cut(sentence, 160) };
        (value > 0.0).then_some((value, evidence))
    };
    let people = briefing.messages.iter().filter(|message| message.role == MessageRole::User);
    let mut quotes: Vec<(f64, Evidence)> = people.filter_map(quote).collect();
    quotes.sort_by(|one, other| other.0.total_cmp(&one.0));
    quotes.into_iter().take(QUOTES).map(|(_, quote)| quote).collect()
}

/// What the session shows to have been tried: settled branches, and what people said in it.
struct Tried(Vec<HashSet<String>>);

impl Tried {
    fn of(briefing: &Briefing) -> Self {
        let settled = |branch: &&Branch| branch.status != BranchStatus::Open;
        let branches = briefing.branches.iter().filter(settled).map(|branch| branch.hypothesis.as_str());
        let people = briefing.messages.iter().filter(|message| message.role == MessageRole::User);
        let said = people.map(|message| message.content.as_str()).chain([briefing.notes.as_str()]);
        let claims = said.flat_map(words::sentences).filter(|sentence| !words::is_question(sentence));
        Self(branches.chain(claims).map(words::stems).collect())
    }

    fn has(&self, step: &str) -> bool {
        let step = words::stems(step);
        step.len() >= 2 && self.0.iter().any(|said| words::share(&step, said) >= TRIED)
    }
}

/// An opinion as people read it.
fn as_text(opinion: &Opinion) -> String {
    let sure = match opinion.confidence {
        Confidence::Inconclusive => "inconclusive".into(),
        Confidence::Low | Confidence::Medium | Confidence::High => {
            format!("{} confidence", opinion.confidence)
        }
    };
    let mut text = format!("**Likely cause**  {sure}\n{}\n", opinion.likely_cause);
    // Writing to a String cannot fail.
    if !opinion.steps.is_empty() {
        text.push_str("\n**Try next**\n");
        for (number, (step, tried)) in (1..).zip(&opinion.steps) {
            let mark = if *tried { " (already tried)" } else { "" };
            let _ = writeln!(text, "{number}. {step}{mark}");
        }
    }
    if !opinion.evidence.is_empty() {
        text.push_str("\n**From the session**\n");
        for Evidence { message_seq, quote } in &opinion.evidence {
            let _ = writeln!(text, "- [{message_seq}] “{quote}”");
        }
    }
    if !opinion.similar.is_empty() {
        text.push_str("\n**Seen before**\n");
        for similar in &opinion.similar {
            let _ = writeln!(text, "- session {}: {}", similar.number, similar.problem_summary);
        }
    }
    if opinion.confidence == Confidence::Inconclusive {
        text.push_str("\nA runbook for this would help the next one.\n");
    }
    text
}

/// An answer in a session.
fn answer(briefing: &Briefing, known: &Known) -> String {
    let tried = Tried::of(briefing);
    let fresh: Vec<String> = suggestions(known).into_iter().filter(|step| !tried.has(step)).take(4).collect();
    if known.runbook.is_none() && known.similar.is_empty() {
        return "Nothing in the runbooks or the resolved sessions matches this. What would narrow it down: the \
                exact error text, when it began, what changed just before, and who else has it."
            .into();
    }
    let mut text = format!("{}\n", likely_cause(known));
    if fresh.is_empty() {
        text.push_str("\nEverything known for this has been tried already.\n");
    } else {
        text.push_str("\nNot tried yet:\n");
        for (number, step) in (1..).zip(&fresh) {
            let _ = writeln!(text, "{number}. {step}");
        }
    }
    if let Some(book) = &known.runbook {
        let _ = writeln!(text, "\nFrom the runbook “{}”.", book.title);
    }
    text
}
