//! What a command says: for people on a terminal, in columns for scripts in a pipe, or as JSON. Text from outside is
//! made safe on its way.

use std::fmt::Write as _;
use std::io::{self, IsTerminal, Stdout, Write, stdout};
use std::time::Duration;

use serde::Serialize;
use tierup_common::time::{Timestamp, ago_short};
use unicode_width::UnicodeWidthStr;

use crate::cli::exit::{Exit, wrong};
use crate::settings;
use crate::text::{cut, safe};
use crate::theme::{Charset, spelt};

/// Where the output goes, and in which form.
pub(super) struct Output {
    form: Form,
    /// What whoever reads it can show. A pipe takes all: who reads it there is a program.
    charset: Charset,
    out: Stdout,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    /// A terminal with so many columns.
    People { columns: usize, bold: bool },
    /// A pipe or a file.
    Script,
    /// JSON; spread over lines where people read it.
    Json { spread: bool },
}

impl Output {
    /// The output of this process.
    pub(super) fn new(json: bool) -> Self {
        let is_terminal = stdout().is_terminal();
        let env = |name: &str| std::env::var(name).ok();
        let is_plain = settings::is_dumb(&env) || env("NO_COLOR").is_some_and(|value| !value.is_empty());
        let form = match (json, is_terminal) {
            (true, spread) => Form::Json { spread },
            (false, true) => {
                let columns = crossterm::terminal::size().map_or(80, |(columns, _)| usize::from(columns));
                Form::People { columns, bold: !is_plain }
            }
            (false, false) => Form::Script,
        };
        Self { form, charset: charset(is_terminal), out: stdout() }
    }

    /// Whether it is JSON.
    pub(super) fn is_json(&self) -> bool {
        matches!(self.form, Form::Json { .. })
    }

    /// Says a value: as JSON, or else in words.
    pub(super) fn tell(&self, value: &impl Serialize, words: &str) -> Result<(), Exit> {
        if self.is_json() { self.json(value) } else { self.line(words) }
    }

    /// Says a value as JSON, on one line of a pipe.
    pub(super) fn json(&self, value: &impl Serialize) -> Result<(), Exit> {
        let spread = self.form == Form::Json { spread: true };
        let json = safe::json(value, spread).map_err(wrong)?;
        self.put(&if self.charset == Charset::AsciiOnly { escaped(&json) } else { json })
    }

    /// Says a value as JSON, on one line wherever it goes.
    pub(super) fn ndjson(&self, value: &impl Serialize) -> Result<(), Exit> {
        self.put(&safe::json(value, false).map_err(wrong)?)
    }

    /// Says one line.
    pub(super) fn line(&self, raw: &str) -> Result<(), Exit> {
        self.put(&safe::line(raw))
    }

    /// Says several lines.
    pub(super) fn text(&self, raw: &str) -> Result<(), Exit> {
        self.put(safe::text(raw).trim_end_matches('\n'))
    }

    /// Says a heading.
    pub(super) fn heading(&self, raw: &str) -> Result<(), Exit> {
        self.put(&self.strong(&safe::line(raw)))
    }

    /// Says rows: a table with heads on a terminal, else columns parted by tabs, without heads. Where there are none, a
    /// terminal is told so in words.
    pub(super) fn table(&self, heads: &[&str], rows: &[Vec<String>], none: &str) -> Result<(), Exit> {
        let rows: Vec<Vec<String>> =
            rows.iter().map(|row| row.iter().map(|cell| safe::line(cell)).collect()).collect();
        match self.form {
            Form::Script | Form::Json { .. } => rows.iter().try_for_each(|row| self.put(&row.join("\t"))),
            Form::People { .. } if rows.is_empty() => self.put(none),
            Form::People { columns, .. } => {
                let widths: Vec<usize> = (0..heads.len())
                    .map(|place| {
                        let cells = rows.iter().filter_map(|row| row.get(place)).map(|cell| cell.width());
                        cells.chain([heads[place].width()]).max().unwrap_or(0)
                    })
                    .collect();
                let heads: Vec<String> = heads.iter().map(|head| (*head).to_owned()).collect();
                self.put(&self.strong(&laid_out(&heads, &widths, columns)))?;
                rows.iter().try_for_each(|row| self.put(&laid_out(row, &widths, columns)))
            }
        }
    }

    /// The same, but nothing is cut: what is too long goes on on the next line.
    pub(super) fn table_whole(&self, heads: &[&str], rows: &[Vec<String>]) -> Result<(), Exit> {
        let form = match self.form {
            Form::People { bold, .. } => Form::People { columns: usize::MAX, bold },
            Form::Script | Form::Json { .. } => self.form,
        };
        Self { form, charset: self.charset, out: stdout() }.table(heads, rows, "")
    }

    /// A moment: how long ago it is now on a terminal, else the moment itself.
    pub(super) fn ago(&self, at: Timestamp, now: Timestamp) -> String {
        match self.form {
            Form::People { .. } => ago_short(now.since(at)),
            Form::Script | Form::Json { .. } => at.to_string(),
        }
    }

    /// A span: rounded on a terminal, else in seconds.
    pub(super) fn span(&self, span: Duration) -> String {
        match self.form {
            Form::People { .. } => ago_short(span),
            Form::Script | Form::Json { .. } => span.as_secs().to_string(),
        }
    }

    /// Writes text that is safe. A reader that has heard enough (`| head`) ends the command, and not badly.
    fn put(&self, safe: &str) -> Result<(), Exit> {
        let mut out = self.out.lock();
        writeln!(out, "{}", spelt(safe, self.charset)).and_then(|()| out.flush()).map_err(|error| {
            if error.kind() == io::ErrorKind::BrokenPipe { Exit::heard_enough() } else { wrong(error) }
        })
    }

    fn strong(&self, safe: &str) -> String {
        match self.form {
            Form::People { bold: true, .. } => format!("\x1b[1m{safe}\x1b[0m"),
            Form::People { bold: false, .. } | Form::Script | Form::Json { .. } => safe.to_owned(),
        }
    }
}

/// What can be shown where something is said: on a terminal what its locale says, else everything.
pub(super) fn charset(is_terminal: bool) -> Charset {
    if is_terminal { settings::charset(&|name| std::env::var(name).ok()) } else { Charset::Unicode }
}

/// JSON that says the same in ASCII. What is no ASCII stands inside its texts, where it may be escaped.
fn escaped(json: &str) -> String {
    let mut out = String::with_capacity(json.len());
    for c in json.chars() {
        if c.is_ascii() {
            out.push(c);
        } else {
            for unit in c.encode_utf16(&mut [0; 2]) {
                // Writing to a String cannot fail.
                let _ = write!(out, "\\u{unit:04x}");
            }
        }
    }
    out
}

/// A row of a table. The last column takes what room there is left.
fn laid_out(cells: &[String], widths: &[usize], columns: usize) -> String {
    let mut line = String::new();
    for (place, (cell, width)) in cells.iter().zip(widths).enumerate() {
        if place + 1 == cells.len() {
            let room = columns.saturating_sub(line.width()).max(20);
            line.push_str(&cut(cell, room));
        } else {
            let gap = width.saturating_sub(cell.width()) + 2;
            line.push_str(cell);
            line.extend(std::iter::repeat_n(' ', gap));
        }
    }
    line.truncate(line.trim_end().len());
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_in_ascii_says_the_same() {
        let value = serde_json::json!({"a": "Café 日 🦀"});
        let json = escaped(&value.to_string());
        assert!(json.is_ascii(), "{json}");
        assert_eq!(serde_json::from_str::<serde_json::Value>(&json).unwrap(), value);
    }

    #[test]
    fn the_last_column_takes_what_room_is_left() {
        let row = ["42".to_owned(), "日本".to_owned(), "The printer on the third floor jams".to_owned()];
        assert_eq!(laid_out(&row, &[6, 6, 35], 40), "42      日本    The printer on the thir…");
        assert_eq!(laid_out(&row[..2], &[6, 6], 40), "42      日本");
    }
}
