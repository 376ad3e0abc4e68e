//! The palette: any action of a place, any command and any handoff, by what it is called.

use std::cmp::Reverse;
use std::fmt::Write as _;

use nucleo_matcher::pattern::{CaseMatching, Normalization, Pattern};
use nucleo_matcher::{Config, Matcher, Utf32Str};
use tierup_common::handoff::QueueItem;
use tierup_common::id::HandoffId;

use crate::keymap::{Action, Context};
use crate::state::composer::Composer;
use crate::text::safe;

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

impl Choice {
    /// A handoff.
    pub fn handoff(item: &QueueItem) -> Self {
        Self {
            what: Chosen::Handoff(item.id),
            text: format!("#{} {}", item.number, safe::line(&item.problem_summary)),
            name: item.priority.word().to_owned(),
            key: String::new(),
        }
    }
}

/// What fits to what is typed, the best first. There may be very many handoffs: a choice is made only of those that
/// are kept.
pub fn fitting<'a>(
    text: &str,
    doable: Vec<Choice>,
    handoffs: impl Iterator<Item = &'a QueueItem>,
) -> Vec<Choice> {
    enum Found<'a> {
        Choice(Choice),
        Handoff(&'a QueueItem),
    }
    let pattern = Pattern::parse(text, CaseMatching::Ignore, Normalization::Smart);
    let mut matcher = Matcher::new(Config::DEFAULT);
    let (mut line, mut buffer) = (String::new(), Vec::new());
    let mut scored: Vec<(u32, Found<'_>)> = Vec::new();
    for found in doable.into_iter().map(Found::Choice).chain(handoffs.map(Found::Handoff)) {
        line.clear();
        // A text takes whatever is written into it.
        let _ = match &found {
            Found::Choice(choice) => write!(line, "{} {}", choice.text, choice.name),
            Found::Handoff(item) => {
                write!(line, "#{} {} {}", item.number, item.problem_summary, item.priority.word())
            }
        };
        let score = pattern.score(Utf32Str::new(&line, &mut buffer), &mut matcher);
        scored.extend(score.map(|score| (score, found)));
    }
    // Stable: among equals the order of the table holds.
    scored.sort_by_key(|(score, _)| Reverse(*score));
    let kept = scored.into_iter().take(KEPT).map(|(_, found)| match found {
        Found::Choice(choice) => choice,
        Found::Handoff(item) => Choice::handoff(item),
    });
    kept.collect()
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
        assert_eq!(fitting("nwses", all.clone(), std::iter::empty()).first(), Some(&choice("New session")));
        assert!(fitting("xyz", all.clone(), std::iter::empty()).is_empty());
        let mut palette = Palette::new(Context::Queue, all);
        assert_eq!(palette.choices.len(), 4);
        palette.step(9);
        assert_eq!(palette.selected(), Some(&choice("Park")));
    }
}
