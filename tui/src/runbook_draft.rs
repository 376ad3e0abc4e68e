//! A resolved session as the draft of a runbook: Markdown in the form that the server reads (docs/OPERATING.md).
//!
//! People wrote the texts, so each is escaped: it stays in its place, whatever it begins with.

use std::fmt::Write as _;

use tierup_common::assessment::{Assessment, Outcome};
use tierup_common::handoff::{QueueItem, Snapshot};
use tierup_common::id::StepId;
use tierup_common::session::{BranchStatus, SessionItem};
use tierup_common::text::truncate;

use crate::text::safe;

/// The longest description of what users see, in characters: a log belongs into the symptoms, a line of it.
const MAX_DESCRIPTION_CHARS: usize = 1_000;
/// The most symptoms.
const MAX_SYMPTOMS: usize = 6;
/// The longest file name, in characters, without its ending.
const MAX_NAME_CHARS: usize = 60;

/// A draft.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RunbookDraft {
    /// A name for its file.
    pub file_name: String,
    /// The runbook, with a line break at its end.
    pub markdown: String,
}

/// The latest escalation of a session.
#[derive(Clone, Copy, Debug)]
pub struct LatestEscalation<'h> {
    /// The handoff, with its assessment.
    pub item: &'h QueueItem,
    /// Its snapshot, if it was fetched.
    pub snapshot: Option<&'h Snapshot>,
}

/// Drafts the runbook of a session; `None` if it is not resolved. `worked` are steps that worked beyond those with an
/// outcome.
pub fn draft(
    session: &SessionItem,
    escalation: Option<LatestEscalation<'_>>,
    worked: &[StepId],
) -> Option<RunbookDraft> {
    let resolution = session.resolution.as_deref()?;
    let title = session.title();
    let confirmed = || session.branch_map.iter().filter(|branch| branch.status == BranchStatus::Confirmed);
    let causes: Vec<&str> = confirmed().map(|branch| branch.hypothesis.as_str()).collect();
    let mut steps = escalation.map(|escalation| worked_steps(escalation, worked)).unwrap_or_default();
    // A session with a confirmed cause is resolved by saying what fixed it; otherwise by saying both.
    if steps.is_empty() || !causes.is_empty() {
        steps.push(resolution);
    }
    let quotes = escalation.and_then(|escalation| escalation.item.ai_assessment_data.as_deref());
    let quotes = quotes.into_iter().flat_map(|data| data.evidence.iter().map(|quote| quote.quote.as_str()));
    let symptoms = quotes.chain(confirmed().filter_map(|branch| branch.evidence.as_deref()));

    // Writing to a String cannot fail.
    let mut markdown = String::new();
    let _ = writeln!(markdown, "# {}\n\n## What users see\n", escape_end(escape_line(&one_line(&title))));
    push_paragraphs(&mut markdown, &truncate(&session.intake_content.text, MAX_DESCRIPTION_CHARS));
    markdown.push_str("## Cause\n\n");
    let causes = if causes.is_empty() { vec![resolution] } else { causes };
    for cause in causes {
        push_paragraphs(&mut markdown, cause);
    }
    markdown.push_str("## Steps\n\n");
    for (number, step) in (1..).zip(unique_lines(steps)) {
        let _ = writeln!(markdown, "{number}. {}", escape_line(&step));
    }
    markdown.push_str("\n## Symptoms\n\n");
    let symptoms = unique_lines(symptoms);
    if symptoms.is_empty() {
        markdown.push_str(
            "<!-- Error codes and log lines that set this problem apart from others, as a list. -->\n",
        );
    }
    for symptom in symptoms.iter().take(MAX_SYMPTOMS) {
        let _ = writeln!(markdown, "- {}", escape_line(symptom));
    }
    let _ = writeln!(markdown, "\n<!-- From session {}. -->", session.number);
    Some(RunbookDraft { file_name: file_name(&title, session), markdown })
}

/// The steps that worked: those of the escalation before the latest one, then those of the latest one.
fn worked_steps<'h>(escalation: LatestEscalation<'h>, worked: &[StepId]) -> Vec<&'h str> {
    let changes = escalation.snapshot.and_then(|snapshot| snapshot.changes_since.as_ref());
    let earlier = changes.into_iter().flat_map(|changes| &changes.steps);
    let earlier = earlier.filter(|step| step.outcome == Outcome::Worked).map(|step| step.text.as_str());
    let data: Option<&Assessment> = escalation.item.ai_assessment_data.as_deref();
    let latest = data.into_iter().flat_map(|data| &data.suggested_steps);
    let latest = latest.filter(|step| step.outcome == Some(Outcome::Worked) || worked.contains(&step.id));
    earlier.chain(latest.map(|step| step.text.as_str())).collect()
}

/// Texts as lines, each once.
fn unique_lines<'t>(texts: impl IntoIterator<Item = &'t str>) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for line in texts.into_iter().map(one_line).filter(|line| !line.is_empty()) {
        if !lines.contains(&line) {
            lines.push(line);
        }
    }
    lines
}

/// Adds the paragraphs of a text, each as one line.
fn push_paragraphs(markdown: &mut String, text: &str) {
    let mut paragraph = String::new();
    for line in text.lines().chain([""]) {
        if !line.trim().is_empty() {
            paragraph.push_str(line);
            paragraph.push(' ');
            continue;
        }
        let line = one_line(&std::mem::take(&mut paragraph));
        if !line.is_empty() {
            // Writing to a String cannot fail.
            let _ = writeln!(markdown, "{}\n", escape_line(&line));
        }
    }
}

/// A text in one line, without anything invisible.
fn one_line(text: &str) -> String {
    let words: Vec<&str> = text.split_whitespace().collect();
    safe::sanitize_line(&words.join(" ")).trim().to_owned()
}

/// A file name made of the words of a title: it names no other folder.
fn file_name(title: &str, session: &SessionItem) -> String {
    let words: Vec<String> = title
        .split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(str::to_lowercase)
        .collect();
    let name: String = words.join("-").chars().take(MAX_NAME_CHARS).collect();
    match name.trim_end_matches('-') {
        "" => format!("session-{}.md", session.number),
        name => format!("{name}.md"),
    }
}

/// One line of text as Markdown that reads the same. Code between two backticks stays code.
pub(crate) fn escape_line(line: &str) -> String {
    let mut markdown = String::new();
    let mut rest = line;
    while let Some(start) = rest.find('`') {
        let (before, from_tick) = rest.split_at(start);
        push_escaped(&mut markdown, before);
        let ticks = from_tick.len() - from_tick.trim_start_matches('`').len();
        let after = &from_tick[ticks..];
        let code = after
            .split_once('`')
            .filter(|(code, next)| ticks == 1 && !code.trim().is_empty() && !next.starts_with('`'));
        if let Some((code, next)) = code {
            let _ = write!(markdown, "`{}`", code.trim());
            rest = next;
        } else {
            markdown.push_str(&"\\`".repeat(ticks));
            rest = after;
        }
    }
    push_escaped(&mut markdown, rest);
    escape_start(&markdown)
}

/// Adds text without backticks, escaped where Markdown would read it as anything but text.
fn push_escaped(markdown: &mut String, text: &str) {
    let mut before: Option<char> = None;
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        let after = rest.peek().copied();
        let is_word = |c: Option<char>| c.is_some_and(char::is_alphanumeric);
        let is_special = match c {
            '*' | '[' | ']' | '<' => true,
            '\\' => after.is_none_or(|after| after.is_ascii_punctuation()),
            // Within a word it is no emphasis.
            '_' => !(is_word(before) && is_word(after)),
            // An entity, such as `&lt;`.
            '&' => is_word(after) || after == Some('#'),
            '~' => before == Some('~') || after == Some('~'),
            _ => false,
        };
        if is_special {
            markdown.push('\\');
        }
        markdown.push(c);
        before = Some(c);
    }
}

/// Escapes the beginning of a line that would begin a heading, a quote, a list, a rule or a fence.
fn escape_start(line: &str) -> String {
    let digits = line.len() - line.trim_start_matches(|c: char| c.is_ascii_digit()).len();
    if line.starts_with(['#', '>', '+', '-', '=', '~', '|']) {
        format!("\\{line}")
    } else if digits > 0 && line[digits..].starts_with(['.', ')']) {
        format!("{}\\{}", &line[..digits], &line[digits..])
    } else {
        line.to_owned()
    }
}

/// Escapes a `#` at the end of a heading, which would end it.
fn escape_end(heading: String) -> String {
    match heading.strip_suffix('#') {
        // The only character of the line is escaped already.
        Some(text) if !text.ends_with('\\') || text.ends_with("\\\\") => format!("{text}\\#"),
        Some(_) | None => heading,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_that_markdown_would_read_as_something_else_is_escaped() {
        for (text, markdown) in [
            ("# Cause", "\\# Cause"),
            ("- rm -rf /", "\\- rm -rf /"),
            ("1. first", "1\\. first"),
            ("809) error", "809\\) error"),
            ("*bold* [link](x) <b>", "\\*bold\\* \\[link\\](x) \\<b>"),
            ("snake_case and _emphasis_", "snake_case and \\_emphasis\\_"),
            ("C:\\temp \\\\gw2\\share \\*", "C:\\temp \\\\\\gw2\\share \\\\\\*"),
            ("a & b, &lt;", "a & b, \\&lt;"),
            ("~~~ and ~/x", "\\~\\~\\~ and ~/x"),
            ("run `df -i /` now", "run `df -i /` now"),
            ("a ` alone and ``two``", "a \\` alone and \\`\\`two\\`\\`"),
            ("in `code_ *x*`", "in `code_ *x*`"),
            ("--- ===", "\\--- ==="),
        ] {
            assert_eq!(escape_line(text), markdown, "{text:?}");
        }
    }

    #[test]
    fn a_text_is_one_line_without_invisible_characters() {
        assert_eq!(one_line(" a\n# b\r\n\u{2028}c\u{1b}[2J\u{202e} "), "a # b c␛[2J‹202E›");
    }
}
