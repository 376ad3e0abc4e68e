//! The log-in.

use ratatui::layout::{Position, Rect};

use crate::state::login::{Field, LogIn, Why};
use crate::text::{Ink, wrap};
use crate::view::canvas::Canvas;
use crate::view::composer;

/// Columns of the box, at most.
const WIDEST: u16 = 70;
/// Columns of the labels.
const LABELS: u16 = 10;

pub(super) fn paint(login: &LogIn, canvas: &mut Canvas<'_>, area: Rect) {
    let (title, words) = match &login.why {
        Why::First => {
            // Nothing that stands behind it means anything yet.
            canvas.clear(area);
            ("Welcome to tierup", "Log in with your email address, or with a token from an admin.".to_owned())
        }
        Why::Asked => ("Log in", "As yourself everything goes on where it is.".to_owned()),
        Why::Ended(why) => {
            ("Log in again", format!("{}; nothing you typed is lost.", why.trim_end_matches('.')))
        }
    };
    let width = WIDEST.min(area.width);
    let text_width = usize::from(width.saturating_sub(4));
    let said = login.error.as_deref().unwrap_or_default();
    let error = wrap::plain(said, text_width, Ink::Bad);
    let mut about = wrap::plain(&words, text_width, Ink::Dim);
    if area.height < 12 && !said.is_empty() {
        // In a small room what went wrong comes first.
        about.clear();
    }
    let (about_rows, error_rows) = (u16::try_from(about.len()).unwrap_or(1).min(4), rows(error.len()));
    let roomy = area.height >= 12 + about_rows + error_rows;
    let gap = u16::from(roomy);
    let inner = canvas.dialog(area, width, about_rows + error_rows + 6 + 2 * gap, title);
    canvas.rows(Rect { height: about_rows.min(inner.height), ..inner }, &about);
    let mut y = inner.y + about_rows + gap;
    for field in Field::ALL {
        paint_field(login, field, canvas, Rect { y, height: 1, ..inner }.intersection(inner));
        y += 1;
    }
    y += gap;
    let last = Rect { y, height: error_rows, ..inner }.intersection(inner);
    if login.sending.is_some() {
        let spinner = canvas.spinner();
        canvas.put(last.x, last.y, last.width, &format!("{spinner} asking the server"), canvas.theme.accent);
    } else {
        canvas.rows(last, &error);
    }
}

fn rows(count: usize) -> u16 {
    u16::try_from(count).unwrap_or(1).clamp(1, 4)
}

fn paint_field(login: &LogIn, field: Field, canvas: &mut Canvas<'_>, row: Rect) {
    let theme = canvas.theme;
    let focused = field == login.focus && login.sending.is_none();
    let label = match field {
        Field::Server => "Server",
        Field::Email => "Email",
        Field::Secret => login.secret_is(),
    };
    if focused {
        canvas.put(row.x, row.y, 1, theme.glyphs.bar, theme.accent);
    }
    canvas.put(row.x + 2, row.y, LABELS, label, if focused { theme.accent } else { theme.dim });
    let room = Rect { x: row.x + 2 + LABELS, width: row.width.saturating_sub(2 + LABELS), ..row };
    match field {
        Field::Server => composer::paint(&login.server, focused, "http://127.0.0.1:7890", canvas, room),
        Field::Email => {
            composer::paint(&login.email, focused, "yours; empty to come with a token", canvas, room);
        }
        Field::Secret => {
            let shown = "*".repeat(login.secret.len().min(usize::from(room.width.saturating_sub(1))));
            let used = canvas.put(room.x, room.y, room.width, &shown, theme.text);
            if focused {
                canvas.painted.caret = Some(Position::new(room.x + used, room.y));
            }
        }
    }
}
