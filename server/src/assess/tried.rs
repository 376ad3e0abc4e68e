//! Which steps a session shows to be done already: by their command, or by what they do to what.

use tierup_common::session::{BranchStatus, MessageRole};

use crate::assess::draft::DraftStep;
use crate::assess::statement::{self, Stance};
use crate::domain::briefing::Briefing;
use crate::search::lexicon::Lexicon;
use crate::search::terms::{self, Term, TermKind};
use crate::search::words;

/// The share of a step's terms that a clause has if it tells the step.
const SAME_STEP: f64 = 0.67;
/// The share of a command's words that a line has if it runs the command.
const SAME_COMMAND: f64 = 0.6;
/// The part of each text that is read, in bytes.
const MAX_TEXT_BYTES: usize = 16 * 1024;

/// What was done in a session.
#[derive(Debug, Default)]
struct TriedSteps {
    /// The keys of each clause that tells something done.
    clauses: Vec<std::collections::HashSet<String>>,
    /// The words of each line, for commands.
    lines: Vec<Vec<String>>,
    /// Steps of earlier assessments, of which somebody recorded what came.
    steps: Vec<String>,
}

impl TriedSteps {
    /// Reads what people wrote, and settled branches. What the assistant suggested was not done by that.
    fn from_briefing(briefing: &Briefing, lexicon: &Lexicon) -> Self {
        let steps = briefing.earlier_steps.iter().map(|step| step.text.clone());
        let mut tried = Self { steps: steps.collect(), ..Self::default() };
        let settled = briefing.branches.iter().filter(|branch| branch.status != BranchStatus::Open);
        let settled = settled.flat_map(|branch| {
            [Some(branch.hypothesis.as_str()), branch.evidence.as_deref()].into_iter().flatten()
        });
        let open = briefing.branches.iter().filter(|branch| branch.status == BranchStatus::Open);
        let evidence = open.filter_map(|branch| branch.evidence.as_deref());
        let people = briefing.messages.iter().filter(|message| message.role == MessageRole::User);
        let told = people.map(|message| message.content.as_str());
        for text in
            told.chain([briefing.notes.as_str(), briefing.intake.as_str()]).chain(evidence).chain(settled)
        {
            tried.read(text, lexicon);
        }
        tried
    }

    fn read(&mut self, text: &str, lexicon: &Lexicon) {
        let text = &text[..text.floor_char_boundary(MAX_TEXT_BYTES)];
        for clause in statement::clauses(text) {
            match clause.stance {
                Stance::Stated | Stance::NoEffect | Stance::Denied | Stance::InOrder => {
                    self.clauses.push(terms::key_set(clause.text, lexicon));
                    self.lines.push(command_words(clause.text));
                }
                Stance::Supposed | Stance::Asked => {}
            }
        }
    }

    /// Whether a step was done.
    fn contains(&self, step: &str, lexicon: &Lexicon) -> bool {
        if self.steps.iter().any(|earlier| is_same_step(earlier, step)) {
            return true;
        }
        let commands = commands(step);
        if !commands.is_empty() {
            return commands.iter().any(|command| self.lines.iter().any(|line| runs(line, command)));
        }
        let action = first_clause(step);
        let mut wanted: Vec<Term> = terms::terms(action, lexicon);
        wanted.retain(|term| term.kind != TermKind::Name);
        wanted.dedup_by(|one, other| one.keys == other.keys);
        if wanted.len() < 2 {
            return false;
        }
        self.clauses.iter().any(|clause| {
            let found = wanted.iter().filter(|term| term.is_in(clause)).count();
            found >= 2 && words::share(found, wanted.len()) >= SAME_STEP
        })
    }
}

/// Marks the steps that were done, and moves them to the end. An engine's own word for it does not count.
pub(super) fn mark_tried(
    briefing: &Briefing,
    mut steps: Vec<DraftStep>,
    lexicon: &Lexicon,
) -> Vec<DraftStep> {
    let tried = TriedSteps::from_briefing(briefing, lexicon);
    for step in &mut steps {
        step.already_tried = tried.contains(&step.text, lexicon);
    }
    steps.sort_by_key(|step| step.already_tried);
    steps
}

/// Whether two texts are the same step, apart from marks of code and white space.
pub(super) fn is_same_step(one: &str, other: &str) -> bool {
    let plain =
        |text: &str| text.replace('`', "").split_whitespace().map(str::to_lowercase).collect::<Vec<_>>();
    plain(one) == plain(other)
}

/// The first clause of a step: what it does, before it says why or what else.
fn first_clause(step: &str) -> &str {
    let sentence = words::sentences(step).next().unwrap_or(step);
    let end = ["; ", ": ", " (", ", then", " if ", " so that ", " because ", " to see "]
        .iter()
        .filter_map(|end| sentence.find(end))
        .min();
    end.map_or(sentence, |end| &sentence[..end])
}

/// The commands in a step: what stands in backticks, if it has a program and an argument.
fn commands(step: &str) -> Vec<Vec<String>> {
    let quoted = step.split('`').skip(1).step_by(2);
    quoted.map(command_words).filter(|words| words.len() >= 2 && is_program(&words[0])).collect()
}

fn is_program(word: &str) -> bool {
    word.chars().next().is_some_and(|c| c.is_ascii_lowercase())
        && word.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '/'))
}

/// The words of a line as a shell would see them, without prompt and quotes.
fn command_words(line: &str) -> Vec<String> {
    let words = line.split(|c: char| {
        c.is_whitespace() || matches!(c, '"' | '\'' | '`' | '|' | ';' | '(' | ')' | ',' | ':')
    });
    words.map(|word| word.to_lowercase()).filter(|word| word.chars().any(char::is_alphanumeric)).collect()
}

/// Whether a line runs a command, perhaps with other arguments.
fn runs(line: &[String], command: &[String]) -> bool {
    let is_placeholder = |word: &&String| word.contains(['<', '>', '…']) || word.as_str() == "...";
    let wanted: Vec<&String> = command.iter().filter(|word| !is_placeholder(word)).take(4).collect();
    line.iter().enumerate().filter(|(_, word)| *word == wanted[0]).any(|(at, _)| {
        let rest = &line[at..];
        let found = wanted.iter().filter(|word| rest.contains(word)).count();
        found >= 2 && words::share(found, wanted.len()) >= SAME_COMMAND
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tried(text: &str) -> TriedSteps {
        let mut tried = TriedSteps::default();
        tried.read(text, &Lexicon::new(""));
        tried
    }

    fn contains(text: &str, step: &str) -> bool {
        tried(text).contains(step, &Lexicon::new(""))
    }

    #[test]
    fn a_command_counts_word_for_word() {
        assert!(contains("df -i shows 3% on /var", "Look at the inodes with `df -i`."));
        assert!(!contains("df -h shows 90 %", "Look at the inodes with `df -i`."));
        assert!(contains("$ kubectl get pv pv-17 -o yaml", "`kubectl get pv`"));
    }

    #[test]
    fn a_step_with_an_outcome_was_done() {
        let tried = TriedSteps { steps: vec!["Run  `gpupdate /force`".into()], ..TriedSteps::default() };
        assert!(tried.contains("run gpupdate /force", &Lexicon::new("")));
        assert!(!tried.contains("Run `ipconfig /renew`", &Lexicon::new("")));
    }

    #[test]
    fn a_step_counts_by_what_it_does_to_what() {
        assert!(contains("Rebooted the print server, no change.", "Restart the print server."));
        assert!(!contains("Next I would restart the print server.", "Restart the print server."));
        assert!(!contains("Should we restart the print server?", "Restart the print server."));
        assert!(!contains("Renewed the certificate.", "Restart the print server."));
    }
}
