//! What people see of a model's answer while it is written: the beginning of the final text, which only grows.

use crate::assess::case::Case;
use crate::assess::check;
use crate::assess::contradiction;
use crate::assess::draft::DraftStep;
use crate::assess::format;
use crate::assess::parse;
use crate::assess::tried::mark_tried;

/// The answer is read again once it has grown by this part of its length, so that reading a long one takes linear time.
const GROWTH: usize = 128;

/// An answer that is being written.
pub(super) struct LiveText<'c> {
    case: &'c Case<'c>,
    /// Whether the case rules anything out: then no cause is shown before it is known to be another one.
    must_check_cause: bool,
    answer: String,
    next_read: usize,
    /// The steps so far and the same marked: marking reads the whole session.
    steps: Vec<DraftStep>,
    marked_steps: Vec<DraftStep>,
    shown: String,
}

impl<'c> LiveText<'c> {
    pub(super) fn new(case: &'c Case<'c>) -> Self {
        let must_check_cause = contradiction::ruled_out(case.briefing).next().is_some();
        let (answer, shown) = (String::new(), String::new());
        Self {
            case,
            must_check_cause,
            answer,
            next_read: 0,
            steps: Vec::new(),
            marked_steps: Vec::new(),
            shown,
        }
    }

    /// Begins another answer. It is shown if it goes on like the one before.
    pub(super) fn restart(&mut self) {
        self.answer.clear();
        self.next_read = 0;
    }

    /// Adds to the answer. Returns what can be shown of it since the last call.
    pub(super) fn push(&mut self, delta: &str) -> Option<String> {
        self.answer.push_str(delta);
        if self.answer.len() < self.next_read {
            return None;
        }
        self.next_read = self.answer.len() + self.answer.len() / GROWTH;
        let answer = parse::parse_answer(&self.answer, false).ok()?;
        let steps = check::distinct_steps(&answer);
        if steps != self.steps {
            self.marked_steps = mark_tried(self.case.briefing, steps.clone());
            self.steps = steps;
        }
        let draft =
            check::check_beginning(&answer, self.marked_steps.clone(), self.case, self.must_check_cause);
        self.show(&format::format_beginning(&draft))
    }

    /// The rest of the final text. Nothing, if people have seen what it has not: a part of a cause that was cut off, or
    /// parts that the model wrote twice. The completing event has the whole text.
    pub(super) fn finish(&mut self, text: &str) -> Option<String> {
        self.show(text)
    }

    fn show(&mut self, text: &str) -> Option<String> {
        let added = text.strip_prefix(self.shown.as_str()).filter(|added| !added.is_empty())?;
        let added = added.to_owned();
        self.shown.push_str(&added);
        Some(added)
    }
}
