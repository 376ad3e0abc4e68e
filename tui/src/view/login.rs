//! The log-in form.

use ratatui::layout::{Position, Rect};

use crate::state::login::{LogInField, LogInForm, LogInReason, SUGGESTED_SERVER};
use crate::text::{Safe, TextRole, safe_format, wrap};
use crate::view::canvas::Canvas;
use crate::view::composer;

/// Columns of the box, at most.
const MAX_WIDTH: u16 = 70;
/// Columns of the labels.
const LABEL_WIDTH: u16 = 10;

pub(super) fn paint(login: &LogInForm, canvas: &mut Canvas<'_>, area: Rect) {
    let (title, text) = match &login.reason {
        LogInReason::FirstRun => {
            // There is nothing useful behind it yet.
            canvas.clear(area);
            ("Welcome to tierup", "Log in with your email address, or with a token from an admin.".to_owned())
        }
        LogInReason::Requested => ("Log in", "Log in as the same user to stay where you are.".to_owned()),
        LogInReason::TokenExpired(reason) => {
            ("Log in again", format!("{}; nothing you typed is lost.", reason.trim_end_matches('.')))
        }
    };
    let width = MAX_WIDTH.min(area.width);
    let text_width = usize::from(width.saturating_sub(4));
    let error = wrap::plain_text(login.request.error().unwrap_or_default(), text_width, TextRole::Bad);
    let mut intro = wrap::plain_text(&text, text_width, TextRole::Dim);
    if area.height < 12 && login.request.error().is_some() {
        // On a low screen the error is more important.
        intro.clear();
    }
    let intro_rows = u16::try_from(intro.len()).unwrap_or(1).min(4);
    let error_rows = u16::try_from(error.len()).unwrap_or(1).clamp(1, 4);
    let gap = u16::from(area.height >= 12 + intro_rows + error_rows);
    let inner = canvas.paint_dialog(area, width, intro_rows + error_rows + 6 + 2 * gap, title);
    canvas.put_lines(Rect { height: intro_rows.min(inner.height), ..inner }, &intro);
    let mut y = inner.y + intro_rows + gap;
    for field in LogInField::ALL {
        paint_field(login, field, canvas, Rect { y, height: 1, ..inner }.intersection(inner));
        y += 1;
    }
    y += gap;
    let last = Rect { y, height: error_rows, ..inner }.intersection(inner);
    if login.request.is_pending() {
        let text = safe_format!("{} logging in", canvas.time.spinner());
        canvas.put_text(last.x, last.y, last.width, text, canvas.theme.accent);
    } else {
        canvas.put_lines(last, &error);
    }
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
    let input = Rect { x: row.x + 2 + LABEL_WIDTH, width: row.width.saturating_sub(2 + LABEL_WIDTH), ..row };
    match field {
        LogInField::Server => {
            composer::paint(&login.server_url, focused, SUGGESTED_SERVER, canvas, input);
        }
        LogInField::Email => {
            composer::paint(&login.email, focused, "leave empty to use a token", canvas, input);
        }
        LogInField::Secret => {
            let count = login.secret.len().min(usize::from(input.width.saturating_sub(1)));
            let stars = Safe::from("*").repeated(count);
            let used = canvas.put_text(input.x, input.y, input.width, &stars, theme.text);
            if focused {
                canvas.output.cursor_position = Some(Position::new(input.x + used, input.y));
            }
        }
    }
}
