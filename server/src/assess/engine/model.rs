//! `openai` and `anthropic`: a model behind an HTTP endpoint. The playbook's search is its context and its conscience:
//! the model reads what was found, and what it says is checked against that and against the case.

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use tokio::time::Instant;

use crate::assess::case::Case;
use crate::assess::check;
use crate::assess::context::{EngineContext, EngineError, TextSink};
use crate::assess::cut;
use crate::assess::draft::AssessmentDraft;
use crate::assess::engine::Engine;
use crate::assess::format::{self, ConfidenceAt};
use crate::assess::live::LiveText;
use crate::assess::model::ModelEndpoint;
use crate::assess::outgoing;
use crate::assess::parse;
use crate::assess::playbook;
use crate::assess::prompt::{self, Prompt};
use crate::domain::briefing::Briefing;

/// Asks a model.
#[derive(Debug)]
pub struct ModelEngine(pub ModelEndpoint);

impl Engine for ModelEngine {
    fn name(&self) -> &'static str {
        self.0.api.name()
    }

    fn endpoint(&self) -> Option<&ModelEndpoint> {
        Some(&self.0)
    }

    fn assess<'a>(
        &'a self,
        briefing: &'a Briefing,
        context: EngineContext<'a>,
        sink: TextSink<'a>,
    ) -> BoxFuture<'a, Result<(String, AssessmentDraft), EngineError>> {
        self.assess_case(briefing, context, sink).boxed()
    }

    fn reply<'a>(
        &'a self,
        briefing: &'a Briefing,
        context: EngineContext<'a>,
        sink: TextSink<'a>,
    ) -> BoxFuture<'a, Result<String, EngineError>> {
        self.reply_to_last(briefing, context, sink).boxed()
    }
}

impl ModelEngine {
    async fn assess_case(
        &self,
        briefing: &Briefing,
        context: EngineContext<'_>,
        sink: TextSink<'_>,
    ) -> Result<(String, AssessmentDraft), EngineError> {
        // A second answer leaves time to keep the first one.
        let deadline = Instant::now() + self.0.time_limit.mul_f64(0.9);
        let findings = playbook::gather_findings(briefing, context).await?;
        let (sent, sent_findings) = outgoing::redact_case(briefing, &findings, context.redactor);
        let case = Case::new(&sent, &sent_findings);
        let mut live = LiveText::new(&case);
        let prompt = outgoing::redact_prompt(prompt::assessment_prompt(&case), context.redactor);
        let mut draft = self.ask(prompt, &case, &mut live, sink).await?;
        if let Some(hypothesis) = &draft.contradicted_by {
            let prompt = prompt::second_prompt(&case, &draft.likely_cause, hypothesis);
            let prompt = outgoing::redact_prompt(prompt, context.redactor);
            live.restart();
            let second = tokio::time::timeout_at(deadline, self.ask(prompt, &case, &mut live, sink)).await;
            // Without a second answer the first one stands, marked.
            if let Ok(Ok(second)) = second {
                draft = second;
            }
        }
        draft.similar.clone_from(&findings.similar);
        let text = format::format_assessment(&draft, ConfidenceAt::End);
        if let Some(rest) = live.finish(&text) {
            sink(&rest);
        }
        Ok((text, draft))
    }

    async fn ask(
        &self,
        prompt: Prompt,
        case: &Case<'_>,
        live: &mut LiveText<'_>,
        sink: TextSink<'_>,
    ) -> Result<AssessmentDraft, EngineError> {
        let mut show = |delta: &str| {
            if let Some(added) = live.push(delta) {
                sink(&added);
            }
        };
        let completion = self.0.complete(prompt, &mut show).await?;
        let answer = parse::parse_answer(&completion.text, !completion.is_cut_off)?;
        check::check_answer(&answer, case)
    }

    async fn reply_to_last(
        &self,
        briefing: &Briefing,
        context: EngineContext<'_>,
        sink: TextSink<'_>,
    ) -> Result<String, EngineError> {
        let findings = playbook::gather_findings(briefing, context).await?;
        let (sent, findings) = outgoing::redact_case(briefing, &findings, context.redactor);
        let prompt = prompt::reply_prompt(&Case::new(&sent, &findings));
        let prompt = outgoing::redact_prompt(prompt, context.redactor);
        let completion = self.0.complete(prompt, sink).await?;
        if !completion.is_cut_off {
            return Ok(completion.text);
        }
        let whole = cut::whole_part(&completion.text);
        if whole.is_empty() {
            return Err(EngineError("The model's answer was cut off in its first sentence.".into()));
        }
        Ok(format!("{whole}\n\n{}", format::CUT_OFF))
    }
}
