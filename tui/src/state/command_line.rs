//! The command line: an action by its name, with its argument.

use crate::keymap::Context;
use crate::state::composer::Composer;

/// The command line, open over a place.
#[derive(Clone, Debug)]
pub struct CommandLine {
    /// Where it was opened: its actions are available.
    pub context: Context,
    /// The line that is typed.
    pub input: Composer,
    /// The completions of the last word, the likeliest first.
    pub completions: Vec<Completion>,
    /// The index of the completion in the line, once one was inserted.
    pub selected: Option<usize>,
    /// Why the line could not be run.
    pub error: Option<String>,
    /// How far back in the history the line is; 0 for a new line.
    pub history_offset: usize,
}

/// A completion of a line.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Completion {
    /// The whole line with it.
    pub line: String,
    /// The word that is shown.
    pub label: String,
    /// What the word means.
    pub description: String,
}

impl CommandLine {
    /// An empty line.
    pub fn new(context: Context) -> Self {
        Self {
            context,
            input: Composer::default(),
            completions: Vec::new(),
            selected: None,
            error: None,
            history_offset: 0,
        }
    }

    /// Inserts the next or previous completion.
    pub fn cycle_completion(&mut self, step: isize) {
        let Some(last) = self.completions.len().checked_sub(1) else { return };
        let at = match (self.selected, step < 0) {
            (None, false) => 0,
            (None, true) => last,
            (Some(at), false) => {
                if at == last {
                    0
                } else {
                    at + 1
                }
            }
            (Some(at), true) => at.checked_sub(1).unwrap_or(last),
        };
        self.selected = Some(at);
        self.input = Composer::with_text(&self.completions[at].line);
    }
}
