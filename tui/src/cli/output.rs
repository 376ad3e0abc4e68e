//! Standard output: text and tables on a terminal, tab-separated columns in a pipe, or JSON. All text is made safe.

use std::fmt;
use std::io::{self, IsTerminal, Stdout, Write, stdout};
use std::slice;
use std::time::Duration;

use serde::Serialize;
use tierup_common::time::{Timestamp, format_ago_short};
use unicode_width::UnicodeWidthStr;

use crate::cli::diagnostics::stream_charset;
use crate::error::CliError;
use crate::local_zone::LocalZone;
use crate::settings;
use crate::text::{Safe, SafeText, safe};
use crate::theme::{Charset, transliterate_text};

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

    /// Whether people read it on a terminal.
    pub(super) const fn is_terminal(&self) -> bool {
        matches!(self.format, OutputFormat::Terminal { .. })
    }

    /// Whether only ASCII can be shown.
    pub(super) fn is_ascii(&self) -> bool {
        self.charset == Charset::AsciiOnly
    }

    /// The columns of the terminal; of a pipe, those that people expect.
    pub(super) const fn columns(&self) -> usize {
        match self.format {
            OutputFormat::Terminal { columns, .. } => columns,
            OutputFormat::Plain | OutputFormat::Json { .. } => 80,
        }
    }

    /// Prints a value as JSON, or else the text.
    pub(super) fn print(&self, value: &impl Serialize, text: &str) -> Result<(), CliError> {
        if self.is_json() { self.print_json(value) } else { self.print_line(text) }
    }

    /// Prints a value as JSON.
    pub(super) fn print_json(&self, value: &impl Serialize) -> Result<(), CliError> {
        let is_pretty = self.format == OutputFormat::Json { pretty: true };
        let json = if self.charset == Charset::AsciiOnly {
            safe::escaped_ascii_json(value, is_pretty)
        } else {
            safe::escaped_json(value, is_pretty)
        };
        self.write_line(&json.map_err(CliError::from_display)?)
    }

    /// Prints a value as one line of JSON.
    pub(super) fn print_ndjson(&self, value: &impl Serialize) -> Result<(), CliError> {
        self.write_line(&safe::escaped_json(value, false).map_err(CliError::from_display)?)
    }

    /// Prints a text as one line.
    pub(super) fn print_line(&self, raw: &str) -> Result<(), CliError> {
        self.write_line(&safe::sanitize_line(raw).into())
    }

    /// Prints a text of several lines.
    pub(super) fn print_text(&self, raw: &str) -> Result<(), CliError> {
        self.write_line(&safe::sanitize_text(raw).without_trailing_newlines())
    }

    /// Prints a line, bold on a terminal.
    pub(super) fn print_heading(&self, raw: &str) -> Result<(), CliError> {
        self.write_bold_line(&safe::sanitize_line(raw).into())
    }

    /// Prints rows: with heads on a terminal, which shows `empty_message` if there are none; else tab-separated.
    pub(super) fn print_table(
        &self,
        heads: &[&str],
        rows: &[Vec<String>],
        empty_message: &str,
    ) -> Result<(), CliError> {
        let rows: Vec<Vec<Safe<'_>>> =
            rows.iter().map(|row| row.iter().map(|cell| safe::sanitize_line(cell)).collect()).collect();
        match self.format {
            OutputFormat::Plain | OutputFormat::Json { .. } => {
                rows.iter().try_for_each(|row| self.write_line(&SafeText::tab_separated(row)))
            }
            OutputFormat::Terminal { .. } if rows.is_empty() => self.print_line(empty_message),
            OutputFormat::Terminal { columns, .. } => {
                let widths: Vec<usize> = (0..heads.len())
                    .map(|index| {
                        let cells = rows.iter().filter_map(|row| row.get(index)).map(|cell| cell.width());
                        cells.chain([heads[index].width()]).max().unwrap_or(0)
                    })
                    .collect();
                let heads: Vec<Safe<'_>> = heads.iter().map(|head| safe::sanitize_line(head)).collect();
                self.write_bold_line(&format_row(&heads, &widths, columns).into())?;
                rows.iter().try_for_each(|row| self.write_line(&format_row(row, &widths, columns).into()))
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

    /// Prints rows of three columns, each with a note: below the row and dim on a terminal, which shows `empty_message` if
    /// there are none; else as a fourth column.
    pub(super) fn print_annotated_rows(
        &self,
        rows: &[([String; 3], String)],
        empty_message: &str,
    ) -> Result<(), CliError> {
        let OutputFormat::Terminal { columns, bold } = self.format else {
            let rows: Vec<_> =
                rows.iter().map(|(cells, note)| [&cells[..], slice::from_ref(note)].concat()).collect();
            return self.print_table(&[], &rows, empty_message);
        };
        if rows.is_empty() {
            return self.print_line(empty_message);
        }
        let safe_row = |([name, title, text], _): &([String; 3], String)| {
            // A long title leaves room for the text.
            let title = safe::sanitize_line(title).ellipsized(columns / 2).into_owned();
            [safe::sanitize_line(name).into_owned(), title, safe::sanitize_line(text).into_owned()]
        };
        let safe_rows: Vec<[Safe<'_>; 3]> = rows.iter().map(safe_row).collect();
        let widths = [0, 1, 2].map(|index| safe_rows.iter().map(|row| row[index].width()).max().unwrap_or(0));
        let (dim, reset) = if bold { ("\x1b[2m", "\x1b[0m") } else { ("", "") };
        for (row, (_, note)) in safe_rows.iter().zip(rows) {
            self.write_line(&format_row(row, &widths, columns).into())?;
            if !note.is_empty() {
                let line = format_row(&[Safe::default(), safe::sanitize_line(note)], &widths, columns).into();
                self.write(format_args!("{dim}{}{reset}\n", transliterate_text(&line, self.charset)))?;
            }
        }
        Ok(())
    }

    /// A moment: how long ago on a terminal, else in RFC 3339.
    pub(super) fn format_age(&self, at: Timestamp, now: Timestamp) -> String {
        match self.format {
            OutputFormat::Terminal { .. } => format_ago_short(now.since(at)),
            OutputFormat::Plain | OutputFormat::Json { .. } => at.to_string(),
        }
    }

    /// A moment: local time on a terminal, else in RFC 3339.
    pub(super) fn format_moment(&self, at: Timestamp, zone: &LocalZone) -> String {
        match self.format {
            OutputFormat::Terminal { .. } => zone.to_local(at).format("%a %-d %b %Y %H:%M").to_string(),
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

    fn write_line(&self, text: &SafeText<'_>) -> Result<(), CliError> {
        self.write(format_args!("{}\n", transliterate_text(text, self.charset)))
    }

    /// Writes a line, in bold where the terminal has it.
    fn write_bold_line(&self, text: &SafeText<'_>) -> Result<(), CliError> {
        match self.format {
            OutputFormat::Terminal { bold: true, .. } => {
                self.write(format_args!("\x1b[1m{}\x1b[0m\n", transliterate_text(text, self.charset)))
            }
            OutputFormat::Terminal { bold: false, .. } | OutputFormat::Plain | OutputFormat::Json { .. } => {
                self.write_line(text)
            }
        }
    }

    /// Writes and flushes. A reader that closes the pipe (`| head`) ends the command successfully.
    fn write(&self, line: fmt::Arguments<'_>) -> Result<(), CliError> {
        let mut out = self.stdout.lock();
        out.write_fmt(line).and_then(|()| out.flush()).map_err(|error| {
            if error.kind() == io::ErrorKind::BrokenPipe {
                CliError::broken_pipe()
            } else {
                CliError::from_display(error)
            }
        })
    }
}

/// A row of a table. The last column takes the remaining width.
fn format_row(cells: &[Safe<'_>], widths: &[usize], columns: usize) -> Safe<'static> {
    let mut line = Safe::default();
    for (index, (cell, width)) in cells.iter().zip(widths).enumerate() {
        if index + 1 == cells.len() {
            let available = columns.saturating_sub(line.width()).max(20);
            line.push(&cell.ellipsized(available));
        } else {
            line.push(cell);
            line.push(&Safe::spaces(width.saturating_sub(cell.width()) + 2));
        }
    }
    line.without_trailing_spaces().into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_column_takes_the_remaining_width() {
        let row: [Safe<'_>; 3] = ["42".into(), "日本".into(), "The printer on the third floor jams".into()];
        assert_eq!(format_row(&row, &[6, 6, 35], 40), "42      日本    The printer on the thir…");
        assert_eq!(format_row(&row[..2], &[6, 6], 40), "42      日本");
    }
}
