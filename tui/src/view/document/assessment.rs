//! The assessment in a document, whatever state it is in.

use tierup_common::assessment::{Assessment, AssessmentStatus, Evidence, Similar, Step};
use tierup_common::handoff::QueueItem;

use crate::state::briefing::Briefing;
use crate::state::paint_output::ClickTarget;
use crate::text::{SafeLine, SafeSpan, TextRole, markdown, safe, safe_format};
use crate::view::canvas::Canvas;
use crate::view::document::{Document, DocumentLine};
use crate::view::{confidence, labels};

/// Seconds without progress after which an assessment counts as slow.
const SLOW_AFTER_SECS: u64 = 10;

impl Document {
    /// Adds the assessment. `partial` is what has been written of a running one, `evidence_index` selects a quote.
    pub(in crate::view) fn push_assessment(
        &mut self,
        item: &QueueItem,
        partial: Option<&str>,
        evidence_index: Option<usize>,
        canvas: &mut Canvas<'_>,
    ) {
        match (item.assessment_status, &item.ai_assessment_data) {
            (AssessmentStatus::Ready, Some(assessment)) => {
                self.push_ready_assessment(assessment, evidence_index, canvas);
            }
            (AssessmentStatus::Pending | AssessmentStatus::Running, _) => {
                self.push_partial_assessment(partial, canvas);
            }
            (AssessmentStatus::Failed, earlier) => {
                self.push_failed_assessment(item, canvas);
                if let Some(earlier) = earlier {
                    self.push_heading("Earlier assessment");
                    self.push_ready_assessment(earlier, evidence_index, canvas);
                }
            }
            (AssessmentStatus::NotRequested, _) => {
                self.push_text("No assessment requested", TextRole::Dim);
            }
            (AssessmentStatus::Ready, None) => {
                self.push_markdown(item.ai_assessment.as_deref().unwrap_or_default());
            }
        }
    }

    /// Adds a notice once a running assessment has made no progress for a while.
    pub(in crate::view) fn push_slow_notice(&mut self, briefing: &Briefing, canvas: &Canvas<'_>) {
        if !matches!(briefing.item.assessment_status, AssessmentStatus::Pending | AssessmentStatus::Running) {
            return;
        }
        let quiet = canvas.time.seconds_since_unscheduled(briefing.last_progress_at);
        if quiet >= SLOW_AFTER_SECS {
            self.push_blank_line();
            self.push_text(safe_format!("Slow: no progress for {quiet}s."), TextRole::Warn);
            self.push_text("You can claim without it.", TextRole::Dim);
        }
    }

    /// Adds what has been written so far, with a cursor after it.
    fn push_partial_assessment(&mut self, partial: Option<&str>, canvas: &Canvas<'_>) {
        self.push_markdown(partial.unwrap_or_default());
        let cursor = SafeSpan::new(canvas.theme.glyphs.stream_cursor, TextRole::Accent);
        match self.lines.last_mut() {
            Some(DocumentLine::Owned(line)) if line.width() < self.width && partial.is_some() => {
                line.0.push(cursor);
            }
            Some(_) | None => self.push_line(SafeLine(vec![cursor])),
        }
    }

    fn push_failed_assessment(&mut self, item: &QueueItem, canvas: &Canvas<'_>) {
        let cross = canvas.theme.glyphs.cross;
        self.push_text(safe_format!("{cross} Assessment failed"), TextRole::Bad);
        if let Some(error) = item.assessment_error.as_deref() {
            self.push_text(safe::sanitize_line(error), TextRole::Plain);
        }
        if let Some(detail) = item.assessment_error_detail.as_deref() {
            self.push_text(
                safe_format!("Details for admins: {}", safe::sanitize_line(detail)),
                TextRole::Dim,
            );
        }
        let mut hint = Vec::new();
        if !self.reassess_key.is_empty() {
            hint.push(SafeSpan::new(&self.reassess_key, TextRole::Accent));
            hint.push(SafeSpan::new(" runs it again. ", TextRole::Dim));
        }
        hint.push(SafeSpan::new("You can claim without it.", TextRole::Dim));
        self.push_spans(&hint, "");
    }

    fn push_ready_assessment(
        &mut self,
        assessment: &Assessment,
        evidence_index: Option<usize>,
        canvas: &Canvas<'_>,
    ) {
        let (glyph, role) = confidence::glyph_and_role(assessment.confidence, canvas);
        let cause = [
            SafeSpan::new("Likely cause", TextRole::Heading),
            SafeSpan::new("  ", TextRole::Plain),
            SafeSpan::new(safe_format!("{glyph} {}", assessment.confidence.label()), role),
        ];
        self.push_spans(&cause, "");
        self.push_markdown(&assessment.likely_cause);
        self.push_steps(&assessment.suggested_steps, canvas);
        self.push_evidence(&assessment.evidence, evidence_index);
        self.push_similar_cases(&assessment.similar);
        self.push_blank_line();
        let engine = &assessment.engine;
        let author = match &assessment.model {
            Some(model) => safe_format!("by {engine}, {model}"),
            None => safe_format!("by {engine}"),
        };
        self.push_text(author, TextRole::Dim);
    }

    fn push_steps(&mut self, steps: &[Step], canvas: &Canvas<'_>) {
        if steps.is_empty() {
            return;
        }
        self.push_heading("Try next");
        for (number, step) in (1..).zip(steps) {
            let mut line = vec![SafeSpan::new(safe_format!("{number}. "), TextRole::Accent)];
            let role = if step.already_tried { TextRole::Dim } else { TextRole::Plain };
            line.extend(markdown::inline_code_spans(&step.text, role));
            line.extend(labels::step_outcome_span(step, &canvas.theme.glyphs));
            self.push_spans(&line, "   ");
        }
    }

    fn push_evidence(&mut self, evidence: &[Evidence], selected: Option<usize>) {
        if evidence.is_empty() {
            return;
        }
        self.push_heading("From the session");
        for (index, quote) in evidence.iter().enumerate() {
            let start = self.lines.len();
            let mut line = vec![SafeSpan::new(safe_format!("• [{}] “", quote.message_seq), TextRole::Dim)];
            line.extend(markdown::inline_code_spans(&quote.quote, TextRole::Plain));
            line.push(SafeSpan::new("”", TextRole::Dim));
            self.push_spans(&line, "  ");
            self.click_targets.push((start..self.lines.len(), ClickTarget::Evidence(index)));
            if selected == Some(index) {
                self.marked_lines = start..self.lines.len();
            }
        }
    }

    fn push_similar_cases(&mut self, cases: &[Similar]) {
        if cases.is_empty() {
            return;
        }
        self.push_heading("Similar cases");
        let start = self.lines.len();
        for case in cases {
            let problem = [
                SafeSpan::new(safe_format!("• session {}: ", case.number), TextRole::Dim),
                SafeSpan::new(safe::sanitize_line(&case.problem_summary), TextRole::Plain),
            ];
            self.push_spans(&problem, "  ");
            let mut resolution = vec![SafeSpan::new("  ", TextRole::Plain)];
            resolution.extend(markdown::inline_code_spans(&case.resolution, TextRole::Dim));
            self.push_spans(&resolution, "  ");
        }
        self.click_targets.push((start..self.lines.len(), ClickTarget::SimilarCases));
    }
}
