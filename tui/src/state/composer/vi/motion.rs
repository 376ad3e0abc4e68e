//! vi's motions: where they lead, and what an operator takes on the way.

use crate::state::composer::readline::{line_end, line_start};

/// The command that a motion is part of.
#[derive(Clone, Copy)]
pub(super) struct Repeat {
    /// How often; 0 if no number was typed.
    pub(super) count: usize,
    /// Whether an operator takes what the motion covers.
    pub(super) has_operator: bool,
    /// Whether that is `c`.
    pub(super) is_change: bool,
}

/// What an operator takes: the characters of a range, or its lines.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Span {
    Characters,
    /// With the last character.
    Inclusive,
    Lines,
}

/// Where a motion leads, and what an operator takes on the way.
pub(super) fn motion(text: &[char], at: usize, key: char, repeat: Repeat) -> Option<(usize, Span)> {
    let count = repeat.count.max(1);
    let (start, end) = (line_start(text, at), line_end(text, at));
    let times = |step: fn(&[char], usize, bool) -> usize, is_big: bool| {
        (0..count).fold(at, |place, _| step(text, place, is_big))
    };
    Some(match key {
        'h' => (at.saturating_sub(count).max(start), Span::Characters),
        'l' | ' ' => ((at + count).min(end), Span::Characters),
        '0' => (start, Span::Characters),
        '^' => (first_letter(text, at), Span::Characters),
        '$' => (line_end(text, down(text, at, count - 1)), Span::Characters),
        'j' => (down(text, at, count), Span::Lines),
        'k' => (up(text, at, count), Span::Lines),
        'G' => (nth_line(text, if repeat.count == 0 { usize::MAX } else { count }), Span::Lines),
        // To change a word does not take the blanks after it.
        'w' | 'W' if repeat.is_change && at < end => {
            let first = this_word_end(text, at, key == 'W');
            ((1..count).fold(first, |place, _| word_end(text, place, key == 'W')), Span::Inclusive)
        }
        // The last word of a line does not take the line break along.
        'w' | 'W' if repeat.has_operator && count == 1 => {
            (next_word(text, at, key == 'W').min(end), Span::Characters)
        }
        'w' | 'W' => (times(next_word, key == 'W'), Span::Characters),
        'b' | 'B' => (times(previous_word, key == 'B'), Span::Characters),
        'e' | 'E' => (times(word_end, key == 'E'), Span::Inclusive),
        _ => return None,
    })
}

/// The kind of a character: words consist of one kind. A big word is all that is not blank.
fn kind(c: char, is_big: bool) -> u8 {
    match c {
        _ if c.is_whitespace() => 0,
        _ if is_big || c.is_alphanumeric() || c == '_' => 1,
        _ => 2,
    }
}

fn next_word(text: &[char], at: usize, is_big: bool) -> usize {
    let Some(here) = text.get(at).map(|c| kind(*c, is_big)) else { return at };
    let rest =
        text[at..].iter().position(|c| kind(*c, is_big) != here).map_or(text.len(), |length| at + length);
    text[rest..].iter().position(|c| kind(*c, is_big) != 0).map_or(text.len(), |length| rest + length)
}

fn previous_word(text: &[char], at: usize, is_big: bool) -> usize {
    let Some(last) = text[..at].iter().rposition(|c| kind(*c, is_big) != 0) else { return 0 };
    let here = kind(text[last], is_big);
    text[..last].iter().rposition(|c| kind(*c, is_big) != here).map_or(0, |before| before + 1)
}

fn word_end(text: &[char], at: usize, is_big: bool) -> usize {
    let after = (at + 1).min(text.len());
    let Some(first) = text[after..].iter().position(|c| kind(*c, is_big) != 0).map(|length| after + length)
    else {
        return text.len().saturating_sub(1);
    };
    let here = kind(text[first], is_big);
    let length = text[first..].iter().take_while(|c| kind(**c, is_big) == here).count();
    first + length - 1
}

/// The last character of the word, or of the blanks, under the cursor.
fn this_word_end(text: &[char], at: usize, is_big: bool) -> usize {
    let here = kind(text[at], is_big);
    at + text[at..].iter().take_while(|c| kind(**c, is_big) == here).count() - 1
}

pub(super) fn first_letter(text: &[char], at: usize) -> usize {
    let (start, end) = (line_start(text, at), line_end(text, at));
    (start..end).find(|index| !text[*index].is_whitespace()).unwrap_or(start)
}

/// The same column, lines further down.
pub(super) fn down(text: &[char], at: usize, lines: usize) -> usize {
    let column = at - line_start(text, at);
    let mut start = line_start(text, at);
    for _ in 0..lines {
        let end = line_end(text, start);
        if end == text.len() {
            break;
        }
        start = end + 1;
    }
    (start + column).min(line_end(text, start))
}

/// The same column, lines further up.
fn up(text: &[char], at: usize, lines: usize) -> usize {
    let column = at - line_start(text, at);
    let mut start = line_start(text, at);
    for _ in 0..lines {
        let Some(before) = start.checked_sub(1) else { break };
        start = line_start(text, before);
    }
    (start + column).min(line_end(text, start))
}

/// The start of a line by its number from 1, or of the last one.
pub(super) fn nth_line(text: &[char], number: usize) -> usize {
    let starts = text.iter().enumerate().filter(|(_, c)| **c == '\n').map(|(index, _)| index + 1);
    std::iter::once(0).chain(starts).take(number).last().unwrap_or(0)
}
