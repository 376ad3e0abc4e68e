//! The conversation of a session: from its end, or from where one has scrolled to. Only what is on the screen is
//! broken into rows, however long the conversation is.

use ratatui::layout::Rect;

use crate::state::State;
use crate::state::painted::Target;
use crate::state::session::{Chat, Scroll};
use crate::text::{Ink, Piece, Row, markdown, wrap};
use crate::view::canvas::Canvas;
use crate::view::sheet::message_head;

pub(super) fn paint(state: &State, chat: &Chat, canvas: &mut Canvas<'_>, area: Rect) {
    canvas.painted.transcript = (usize::from(area.width), usize::from(area.height));
    canvas.painted.page = usize::from(area.height.saturating_sub(2)).max(1);
    canvas.painted.target(area, Target::Transcript);
    if chat.messages.is_empty() {
        let (text, style) = match &chat.failed {
            Some(why) => (format!("The session could not be fetched: {why}"), canvas.theme.bad),
            None => (format!("{} fetching the session", canvas.spinner()), canvas.theme.dim),
        };
        canvas.put(area.x, area.y, area.width, &text, style);
        return;
    }
    let height = usize::from(area.height);
    match chat.scroll {
        Scroll::Follow => {
            let rows = last_rows(state, chat, canvas, area.width, height);
            // A short conversation stands at the bottom, next to where one writes.
            let empty = area.height.saturating_sub(u16::try_from(rows.len()).unwrap_or(area.height));
            canvas.rows(Rect { y: area.y + empty, height: area.height - empty, ..area }, &rows);
        }
        Scroll::From { seq, row, .. } => {
            let place = chat.messages.partition_point(|message| message.seq < seq);
            let mut rows: Vec<Row> = Vec::new();
            for message in chat.messages.iter().skip(place) {
                rows.extend(message_rows(message, canvas, area.width));
                if rows.len() >= row + height {
                    break;
                }
            }
            let from = row.min(rows.len());
            canvas.rows(area, &rows[from..]);
        }
    }
}

/// The last rows of all, at most so many.
fn last_rows(state: &State, chat: &Chat, canvas: &mut Canvas<'_>, width: u16, height: usize) -> Vec<Row> {
    let mut blocks: Vec<Vec<Row>> = vec![under_way(state, chat, canvas, width)];
    let mut count = blocks[0].len();
    for message in chat.messages.iter().rev() {
        if count >= height {
            break;
        }
        let rows = message_rows(message, canvas, width);
        count += rows.len();
        blocks.push(rows);
    }
    let mut rows: Vec<Row> = blocks.into_iter().rev().flatten().collect();
    // The empty row after the last message is not needed at the end.
    while rows.last().is_some_and(|row| row.0.is_empty()) {
        rows.pop();
    }
    rows.drain(..rows.len().saturating_sub(height));
    rows
}

/// A message: who and when, what, and an empty row. `update::session::rows_of` counts on just that.
fn message_rows(message: &tierup_common::session::Message, canvas: &Canvas<'_>, width: u16) -> Vec<Row> {
    let mut rows = vec![Row(message_head(message, canvas))];
    rows.extend(indented(markdown::rows(&message.content, usize::from(width).saturating_sub(2))));
    rows.push(Row::default());
    rows
}

/// What is on its way: a message being sent, an answer being written.
fn under_way(state: &State, chat: &Chat, canvas: &mut Canvas<'_>, width: u16) -> Vec<Row> {
    let width = usize::from(width).saturating_sub(2);
    let mut rows = Vec::new();
    if let Some(outgoing) = &chat.outgoing {
        let name = state.me.as_ref().map_or("you", |me| &me.user.name);
        let spinner = canvas.spinner();
        let name = crate::text::safe::line(name);
        rows.push(Row(vec![
            Piece::new(name, Ink::Strong),
            Piece::new(format!("  {spinner} sending"), Ink::Dim),
        ]));
        rows.extend(indented(wrap::plain(&outgoing.text, width, Ink::Dim)));
        rows.push(Row::default());
    }
    for (_, text) in &chat.growing {
        let spinner = canvas.spinner();
        rows.push(Row(vec![
            Piece::new("assistant", Ink::Accent),
            Piece::new(format!("  {spinner} writing"), Ink::Dim),
        ]));
        let mut body = indented(markdown::rows(text, width));
        if let Some(last) = body.last_mut() {
            last.0.push(Piece::new(canvas.theme.glyphs.writing, Ink::Accent));
        }
        rows.extend(body);
        rows.push(Row::default());
    }
    if chat.awaits_answer && chat.growing.is_empty() && chat.outgoing.is_none() {
        let spinner = canvas.spinner();
        rows.push(Row::of(format!("{spinner} the assistant is thinking"), Ink::Dim));
        rows.push(Row::default());
    }
    rows
}

fn indented(mut rows: Vec<Row>) -> Vec<Row> {
    for row in rows.iter_mut().filter(|row| !row.0.is_empty()) {
        row.0.insert(0, Piece::new("  ", Ink::Plain));
    }
    rows
}
