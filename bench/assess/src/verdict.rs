//! Judges the answer to a case.

use serde::Serialize;
use tierup_common::assessment::{Assessment, Confidence};

use crate::dataset::{Case, Domain};

/// The answer to a case.
#[derive(Clone, Debug)]
pub enum Answer {
    /// An assessment, and the causes of its similar sessions (none for sessions that are not of the dataset).
    Assessed(Box<Assessment>, Vec<Option<String>>),
    /// The engine failed, for this reason.
    Failed(String),
}

/// The verdict on one answer.
#[derive(Clone, Debug, Serialize)]
pub struct Verdict {
    /// What the answer says about the cause.
    pub cause: CauseVerdict,
    /// Its confidence; none if the engine failed.
    pub confidence: Option<Confidence>,
    /// Whether the right cause is among its first three sources, or named.
    pub has_right_source: bool,
    /// Suggested steps that the case shows to be done already, but that are not marked so.
    pub suggested_anew: Vec<String>,
    /// Steps marked as tried that nobody tried.
    pub wrongly_tried: Vec<String>,
    /// How long the engine took, in milliseconds.
    pub took_ms: u64,
    /// The likely cause as it was answered, or the reason of a failure.
    pub said: String,
}

/// What an answer says about the cause.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum CauseVerdict {
    /// It names the right cause.
    Right,
    /// It names a cause that the case rules out.
    RuledOut,
    /// It names another cause.
    Wrong,
    /// It is inconclusive.
    Inconclusive,
    /// The engine failed.
    Failed,
}

/// Judges the answer to a case of a domain.
pub fn judge(domain: &Domain, case: &Case, answer: &Answer) -> Verdict {
    match answer {
        Answer::Assessed(assessment, sources) => judge_assessment(domain, case, assessment, sources),
        Answer::Failed(reason) => Verdict {
            cause: CauseVerdict::Failed,
            confidence: None,
            has_right_source: false,
            suggested_anew: Vec::new(),
            wrongly_tried: Vec::new(),
            took_ms: 0,
            said: reason.clone(),
        },
    }
}

fn judge_assessment(
    domain: &Domain,
    case: &Case,
    assessment: &Assessment,
    sources: &[Option<String>],
) -> Verdict {
    let in_answer = domain.causes_named_in(&assessment.likely_cause);
    let answers_any = |causes: &[String]| causes.iter().any(|cause| in_answer.contains(cause.as_str()));
    let outcome = if assessment.confidence == Confidence::Inconclusive {
        CauseVerdict::Inconclusive
    } else if answers_any(&case.causes) {
        CauseVerdict::Right
    } else if answers_any(&case.ruled_out) {
        CauseVerdict::RuledOut
    } else {
        CauseVerdict::Wrong
    };
    let was_tried = |text: &str| case.tried.iter().any(|pattern| pattern.matches(text));
    let steps = |is_wrong: &dyn Fn(bool, bool) -> bool| -> Vec<String> {
        let steps = assessment.suggested_steps.iter();
        steps.filter(|it| is_wrong(it.already_tried, was_tried(&it.text))).map(|it| it.text.clone()).collect()
    };
    let is_right_source =
        |source: &Option<String>| source.as_ref().is_some_and(|it| case.causes.contains(it));
    Verdict {
        cause: outcome,
        confidence: Some(assessment.confidence),
        has_right_source: outcome == CauseVerdict::Right || sources.iter().take(3).any(is_right_source),
        suggested_anew: steps(&|marked, tried| tried && !marked),
        wrongly_tried: steps(&|marked, tried| marked && !tried),
        took_ms: assessment.took_ms,
        said: assessment.likely_cause.clone(),
    }
}

impl Verdict {
    /// Whether the cause is right: the right one, or `inconclusive` where nothing fits.
    pub fn is_right(&self, case: &Case) -> bool {
        self.cause == if case.causes.is_empty() { CauseVerdict::Inconclusive } else { CauseVerdict::Right }
    }

    /// Why this is a failure; none if it is not.
    pub fn failure(&self, case: &Case) -> Option<String> {
        let mut reasons = Vec::new();
        let expected = if case.causes.is_empty() { "inconclusive".into() } else { case.causes.join(" or ") };
        if !self.is_right(case) {
            reasons.push(match self.cause {
                CauseVerdict::Right => format!("expected {expected}"),
                CauseVerdict::RuledOut => format!("expected {expected}, but it names what is ruled out"),
                CauseVerdict::Wrong => format!("expected {expected}, but it names something else"),
                CauseVerdict::Inconclusive => format!("expected {expected}, but it is inconclusive"),
                CauseVerdict::Failed => format!("expected {expected}, but the engine failed"),
            });
        }
        reasons.extend(self.suggested_anew.iter().map(|step| format!("suggests what was tried: {step}")));
        reasons.extend(self.wrongly_tried.iter().map(|step| format!("marks as tried what was not: {step}")));
        (!reasons.is_empty()).then(|| reasons.join("; "))
    }
}
