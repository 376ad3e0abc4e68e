//! The list: cards of two rows, with an empty row between them while there is room.

use ratatui::layout::Rect;
use ratatui::style::Style;
use tierup_common::assessment::AssessmentStatus;
use tierup_common::handoff::{HandoffStatus, Priority, QueueItem};
use tierup_common::id::{HandoffId, SessionId};
use tierup_common::session::{SessionItem, SessionStatus};

use crate::keymap::Tab;
use crate::state::State;
use crate::state::lists::RowId;
use crate::state::paint_output::ClickTarget;
use crate::state::sort_order::SortOrder;
use crate::text::{Safe, safe, safe_format};
use crate::view::canvas::Canvas;
use crate::view::measure::display_width;
use crate::view::{confidence, empty_list, labels};

/// Columns of the dot between two parts of a line, with the spaces around it.
const SEPARATOR_WIDTH: u16 = 3;
/// Columns of a name in a row of one line, at most, and of a row that has room for it.
const MAX_DENSE_NAME: usize = 16;
const MIN_WIDTH_DENSE_NAME: u16 = 60;
/// Columns of the priority.
const PRIORITY_WIDTH: u16 = 8;

pub(super) fn paint(state: &State, canvas: &mut Canvas<'_>, area: Rect) {
    let list = state.queue.current_list();
    let (count, selected) = (list.len(), list.selected_index());
    let title = list_title(state, count, area.width.saturating_sub(6));
    let inner = canvas.paint_panel(area, &title, state.layers.is_empty());
    // The bar of the selected row is right at the border.
    let inner = Rect { x: inner.x - 1, width: inner.width + 1, ..inner };
    let Some(selected) = selected else { return empty_list::paint(state, canvas, inner) };
    let is_dense = state.queue.is_dense;
    let has_gaps = !is_dense && count * 3 <= usize::from(inner.height) + 1;
    let (card_lines, gap) = (if is_dense { 1 } else { 2 }, u16::from(has_gaps));
    let card_height = card_lines + gap;
    let whole_cards = usize::from(inner.height / card_height).max(1);
    // With gaps, the last card may lack its gap.
    let shown = if has_gaps { usize::from(inner.height.div_ceil(card_height)).max(1) } else { whole_cards };
    canvas.output.list_height = shown;
    canvas.output.page_height = shown;
    let cards = (0_u16..).map(|index| {
        let y = inner.y + index * card_height;
        Rect { y, height: card_lines.min(inner.bottom().saturating_sub(y)), ..inner }
    });
    let top = list.first_visible(shown);
    for (row, card) in list.ids().skip(top).take(shown).zip(cards) {
        let is_selected = list.selected() == Some(row);
        canvas.output.add_click_target(card, ClickTarget::Row(row));
        match row {
            RowId::Handoff(id) => paint_handoff(state, id, is_selected, canvas, card),
            RowId::Session(id) => paint_session(state, id, is_selected, canvas, card),
        }
    }
    canvas.paint_panel_footer(area, safe_format!("{} of {count}", selected + 1));
    canvas.paint_scrollbar(area, inner, top, whole_cards, count);
}

/// The title of the list with its order and its filter, in the longest form that fits.
fn list_title(state: &State, count: usize, columns: u16) -> Safe<'static> {
    let (name, about) = match state.queue.tab {
        Tab::Queue => {
            let (open, unread) = (state.queue.counts.open(), state.unread_count());
            let unread = if unread > 0 { format!(", {unread} unread") } else { String::new() };
            ("Escalations", format!("{open} open{unread}"))
        }
        Tab::Mine => ("Mine", "your claims and sessions".into()),
        Tab::Parked => ("Parked", "visible only to you".into()),
    };
    if state.queue.as_of_seq.is_none() {
        return name.into();
    }
    let mut parts = vec![about];
    if state.queue.pending_load.as_ref().is_some_and(|load| load.error.is_some()) {
        parts.push("incomplete".into());
    }
    match state.queue.sort {
        SortOrder::Priority => {}
        SortOrder::Age => parts.push("oldest first".into()),
        SortOrder::Updated => parts.push("recently changed first".into()),
    }
    let filter = &state.queue.filter;
    if filter.is_active() {
        parts.push(format!("/{}: {count}", filter.text()));
    }
    let long = safe_format!("{name} ── {}", parts.join(" ── "));
    let short = safe_format!("{}", parts.join(", "));
    let shortest = safe_format!("{}", parts.pop().unwrap_or_default());
    [long, short].into_iter().find(|form| display_width(form) <= columns).unwrap_or(shortest)
}

fn paint_handoff(state: &State, id: HandoffId, selected: bool, canvas: &mut Canvas<'_>, card: Rect) {
    let Some(item) = state.queue.item(id) else { return };
    let theme = canvas.theme;
    let is_taken = item.status == HandoffStatus::Claimed && item.claimed_by != state.my_id();
    let title_patch = if is_taken { theme.dim } else { Style::new() };
    paint_selection_bar(selected, canvas, card);
    let (word, style) = match item.priority {
        // A claimed handoff needs no attention.
        priority if is_taken => (priority.as_str(), theme.dim),
        Priority::Urgent => ("URGENT", theme.urgent),
        Priority::High => ("high", theme.high),
        Priority::Normal => ("normal", theme.dim),
        Priority::Low => ("low", theme.dim),
    };
    let x = card.x + 1;
    canvas.put_text(x, card.y, PRIORITY_WIDTH, word, style);
    let (text_x, end) = (x + PRIORITY_WIDTH + 1, card.right());
    let text_end = if state.queue.is_dense {
        paint_dense_details(item, canvas, Rect { width: card.width.saturating_sub(2), ..card })
    } else {
        end
    };
    let text_width = text_end.saturating_sub(text_x + 2);
    let title_style = if selected { theme.strong } else { theme.text };
    let title = safe::sanitize_line(&item.problem_summary);
    let matches = state.queue.filter.match_indices(&title);
    canvas.put_text_highlighted(text_x, card.y, text_width, &title, title_style.patch(title_patch), &matches);
    if state.is_unread(item) {
        canvas.put_text(end - 1, card.y, 1, theme.glyphs.unread, theme.accent);
    }
    if card.height > 1 {
        let area = Rect { x: text_x, y: card.y + 1, width: end - text_x, height: 1 };
        paint_handoff_details(state, item, canvas, area);
    }
    if selected {
        canvas.highlight_selected(card);
    }
}

/// What a row of one line has at its end: who has it or escalated it, since when, and its number. Returns where that
/// begins.
fn paint_dense_details(item: &QueueItem, canvas: &mut Canvas<'_>, card: Rect) -> u16 {
    let dot = canvas.theme.glyphs.dot;
    let ago = canvas.time.format_ago_short(item.created_at);
    let name = item.claimed_by_name.as_ref().unwrap_or(&item.handed_off_by_name);
    let name = safe::sanitize_line(name);
    let short = safe_format!("{ago} {dot} #{}", item.number);
    let long = safe_format!("{} {dot} {short}", name.ellipsized(MAX_DENSE_NAME));
    let text = if card.width >= MIN_WIDTH_DENSE_NAME { long } else { short };
    canvas.put_text_right(card.right(), card.y, card.width, text, canvas.theme.dim)
}

fn paint_selection_bar(selected: bool, canvas: &mut Canvas<'_>, card: Rect) {
    if selected {
        for y in card.top()..card.bottom() {
            canvas.put_text(card.x, y, 1, canvas.theme.glyphs.selection_bar, canvas.theme.accent);
        }
    }
}

fn paint_handoff_details(state: &State, item: &QueueItem, canvas: &mut Canvas<'_>, area: Rect) {
    let theme = canvas.theme;
    // The number is at the end: it is needed only for commands.
    let mut line = CardLineWriter::new(canvas, area, safe_format!("#{}", item.number));
    let ago = canvas.time.format_ago_short(item.created_at);
    line.put_text(canvas, safe::sanitize_line(&item.handed_off_by_name), theme.dim);
    line.put_separated(canvas, ago, theme.dim);
    if state.is_claiming(item.id) {
        let text = safe_format!("{} claiming", canvas.time.spinner());
        return line.put_separated(canvas, text, theme.accent);
    }
    if item.status == HandoffStatus::Claimed {
        if item.claimed_by == state.my_id() {
            line.put_separated(canvas, "yours", theme.good);
            if is_session_parked(state, item) {
                line.put_separated(canvas, "parked", theme.text);
            }
        } else {
            let claimer = item.claimed_by_name.as_deref().unwrap_or("somebody");
            return line.put_separated(canvas, safe_format!("claimed by {claimer}"), theme.dim);
        }
    }
    paint_assessment_details(state, item, &mut line, canvas);
}

/// The state of the assessment, and who else is reading.
fn paint_assessment_details(
    state: &State,
    item: &QueueItem,
    line: &mut CardLineWriter,
    canvas: &mut Canvas<'_>,
) {
    let theme = canvas.theme;
    if state.is_reassessing(item.id) {
        let text = safe_format!("{} reassessing", canvas.time.spinner());
        return line.put_separated(canvas, text, theme.accent);
    }
    let readers = labels::readers(item, state.my_id());
    match (item.assessment_status, &item.ai_assessment_data) {
        (AssessmentStatus::Pending | AssessmentStatus::Running, earlier) => {
            let again = if earlier.is_some() { "re" } else { "" };
            let text = safe_format!("{} {again}assessing", canvas.time.spinner());
            line.put_separated(canvas, text, theme.accent);
        }
        (AssessmentStatus::Ready, Some(assessment)) => {
            let readers_width =
                readers.as_deref().map_or(0, |readers| display_width(readers) + SEPARATOR_WIDTH);
            let columns = line.end_x.saturating_sub(line.x + SEPARATOR_WIDTH + readers_width);
            if let Some((text, role)) = confidence::label_for_width(assessment, &theme.glyphs, columns) {
                line.put_separated(canvas, text, theme.style(role));
            }
        }
        (AssessmentStatus::Failed, _) => {
            let text = safe_format!("{} assessment failed", theme.glyphs.cross);
            line.put_separated(canvas, text, theme.bad);
        }
        (AssessmentStatus::NotRequested | AssessmentStatus::Ready, _) => {
            line.put_separated(canvas, "not assessed", theme.dim);
        }
    }
    if let Some(readers) = readers {
        line.put_separated(canvas, readers, theme.warn);
    }
}

/// Whether the user claimed this handoff and parked its session.
fn is_session_parked(state: &State, item: &QueueItem) -> bool {
    let session = state.queue.own_session(item.session_id);
    session.is_some_and(|session| session.status == SessionStatus::Paused)
}

/// Writes the second line of a card from left to right.
struct CardLineWriter {
    x: u16,
    end_x: u16,
    y: u16,
}

impl CardLineWriter {
    /// Paints a number at the end; the rest of the line is free.
    fn new(canvas: &mut Canvas<'_>, area: Rect, number: Safe<'_>) -> Self {
        let dim = canvas.theme.dim;
        let number_x = canvas.put_text_right(area.right(), area.y, area.width, number, dim);
        Self { x: area.x, end_x: number_x.saturating_sub(1), y: area.y }
    }

    fn put_text<'t>(&mut self, canvas: &mut Canvas<'_>, text: impl Into<Safe<'t>>, style: Style) {
        self.x += canvas.put_text(self.x, self.y, self.end_x.saturating_sub(self.x), text, style);
    }

    /// Paints text after a dot.
    fn put_separated<'t>(&mut self, canvas: &mut Canvas<'_>, text: impl Into<Safe<'t>>, style: Style) {
        let (dot, dim) = (canvas.theme.glyphs.dot, canvas.theme.dim);
        self.put_text(canvas, safe_format!(" {dot} "), dim);
        self.put_text(canvas, text, style);
    }
}

/// A session of the user's own, parked or active. Among handoffs its title is aligned with theirs.
fn paint_session(state: &State, id: SessionId, selected: bool, canvas: &mut Canvas<'_>, card: Rect) {
    let Some(session) = state.queue.own_session(id) else { return };
    let theme = canvas.theme;
    paint_selection_bar(selected, canvas, card);
    let x = match state.queue.tab {
        Tab::Parked => card.x + 2,
        Tab::Queue | Tab::Mine => {
            canvas.put_text(card.x + 1, card.y, PRIORITY_WIDTH, "own", theme.dim);
            card.x + 2 + PRIORITY_WIDTH
        }
    };
    let style = if selected { theme.strong } else { theme.text };
    let title = session.title();
    let title = safe::sanitize_line(&title);
    let matches = state.queue.filter.match_indices(&title);
    let end = if state.queue.is_dense {
        let number = safe_format!("s{}", session.number);
        canvas.put_text_right(card.right(), card.y, card.width, number, theme.dim).saturating_sub(1)
    } else {
        card.right()
    };
    canvas.put_text_highlighted(x, card.y, end.saturating_sub(x), &title, style, &matches);
    if card.height > 1 {
        let area = Rect { x, y: card.y + 1, width: card.right().saturating_sub(x), height: 1 };
        paint_session_details(state, session, canvas, area);
    }
    if selected {
        canvas.highlight_selected(card);
    }
}

fn paint_session_details(state: &State, session: &SessionItem, canvas: &mut Canvas<'_>, area: Rect) {
    let theme = canvas.theme;
    let mut line = CardLineWriter::new(canvas, area, safe_format!("s{}", session.number));
    let is_parked = session.status == SessionStatus::Paused;
    let item = session.handoff_id.filter(|_| is_parked).and_then(|id| state.queue.parked_handoff(id));
    if let Some(at) = item.and_then(|item| item.wake_at) {
        let reminder = canvas.time.reminder_label(at);
        line.put_text(canvas, reminder, theme.text);
    } else {
        let ago = canvas.time.format_ago_short(session.updated_at);
        let verb = if is_parked { "parked" } else { "changed" };
        line.put_text(canvas, safe_format!("{verb} {ago}"), theme.dim);
    }
    if state.is_resuming(session.id) {
        let text = safe_format!("{} taking it back", canvas.time.spinner());
        return line.put_separated(canvas, text, theme.accent);
    }
    let notes = item.map(|item| item.engineer_notes.trim()).unwrap_or_default();
    if let Some(first) = notes.lines().next() {
        let columns = usize::from(line.end_x.saturating_sub(line.x));
        line.put_separated(canvas, safe::sanitize_prefix(first, columns), theme.dim);
    }
}
