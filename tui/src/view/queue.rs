//! The list: cards of two rows, with an empty row between them while there is room.

use ratatui::layout::{Margin, Rect};
use ratatui::style::Style;
use tierup_common::assessment::AssessmentStatus;
use tierup_common::handoff::{HandoffStatus, Priority, QueueItem};
use tierup_common::id::{HandoffId, SessionId};
use tierup_common::session::{SessionItem, SessionStatus};

use crate::keymap::Tab;
use crate::state::State;
use crate::state::lists::{RowId, is_answer_for};
use crate::state::paint_output::ClickTarget;
use crate::state::sort_order::SortOrder;
use crate::text::{Safe, safe, safe_format};
use crate::view::canvas::Canvas;
use crate::view::card::{CardLineWriter, SEPARATOR_WIDTH, STATUS_WIDTH, paint_selection_bar};
use crate::view::measure::display_width;
use crate::view::{confidence, empty_list, history, labels};

/// Columns of a name in a row of one line, at most, and of a row that has room for it.
const MAX_DENSE_NAME: usize = 16;
const MIN_WIDTH_DENSE_NAME: u16 = 60;

pub(super) fn paint(state: &State, canvas: &mut Canvas<'_>, area: Rect) {
    let list = state.queue.current_list();
    let (count, selected) = (list.len(), list.selected_index());
    let inner = area.inner(Margin::new(2, 1));
    // The bar of the selected row is right at the border.
    let is_dense = state.queue.is_dense;
    let has_gaps = !is_dense && count * 3 <= usize::from(inner.height) + 1;
    let (card_lines, gap) = (if is_dense { 1 } else { 2 }, u16::from(has_gaps));
    let card_height = card_lines + gap;
    let whole_cards = usize::from(inner.height / card_height).max(1);
    // With gaps, the last card may lack its gap.
    let shown = if has_gaps { usize::from(inner.height.div_ceil(card_height)).max(1) } else { whole_cards };
    let top = list.first_visible(shown);
    paint_frame(state, top, canvas, area);
    // The bar of the selected row is right at the border.
    let inner = Rect { x: inner.x - 1, width: inner.width + 1, ..inner };
    let Some(selected) = selected else { return empty_list::paint(state, canvas, inner) };
    canvas.output.list_height = shown;
    canvas.output.page_height = shown;
    let cards = (0_u16..).map(|index| {
        let y = inner.y + index * card_height;
        Rect { y, height: card_lines.min(inner.bottom().saturating_sub(y)), ..inner }
    });
    for (row, card) in list.ids().skip(top).take(shown).zip(cards) {
        let is_selected = list.selected() == Some(row);
        canvas.output.add_click_target(card, ClickTarget::Row(row));
        match row {
            RowId::Handoff(id) => paint_handoff(state, id, is_selected, canvas, card),
            RowId::Session(id) if state.queue.tab == Tab::History => {
                history::paint_session(state, id, is_selected, canvas, card);
            }
            RowId::Session(id) => paint_session(state, id, is_selected, canvas, card),
        }
    }
    canvas.paint_panel_footer(area, safe_format!("{} of {count}", selected + 1));
    canvas.paint_scrollbar(area, inner, top, whole_cards, count);
}

/// Paints the border of the list: its title, and what is above the first visible row.
fn paint_frame(state: &State, top: usize, canvas: &mut Canvas<'_>, area: Rect) {
    let urgent = urgent_count_above(state, top);
    let above = canvas.theme.glyphs.more_above;
    let (label, style) = match (urgent, top) {
        (0, 0) => (Safe::default(), Style::new()),
        (0, _) => (safe_format!(" {above} {top} more "), canvas.theme.dim),
        (_, _) => (safe_format!(" {above} {urgent} urgent "), canvas.theme.urgent),
    };
    let columns = area.width.saturating_sub(6 + display_width(&label));
    let title = list_title(state, state.queue.current_list().len(), columns);
    canvas.paint_panel(area, title.ellipsized(usize::from(columns)), state.layers.is_empty());
    if !label.is_empty() {
        canvas.put_text_right(area.right() - 1, area.y, area.width, label, Style::reset().patch(style));
    }
}

/// The number of urgent handoffs above the first visible row that wait for this user.
fn urgent_count_above(state: &State, top: usize) -> usize {
    let above = state.queue.current_list().ids().take(top).filter_map(RowId::handoff);
    let is_urgent =
        |item: &&QueueItem| item.status == HandoffStatus::Open && item.priority == Priority::Urgent;
    let is_others = |item: &&QueueItem| Some(item.handed_off_by) != state.my_id();
    let items = above.filter_map(|id| state.queue.item(id));
    match state.queue.sort {
        // The urgent ones come first, and the list may be long.
        SortOrder::Priority => items.take_while(is_urgent).filter(is_others).count(),
        SortOrder::Age | SortOrder::Updated => items.filter(is_urgent).filter(is_others).count(),
    }
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
        Tab::History => ("History", String::new()),
    };
    if state.queue.tab == Tab::History {
        return history::title(state, count, columns);
    }
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
    if !state.queue.marked.is_empty() {
        parts.push(format!("{} marked", state.queue.marked.len()));
    }
    let filter = &state.queue.filter;
    if filter.is_active() {
        let found = filter.error().map_or_else(|| count.to_string(), str::to_owned);
        parts.push(format!("/{}: {found}", filter.text()));
    }
    let long = safe_format!("{name} ── {}", parts.join(" ── "));
    let short = safe_format!("{}", parts.join(", "));
    let shortest = safe_format!("{}", parts.pop().unwrap_or_default());
    [long, short].into_iter().find(|form| display_width(form) <= columns).unwrap_or(shortest)
}

fn paint_handoff(state: &State, id: HandoffId, selected: bool, canvas: &mut Canvas<'_>, card: Rect) {
    let Some(item) = state.queue.item(id) else { return };
    let theme = canvas.theme;
    let is_waiting = state.queue.tab == Tab::Mine && state.queue.is_waiting_for(item, state.my_id());
    let is_taken = item.status == HandoffStatus::Claimed && item.claimed_by != state.my_id() && !is_waiting;
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
    canvas.put_text(x, card.y, STATUS_WIDTH, word, style);
    if state.queue.marked.contains(&id) {
        canvas.put_text(x + STATUS_WIDTH, card.y, 1, theme.glyphs.check, theme.accent);
    }
    let (text_x, end) = (x + STATUS_WIDTH + 1, card.right());
    let mark_width = paint_unread_mark(state, RowId::Handoff(id), canvas, card);
    let free = end.saturating_sub(mark_width.max(1) + 1);
    let text_end = if state.queue.is_dense {
        paint_dense_details(item, canvas, Rect { width: free.saturating_sub(card.x), ..card })
            .saturating_sub(1)
    } else {
        free
    };
    let text_width = text_end.saturating_sub(text_x);
    let title_style = if selected { theme.strong } else { theme.text };
    let title = safe::sanitize_line(&item.problem_summary);
    let matches = state.queue.filter.match_indices(&title);
    canvas.put_text_highlighted(text_x, card.y, text_width, &title, title_style.patch(title_patch), &matches);
    if state.is_unread(item) && mark_width == 0 {
        canvas.put_text(end - 1, card.y, 1, theme.glyphs.unread, theme.accent);
    }
    if card.height > 1 {
        let area = Rect { x: text_x, y: card.y + 1, width: end - text_x, height: 1 };
        if is_waiting {
            paint_waiting_details(state, item, canvas, area);
        } else {
            paint_handoff_details(state, item, canvas, area);
        }
    }
    if selected {
        canvas.highlight_selected(card);
    }
}

/// Paints how much is unread in the session of a row, at the end of its first line. Returns the columns.
fn paint_unread_mark(state: &State, row: RowId, canvas: &mut Canvas<'_>, card: Rect) -> u16 {
    let unread = state.unread_in_row(row);
    if unread == 0 {
        return 0;
    }
    let mark = safe_format!("{}{unread}", canvas.theme.glyphs.unread);
    let accent = canvas.theme.accent;
    canvas.put_text_right(card.right(), card.y, card.width, &mark, accent);
    display_width(&mark)
}

/// An escalation of the user: who has it.
fn paint_waiting_details(state: &State, item: &QueueItem, canvas: &mut Canvas<'_>, area: Rect) {
    let theme = canvas.theme;
    let mut line = CardLineWriter::new(canvas, area, safe_format!("#{}", item.number));
    let since = item.claimed_at.unwrap_or(item.created_at);
    let ago = canvas.time.format_ago_short(since);
    line.put_text(canvas, "waiting", theme.text);
    if let Some(claimer) = item.claimed_by_name.as_deref() {
        line.put_separated(canvas, safe_format!("{claimer} has it"), theme.good);
        line.put_separated(canvas, ago, theme.dim);
    } else {
        line.put_separated(canvas, safe_format!("not claimed, {ago}"), theme.warn);
        if let Some(readers) = labels::readers(item, state.my_id()) {
            line.put_separated(canvas, readers, theme.warn);
        }
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

fn paint_handoff_details(state: &State, item: &QueueItem, canvas: &mut Canvas<'_>, area: Rect) {
    let theme = canvas.theme;
    // The number is at the end: it is needed only for commands.
    let mut line = CardLineWriter::new(canvas, area, safe_format!("#{}", item.number));
    let ago = canvas.time.format_ago_short(item.created_at);
    line.put_text(canvas, safe::sanitize_line(&item.handed_off_by_name), theme.dim);
    line.put_separated(canvas, ago, theme.dim);
    if is_answer_for(item, state.my_id()) {
        line.put_separated(canvas, "answers you", theme.accent);
    }
    if state.is_claiming(item.id) {
        let text = safe_format!("{} claiming", canvas.time.spinner());
        return line.put_separated(canvas, text, theme.accent);
    }
    if let Some((due, role)) = canvas.time.due_label(item) {
        line.put_separated(canvas, due, theme.style(role));
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

/// A session of the user's own, parked or active. Among handoffs its title is aligned with theirs.
fn paint_session(state: &State, id: SessionId, selected: bool, canvas: &mut Canvas<'_>, card: Rect) {
    let Some(session) = state.queue.own_session(id) else {
        return paint_marked_session(state, id, selected, canvas, card);
    };
    let theme = canvas.theme;
    paint_selection_bar(selected, canvas, card);
    let mark_width = paint_unread_mark(state, RowId::Session(id), canvas, card);
    let x = match state.queue.tab {
        Tab::Parked => card.x + 2,
        Tab::Queue | Tab::Mine | Tab::History => {
            canvas.put_text(card.x + 1, card.y, STATUS_WIDTH, "own", theme.dim);
            card.x + 2 + STATUS_WIDTH
        }
    };
    let style = if selected { theme.strong } else { theme.text };
    let title = session.title();
    let title = safe::sanitize_line(&title);
    let matches = state.queue.filter.match_indices(&title);
    let free = card.right().saturating_sub(if mark_width > 0 { mark_width + 1 } else { 0 });
    let end = if state.queue.is_dense {
        let number = safe_format!("s{}", session.number);
        canvas.put_text_right(free, card.y, card.width, number, theme.dim).saturating_sub(1)
    } else {
        free
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

/// A session of others with something unread: the newest of it.
fn paint_marked_session(state: &State, id: SessionId, selected: bool, canvas: &mut Canvas<'_>, card: Rect) {
    let Some(unread) = state.inbox.unread_session(id) else { return };
    let theme = canvas.theme;
    paint_selection_bar(selected, canvas, card);
    canvas.put_text(card.x + 1, card.y, STATUS_WIDTH, "for you", theme.accent);
    let x = card.x + 2 + STATUS_WIDTH;
    let mark_width = paint_unread_mark(state, RowId::Session(id), canvas, card);
    let style = if selected { theme.strong } else { theme.text };
    let problem = safe::sanitize_line(&unread.problem);
    canvas.put_text(x, card.y, card.right().saturating_sub(x + mark_width + 1), &problem, style);
    if card.height > 1 {
        let area = Rect { x, y: card.y + 1, width: card.right().saturating_sub(x), height: 1 };
        let mut line = CardLineWriter::new(canvas, area, safe_format!("{}", unread.label));
        let columns = usize::from(line.end_x.saturating_sub(line.x));
        line.put_text(canvas, safe::sanitize_prefix(&unread.text, columns), theme.dim);
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
