//! The palette: a search for the actions of a place, commands and handoffs.

use std::cmp::Reverse;
use std::fmt::Write as _;

use nucleo_matcher::pattern::{CaseMatching, Normalization, Pattern};
use nucleo_matcher::{Config, Matcher, Utf32Str};
use tierup_common::handoff::QueueItem;
use tierup_common::id::HandoffId;

use crate::keymap::{Action, Context};
use crate::state::composer::Composer;
use crate::text::safe;

/// Choices kept, at most.
const CHOICE_LIMIT: usize = 100;

/// The palette, open over a place.
#[derive(Clone, Debug)]
pub struct Palette {
    /// Where it was opened: its actions are offered.
    pub context: Context,
    /// The query.
    pub input: Composer,
    /// The matches, the best first.
    pub choices: Vec<PaletteChoice>,
    /// The index of the selected one.
    pub selected_index: usize,
}

/// A choice.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PaletteChoice {
    /// Its target.
    pub target: ChoiceTarget,
    /// The text that is shown and searched.
    pub label: String,
    /// Its name, which is shown and searched too.
    pub name: String,
    /// The key that does the same, if there is one.
    pub key_label: String,
}

/// The target of a choice: an action to run or a handoff to open.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum ChoiceTarget {
    /// An action of the place.
    Action(Action),
    /// A command line.
    Command(String),
    /// A handoff.
    Handoff(HandoffId),
}

impl Palette {
    /// A palette with an empty query.
    pub fn new(context: Context, choices: Vec<PaletteChoice>) -> Self {
        let mut palette = Self { context, input: Composer::default(), choices, selected_index: 0 };
        palette.choices.truncate(CHOICE_LIMIT);
        palette
    }

    /// The pattern of the query, to highlight matches.
    pub fn pattern(&self) -> Pattern {
        Pattern::parse(&self.input.text(), CaseMatching::Ignore, Normalization::Smart)
    }

    /// Moves the selection.
    pub fn move_selection(&mut self, rows: isize) {
        let last = self.choices.len().saturating_sub(1);
        self.selected_index = self.selected_index.saturating_add_signed(rows).min(last);
    }

    /// The selected choice.
    pub fn selected(&self) -> Option<&PaletteChoice> {
        self.choices.get(self.selected_index)
    }
}

impl PaletteChoice {
    /// The choice that opens a handoff.
    pub fn from_handoff(item: &QueueItem) -> Self {
        Self {
            target: ChoiceTarget::Handoff(item.id),
            label: format!("#{} {}", item.number, safe::sanitize_line(&item.problem_summary)),
            name: item.priority.as_str().to_owned(),
            key_label: String::new(),
        }
    }
}

/// The number that a query consists of, like `42` or `#42`.
fn exact_number(query: &str) -> Option<u32> {
    let query = query.trim();
    query.strip_prefix('#').unwrap_or(query).parse().ok()
}

/// The matches of a query: the handoff with exactly this number, then the best first. There may be very many handoffs, so choices are built only for those that are
/// kept.
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
    let number = exact_number(query);
    let mut scored: Vec<((bool, u32), Candidate<'_>)> = Vec::new();
    for found in actions.into_iter().map(Candidate::Choice).chain(handoffs.map(Candidate::Handoff)) {
        line.clear();
        // Writing to a `String` cannot fail.
        let _ = match &found {
            Candidate::Choice(choice) => write!(line, "{} {}", choice.label, choice.name),
            Candidate::Handoff(item) => {
                write!(line, "#{} {} {}", item.number, item.problem_summary, item.priority.as_str())
            }
        };
        let score = pattern.score(Utf32Str::new(&line, &mut buffer), &mut matcher);
        let is_exact = matches!(&found, Candidate::Handoff(item) if Some(item.number.0) == number);
        scored.extend(score.map(|score| ((is_exact, score), found)));
    }
    // The sort is stable: equal scores keep the order of the table.
    scored.sort_by_key(|(score, _)| Reverse(*score));
    let kept = scored.into_iter().take(CHOICE_LIMIT).map(|(_, found)| match found {
        Candidate::Choice(choice) => choice,
        Candidate::Handoff(item) => PaletteChoice::from_handoff(item),
    });
    kept.collect()
}

#[cfg(test)]
mod tests {
    use tierup_common::event::HandoffSummary;
    use tierup_common::handoff::Priority;
    use tierup_common::id::{Number, SessionId, UserId};
    use tierup_common::time::Timestamp;
    use tierup_common::user::Person;

    use super::*;

    fn queue_item() -> QueueItem {
        let summary = HandoffSummary {
            handoff_id: HandoffId::from_bytes([1; 16]),
            session_id: SessionId::from_bytes([1; 16]),
            number: Number(1),
            priority: Priority::Normal,
            problem_summary: String::new(),
            created_at: Timestamp::from_millis(0),
            version: 1,
            handed_off_by: None,
            due_at: None,
        };
        summary.into_open_item(Person { id: UserId::from_bytes([1; 16]), name: "Sam Ortiz".into() })
    }

    fn choice(text: &str) -> PaletteChoice {
        PaletteChoice {
            target: ChoiceTarget::Command(text.into()),
            label: text.into(),
            name: String::new(),
            key_label: String::new(),
        }
    }

    #[test]
    fn an_exact_number_comes_first() {
        let item = |number: u32, summary: &str| QueueItem {
            number: Number(number),
            problem_summary: summary.into(),
            ..queue_item()
        };
        let items = [item(142, "42 42 42"), item(420, "Error 42 at 42"), item(42, "Printer jams")];
        for query in ["42", "#42", " 42 "] {
            let found = rank_choices(query, vec![choice("42 answers")], items.iter());
            assert_eq!(
                found.first().map(|found| found.label.as_str()),
                Some("#42 Printer jams"),
                "{query:?}"
            );
        }
    }

    #[test]
    fn the_best_match_comes_first_and_letters_can_be_skipped() {
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
