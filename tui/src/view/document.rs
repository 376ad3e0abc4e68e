//! A handoff as lines of text: what the preview and the briefing show.

mod assessment;
mod changes;
mod news;

pub(super) use assessment::{WritingProgress, reason_lines};

use std::ops::Range;
use std::sync::Arc;

use ratatui::layout::Rect;
use tierup_common::handoff::{HandoffStatus, Priority, QueueItem, Snapshot};
use tierup_common::id::UserId;
use tierup_common::session::{Branch, Message, MessageRole};

use crate::state::briefing::Briefing;
use crate::state::paint_output::ClickTarget;
use crate::state::search::TextSearch;
use crate::state::wrap_cache::WrappedMessage;
use crate::text::{Safe, SafeLine, SafeSpan, TextRole, chat_markdown, markdown, safe, safe_format, wrap};
use crate::view::canvas::Canvas;
use crate::view::labels;
use crate::view::search::Matches;

/// A line of a document.
pub(super) enum DocumentLine {
    /// Made for this frame.
    Owned(SafeLine),
    /// A line of a wrapped message, by its index.
    Cached(Arc<[SafeLine]>, usize),
}

impl DocumentLine {
    pub(super) fn line(&self) -> &SafeLine {
        match self {
            Self::Owned(line) => line,
            Self::Cached(lines, index) => &lines[*index],
        }
    }
}

/// Lines being written, wrapped to one width.
pub(super) struct Document {
    width: usize,
    /// The key that runs an assessment again; empty where there is none.
    reassess_key: Safe<'static>,
    /// Whether the steps of an assessment have their reasons below.
    shows_reasons: bool,
    pub(super) lines: Vec<DocumentLine>,
    /// The line with a spinner.
    spinner_line: Option<usize>,
    /// Where each message begins: its `seq` and its first line.
    pub(super) message_starts: Vec<(u32, usize)>,
    /// What can be clicked, by lines.
    pub(super) click_targets: Vec<(Range<usize>, ClickTarget)>,
    /// Lines with a bar beside them.
    pub(super) marked_lines: Range<usize>,
    /// Lines of the problem in one sentence, which comes first.
    pub(super) summary_height: usize,
}

impl Document {
    pub(super) fn new(width: u16, reassess_key: Safe<'static>) -> Self {
        Self {
            width: usize::from(width).max(1),
            reassess_key,
            shows_reasons: false,
            lines: Vec::new(),
            spinner_line: None,
            message_starts: Vec::new(),
            click_targets: Vec::new(),
            marked_lines: 0..0,
            summary_height: 0,
        }
    }

    /// The same with the reasons of suggested steps.
    pub(super) fn with_reasons(self) -> Self {
        Self { shows_reasons: true, ..self }
    }

    /// The matches of a search.
    pub(super) fn find_matches(&self, search: Option<&TextSearch>) -> Matches {
        let width = u16::try_from(self.width).unwrap_or(u16::MAX);
        Matches::find(search, self.lines.iter().map(DocumentLine::line), width)
    }

    pub(super) fn len(&self) -> usize {
        self.lines.len()
    }

    /// Paints the lines from `top` on, as far as the area goes. A spinner out of sight schedules no frame.
    pub(super) fn paint(&self, top: usize, canvas: &mut Canvas<'_>, area: Rect) {
        canvas.put_lines(area, self.lines[top..].iter().map(DocumentLine::line));
        if self.spinner_line.is_some_and(|line| (top..top + usize::from(area.height)).contains(&line)) {
            canvas.time.schedule_spinner_frame();
        }
    }

    /// Adds an empty line, except at the top and after another one.
    pub(super) fn push_blank_line(&mut self) {
        if self.lines.last().is_some_and(|line| !line.line().0.is_empty()) {
            self.push_line(SafeLine::default());
        }
    }

    /// Adds a line that begins with a spinner.
    pub(super) fn push_spinner_line<'t>(&mut self, text: impl Into<Safe<'t>>, role: TextRole) {
        self.spinner_line = Some(self.lines.len());
        self.push_text(text, role);
    }

    fn push_line(&mut self, line: SafeLine) {
        self.lines.push(DocumentLine::Owned(line));
    }

    fn extend_lines(&mut self, lines: impl IntoIterator<Item = SafeLine>) {
        self.lines.extend(lines.into_iter().map(DocumentLine::Owned));
    }

    /// Begins a section.
    pub(super) fn push_heading<'t>(&mut self, name: impl Into<Safe<'t>>) {
        self.push_blank_line();
        self.push_line(SafeLine::from_text(name, TextRole::Heading));
    }

    /// Adds one line of text, wrapped.
    pub(super) fn push_text<'t>(&mut self, text: impl Into<Safe<'t>>, role: TextRole) {
        self.push_spans(&[SafeSpan::new(text, role)], "");
    }

    /// Adds the spans of one line, wrapped; every row after the first is indented.
    pub(super) fn push_spans<'t>(&mut self, spans: &[SafeSpan], indent: impl Into<Safe<'t>>) {
        self.extend_lines(wrap::spans(spans, self.width, indent));
    }

    /// Adds raw text of several lines.
    pub(super) fn push_raw_text(&mut self, raw: &str, role: TextRole) {
        self.extend_lines(wrap::plain_text(raw, self.width, role));
    }

    /// Adds raw text that somebody wrote.
    pub(super) fn push_chat_text(&mut self, raw: &str) {
        self.extend_lines(chat_markdown::render(raw, self.width).rows);
    }

    /// Adds raw Markdown.
    pub(super) fn push_markdown(&mut self, raw: &str) {
        self.extend_lines(markdown::render(raw, self.width));
    }

    /// Dims the ordinary text from a line on.
    fn dim_lines(&mut self, start: usize) {
        for line in &mut self.lines[start..] {
            if let DocumentLine::Owned(line) = line {
                for span in line.0.iter_mut().filter(|span| span.role == TextRole::Plain) {
                    span.role = TextRole::Dim;
                }
            }
        }
    }

    /// Adds a title after its number.
    pub(super) fn push_title(&mut self, number: &Safe<'_>, raw: &str) {
        let title = [
            SafeSpan::new(safe_format!("{number}  "), TextRole::Dim),
            SafeSpan::new(safe::sanitize_line(raw), TextRole::Strong),
        ];
        self.push_spans(&title, "");
    }

    /// Adds who handed it off and when, and its priority.
    pub(super) fn push_byline(&mut self, item: &QueueItem, canvas: &mut Canvas<'_>) {
        let ago = canvas.time.format_ago(item.created_at);
        let mut line = vec![
            SafeSpan::new(safe::sanitize_line(&item.handed_off_by_name), TextRole::Plain),
            SafeSpan::new(safe_format!(", {ago}"), TextRole::Dim),
        ];
        let priority = match item.priority {
            // "priority" tells it from the confidence of the assessment.
            Priority::Urgent => Some(("URGENT", TextRole::Urgent)),
            Priority::High => Some(("high priority", TextRole::High)),
            Priority::Low => Some(("low priority", TextRole::Dim)),
            Priority::Normal => None,
        };
        if let Some((word, role)) = priority {
            line.extend([SafeSpan::new(", ", TextRole::Dim), SafeSpan::new(word, role)]);
        }
        if let Some((due, role)) = canvas.time.due_label(item) {
            line.extend([SafeSpan::new(", ", TextRole::Dim), SafeSpan::new(due, role)]);
        }
        self.push_spans(&line, "");
    }

    /// Adds its status, unless it waits.
    pub(super) fn push_status(&mut self, item: &QueueItem, my_id: Option<UserId>, canvas: &mut Canvas<'_>) {
        match (item.status, item.claimed_at) {
            (HandoffStatus::Claimed, Some(claimed_at)) => {
                let ago = canvas.time.format_ago(claimed_at);
                if my_id.is_some() && item.claimed_by == my_id {
                    let yours = SafeSpan::new("yours", TextRole::Good);
                    let since = SafeSpan::new(safe_format!(", claimed {ago}"), TextRole::Dim);
                    self.push_spans(&[yours, since], "");
                } else {
                    let claimer = item.claimed_by_name.as_deref().unwrap_or_default();
                    self.push_text(safe_format!("claimed by {claimer} {ago}"), TextRole::Warn);
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
            ) => self.push_text(safe_format!("this handoff is {}", item.status), TextRole::Warn),
        }
    }

    /// Adds the engineer's notes, if there are any.
    pub(super) fn push_notes(&mut self, notes: &str) {
        if !notes.trim().is_empty() {
            self.push_blank_line();
            self.push_raw_text(&format!("“{}”", notes.trim()), TextRole::Plain);
        }
    }

    /// Adds the branches, each with its status.
    pub(super) fn push_branches(&mut self, branches: &[Branch], canvas: &Canvas<'_>) {
        if branches.is_empty() {
            return;
        }
        self.push_heading("Tried");
        for branch in branches {
            let (glyph, _, role) = labels::branch_status(branch.status, &canvas.theme.glyphs);
            let mut line = vec![SafeSpan::new(safe_format!("{glyph} "), role)];
            line.extend(markdown::inline_code_spans(&branch.hypothesis, TextRole::Plain));
            if let Some(evidence) = branch.evidence.as_deref().filter(|evidence| !evidence.is_empty()) {
                line.push(SafeSpan::new("  ", TextRole::Plain));
                line.extend(markdown::inline_code_spans(evidence, TextRole::Dim));
            }
            self.push_spans(&line, "  ");
        }
    }

    /// Adds the last messages. The one with the selected evidence is marked.
    /// A folded one says which key opens it.
    pub(super) fn push_messages(
        &mut self,
        briefing: &Briefing,
        snapshot: &Snapshot,
        fold_key: &Safe<'_>,
        canvas: &Canvas<'_>,
    ) {
        let (shown, count) = (snapshot.messages.len(), snapshot.message_count);
        self.push_heading(match snapshot.messages.first() {
            Some(first) if first.seq > 1 => {
                safe_format!("Conversation (last {shown} of {count} messages)")
            }
            Some(_) | None if count == 1 => "Conversation (1 message)".into(),
            Some(_) | None => safe_format!("Conversation ({count} messages)"),
        });
        for message in &snapshot.messages {
            self.push_message(briefing, message, &message_header(message, canvas), fold_key);
        }
    }

    /// Adds a message. A folded one says which key opens it.
    fn push_message(
        &mut self,
        briefing: &Briefing,
        message: &Message,
        header: &[SafeSpan],
        fold_key: &Safe<'_>,
    ) {
        let marked_seq = briefing.marked_evidence().map(|evidence| evidence.message_seq);
        let start = self.lines.len();
        self.message_starts.push((message.seq, start));
        self.push_spans(header, "");
        let WrappedMessage { rows, fold_row } = briefing.wrap_cache.wrapped(message, self.width);
        let first = self.lines.len();
        self.lines.extend((0..rows.len()).map(|index| DocumentLine::Cached(Arc::clone(&rows), index)));
        if let Some(row) = fold_row {
            let mut line = rows[row].clone();
            line.0.push(SafeSpan::new(fold_hint(fold_key), TextRole::Dim));
            self.lines[first + row] = DocumentLine::Owned(line);
            self.click_targets.push((first + row..first + row + 1, ClickTarget::Fold(message.seq)));
        }
        if marked_seq == Some(message.seq) {
            self.marked_lines = start..self.lines.len();
        }
        self.push_blank_line();
    }
}

/// What opens a folded text, after the number of its hidden lines; empty if no key does.
pub(super) fn fold_hint(key: &Safe<'_>) -> Safe<'static> {
    if key.is_empty() { Safe::default() } else { safe_format!("  {key} opens") }
}

/// The author of a message and its time.
pub(super) fn message_header(message: &Message, canvas: &Canvas<'_>) -> Vec<SafeSpan> {
    let (name, role) = match message.role {
        MessageRole::User => (message.author_name.as_deref().unwrap_or("somebody"), TextRole::Strong),
        MessageRole::Assistant => ("assistant", TextRole::Accent),
        MessageRole::System => ("tierup", TextRole::Dim),
    };
    let time = canvas.time.time_of_day(message.created_at);
    vec![
        SafeSpan::new(safe::sanitize_line(name), role),
        SafeSpan::new(safe_format!("  {time}"), TextRole::Dim),
    ]
}
