//! The assessment in a document, whatever state it is in.

use tierup_common::assessment::{Assessment, AssessmentStatus, Confidence, Evidence, Similar, Step};
use tierup_common::handoff::QueueItem;
use tierup_common::limit;
use tierup_common::time::Timestamp;

use crate::state::paint_output::ClickTarget;
use crate::text::{SafeLine, SafeSpan, TextRole, markdown, safe, safe_format, wrap};
use crate::view::canvas::Canvas;
use crate::view::document::{Document, DocumentLine};
use crate::view::labels;

/// Seconds without progress after which an assessment counts as slow.
const SLOW_AFTER_SECS: u64 = 10;

/// Columns of a reason or a question, at most: five rows of the narrowest pane.
const MAX_REASON_WIDTH: usize = 400;

/// What is known of an assessment that is being written.
#[derive(Clone, Copy, Default)]
pub(in crate::view) struct WritingProgress<'b> {
    /// What has been written so far.
    pub(in crate::view) text: Option<&'b str>,
    /// When the last part arrived, if it is known.
    pub(in crate::view) last_at: Option<Timestamp>,
}

impl WritingProgress<'_> {
    /// The seconds without progress, once they are many.
    pub(in crate::view) fn stalled_for(self, canvas: &Canvas<'_>) -> Option<u64> {
        let quiet = canvas.time.seconds_since_unscheduled(self.last_at?);
        (quiet >= SLOW_AFTER_SECS).then_some(quiet)
    }
}

impl Document {
    /// Adds the assessment. `progress` is that of one that is being written, `evidence_index` selects a quote. While it is
    /// written again, the earlier one stays: a text that is not complete never takes its place.
    pub(in crate::view) fn push_assessment(
        &mut self,
        item: &QueueItem,
        progress: WritingProgress<'_>,
        evidence_index: Option<usize>,
        canvas: &mut Canvas<'_>,
    ) {
        match (item.assessment_status, &item.ai_assessment_data) {
            (AssessmentStatus::Ready, Some(assessment)) => {
                self.push_ready_assessment(assessment, evidence_index, canvas);
            }
            (AssessmentStatus::Pending | AssessmentStatus::Running, Some(earlier)) => {
                self.push_text("Earlier assessment, kept until the new one is complete", TextRole::Dim);
                self.push_blank_line();
                self.push_ready_assessment(earlier, evidence_index, canvas);
            }
            (AssessmentStatus::Pending | AssessmentStatus::Running, None) => {
                self.push_partial_assessment(progress.text, canvas);
                if let Some(quiet) = progress.stalled_for(canvas) {
                    self.push_blank_line();
                    self.push_text(safe_format!("Slow: no progress for {quiet}s."), TextRole::Warn);
                    self.push_text("You can claim without it.", TextRole::Dim);
                }
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
        canvas: &mut Canvas<'_>,
    ) {
        self.push_cause(assessment, canvas);
        // Where no cause is known, finding out comes before trying.
        let is_inconclusive = assessment.confidence == Confidence::Inconclusive;
        if is_inconclusive {
            self.push_questions(&assessment.find_out);
        }
        self.push_steps(&assessment.suggested_steps, canvas);
        if !is_inconclusive {
            self.push_questions(&assessment.find_out);
        }
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

    /// Adds the likely cause: how sure it is, then why it must not be taken as it stands, then itself.
    fn push_cause(&mut self, assessment: &Assessment, canvas: &Canvas<'_>) {
        if assessment.confidence == Confidence::Inconclusive {
            self.push_text("Inconclusive", TextRole::Heading);
        } else {
            let heading = SafeSpan::new("Likely cause", TextRole::Heading);
            let gap = SafeSpan::new("  ", TextRole::Plain);
            let summary = safe_format!("{}", assessment.confidence_summary());
            if heading.text.width() + gap.text.width() + summary.width() <= self.width {
                self.push_spans(&[heading, gap, SafeSpan::new(summary, TextRole::Dim)], "");
            } else {
                self.push_spans(&[heading], "");
                self.push_text(summary, TextRole::Dim);
            }
        }
        for reservation in assessment.reservations() {
            let glyph = canvas.theme.glyphs.reservation(reservation);
            let line = safe_format!("{glyph} {}", reservation.sentence());
            self.push_spans(&[SafeSpan::new(line, TextRole::Warn)], "  ");
        }
        let start = self.lines.len();
        self.push_markdown(&assessment.likely_cause);
        if assessment.contradicted_by.is_some() {
            self.dim_lines(start);
        }
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
            if self.shows_reasons {
                self.extend_lines(reason_lines(step.why.as_deref(), "   ", self.width));
            }
        }
    }

    /// Adds what to ask or to try, to tell the remaining causes apart.
    fn push_questions(&mut self, questions: &[String]) {
        if questions.is_empty() {
            return;
        }
        self.push_heading("To find out");
        for question in questions.iter().take(limit::MAX_FIND_OUT) {
            let mut line = vec![SafeSpan::new("• ", TextRole::Dim)];
            let question = safe::sanitize_prefix(question, MAX_REASON_WIDTH);
            let question = question.ellipsized(MAX_REASON_WIDTH);
            line.extend(markdown::inline_code_spans(&question, TextRole::Plain));
            self.push_spans(&line, "  ");
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

/// Why a step is suggested or a case is similar, below it; no lines if that is unknown.
pub(in crate::view) fn reason_lines(why: Option<&str>, indent: &'static str, width: usize) -> Vec<SafeLine> {
    let Some(why) = why.map(str::trim).filter(|why| !why.is_empty()) else { return Vec::new() };
    let why = safe::sanitize_prefix(why, MAX_REASON_WIDTH);
    let mut line = vec![SafeSpan::new(indent, TextRole::Plain)];
    line.extend(markdown::inline_code_spans(&why.ellipsized(MAX_REASON_WIDTH), TextRole::Dim));
    wrap::spans(&line, width, indent)
}
