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
const CHOICE_LIMIT: usize = 100;

/// The palette, open over a place.
#[derive(Clone, Debug)]
pub struct Palette {
    /// Where it was opened: whose actions it offers.
    pub context: Context,
    /// What is typed.
    pub input: Composer,
    /// What fits, the best first.
    pub choices: Vec<PaletteChoice>,
    /// Which is selected.
    pub selected_index: usize,
}

/// Something that can be chosen.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PaletteChoice {
    /// What it is.
    pub target: ChoiceTarget,
    /// What is shown and searched.
    pub label: String,
    /// Its name, shown beside it and searched too.
    pub name: String,
    /// The key that does the same, if there is one.
    pub key_label: String,
}

/// What is chosen.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum ChoiceTarget {
    /// An action of the place.
    Action(Action),
    /// A command with its arguments.
    Command(String),
    /// A handoff.
    Handoff(HandoffId),
}

impl Palette {
    /// Nothing typed yet.
    pub fn new(context: Context, choices: Vec<PaletteChoice>) -> Self {
        let mut palette = Self { context, input: Composer::default(), choices, selected_index: 0 };
        palette.choices.truncate(CHOICE_LIMIT);
        palette
    }

    /// The pattern of what is typed, to show where it was found.
    pub fn pattern(&self) -> Pattern {
        Pattern::parse(&self.input.text(), CaseMatching::Ignore, Normalization::Smart)
    }

    /// Moves the selection.
    pub fn move_selection(&mut self, rows: isize) {
        let last = self.choices.len().saturating_sub(1);
        self.selected_index = self.selected_index.saturating_add_signed(rows).min(last);
    }

    /// What is selected.
    pub fn selected(&self) -> Option<&PaletteChoice> {
        self.choices.get(self.selected_index)
    }
}

impl PaletteChoice {
    /// A handoff.
    pub fn from_handoff(item: &QueueItem) -> Self {
        Self {
            target: ChoiceTarget::Handoff(item.id),
            label: format!("#{} {}", item.number, safe::sanitize_line(&item.problem_summary)),
            name: item.priority.as_str().to_owned(),
            key_label: String::new(),
        }
    }
}

/// What fits to what is typed, the best first. There may be very many handoffs: a choice is made only of those that
/// are kept.
pub fn rank_choices<'a>(
    query: &str,
    actions: Vec<PaletteChoice>,
    handoffs: impl Iterator<Item = &'a QueueItem>,
) -> Vec<PaletteChoice> {
    enum Candidate<'a> {
        Choice(PaletteChoice),
        Handoff(&'a QueueItem),
    }
    let pattern = Pattern::parse(query, CaseMatching::Ignore, Normalization::Smart);
    let mut matcher = Matcher::new(Config::DEFAULT);
    let (mut line, mut buffer) = (String::new(), Vec::new());
    let mut scored: Vec<(u32, Candidate<'_>)> = Vec::new();
    for found in actions.into_iter().map(Candidate::Choice).chain(handoffs.map(Candidate::Handoff)) {
        line.clear();
        // A text takes whatever is written into it.
        let _ = match &found {
            Candidate::Choice(choice) => write!(line, "{} {}", choice.label, choice.name),
            Candidate::Handoff(item) => {
                write!(line, "#{} {} {}", item.number, item.problem_summary, item.priority.as_str())
            }
        };
        let score = pattern.score(Utf32Str::new(&line, &mut buffer), &mut matcher);
        scored.extend(score.map(|score| (score, found)));
    }
    // Stable: among equals the order of the table holds.
    scored.sort_by_key(|(score, _)| Reverse(*score));
    let kept = scored.into_iter().take(CHOICE_LIMIT).map(|(_, found)| match found {
        Candidate::Choice(choice) => choice,
        Candidate::Handoff(item) => PaletteChoice::from_handoff(item),
    });
    kept.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn choice(text: &str) -> PaletteChoice {
        PaletteChoice {
            target: ChoiceTarget::Command(text.into()),
            label: text.into(),
            name: String::new(),
            key_label: String::new(),
        }
    }

    #[test]
    fn what_fits_best_comes_first_and_letters_may_be_left_out() {
        let all = ["Quit", "Next unread", "New session", "Park"].map(choice).to_vec();
        assert_eq!(
            rank_choices("nwses", all.clone(), std::iter::empty()).first(),
            Some(&choice("New session"))
        );
        assert!(rank_choices("xyz", all.clone(), std::iter::empty()).is_empty());
        let mut palette = Palette::new(Context::Queue, all);
        assert_eq!(palette.choices.len(), 4);
        palette.move_selection(9);
        assert_eq!(palette.selected(), Some(&choice("Park")));
    }
}
