//! Which resolved sessions and runbooks are similar to a problem, and why.

use tierup_common::similar::SimilarSource;
use tierup_common::text::truncate;

use crate::assess::context::{EngineContext, EngineError};
use crate::assess::playbook;
use crate::domain::briefing::Briefing;

/// The longest cause of a runbook, in characters: a runbook may be one paragraph.
const MAX_CAUSE_CHARS: usize = 4_000;

/// Finds similar resolved sessions and runbooks, best first.
pub(crate) async fn find_similar(
    briefing: &Briefing,
    context: EngineContext<'_>,
) -> Result<Vec<SimilarSource>, EngineError> {
    let findings = playbook::gather_findings(briefing, context).await?;
    let sessions = findings.similar.into_iter().map(|similar| SimilarSource::Session {
        session_id: similar.session_id,
        number: similar.number,
        title: similar.problem_summary,
        resolution: similar.resolution,
        why: similar.why,
    });
    let runbooks = findings.runbooks.into_iter().map(|runbook| SimilarSource::Runbook {
        title: runbook.title,
        cause: truncate(&runbook.cause, MAX_CAUSE_CHARS),
        why: runbook.why,
    });
    Ok(sessions.chain(runbooks).collect())
}
