//! What changed since the escalation before, in a document.

use tierup_common::handoff::{AnsweredQuestion, ChangesSince};

use crate::text::{SafeSpan, TextRole, markdown, safe, safe_format};
use crate::view::canvas::Canvas;
use crate::view::document::Document;
use crate::view::labels;

/// Branches and steps that are shown; the branch map has all branches.
const MAX_ROWS: usize = 6;

impl Document {
    /// Adds what changed since the escalation before.
    pub(in crate::view) fn push_changes(&mut self, changes: &ChangesSince, canvas: &mut Canvas<'_>) {
        self.push_blank_line();
        let ago = canvas.time.format_ago(changes.handed_off_at);
        let heading = [
            SafeSpan::new("Since the last handoff", TextRole::Heading),
            SafeSpan::new(safe_format!("  #{}, {ago}", changes.number), TextRole::Dim),
        ];
        self.push_spans(&heading, "");
        if let Some(question) = &changes.question {
            self.push_question(question, canvas);
        }
        match changes.new_messages {
            _ if changes.is_empty() => self.push_text("nothing new", TextRole::Dim),
            0 => self.push_text("no new messages", TextRole::Dim),
            1 => self.push_text("1 new message", TextRole::Plain),
            count => self.push_text(safe_format!("{count} new messages"), TextRole::Plain),
        }
        let glyphs = &canvas.theme.glyphs;
        let steps = changes.steps.iter().map(|step| {
            let (glyph, word, role) = labels::outcome(step.outcome, glyphs);
            (glyph, role, step.text.as_str(), word.to_owned())
        });
        let branches = changes.branches.iter().map(|change| {
            let (glyph, word, role) = labels::branch_status(change.status, glyphs);
            let note = match change.previous_status {
                // A glyph alone has no past.
                Some(before) => format!("{word}, was {}", labels::branch_status(before, glyphs).1),
                None => format!("new, {word}"),
            };
            (glyph, role, change.hypothesis.as_str(), note)
        });
        for (glyph, role, text, note) in branches.chain(steps).take(MAX_ROWS) {
            let mut line = vec![SafeSpan::new(safe_format!("{glyph} "), role)];
            line.extend(markdown::inline_code_spans(text, TextRole::Plain));
            line.push(SafeSpan::new(safe_format!("  {note}"), TextRole::Dim));
            self.push_spans(&line, "  ");
        }
        let hidden = (changes.branches.len() + changes.steps.len()).saturating_sub(MAX_ROWS);
        if hidden > 0 {
            self.push_text(safe_format!("and {hidden} more"), TextRole::Dim);
        }
    }

    /// Adds the question with which the escalation before was sent back, and the answer.
    fn push_question(&mut self, question: &AnsweredQuestion, canvas: &mut Canvas<'_>) {
        let ago = canvas.time.format_ago(question.asked_at);
        let asked = [
            SafeSpan::new(safe::sanitize_line(&question.by.name), TextRole::Strong),
            SafeSpan::new(safe_format!(" asked {ago}"), TextRole::Dim),
        ];
        self.push_spans(&asked, "");
        self.push_raw_text(&format!("“{}”", question.text.trim()), TextRole::Plain);
        match &question.answer {
            Some(answer) => {
                self.push_text("Answer", TextRole::Dim);
                self.push_raw_text(&format!("“{}”", answer.trim()), TextRole::Plain);
            }
            None => self.push_text("no answer in the conversation; see the notes", TextRole::Dim),
        }
    }
}
