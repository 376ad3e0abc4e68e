//! The command line: an action by its name, with what it needs to know.

use crate::keymap::Context;
use crate::state::composer::Composer;

/// The command line, open over a place.
#[derive(Clone, Debug)]
pub struct CommandLine {
    /// Where it was opened: whose actions it takes.
    pub context: Context,
    /// What is typed.
    pub input: Composer,
    /// What the last word could be, the likeliest first.
    pub completions: Vec<Completion>,
    /// Which of them stands in the line, once one was asked for.
    pub selected: Option<usize>,
    /// Why it could not be done.
    pub error: Option<String>,
    /// How far back one has gone in what was typed before.
    pub history_offset: usize,
}

/// How a line could go on.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Completion {
    /// The whole line then.
    pub line: String,
    /// The word that is offered.
    pub label: String,
    /// What it does or is.
    pub description: String,
}

impl CommandLine {
    /// Nothing typed yet.
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

    /// Goes on to the next way to finish the word, or to the one before.
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
