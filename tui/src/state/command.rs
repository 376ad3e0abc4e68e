//! The command line: an action by its name, with what it needs to know.

use crate::keymap::Context;
use crate::state::composer::Composer;

/// The command line, open over a place.
#[derive(Clone, Debug)]
pub struct CommandLine {
    /// Where it was opened: whose actions it takes.
    pub of: Context,
    /// What is typed.
    pub line: Composer,
    /// What the last word could be, the likeliest first.
    pub endings: Vec<Ending>,
    /// Which of them stands in the line, once one was asked for.
    pub at: Option<usize>,
    /// Why it could not be done.
    pub error: Option<String>,
    /// How far back one has gone in what was typed before.
    pub back: usize,
}

/// How a line could go on.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Ending {
    /// The whole line then.
    pub line: String,
    /// The word that is offered.
    pub word: String,
    /// What it does or is.
    pub about: String,
}

impl CommandLine {
    /// Nothing typed yet.
    pub fn new(of: Context) -> Self {
        Self { of, line: Composer::default(), endings: Vec::new(), at: None, error: None, back: 0 }
    }

    /// Goes on to the next way to finish the word, or to the one before.
    pub fn complete(&mut self, by: isize) {
        let Some(last) = self.endings.len().checked_sub(1) else { return };
        let at = match (self.at, by < 0) {
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
        self.at = Some(at);
        self.line = Composer::with(&self.endings[at].line);
    }
}
