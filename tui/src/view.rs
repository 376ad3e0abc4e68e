//! Painting: reads the state, fills a buffer, and returns where things were painted and when they will change.

mod briefing;
mod canvas;
mod card;
mod claim_notice;
mod command_line;
mod composer;
mod confidence;
mod dialog;
mod document;
mod empty_list;
mod footer;
mod frame_time;
mod header;
mod help;
mod history;
mod labels;
mod layer;
mod log;
mod login;
mod measure;
mod pager;
mod palette;
mod picker;
mod preview;
mod queue;
mod search;
mod session;
mod session_menu;
mod steps;
mod toasts;
mod transcript;

use ratatui::buffer::Buffer;
use ratatui::layout::{Constraint, Layout, Rect};

use crate::state::chat::Chat;
use crate::state::layer::Layer;
use crate::state::paint_output::PaintOutput;
use crate::state::preview::PREVIEW_MIN_WIDTH;
use crate::state::{Screen, State};
use crate::text::safe_format;
use crate::theme::{self, Charset};
use crate::view::canvas::Canvas;
use crate::view::layer::briefing_beside_session;
use crate::view::measure::display_width;

/// The columns and rows of the smallest usable terminal.
const MIN_SIZE: (u16, u16) = (40, 10);

/// Paints the console over the whole of a buffer.
pub fn paint(state: &State, buffer: &mut Buffer) -> PaintOutput {
    let output = paint_screen(state, buffer);
    match state.settings.charset {
        Charset::Unicode => {}
        charset @ (Charset::AsciiGlyphs | Charset::AsciiOnly) => theme::transliterate_buffer(buffer, charset),
    }
    output
}

fn paint_screen(state: &State, buffer: &mut Buffer) -> PaintOutput {
    let area = buffer.area;
    let mut canvas = Canvas::new(buffer, state);
    if area.width < MIN_SIZE.0 || area.height < MIN_SIZE.1 {
        paint_too_small(&mut canvas, area);
        return canvas.finish();
    }
    let [head, body, foot] =
        Layout::vertical([Constraint::Length(1), Constraint::Fill(1), Constraint::Length(1)]).areas(area);
    header::paint(state, &mut canvas, head);
    match &state.screen {
        Screen::Queue => paint_list_and_preview(state, &mut canvas, body),
        Screen::Briefing(open) => briefing::paint(state, open, &mut canvas, body),
        Screen::Session(chat) => paint_session(state, chat, &mut canvas, body),
    }
    for layer in &state.layers {
        // What is under a layer has no cursor.
        canvas.output.cursor_position = None;
        layer::paint(state, layer, &mut canvas, body);
    }
    // The cursor may be there, and it says which match of how many a layer shows.
    footer::paint(state, &mut canvas, foot);
    // The log shows all of them.
    if !matches!(state.layers.last(), Some(Layer::Log { .. })) {
        toasts::paint(state, &mut canvas, body);
    }
    canvas.finish()
}

/// A session; on a wide screen with its briefing beside it.
fn paint_session(state: &State, chat: &Chat, canvas: &mut Canvas<'_>, area: Rect) {
    match (&chat.briefing, briefing_beside_session(state, area)) {
        (Some(open), Some([left, right])) => {
            // First, so that the keys that scroll by pages do so in the conversation.
            briefing::paint(state, open, canvas, right);
            session::paint(state, chat, canvas, left);
        }
        _ => session::paint(state, chat, canvas, area),
    }
}

/// Says how large the terminal has to be, in as many words as fit.
fn paint_too_small(canvas: &mut Canvas<'_>, area: Rect) {
    let (columns, rows) = MIN_SIZE;
    let needs = safe_format!("needs {columns}x{rows}");
    let long = safe_format!("tierup {needs}, this is {}x{}", area.width, area.height);
    let forms = [long, safe_format!("tierup {needs}")];
    let text = forms.into_iter().find(|form| display_width(form) <= area.width).unwrap_or(needs);
    canvas.put_text(area.x, area.y, area.width, &text, canvas.theme.bad);
}

fn paint_list_and_preview(state: &State, canvas: &mut Canvas<'_>, area: Rect) {
    // An empty list has nothing to preview. While a filter is typed, the layout stays.
    if area.width < PREVIEW_MIN_WIDTH || state.queue.current_list().is_empty() && !state.queue.filter.is_open
    {
        return queue::paint(state, canvas, area);
    }
    let [left, right] = Layout::horizontal([Constraint::Percentage(54), Constraint::Fill(1)]).areas(area);
    queue::paint(state, canvas, left);
    preview::paint(state, canvas, right);
}
