//! The list: cards of two rows, with air between them while there is room.

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
use crate::text::safe;
use crate::view::canvas::Canvas;
use crate::view::document::{display_width, readers_label};
use crate::view::{confidence, empty_list};

/// Columns of the dot between two parts of a row, with the air around it.
const SEPARATOR_WIDTH: u16 = 3;
/// Columns of the priority.
const PRIORITY_WIDTH: u16 = 8;

pub(super) fn paint(state: &State, canvas: &mut Canvas<'_>, area: Rect) {
    let list = state.queue.current_list();
    let (count, place) = (list.len(), list.selected_index());
    let title = list_title(state, count, area.width.saturating_sub(6));
    let inner = canvas.paint_panel(area, &title, state.layers.is_empty());
    // The bar of the selected row stands right at the border.
    let inner = Rect { x: inner.x - 1, width: inner.width + 1, ..inner };
    let Some(place) = place else { return empty_list::paint(state, canvas, inner) };
    let airy = count * 3 <= usize::from(inner.height) + 1;
    let height = if airy { 3 } else { 2 };
    let room = usize::from(inner.height.div_ceil(height)).max(1);
    let whole = usize::from(inner.height / height).max(1);
    let shown = if airy { room } else { whole };
    canvas.output.list_height = shown;
    canvas.output.page_height = shown;
    let cards = (0_u16..).map(|number| Rect {
        y: inner.y + number * height,
        height: 2.min(inner.bottom().saturating_sub(inner.y + number * height)),
        ..inner
    });
    let top = list.first_visible(shown);
    for (row, card) in list.ids().skip(top).take(shown).zip(cards) {
        let selected = list.selected() == Some(row);
        canvas.output.add_click_target(card, ClickTarget::Row(row));
        match row {
            RowId::Handoff(id) => paint_handoff(state, id, selected, canvas, card),
            RowId::Session(id) => paint_session(state, id, selected, canvas, card),
        }
    }
    canvas.paint_panel_footer(area, &format!("{} of {count}", place + 1));
    canvas.paint_scrollbar(area, inner, top, whole, count);
}

/// What the list is, how it is sorted and what is held back: in full, or as short as the room asks for.
fn list_title(state: &State, count: usize, room: u16) -> String {
    let (name, about) = match state.queue.tab {
        Tab::Queue => {
            let (open, unread) = (state.queue.counts.open(), state.unread_count());
            let unread = if unread > 0 { format!(", {unread} unread") } else { String::new() };
            ("Escalations", format!("{open} open{unread}"))
        }
        Tab::Mine => ("Mine", "what you work on".into()),
        Tab::Parked => ("Parked", "only you see these".into()),
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
        SortOrder::Age => parts.push("the oldest first".into()),
        SortOrder::Updated => parts.push("the last changed first".into()),
    }
    let filter = &state.queue.filter;
    if filter.is_active() {
        parts.push(format!("/{}: {count}", safe::sanitize_line(filter.text())));
    }
    let long = format!("{name} ── {}", parts.join(" ── "));
    let short = parts.join(", ");
    let last = parts.pop().unwrap_or_default();
    let mut forms = [long, short, last].into_iter();
    let last = forms.next_back().unwrap_or_default();
    forms.find(|form| display_width(form) <= room).unwrap_or(last)
}

fn paint_handoff(state: &State, id: HandoffId, selected: bool, canvas: &mut Canvas<'_>, card: Rect) {
    let Some(item) = state.queue.item(id) else { return };
    let theme = canvas.theme;
    let is_taken = item.status == HandoffStatus::Claimed && item.claimed_by != state.my_id();
    let fade = if is_taken { theme.dim } else { Style::new() };
    paint_selection_bar(selected, canvas, card);
    let (word, style) = match item.priority {
        // What somebody works on calls nobody.
        priority if is_taken => (priority.as_str(), theme.dim),
        Priority::Urgent => ("URGENT", theme.urgent),
        Priority::High => ("high", theme.high),
        Priority::Normal => ("normal", theme.dim),
        Priority::Low => ("low", theme.dim),
    };
    let x = card.x + 1;
    canvas.put_text(x, card.y, PRIORITY_WIDTH, word, style);
    let (text_x, end) = (x + PRIORITY_WIDTH + 1, card.right());
    let text_width = end.saturating_sub(text_x + 2);
    let title_style = if selected { theme.strong } else { theme.text };
    let title = safe::sanitize_line(&item.problem_summary);
    let found = state.queue.filter.match_indices(&title);
    canvas.put_text_highlighted(text_x, card.y, text_width, &title, title_style.patch(fade), &found);
    if state.is_unread(item) {
        canvas.put_text(end - 1, card.y, 1, theme.glyphs.unread, theme.accent);
    }
    if card.height > 1 {
        paint_handoff_details(
            state,
            item,
            canvas,
            Rect { x: text_x, y: card.y + 1, width: end - text_x, height: 1 },
        );
    }
    if selected {
        canvas.highlight_selected(card);
    }
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
    // The number is what commands take: at the end, so that it takes nothing from what is read first.
    let number = format!("#{}", item.number);
    let end = canvas.put_text_right(area.right(), area.y, area.width, &number, theme.dim).saturating_sub(1);
    let mut line = CardLineWriter { x: area.x, end_x: end, y: area.y };
    let ago = canvas.format_ago_short(item.created_at);
    line.put_text(canvas, &item.handed_off_by_name, theme.dim);
    line.put_separated(canvas, &ago, theme.dim);
    if state.is_claiming(item.id) {
        let spinner = canvas.spinner();
        return line.put_separated(canvas, &format!("{spinner} claiming"), theme.accent);
    }
    if item.status == HandoffStatus::Claimed {
        if item.claimed_by == state.my_id() {
            line.put_separated(canvas, "yours", theme.good);
            if is_session_parked(state, item) {
                line.put_separated(canvas, "parked", theme.text);
            }
        } else {
            let claimer = item.claimed_by_name.as_deref().unwrap_or("somebody");
            return line.put_separated(canvas, &format!("claimed by {claimer}"), theme.dim);
        }
    }
    if state.is_reassessing(item.id) {
        let spinner = canvas.spinner();
        return line.put_separated(canvas, &format!("{spinner} asking for it again"), theme.accent);
    }
    let readers = readers_label(item, state.my_id());
    match (item.assessment_status, &item.ai_assessment_data) {
        (AssessmentStatus::Pending | AssessmentStatus::Running, _) => {
            let spinner = canvas.spinner();
            line.put_separated(canvas, &format!("{spinner} assessing"), theme.accent);
        }
        (AssessmentStatus::Ready, Some(assessment)) => {
            let about = readers.as_deref().map_or(0, |readers| display_width(readers) + SEPARATOR_WIDTH);
            let room = line.end_x.saturating_sub(line.x + SEPARATOR_WIDTH + about);
            let (text, ink) = confidence::label_for_width(assessment.confidence, canvas, room);
            line.put_separated(canvas, &text, theme.style(ink));
        }
        (AssessmentStatus::Failed, _) => {
            line.put_separated(canvas, &format!("{} no assessment", theme.glyphs.cross), theme.bad);
        }
        (AssessmentStatus::NotRequested | AssessmentStatus::Ready, _) => {
            line.put_separated(canvas, "not assessed", theme.dim);
        }
    }
    if let Some(readers) = readers {
        line.put_separated(canvas, &readers, theme.warn);
    }
}

/// A claim of the user's whose session they parked.
fn is_session_parked(state: &State, item: &QueueItem) -> bool {
    let session = state.queue.own_session(item.session_id);
    session.is_some_and(|session| session.status == SessionStatus::Paused)
}

/// A row that is written from left to right.
struct CardLineWriter {
    x: u16,
    end_x: u16,
    y: u16,
}

impl CardLineWriter {
    fn put_text(&mut self, canvas: &mut Canvas<'_>, text: &str, style: Style) {
        let room = self.end_x.saturating_sub(self.x);
        self.x += canvas.put_text(self.x, self.y, room, text, style);
    }

    /// What follows, behind a dot.
    fn put_separated(&mut self, canvas: &mut Canvas<'_>, text: &str, style: Style) {
        let (dot, dim) = (canvas.theme.glyphs.dot, canvas.theme.dim);
        self.put_text(canvas, &format!(" {dot} "), dim);
        self.put_text(canvas, text, style);
    }
}

/// A session of the user's own, parked or being worked on. Among handoffs its title stands below theirs.
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
    let title = safe::sanitize_line(&session.title());
    let found = state.queue.filter.match_indices(&title);
    canvas.put_text_highlighted(x, card.y, card.right().saturating_sub(x), &title, style, &found);
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
    let number = format!("s{}", session.number);
    let end = canvas.put_text_right(area.right(), area.y, area.width, &number, theme.dim).saturating_sub(1);
    let mut line = CardLineWriter { x: area.x, end_x: end, y: area.y };
    let is_parked = session.status == SessionStatus::Paused;
    let item = session.handoff_id.filter(|_| is_parked).and_then(|id| state.queue.parked_handoff(id));
    if let Some(at) = item.and_then(|item| item.wake_at) {
        let wakes = canvas.reminder_label(at);
        line.put_text(canvas, &wakes, theme.text);
    } else {
        let ago = canvas.format_ago_short(session.updated_at);
        let what = if is_parked { "parked" } else { "last changed" };
        line.put_text(canvas, &format!("{what} {ago}"), theme.dim);
    }
    if state.is_resuming(session.id) {
        let spinner = canvas.spinner();
        return line.put_separated(canvas, &format!("{spinner} taking it back"), theme.accent);
    }
    let notes = item.map(|item| item.engineer_notes.trim()).unwrap_or_default();
    if let Some(first) = notes.lines().next() {
        line.put_separated(canvas, first, theme.dim);
    }
}
