//! Assessments: the likely cause of a handoff's problem, steps to try, and the evidence for it.

use serde::{Deserialize, Serialize};

use crate::id::{Number, SessionId, StepId};
use crate::string_enum::string_enum;
use crate::text::truncate_to_line;

/// The identifiers that the summary of a basis names, at most.
const MAX_NAMED_IDENTIFIERS: usize = 3;
/// Characters of an identifier in that summary.
const MAX_IDENTIFIER_CHARS: usize = 40;
/// Characters of the hypothesis in a [`Reservation`].
const MAX_HYPOTHESIS_CHARS: usize = 200;

string_enum! {
    /// The status of an assessment.
    pub enum AssessmentStatus {
        /// Waiting to be written.
        Pending = "pending",
        /// Being written.
        Running = "running",
        /// Complete.
        Ready = "ready",
        /// The engine failed; `assessment_error` has the reason.
        Failed = "failed",
        /// There is none: the handoff is a park, or the engine is off.
        NotRequested = "not_requested",
    }
}

string_enum! {
    /// How sure an assessment is of its likely cause.
    #[derive(Default)]
    pub enum Confidence {
        /// A guess.
        Low = "low",
        /// The cause fits in part.
        Medium = "medium",
        /// The cause fits well.
        High = "high",
        /// No known cause fits.
        #[default]
        Inconclusive = "inconclusive",
    }
}

impl Confidence {
    /// How people read it, such as `high confidence`; `inconclusive` stands alone.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Low => "low confidence",
            Self::Medium => "medium confidence",
            Self::High => "high confidence",
            Self::Inconclusive => "inconclusive",
        }
    }
}

string_enum! {
    /// The outcome of a suggested step.
    pub enum Outcome {
        /// The step helped.
        Worked = "worked",
        /// The step did not help.
        Failed = "failed",
    }
}

/// A suggested step.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Step {
    /// The id.
    pub id: StepId,
    /// What to do, one line.
    pub text: String,
    /// Whether it was tried before the handoff, as the session shows.
    pub already_tried: bool,
    /// The outcome, once recorded.
    pub outcome: Option<Outcome>,
    /// Why it is suggested: the source, and what speaks for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
}

/// A quote from the session that supports the likely cause.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Evidence {
    /// The `seq` of the message in the session.
    pub message_seq: u32,
    /// The quoted words.
    pub quote: String,
}

/// A resolved session with a similar problem.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Similar {
    /// The id of that session.
    pub session_id: SessionId,
    /// The number of that session.
    pub number: Number,
    /// Its problem in one line.
    pub problem_summary: String,
    /// Its cause and its fix.
    pub resolution: String,
    /// Why it is similar: the words and identifiers that it shares with the problem, and whether its fix worked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
}

/// What a confidence rests on.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Basis {
    /// Resolved sessions with this cause.
    pub cases: u32,
    /// Runbooks with this cause.
    pub runbooks: u32,
    /// Error codes, versions, hosts and the like that the problem shares with them.
    pub identifiers: Vec<String>,
}

impl Basis {
    /// Whether nothing known supports the likely cause.
    pub const fn is_empty(&self) -> bool {
        self.cases == 0 && self.runbooks == 0
    }

    /// It in a few words, such as `2 cases, 1 runbook, error 809`; empty if nothing is known.
    pub fn summary(&self) -> String {
        let counted = |count: u32, noun: &str| match count {
            0 => None,
            1 => Some(format!("1 {noun}")),
            _ => Some(format!("{count} {noun}s")),
        };
        let named = self.identifiers.iter().take(MAX_NAMED_IDENTIFIERS);
        let mut parts: Vec<String> = counted(self.cases, "case").into_iter().collect();
        parts.extend(counted(self.runbooks, "runbook"));
        parts.extend(named.map(|identifier| truncate_to_line(identifier, MAX_IDENTIFIER_CHARS)));
        if self.identifiers.len() > MAX_NAMED_IDENTIFIERS {
            parts.push("…".into());
        }
        parts.join(", ")
    }
}

/// Why the likely cause of an assessment must not be taken as it stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Reservation<'a> {
    /// A hypothesis that was ruled out names the cause.
    Contradicted(&'a str),
    /// The engine stopped before its answer was complete.
    CutOff,
    /// No quote from the session supports the cause.
    Uncited,
}

impl Reservation<'_> {
    /// A word or two, for where there is no room even for the label.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Contradicted(_) => "ruled out",
            Self::CutOff => "cut off",
            Self::Uncited => "uncited",
        }
    }

    /// A few words, for where there is no room for a sentence.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Contradicted(_) => "cause ruled out",
            Self::CutOff | Self::Uncited => self.word(),
        }
    }

    /// A sentence in one line, without a full stop.
    pub fn sentence(self) -> String {
        match self {
            Self::Contradicted(hypothesis) => {
                format!("Ruled out in this session: {}", truncate_to_line(hypothesis, MAX_HYPOTHESIS_CHARS))
            }
            Self::CutOff => "Cut off: the engine stopped before it finished".into(),
            Self::Uncited => "Uncited: no quote from the session supports it".into(),
        }
    }
}

/// An assessment as data.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Assessment {
    /// The likely cause.
    pub likely_cause: String,
    /// Steps to try, best first.
    pub suggested_steps: Vec<Step>,
    /// How sure it is.
    pub confidence: Confidence,
    /// What supports it.
    pub evidence: Vec<Evidence>,
    /// Resolved sessions with a similar problem.
    pub similar: Vec<Similar>,
    /// What the confidence rests on.
    #[serde(default)]
    pub basis: Basis,
    /// What to ask or to try, to tell the remaining causes apart. Empty if the cause is clear.
    #[serde(default)]
    pub find_out: Vec<String>,
    /// The ruled-out hypothesis that names the likely cause, if one does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub contradicted_by: Option<String>,
    /// Whether no quote from the session supports the likely cause, although the engine claimed one.
    #[serde(default)]
    pub is_uncited: bool,
    /// Whether the engine stopped before its answer was complete.
    #[serde(default)]
    pub is_cut_off: bool,
    /// The engine that wrote it: `playbook`, `openai` or `anthropic`.
    pub engine: String,
    /// The model, if the engine has one.
    pub model: Option<String>,
    /// How long the engine took, in milliseconds.
    pub took_ms: u64,
}

impl Assessment {
    /// How sure it is and what that rests on, such as `high confidence · 2 cases, 1 runbook, error 809`. An inconclusive one
    /// rests on nothing.
    pub fn confidence_summary(&self) -> String {
        let label = self.confidence.label();
        match (self.confidence, self.basis.summary()) {
            (Confidence::Low | Confidence::Medium | Confidence::High, basis) if !basis.is_empty() => {
                format!("{label} · {basis}")
            }
            (Confidence::Low | Confidence::Medium | Confidence::High | Confidence::Inconclusive, _) => {
                label.into()
            }
        }
    }

    /// Why its likely cause must not be taken as it stands, the gravest reason first.
    pub fn reservations(&self) -> impl Iterator<Item = Reservation<'_>> {
        let contradicted = self.contradicted_by.as_deref().map(Reservation::Contradicted);
        let cut_off = self.is_cut_off.then_some(Reservation::CutOff);
        contradicted.into_iter().chain(cut_off).chain(self.is_uncited.then_some(Reservation::Uncited))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_basis_is_summarized_in_a_few_words() {
        let basis = |cases, runbooks, identifiers: &[&str]| {
            let identifiers = identifiers.iter().map(|identifier| (*identifier).into()).collect();
            Basis { cases, runbooks, identifiers }.summary()
        };
        assert_eq!(basis(2, 1, &["error 809"]), "2 cases, 1 runbook, error 809");
        assert_eq!(basis(1, 2, &[]), "1 case, 2 runbooks");
        assert_eq!(basis(0, 0, &[]), "");
        assert_eq!(basis(0, 1, &["a", "b\nc", "d", "e"]), "1 runbook, a, b c, d, …");
        assert_eq!(basis(0, 0, &[&"x".repeat(41)]), format!("{}…", "x".repeat(40)));
    }

    #[test]
    fn a_ruled_out_hypothesis_is_one_bounded_line() {
        let hypothesis = format!("the client\n{}", "é".repeat(500));
        let sentence = Reservation::Contradicted(&hypothesis).sentence();
        assert!(sentence.starts_with("Ruled out in this session: the client éé"), "{sentence}");
        assert_eq!(sentence.lines().count(), 1);
        assert!(sentence.chars().count() < 240);
    }
}
