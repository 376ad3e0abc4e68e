//! What a model gets: the case and the findings without secrets.

use std::sync::Arc;

use crate::assess::playbook::Findings;
use crate::assess::prompt::Prompt;
use crate::domain::briefing::Briefing;
use crate::metrics::Destination;
use crate::redactor::Redactor;

/// Copies for a model. Each text is redacted as a whole, before a prompt cuts it. A quote of the answer is one of this
/// briefing.
pub(super) fn redact_case(
    briefing: &Briefing,
    findings: &Findings,
    redactor: &Redactor,
) -> (Briefing, Findings) {
    let mut copy = Findings::default();
    copy.lexicon = Arc::clone(&findings.lexicon);
    let runbook = findings.runbook.as_deref();
    copy.runbook =
        runbook.map(|runbook| Arc::new(redactor.redact_texts(runbook.clone(), Destination::Model)));
    copy.similar = redactor.redact_texts(findings.similar.clone(), Destination::Model);
    (redactor.redact_texts(briefing.clone(), Destination::Model), copy)
}

/// The prompt as it is sent: the last check, whatever it is composed of.
pub(super) fn redact_prompt(prompt: Prompt, redactor: &Redactor) -> Prompt {
    let user = redactor.redact(&prompt.user, Destination::Model).into_owned();
    Prompt { user, ..prompt }
}
