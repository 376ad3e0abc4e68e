//! Standard output: text and tables on a terminal, tab-separated columns in a pipe, or JSON. All text is made safe.

use std::fmt::Write as _;
use std::io::{self, IsTerminal, Stdout, Write, stdout};
use std::time::Duration;

use serde::Serialize;
use tierup_common::time::{Timestamp, format_ago_short};
use unicode_width::UnicodeWidthStr;

use crate::cli::diagnostics::stream_charset;
use crate::error::CliError;
use crate::settings;
use crate::text::{ellipsize, safe};
use crate::theme::{Charset, transliterate};

/// Standard output in one of three formats.
pub(super) struct Output {
    format: OutputFormat,
    charset: Charset,
    stdout: Stdout,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum OutputFormat {
    Terminal {
        columns: usize,
        bold: bool,
    },
    /// A pipe or a file.
    Plain,
    /// Pretty on a terminal, one line in a pipe.
    Json {
        pretty: bool,
    },
}

impl Output {
    /// The output of this process.
    pub(super) fn new(json: bool) -> Self {
        let is_terminal = stdout().is_terminal();
        let env = |name: &str| std::env::var(name).ok();
        let is_plain =
            settings::is_dumb_terminal(&env) || env("NO_COLOR").is_some_and(|value| !value.is_empty());
        let format = match (json, is_terminal) {
            (true, pretty) => OutputFormat::Json { pretty },
            (false, true) => {
                let columns = crossterm::terminal::size().map_or(80, |(columns, _)| usize::from(columns));
                OutputFormat::Terminal { columns, bold: !is_plain }
            }
            (false, false) => OutputFormat::Plain,
        };
        Self { format, charset: stream_charset(is_terminal), stdout: stdout() }
    }

    pub(super) fn is_json(&self) -> bool {
        matches!(self.format, OutputFormat::Json { .. })
    }

    /// Prints a value as JSON, or else the text.
    pub(super) fn print(&self, value: &impl Serialize, text: &str) -> Result<(), CliError> {
        if self.is_json() { self.print_json(value) } else { self.print_line(text) }
    }

    /// Prints a value as JSON.
    pub(super) fn print_json(&self, value: &impl Serialize) -> Result<(), CliError> {
        let is_pretty = self.format == OutputFormat::Json { pretty: true };
        let json = safe::escaped_json(value, is_pretty).map_err(CliError::from_display)?;
        self.write_line(&if self.charset == Charset::AsciiOnly { escape_non_ascii(&json) } else { json })
    }

    /// Prints a value as one line of JSON.
    pub(super) fn print_ndjson(&self, value: &impl Serialize) -> Result<(), CliError> {
        self.write_line(&safe::escaped_json(value, false).map_err(CliError::from_display)?)
    }

    /// Prints a text as one line.
    pub(super) fn print_line(&self, raw: &str) -> Result<(), CliError> {
        self.write_line(&safe::sanitize_line(raw))
    }

    /// Prints a text of several lines.
    pub(super) fn print_text(&self, raw: &str) -> Result<(), CliError> {
        self.write_line(safe::sanitize_text(raw).trim_end_matches('\n'))
    }

    /// Prints a line, bold on a terminal.
    pub(super) fn print_heading(&self, raw: &str) -> Result<(), CliError> {
        self.write_line(&self.bold(&safe::sanitize_line(raw)))
    }

    /// Prints rows: with heads on a terminal, which shows `empty_message` if there are none; else tab-separated.
    pub(super) fn print_table(
        &self,
        heads: &[&str],
        rows: &[Vec<String>],
        empty_message: &str,
    ) -> Result<(), CliError> {
        let rows: Vec<Vec<String>> =
            rows.iter().map(|row| row.iter().map(|cell| safe::sanitize_line(cell)).collect()).collect();
        match self.format {
            OutputFormat::Plain | OutputFormat::Json { .. } => {
                rows.iter().try_for_each(|row| self.write_line(&row.join("\t")))
            }
            OutputFormat::Terminal { .. } if rows.is_empty() => self.write_line(empty_message),
            OutputFormat::Terminal { columns, .. } => {
                let widths: Vec<usize> = (0..heads.len())
                    .map(|index| {
                        let cells = rows.iter().filter_map(|row| row.get(index)).map(|cell| cell.width());
                        cells.chain([heads[index].width()]).max().unwrap_or(0)
                    })
                    .collect();
                let heads: Vec<String> = heads.iter().map(|head| (*head).to_owned()).collect();
                self.write_line(&self.bold(&format_row(&heads, &widths, columns)))?;
                rows.iter().try_for_each(|row| self.write_line(&format_row(row, &widths, columns)))
            }
        }
    }

    /// The same without truncating the last column: a terminal wraps it.
    pub(super) fn print_table_untruncated(
        &self,
        heads: &[&str],
        rows: &[Vec<String>],
    ) -> Result<(), CliError> {
        let format = match self.format {
            OutputFormat::Terminal { bold, .. } => OutputFormat::Terminal { columns: usize::MAX, bold },
            OutputFormat::Plain | OutputFormat::Json { .. } => self.format,
        };
        Self { format, charset: self.charset, stdout: stdout() }.print_table(heads, rows, "")
    }

    /// A moment: how long ago on a terminal, else in RFC 3339.
    pub(super) fn format_age(&self, at: Timestamp, now: Timestamp) -> String {
        match self.format {
            OutputFormat::Terminal { .. } => format_ago_short(now.since(at)),
            OutputFormat::Plain | OutputFormat::Json { .. } => at.to_string(),
        }
    }

    /// A duration: rounded on a terminal, else in seconds.
    pub(super) fn format_duration(&self, duration: Duration) -> String {
        match self.format {
            OutputFormat::Terminal { .. } => format_ago_short(duration),
            OutputFormat::Plain | OutputFormat::Json { .. } => duration.as_secs().to_string(),
        }
    }

    /// Writes text that is safe already. A reader that closes the pipe (`| head`) ends the command successfully.
    fn write_line(&self, safe: &str) -> Result<(), CliError> {
        let mut out = self.stdout.lock();
        writeln!(out, "{}", transliterate(safe, self.charset)).and_then(|()| out.flush()).map_err(|error| {
            if error.kind() == io::ErrorKind::BrokenPipe {
                CliError::broken_pipe()
            } else {
                CliError::from_display(error)
            }
        })
    }

    fn bold(&self, safe: &str) -> String {
        match self.format {
            OutputFormat::Terminal { bold: true, .. } => format!("\x1b[1m{safe}\x1b[0m"),
            OutputFormat::Terminal { bold: false, .. } | OutputFormat::Plain | OutputFormat::Json { .. } => {
                safe.to_owned()
            }
        }
    }
}

/// The same JSON in ASCII. Other characters occur only in strings, where they can be escaped.
fn escape_non_ascii(json: &str) -> String {
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

/// A row of a table. The last column takes the remaining width.
fn format_row(cells: &[String], widths: &[usize], columns: usize) -> String {
    let mut line = String::new();
    for (index, (cell, width)) in cells.iter().zip(widths).enumerate() {
        if index + 1 == cells.len() {
            let available = columns.saturating_sub(line.width()).max(20);
            line.push_str(&ellipsize(cell, available));
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
    fn ascii_json_has_the_same_value() {
        let value = serde_json::json!({"a": "Café 日 🦀"});
        let json = escape_non_ascii(&value.to_string());
        assert!(json.is_ascii(), "{json}");
        assert_eq!(serde_json::from_str::<serde_json::Value>(&json).unwrap(), value);
    }

    #[test]
    fn the_last_column_takes_the_remaining_width() {
        let row = ["42".to_owned(), "日本".to_owned(), "The printer on the third floor jams".to_owned()];
        assert_eq!(format_row(&row, &[6, 6, 35], 40), "42      日本    The printer on the thir…");
        assert_eq!(format_row(&row[..2], &[6, 6], 40), "42      日本");
    }
}
