//! A handoff and its assessment as rows of text: what the preview and the briefing show.

use std::ops::Range;
use std::sync::Arc;

use ratatui::layout::Rect;
use tierup_common::assessment::{Assessment, AssessmentStatus};
use tierup_common::handoff::{HandoffStatus, Priority, QueueItem, Snapshot};
use tierup_common::session::{Branch, BranchStatus, Message, MessageRole};
use unicode_width::UnicodeWidthStr;

use crate::state::briefing::Briefing;
use crate::state::painted::Target;
use crate::text::{Ink, Piece, Row, cut, markdown, safe, wrap};
use crate::view::canvas::Canvas;
use crate::view::{confidence, pick};

/// Seconds without a word of an assessment after which it counts as slow.
const SLOW: u64 = 10;

/// A row of a sheet.
pub(super) enum Line {
    /// Made for this picture.
    New(Row),
    /// One of those that are remembered of a message, by its place.
    Known(Arc<[Row]>, usize),
}

impl Line {
    pub(super) fn row(&self) -> &Row {
        match self {
            Self::New(row) => row,
            Self::Known(rows, place) => &rows[*place],
        }
    }
}

/// Rows being written, of one width.
pub(super) struct Sheet {
    width: usize,
    /// The key that runs an assessment again, where this is shown.
    again: String,
    pub(super) rows: Vec<Line>,
    /// The row in which a spinner turns.
    turning: Option<usize>,
    /// Where each message begins, by its `seq`.
    pub(super) messages: Vec<(u32, usize)>,
    /// What can be clicked, by rows.
    pub(super) targets: Vec<(Range<usize>, Target)>,
    /// Rows that the eye is led to.
    pub(super) marked: Range<usize>,
}

impl Sheet {
    /// Empty; `again` is the key that runs an assessment again, if there is one.
    pub(super) fn new(width: u16, again: String) -> Self {
        Self {
            width: usize::from(width).max(1),
            again,
            rows: Vec::new(),
            turning: None,
            messages: Vec::new(),
            targets: Vec::new(),
            marked: 0..0,
        }
    }

    /// How many rows there are.
    pub(super) fn len(&self) -> usize {
        self.rows.len()
    }

    /// Paints the rows from one of them on, as far as the area goes. A spinner turns only where it is seen.
    pub(super) fn paint(&self, top: usize, canvas: &mut Canvas<'_>, area: Rect) {
        canvas.rows(area, self.rows[top..].iter().map(Line::row));
        if self.turning.is_some_and(|row| (top..top + usize::from(area.height)).contains(&row)) {
            canvas.spins();
        }
    }

    /// An empty row, but neither at the top nor after another.
    pub(super) fn gap(&mut self) {
        if self.rows.last().is_some_and(|line| !line.row().0.is_empty()) {
            self.push(Row::default());
        }
    }

    /// A line of raw text that begins with a spinner.
    pub(super) fn turning(&mut self, raw: &str, ink: Ink) {
        self.turning = Some(self.rows.len());
        self.line(raw, ink);
    }

    fn push(&mut self, row: Row) {
        self.rows.push(Line::New(row));
    }

    fn extend(&mut self, rows: impl IntoIterator<Item = Row>) {
        self.rows.extend(rows.into_iter().map(Line::New));
    }

    /// The name of a part.
    pub(super) fn heading(&mut self, name: &str) {
        self.gap();
        self.push(Row::of(name, Ink::Heading));
    }

    /// A line of raw text, broken where it must be.
    pub(super) fn line(&mut self, raw: &str, ink: Ink) {
        self.pieces(&[Piece::new(safe::line(raw), ink)], "");
    }

    /// A line of pieces, made safe already; what follows the first row is indented.
    pub(super) fn pieces(&mut self, pieces: &[Piece], indent: &str) {
        self.extend(wrap::pieces(pieces, self.width, indent));
    }

    /// Raw text of several lines.
    pub(super) fn text(&mut self, raw: &str, ink: Ink) {
        self.extend(wrap::plain(raw, self.width, ink));
    }

    /// Raw Markdown.
    pub(super) fn markdown(&mut self, raw: &str) {
        self.extend(markdown::rows(raw, self.width));
    }

    /// What a thing is called, behind its number.
    pub(super) fn title(&mut self, number: &str, raw: &str) {
        let title = [Piece::new(format!("{number}  "), Ink::Dim), Piece::new(safe::line(raw), Ink::Strong)];
        self.pieces(&title, "");
    }

    /// Who handed it off, when, and what became of it.
    pub(super) fn byline(&mut self, item: &QueueItem, canvas: &mut Canvas<'_>) {
        let ago = canvas.ago(item.created_at);
        let mut line = vec![Piece::new(safe::line(&item.handed_off_by_name), Ink::Plain)];
        line.push(Piece::new(format!(", {ago}"), Ink::Dim));
        let urgency = match item.priority {
            // As the list has them. That it is the priority is said: an assessment is high, too, or low.
            Priority::Urgent => Some(("URGENT", Ink::Urgent)),
            Priority::High => Some(("high priority", Ink::High)),
            Priority::Low => Some(("low priority", Ink::Dim)),
            Priority::Normal => None,
        };
        if let Some((word, ink)) = urgency {
            line.push(Piece::new(", ", Ink::Dim));
            line.push(Piece::new(word, ink));
        }
        self.pieces(&line, "");
        let claimer = item.claimed_by_name.as_deref().map(safe::line).unwrap_or_default();
        match (item.status, item.claimed_at) {
            (HandoffStatus::Claimed, Some(since)) => {
                let ago = canvas.ago(since);
                if canvas.me.is_some() && item.claimed_by == canvas.me {
                    let yours = Piece::new("yours", Ink::Good);
                    self.pieces(&[yours, Piece::new(format!(", claimed {ago}"), Ink::Dim)], "");
                } else {
                    self.line(&format!("claimed by {claimer} {ago}"), Ink::Warn);
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
            ) => self.line(&format!("this handoff is {}", item.status), Ink::Warn),
        }
    }

    /// What the engineer wrote.
    pub(super) fn notes(&mut self, notes: &str) {
        if !notes.trim().is_empty() {
            self.gap();
            self.text(&format!("“{}”", notes.trim()), Ink::Plain);
        }
    }

    /// What has been tried, each with what became of it.
    pub(super) fn tried(&mut self, branches: &[Branch], canvas: &Canvas<'_>) {
        if branches.is_empty() {
            return;
        }
        self.heading("Tried");
        let glyphs = canvas.theme.glyphs;
        for branch in branches {
            let (glyph, ink) = match branch.status {
                BranchStatus::RuledOut => (glyphs.cross, Ink::Dim),
                BranchStatus::Confirmed => (glyphs.check, Ink::Good),
                BranchStatus::Open => (glyphs.question, Ink::Warn),
            };
            let mut line = vec![Piece::new(format!("{glyph} "), ink)];
            line.extend(markdown::line(&branch.hypothesis, Ink::Plain));
            if let Some(evidence) = branch.evidence.as_deref().filter(|evidence| !evidence.is_empty()) {
                line.push(Piece::new("  ", Ink::Plain));
                line.extend(markdown::line(evidence, Ink::Dim));
            }
            self.pieces(&line, "  ");
        }
    }

    /// What was said last; the message that the evidence is from is marked.
    pub(super) fn messages(&mut self, open: &Briefing, snapshot: &Snapshot, canvas: &Canvas<'_>) {
        let (shown, count) = (snapshot.messages.len(), snapshot.message_count);
        self.heading(&match snapshot.messages.first() {
            Some(first) if first.seq > 1 => format!("Conversation (the last {shown} of {count} messages)"),
            Some(_) | None if count == 1 => "Conversation (1 message)".into(),
            Some(_) | None => format!("Conversation ({count} messages)"),
        });
        let marked = open.marked().map(|evidence| evidence.message_seq);
        for message in &snapshot.messages {
            let begin = self.rows.len();
            self.messages.push((message.seq, begin));
            self.pieces(&message_head(message, canvas), "");
            let known = open.wraps.rows(message, self.width);
            self.rows.extend((0..known.len()).map(|place| Line::Known(Arc::clone(&known), place)));
            if marked == Some(message.seq) {
                self.marked = begin..self.rows.len();
            }
            self.gap();
        }
    }

    /// The assessment, whatever state it is in. `growing` is what has been written of it so far.
    pub(super) fn assessment(
        &mut self,
        item: &QueueItem,
        growing: Option<&str>,
        evidence: Option<usize>,
        canvas: &mut Canvas<'_>,
    ) {
        match (item.assessment_status, &item.ai_assessment_data) {
            (AssessmentStatus::Ready, Some(assessment)) => self.ready(assessment, evidence, canvas),
            (AssessmentStatus::Pending | AssessmentStatus::Running, _) => {
                self.markdown(growing.unwrap_or_default());
                let cursor = Piece::new(canvas.theme.glyphs.writing, Ink::Accent);
                match self.rows.last_mut() {
                    Some(Line::New(row)) if row.width() < self.width && growing.is_some() => {
                        row.0.push(cursor);
                    }
                    Some(_) | None => self.push(Row(vec![cursor])),
                }
            }
            (AssessmentStatus::Failed, earlier) => {
                let why = item.assessment_error.as_deref().unwrap_or("It could not be made.");
                let cross = canvas.theme.glyphs.cross;
                self.pieces(&[Piece::new(format!("{cross} No assessment"), Ink::Bad)], "");
                self.line(why, Ink::Plain);
                let mut then = Vec::new();
                if !self.again.is_empty() {
                    then.push(Piece::new(self.again.clone(), Ink::Accent));
                    then.push(Piece::new(" runs it again. ", Ink::Dim));
                }
                then.push(Piece::new("Claiming does not need it.", Ink::Dim));
                self.pieces(&then, "");
                if let Some(earlier) = earlier {
                    self.heading("The earlier one");
                    self.ready(earlier, evidence, canvas);
                }
            }
            (AssessmentStatus::NotRequested, _) => self.line("No assessment was asked for.", Ink::Dim),
            (AssessmentStatus::Ready, None) => {
                self.markdown(item.ai_assessment.as_deref().unwrap_or_default());
            }
        }
    }

    /// Says that an assessment is slow, once nothing of it has come for a while.
    pub(super) fn slow(&mut self, open: &Briefing, canvas: &mut Canvas<'_>) {
        if !matches!(open.item.assessment_status, AssessmentStatus::Pending | AssessmentStatus::Running) {
            return;
        }
        let quiet = canvas.seconds_so_far(open.quiet_since);
        if quiet >= SLOW {
            self.gap();
            self.line(&format!("Slow: nothing has come for {quiet}s."), Ink::Warn);
            self.line("Claiming does not wait for it.", Ink::Dim);
        }
    }

    fn ready(&mut self, assessment: &Assessment, evidence: Option<usize>, canvas: &Canvas<'_>) {
        let glyphs = canvas.theme.glyphs;
        let (glyph, ink) = confidence::look(assessment.confidence, canvas);
        let head = vec![
            Piece::new("Likely cause", Ink::Heading),
            Piece::new("  ", Ink::Plain),
            Piece::new(format!("{glyph} {}", confidence::word(assessment.confidence)), ink),
        ];
        self.pieces(&head, "");
        self.markdown(&assessment.likely_cause);
        if !assessment.suggested_steps.is_empty() {
            self.heading("Try next");
            for (number, step) in (1..).zip(&assessment.suggested_steps) {
                let mut line = vec![Piece::new(format!("{number}. "), Ink::Accent)];
                let ink = if step.already_tried { Ink::Dim } else { Ink::Plain };
                line.extend(markdown::line(&step.text, ink));
                line.extend(pick::marks(step, &glyphs));
                self.pieces(&line, "   ");
            }
        }
        if !assessment.evidence.is_empty() {
            self.heading("From the session");
            for (place, piece) in assessment.evidence.iter().enumerate() {
                let begin = self.rows.len();
                let mut line = vec![Piece::new(format!("• [{}] “", piece.message_seq), Ink::Dim)];
                line.extend(markdown::line(&piece.quote, Ink::Plain));
                line.push(Piece::new("”", Ink::Dim));
                self.pieces(&line, "  ");
                self.targets.push((begin..self.rows.len(), Target::Evidence(place)));
                if evidence == Some(place) {
                    self.marked = begin..self.rows.len();
                }
            }
        }
        if !assessment.similar.is_empty() {
            self.heading("Seen before");
            let begin = self.rows.len();
            for similar in &assessment.similar {
                let head = [
                    Piece::new(format!("• session {}: ", similar.number), Ink::Dim),
                    Piece::new(safe::line(&similar.problem_summary), Ink::Plain),
                ];
                self.pieces(&head, "  ");
                let mut resolution = vec![Piece::new("  ", Ink::Plain)];
                resolution.extend(markdown::line(&similar.resolution, Ink::Dim));
                self.pieces(&resolution, "  ");
            }
            self.targets.push((begin..self.rows.len(), Target::Cases));
        }
        self.gap();
        let model = assessment.model.as_deref().map(|model| format!(", {}", safe::line(model)));
        let by = format!("by {}{}", safe::line(&assessment.engine), model.unwrap_or_default());
        self.pieces(&[Piece::new(by, Ink::Dim)], "");
    }
}

/// Who said something, and when.
pub(super) fn message_head(message: &Message, canvas: &Canvas<'_>) -> Vec<Piece> {
    let (name, ink) = match message.role {
        MessageRole::User => (message.author_name.as_deref().unwrap_or("somebody"), Ink::Strong),
        MessageRole::Assistant => ("assistant", Ink::Accent),
        MessageRole::System => ("tierup", Ink::Dim),
    };
    vec![
        Piece::new(safe::line(name), ink),
        Piece::new(format!("  {}", canvas.clock(message.created_at)), Ink::Dim),
    ]
}

/// Names of those who are reading, for a row or a title; nothing if nobody is.
pub(super) fn readers(item: &QueueItem, me: Option<tierup_common::id::UserId>) -> Option<String> {
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
pub(super) fn titled(head: &str, tail: &str, room: u16) -> String {
    let (head, room) = (safe::line(head), usize::from(room));
    if tail.is_empty() {
        return cut(&head, room);
    }
    let tail = format!(" ── {}", safe::line(tail));
    // With nothing of the first the second would stand for itself.
    let left = room.saturating_sub(tail.width());
    if left < 4 { cut(&format!("{head}{tail}"), room) } else { format!("{}{tail}", cut(&head, left)) }
}

/// How many columns a text takes.
pub(super) fn columns(text: &str) -> u16 {
    u16::try_from(text.width()).unwrap_or(u16::MAX)
}
