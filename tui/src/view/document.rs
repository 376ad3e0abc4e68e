//! A handoff and its assessment as rows of text: what the preview and the briefing show.

use std::ops::Range;
use std::sync::Arc;

use ratatui::layout::Rect;
use tierup_common::assessment::{Assessment, AssessmentStatus};
use tierup_common::handoff::{HandoffStatus, Priority, QueueItem, Snapshot};
use tierup_common::session::{Branch, BranchStatus, Message, MessageRole};
use unicode_width::UnicodeWidthStr;

use crate::state::briefing::Briefing;
use crate::state::paint_output::ClickTarget;
use crate::text::{SafeLine, SafeSpan, TextRole, ellipsize, markdown, safe, wrap};
use crate::view::canvas::Canvas;
use crate::view::{confidence, picker};

/// Seconds without a word of an assessment after which it counts as slow.
const SLOW_AFTER_SECS: u64 = 10;

/// A row of a sheet.
pub(super) enum DocumentLine {
    /// Made for this picture.
    Owned(SafeLine),
    /// One of those that are remembered of a message, by its place.
    Cached(Arc<[SafeLine]>, usize),
}

impl DocumentLine {
    pub(super) fn line(&self) -> &SafeLine {
        match self {
            Self::Owned(row) => row,
            Self::Cached(rows, place) => &rows[*place],
        }
    }
}

/// Rows being written, of one width.
pub(super) struct Document {
    width: usize,
    /// The key that runs an assessment again, where this is shown.
    reassess_key: String,
    pub(super) lines: Vec<DocumentLine>,
    /// The row in which a spinner turns.
    spinner_line: Option<usize>,
    /// Where each message begins, by its `seq`.
    pub(super) message_starts: Vec<(u32, usize)>,
    /// What can be clicked, by rows.
    pub(super) click_targets: Vec<(Range<usize>, ClickTarget)>,
    /// Rows that the eye is led to.
    pub(super) marked_lines: Range<usize>,
}

impl Document {
    /// Empty; `again` is the key that runs an assessment again, if there is one.
    pub(super) fn new(width: u16, reassess_key: String) -> Self {
        Self {
            width: usize::from(width).max(1),
            reassess_key,
            lines: Vec::new(),
            spinner_line: None,
            message_starts: Vec::new(),
            click_targets: Vec::new(),
            marked_lines: 0..0,
        }
    }

    /// How many rows there are.
    pub(super) fn len(&self) -> usize {
        self.lines.len()
    }

    /// Paints the rows from one of them on, as far as the area goes. A spinner turns only where it is seen.
    pub(super) fn paint(&self, top: usize, canvas: &mut Canvas<'_>, area: Rect) {
        canvas.put_lines(area, self.lines[top..].iter().map(DocumentLine::line));
        if self.spinner_line.is_some_and(|row| (top..top + usize::from(area.height)).contains(&row)) {
            canvas.schedule_spinner_frame();
        }
    }

    /// An empty row, but neither at the top nor after another.
    pub(super) fn push_blank_line(&mut self) {
        if self.lines.last().is_some_and(|line| !line.line().0.is_empty()) {
            self.push_line(SafeLine::default());
        }
    }

    /// A line of raw text that begins with a spinner.
    pub(super) fn push_spinner_line(&mut self, raw: &str, role: TextRole) {
        self.spinner_line = Some(self.lines.len());
        self.push_raw_line(raw, role);
    }

    fn push_line(&mut self, line: SafeLine) {
        self.lines.push(DocumentLine::Owned(line));
    }

    fn extend_lines(&mut self, lines: impl IntoIterator<Item = SafeLine>) {
        self.lines.extend(lines.into_iter().map(DocumentLine::Owned));
    }

    /// The name of a part.
    pub(super) fn push_heading(&mut self, name: &str) {
        self.push_blank_line();
        self.push_line(SafeLine::from_text(name, TextRole::Heading));
    }

    /// A line of raw text, broken where it must be.
    pub(super) fn push_raw_line(&mut self, raw: &str, role: TextRole) {
        self.push_spans(&[SafeSpan::new(safe::sanitize_line(raw), role)], "");
    }

    /// A line of pieces, made safe already; what follows the first row is indented.
    pub(super) fn push_spans(&mut self, spans: &[SafeSpan], indent: &str) {
        self.extend_lines(wrap::spans(spans, self.width, indent));
    }

    /// Raw text of several lines.
    pub(super) fn push_raw_text(&mut self, raw: &str, role: TextRole) {
        self.extend_lines(wrap::plain_text(raw, self.width, role));
    }

    /// Raw Markdown.
    pub(super) fn push_markdown(&mut self, raw: &str) {
        self.extend_lines(markdown::render(raw, self.width));
    }

    /// What a thing is called, behind its number.
    pub(super) fn push_title(&mut self, number: &str, raw: &str) {
        let title = [
            SafeSpan::new(format!("{number}  "), TextRole::Dim),
            SafeSpan::new(safe::sanitize_line(raw), TextRole::Strong),
        ];
        self.push_spans(&title, "");
    }

    /// Who handed it off, when, and what became of it.
    pub(super) fn push_byline(&mut self, item: &QueueItem, canvas: &mut Canvas<'_>) {
        let ago = canvas.format_ago(item.created_at);
        let mut line = vec![SafeSpan::new(safe::sanitize_line(&item.handed_off_by_name), TextRole::Plain)];
        line.push(SafeSpan::new(format!(", {ago}"), TextRole::Dim));
        let urgency = match item.priority {
            // As the list has them. That it is the priority is said: an assessment is high, too, or low.
            Priority::Urgent => Some(("URGENT", TextRole::Urgent)),
            Priority::High => Some(("high priority", TextRole::High)),
            Priority::Low => Some(("low priority", TextRole::Dim)),
            Priority::Normal => None,
        };
        if let Some((word, ink)) = urgency {
            line.push(SafeSpan::new(", ", TextRole::Dim));
            line.push(SafeSpan::new(word, ink));
        }
        self.push_spans(&line, "");
        let claimer = item.claimed_by_name.as_deref().map(safe::sanitize_line).unwrap_or_default();
        match (item.status, item.claimed_at) {
            (HandoffStatus::Claimed, Some(since)) => {
                let ago = canvas.format_ago(since);
                if canvas.my_id.is_some() && item.claimed_by == canvas.my_id {
                    let yours = SafeSpan::new("yours", TextRole::Good);
                    self.push_spans(&[yours, SafeSpan::new(format!(", claimed {ago}"), TextRole::Dim)], "");
                } else {
                    self.push_raw_line(&format!("claimed by {claimer} {ago}"), TextRole::Warn);
                }
            }
            (HandoffStatus::Open | HandoffStatus::Claimed, _) => {}
            (
                HandoffStatus::Resolved
                | HandoffStatus::Withdrawn
                | HandoffStatus::Superseded
                | HandoffStatus::Parked
                | HandoffStatus::Resumed,
                _,
            ) => self.push_raw_line(&format!("this handoff is {}", item.status), TextRole::Warn),
        }
    }

    /// What the engineer wrote.
    pub(super) fn push_notes(&mut self, notes: &str) {
        if !notes.trim().is_empty() {
            self.push_blank_line();
            self.push_raw_text(&format!("“{}”", notes.trim()), TextRole::Plain);
        }
    }

    /// What has been tried, each with what became of it.
    pub(super) fn push_branches(&mut self, branches: &[Branch], canvas: &Canvas<'_>) {
        if branches.is_empty() {
            return;
        }
        self.push_heading("Tried");
        let glyphs = canvas.theme.glyphs;
        for branch in branches {
            let (glyph, ink) = match branch.status {
                BranchStatus::RuledOut => (glyphs.cross, TextRole::Dim),
                BranchStatus::Confirmed => (glyphs.check, TextRole::Good),
                BranchStatus::Open => (glyphs.question, TextRole::Warn),
            };
            let mut line = vec![SafeSpan::new(format!("{glyph} "), ink)];
            line.extend(markdown::inline_code_spans(&branch.hypothesis, TextRole::Plain));
            if let Some(evidence) = branch.evidence.as_deref().filter(|evidence| !evidence.is_empty()) {
                line.push(SafeSpan::new("  ", TextRole::Plain));
                line.extend(markdown::inline_code_spans(evidence, TextRole::Dim));
            }
            self.push_spans(&line, "  ");
        }
    }

    /// What was said last; the message that the evidence is from is marked.
    pub(super) fn push_messages(&mut self, briefing: &Briefing, snapshot: &Snapshot, canvas: &Canvas<'_>) {
        let (shown, count) = (snapshot.messages.len(), snapshot.message_count);
        self.push_heading(&match snapshot.messages.first() {
            Some(first) if first.seq > 1 => format!("Conversation (the last {shown} of {count} messages)"),
            Some(_) | None if count == 1 => "Conversation (1 message)".into(),
            Some(_) | None => format!("Conversation ({count} messages)"),
        });
        let marked = briefing.marked_evidence().map(|evidence| evidence.message_seq);
        for message in &snapshot.messages {
            let begin = self.lines.len();
            self.message_starts.push((message.seq, begin));
            self.push_spans(&message_header(message, canvas), "");
            let cached = briefing.wrap_cache.rows(message, self.width);
            self.lines
                .extend((0..cached.len()).map(|place| DocumentLine::Cached(Arc::clone(&cached), place)));
            if marked == Some(message.seq) {
                self.marked_lines = begin..self.lines.len();
            }
            self.push_blank_line();
        }
    }

    /// The assessment, whatever state it is in. `growing` is what has been written of it so far.
    pub(super) fn push_assessment(
        &mut self,
        item: &QueueItem,
        partial: Option<&str>,
        evidence: Option<usize>,
        canvas: &mut Canvas<'_>,
    ) {
        match (item.assessment_status, &item.ai_assessment_data) {
            (AssessmentStatus::Ready, Some(assessment)) => {
                self.push_ready_assessment(assessment, evidence, canvas)
            }
            (AssessmentStatus::Pending | AssessmentStatus::Running, _) => {
                self.push_markdown(partial.unwrap_or_default());
                let cursor = SafeSpan::new(canvas.theme.glyphs.stream_cursor, TextRole::Accent);
                match self.lines.last_mut() {
                    Some(DocumentLine::Owned(row)) if row.width() < self.width && partial.is_some() => {
                        row.0.push(cursor);
                    }
                    Some(_) | None => self.push_line(SafeLine(vec![cursor])),
                }
            }
            (AssessmentStatus::Failed, earlier) => {
                let why = item.assessment_error.as_deref().unwrap_or("It could not be made.");
                let cross = canvas.theme.glyphs.cross;
                self.push_spans(&[SafeSpan::new(format!("{cross} No assessment"), TextRole::Bad)], "");
                self.push_raw_line(why, TextRole::Plain);
                let mut then = Vec::new();
                if !self.reassess_key.is_empty() {
                    then.push(SafeSpan::new(self.reassess_key.clone(), TextRole::Accent));
                    then.push(SafeSpan::new(" runs it again. ", TextRole::Dim));
                }
                then.push(SafeSpan::new("Claiming does not need it.", TextRole::Dim));
                self.push_spans(&then, "");
                if let Some(earlier) = earlier {
                    self.push_heading("The earlier one");
                    self.push_ready_assessment(earlier, evidence, canvas);
                }
            }
            (AssessmentStatus::NotRequested, _) => {
                self.push_raw_line("No assessment was asked for.", TextRole::Dim)
            }
            (AssessmentStatus::Ready, None) => {
                self.push_markdown(item.ai_assessment.as_deref().unwrap_or_default());
            }
        }
    }

    /// Says that an assessment is slow, once nothing of it has come for a while.
    pub(super) fn push_slow_notice(&mut self, briefing: &Briefing, canvas: &mut Canvas<'_>) {
        if !matches!(briefing.item.assessment_status, AssessmentStatus::Pending | AssessmentStatus::Running) {
            return;
        }
        let quiet = canvas.seconds_since_unscheduled(briefing.last_progress_at);
        if quiet >= SLOW_AFTER_SECS {
            self.push_blank_line();
            self.push_raw_line(&format!("Slow: nothing has come for {quiet}s."), TextRole::Warn);
            self.push_raw_line("Claiming does not wait for it.", TextRole::Dim);
        }
    }

    fn push_ready_assessment(
        &mut self,
        assessment: &Assessment,
        evidence: Option<usize>,
        canvas: &Canvas<'_>,
    ) {
        let glyphs = canvas.theme.glyphs;
        let (glyph, ink) = confidence::glyph_and_role(assessment.confidence, canvas);
        let head = vec![
            SafeSpan::new("Likely cause", TextRole::Heading),
            SafeSpan::new("  ", TextRole::Plain),
            SafeSpan::new(format!("{glyph} {}", confidence::label(assessment.confidence)), ink),
        ];
        self.push_spans(&head, "");
        self.push_markdown(&assessment.likely_cause);
        if !assessment.suggested_steps.is_empty() {
            self.push_heading("Try next");
            for (number, step) in (1..).zip(&assessment.suggested_steps) {
                let mut line = vec![SafeSpan::new(format!("{number}. "), TextRole::Accent)];
                let ink = if step.already_tried { TextRole::Dim } else { TextRole::Plain };
                line.extend(markdown::inline_code_spans(&step.text, ink));
                line.extend(picker::outcome_span(step, &glyphs));
                self.push_spans(&line, "   ");
            }
        }
        if !assessment.evidence.is_empty() {
            self.push_heading("From the session");
            for (place, piece) in assessment.evidence.iter().enumerate() {
                let begin = self.lines.len();
                let mut line = vec![SafeSpan::new(format!("• [{}] “", piece.message_seq), TextRole::Dim)];
                line.extend(markdown::inline_code_spans(&piece.quote, TextRole::Plain));
                line.push(SafeSpan::new("”", TextRole::Dim));
                self.push_spans(&line, "  ");
                self.click_targets.push((begin..self.lines.len(), ClickTarget::Evidence(place)));
                if evidence == Some(place) {
                    self.marked_lines = begin..self.lines.len();
                }
            }
        }
        if !assessment.similar.is_empty() {
            self.push_heading("Seen before");
            let begin = self.lines.len();
            for similar in &assessment.similar {
                let head = [
                    SafeSpan::new(format!("• session {}: ", similar.number), TextRole::Dim),
                    SafeSpan::new(safe::sanitize_line(&similar.problem_summary), TextRole::Plain),
                ];
                self.push_spans(&head, "  ");
                let mut resolution = vec![SafeSpan::new("  ", TextRole::Plain)];
                resolution.extend(markdown::inline_code_spans(&similar.resolution, TextRole::Dim));
                self.push_spans(&resolution, "  ");
            }
            self.click_targets.push((begin..self.lines.len(), ClickTarget::SimilarCases));
        }
        self.push_blank_line();
        let model = assessment.model.as_deref().map(|model| format!(", {}", safe::sanitize_line(model)));
        let by = format!("by {}{}", safe::sanitize_line(&assessment.engine), model.unwrap_or_default());
        self.push_spans(&[SafeSpan::new(by, TextRole::Dim)], "");
    }
}

/// Who said something, and when.
pub(super) fn message_header(message: &Message, canvas: &Canvas<'_>) -> Vec<SafeSpan> {
    let (name, ink) = match message.role {
        MessageRole::User => (message.author_name.as_deref().unwrap_or("somebody"), TextRole::Strong),
        MessageRole::Assistant => ("assistant", TextRole::Accent),
        MessageRole::System => ("tierup", TextRole::Dim),
    };
    vec![
        SafeSpan::new(safe::sanitize_line(name), ink),
        SafeSpan::new(format!("  {}", canvas.time_of_day(message.created_at)), TextRole::Dim),
    ]
}

/// Names of those who are reading, for a row or a title; nothing if nobody is.
pub(super) fn readers_label(item: &QueueItem, me: Option<tierup_common::id::UserId>) -> Option<String> {
    let others: Vec<&str> = item
        .viewers
        .iter()
        .filter(|viewer| Some(viewer.id) != me)
        .map(|viewer| viewer.name.split(' ').next().unwrap_or(&viewer.name))
        .collect();
    match others.as_slice() {
        [] => None,
        [one] => Some(format!("{one} reading")),
        [one, other] => Some(format!("{one}, {other} reading")),
        [one, rest @ ..] => Some(format!("{one} and {} more reading", rest.len())),
    }
}

/// A title of two parts in so many columns: where there is little room, the first is cut and the second stays whole.
pub(super) fn fit_title(head: &str, tail: &str, room: u16) -> String {
    let (head, room) = (safe::sanitize_line(head), usize::from(room));
    if tail.is_empty() {
        return ellipsize(&head, room);
    }
    let tail = format!(" ── {}", safe::sanitize_line(tail));
    // With nothing of the first the second would stand for itself.
    let left = room.saturating_sub(tail.width());
    if left < 4 {
        ellipsize(&format!("{head}{tail}"), room)
    } else {
        format!("{}{tail}", ellipsize(&head, left))
    }
}

/// How many columns a text takes.
pub(super) fn display_width(text: &str) -> u16 {
    u16::try_from(text.width()).unwrap_or(u16::MAX)
}
