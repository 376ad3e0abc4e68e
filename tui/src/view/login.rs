//! The log-in.

use ratatui::layout::{Position, Rect};

use crate::state::login::{LogInField, LogInForm, LogInReason};
use crate::text::{TextRole, wrap};
use crate::view::canvas::Canvas;
use crate::view::composer;

/// Columns of the box, at most.
const MAX_WIDTH: u16 = 70;
/// Columns of the labels.
const LABEL_WIDTH: u16 = 10;

pub(super) fn paint(login: &LogInForm, canvas: &mut Canvas<'_>, area: Rect) {
    let (title, words) = match &login.reason {
        LogInReason::FirstRun => {
            // Nothing that stands behind it means anything yet.
            canvas.clear(area);
            ("Welcome to tierup", "Log in with your email address, or with a token from an admin.".to_owned())
        }
        LogInReason::Requested => ("Log in", "As yourself everything goes on where it is.".to_owned()),
        LogInReason::TokenExpired(why) => {
            ("Log in again", format!("{}; nothing you typed is lost.", why.trim_end_matches('.')))
        }
    };
    let width = MAX_WIDTH.min(area.width);
    let text_width = usize::from(width.saturating_sub(4));
    let said = login.request.error().unwrap_or_default();
    let error = wrap::plain_text(said, text_width, TextRole::Bad);
    let mut about = wrap::plain_text(&words, text_width, TextRole::Dim);
    if area.height < 12 && !said.is_empty() {
        // In a small room what went wrong comes first.
        about.clear();
    }
    let (about_rows, error_rows) =
        (u16::try_from(about.len()).unwrap_or(1).min(4), clamp_row_count(error.len()));
    let roomy = area.height >= 12 + about_rows + error_rows;
    let gap = u16::from(roomy);
    let inner = canvas.paint_dialog(area, width, about_rows + error_rows + 6 + 2 * gap, title);
    canvas.put_lines(Rect { height: about_rows.min(inner.height), ..inner }, &about);
    let mut y = inner.y + about_rows + gap;
    for field in LogInField::ALL {
        paint_field(login, field, canvas, Rect { y, height: 1, ..inner }.intersection(inner));
        y += 1;
    }
    y += gap;
    let last = Rect { y, height: error_rows, ..inner }.intersection(inner);
    if login.request.is_pending() {
        let spinner = canvas.spinner();
        canvas.put_text(
            last.x,
            last.y,
            last.width,
            &format!("{spinner} asking the server"),
            canvas.theme.accent,
        );
    } else {
        canvas.put_lines(last, &error);
    }
}

fn clamp_row_count(count: usize) -> u16 {
    u16::try_from(count).unwrap_or(1).clamp(1, 4)
}

fn paint_field(login: &LogInForm, field: LogInField, canvas: &mut Canvas<'_>, row: Rect) {
    let theme = canvas.theme;
    let focused = field == login.focus && !login.request.is_pending();
    let label = match field {
        LogInField::Server => "Server",
        LogInField::Email => "Email",
        LogInField::Secret => login.secret_label(),
    };
    if focused {
        canvas.put_text(row.x, row.y, 1, theme.glyphs.selection_bar, theme.accent);
    }
    canvas.put_text(row.x + 2, row.y, LABEL_WIDTH, label, if focused { theme.accent } else { theme.dim });
    let room = Rect { x: row.x + 2 + LABEL_WIDTH, width: row.width.saturating_sub(2 + LABEL_WIDTH), ..row };
    match field {
        LogInField::Server => {
            composer::paint(&login.server_url, focused, "http://127.0.0.1:7890", canvas, room)
        }
        LogInField::Email => {
            composer::paint(&login.email, focused, "yours; empty to come with a token", canvas, room);
        }
        LogInField::Secret => {
            let shown = "*".repeat(login.secret.len().min(usize::from(room.width.saturating_sub(1))));
            let used = canvas.put_text(room.x, room.y, room.width, &shown, theme.text);
            if focused {
                canvas.output.cursor_position = Some(Position::new(room.x + used, room.y));
            }
        }
    }
}
