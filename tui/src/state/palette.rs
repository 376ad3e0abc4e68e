//! The palette: any action of a place, any command and any handoff, by what it is called.

use nucleo_matcher::pattern::{CaseMatching, Normalization, Pattern};
use nucleo_matcher::{Config, Matcher, Utf32Str};
use tierup_common::id::HandoffId;

use crate::keymap::{Action, Context};
use crate::state::composer::Composer;

/// Choices kept, at most: nobody reads further.
const KEPT: usize = 100;

/// The palette, open over a place.
#[derive(Clone, Debug)]
pub struct Palette {
    /// Where it was opened: whose actions it offers.
    pub of: Context,
    /// What is typed.
    pub line: Composer,
    /// What fits, the best first.
    pub choices: Vec<Choice>,
    /// Which is selected.
    pub at: usize,
}

/// Something that can be chosen.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Choice {
    /// What it is.
    pub what: Chosen,
    /// What is shown and searched.
    pub text: String,
    /// Its name, shown beside it and searched too.
    pub name: String,
    /// The key that does the same, if there is one.
    pub key: String,
}

/// What is chosen.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Chosen {
    /// An action of the place.
    Action(Action),
    /// A command with its arguments.
    Command(String),
    /// A handoff.
    Handoff(HandoffId),
}

impl Palette {
    /// Nothing typed yet.
    pub fn new(of: Context, choices: Vec<Choice>) -> Self {
        let mut palette = Self { of, line: Composer::default(), choices, at: 0 };
        palette.choices.truncate(KEPT);
        palette
    }

    /// Takes of all that can be chosen what fits to what is typed.
    pub fn fit(&mut self, all: Vec<Choice>) {
        let text = self.line.text();
        let pattern = Pattern::parse(&text, CaseMatching::Ignore, Normalization::Smart);
        let mut matcher = Matcher::new(Config::DEFAULT);
        let (mut both, mut buffer) = (String::new(), Vec::new());
        let mut scored: Vec<(u32, Choice)> = Vec::new();
        for choice in all {
            both.clear();
            both.extend([&choice.text, " ", &choice.name]);
            let score = pattern.score(Utf32Str::new(&both, &mut buffer), &mut matcher);
            scored.extend(score.map(|score| (score, choice)));
        }
        // Stable: among equals the order of the table holds.
        scored.sort_by_key(|(score, _)| std::cmp::Reverse(*score));
        scored.truncate(KEPT);
        self.choices = scored.into_iter().map(|(_, choice)| choice).collect();
        self.at = 0;
    }

    /// The pattern of what is typed, to show where it was found.
    pub fn pattern(&self) -> Pattern {
        Pattern::parse(&self.line.text(), CaseMatching::Ignore, Normalization::Smart)
    }

    /// Moves the selection.
    pub fn step(&mut self, by: isize) {
        let last = self.choices.len().saturating_sub(1);
        self.at = self.at.saturating_add_signed(by).min(last);
    }

    /// What is selected.
    pub fn selected(&self) -> Option<&Choice> {
        self.choices.get(self.at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn choice(text: &str) -> Choice {
        Choice {
            what: Chosen::Command(text.into()),
            text: text.into(),
            name: String::new(),
            key: String::new(),
        }
    }

    #[test]
    fn what_fits_best_comes_first_and_letters_may_be_left_out() {
        let all = ["Quit", "Next unread", "New session", "Park"].map(choice).to_vec();
        let mut palette = Palette::new(Context::Queue, all.clone());
        assert_eq!(palette.choices.len(), 4);
        palette.line = Composer::with("nwses");
        palette.fit(all.clone());
        assert_eq!(palette.selected(), Some(&choice("New session")));
        palette.line = Composer::with("xyz");
        palette.fit(all);
        assert_eq!(palette.selected(), None);
        palette.step(1);
        assert_eq!(palette.at, 0);
    }
}
