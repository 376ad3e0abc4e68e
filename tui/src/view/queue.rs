//! The list: cards of two rows, with air between them while there is room.

use ratatui::layout::Rect;
use ratatui::style::Style;
use tierup_common::assessment::AssessmentStatus;
use tierup_common::handoff::{HandoffStatus, Priority, QueueItem};
use tierup_common::id::SessionId;

use crate::state::State;
use crate::state::painted::Target;
use crate::state::queue::Tab;
use crate::view::canvas::Canvas;
use crate::view::sheet::{confidence, readers};

/// Columns of the priority.
const PRIORITY: u16 = 8;

pub(super) fn paint(state: &State, canvas: &mut Canvas<'_>, area: Rect) {
    let inner = canvas.panel(area, &title(state), state.layers.is_empty());
    // The bar of the selected row stands right at the border.
    let inner = Rect { x: inner.x - 1, width: inner.width + 1, ..inner };
    let (count, place) = match state.queue.tab {
        Tab::Queue => (state.queue.queue.len(), state.queue.queue.place()),
        Tab::Mine => (state.queue.mine.len(), state.queue.mine.place()),
        Tab::Parked => (state.queue.parked.len(), state.queue.parked.place()),
    };
    let Some(place) = place else { return empty(state, canvas, inner) };
    let airy = count * 3 <= usize::from(inner.height) + 1;
    let height = if airy { 3 } else { 2 };
    let room = usize::from(inner.height.div_ceil(height)).max(1);
    let whole = usize::from(inner.height / height).max(1);
    let shown = if airy { room } else { whole };
    canvas.painted.list_room = shown;
    canvas.painted.page = shown;
    let cards = (0_u16..).map(|number| Rect {
        y: inner.y + number * height,
        height: 2.min(inner.bottom().saturating_sub(inner.y + number * height)),
        ..inner
    });
    match state.queue.tab {
        Tab::Queue | Tab::Mine => {
            let list = if state.queue.tab == Tab::Mine { &state.queue.mine } else { &state.queue.queue };
            for (id, card) in list.ids().skip(list.top(shown)).take(shown).zip(cards) {
                if let Some(item) = state.queue.item(id) {
                    handoff(state, item, list.selected() == Some(id), canvas, card);
                    canvas.painted.target(card, Target::Handoff(id));
                }
            }
        }
        Tab::Parked => {
            let list = &state.queue.parked;
            for (id, card) in list.ids().skip(list.top(shown)).take(shown).zip(cards) {
                parked(state, id, list.selected() == Some(id), canvas, card);
                canvas.painted.target(card, Target::Parked(id));
            }
        }
    }
    canvas.foot_of_panel(area, &format!("{} of {count}", place + 1));
}

fn title(state: &State) -> String {
    match state.queue.tab {
        Tab::Queue => {
            let open = state.queue.waiting().count();
            let unread = state.unread();
            if unread > 0 {
                format!("Escalations ── {open} open, {unread} unread")
            } else {
                format!("Escalations ── {open} open")
            }
        }
        Tab::Mine => "Mine ── what you work on".into(),
        Tab::Parked => "Parked ── only you see these".into(),
    }
}

fn empty(state: &State, canvas: &mut Canvas<'_>, area: Rect) {
    let failed = state.queue.load.as_ref().and_then(|load| load.failed.clone());
    let is_loading = state.queue.as_of.is_none() && failed.is_none();
    let (first, second) = match state.queue.tab {
        Tab::Queue if is_loading => (format!("{} loading the queue", canvas.spinner()), String::new()),
        Tab::Queue => match failed.filter(|_| state.queue.as_of.is_none()) {
            Some(why) => ("The queue could not be loaded".into(), why),
            None => (
                "Nothing waits.".into(),
                "New escalations appear here by themselves. c opens a session of your own.".into(),
            ),
        },
        Tab::Mine => ("You work on nothing.".into(), "p in the queue picks something up.".into()),
        Tab::Parked => {
            ("Nothing is parked.".into(), "Ctrl-K in a session puts it aside, for you alone.".into())
        }
    };
    let y = area.y + area.height / 3;
    canvas.put(area.x + 2, y, area.width.saturating_sub(2), &first, canvas.theme.text);
    canvas.put(area.x + 2, y + 1, area.width.saturating_sub(2), &second, canvas.theme.dim);
}

fn handoff(state: &State, item: &QueueItem, selected: bool, canvas: &mut Canvas<'_>, card: Rect) {
    let theme = canvas.theme;
    let is_taken = item.status == HandoffStatus::Claimed && item.claimed_by != state.my_id();
    let fade = if is_taken { theme.dim } else { Style::new() };
    bar(selected, canvas, card);
    let (word, style) = match item.priority {
        Priority::Urgent => ("URGENT", theme.urgent),
        Priority::High => ("high", theme.high),
        Priority::Normal => ("normal", theme.dim),
        Priority::Low => ("low", theme.dim),
    };
    let x = card.x + 1;
    canvas.put(x, card.y, PRIORITY, word, style.patch(fade));
    let (text_x, end) = (x + PRIORITY + 1, card.right());
    let text_width = end.saturating_sub(text_x + 2);
    let title_style = if selected { theme.strong } else { theme.text };
    canvas.put(text_x, card.y, text_width, &item.problem_summary, title_style.patch(fade));
    if state.is_unread(item) {
        canvas.put(end - 1, card.y, 1, theme.glyphs.unread, theme.accent);
    }
    if card.height > 1 {
        second_row(state, item, canvas, Rect { x: text_x, y: card.y + 1, width: end - text_x, height: 1 });
    }
}

fn bar(selected: bool, canvas: &mut Canvas<'_>, card: Rect) {
    if selected {
        for y in card.top()..card.bottom() {
            canvas.put(card.x, y, 1, canvas.theme.glyphs.bar, canvas.theme.accent);
        }
    }
}

fn second_row(state: &State, item: &QueueItem, canvas: &mut Canvas<'_>, area: Rect) {
    let theme = canvas.theme;
    let dot = format!(" {} ", theme.glyphs.dot);
    let mut line = Line { x: area.x, end: area.right(), y: area.y };
    let ago = canvas.ago_short(item.created_at);
    line.put(canvas, &format!("{}{dot}{ago}", item.handed_off_by_name), theme.dim);
    if state.claiming.is_some_and(|claiming| claiming.handoff == item.id) {
        let spinner = canvas.spinner();
        line.put(canvas, &format!("{dot}{spinner} claiming"), theme.accent);
        return;
    }
    if item.status == HandoffStatus::Claimed {
        if item.claimed_by == state.my_id() {
            line.put(canvas, &format!("{dot}yours"), theme.good);
        } else {
            let claimer = item.claimed_by_name.as_deref().unwrap_or("somebody");
            line.put(canvas, &format!("{dot}claimed by {claimer}"), theme.dim);
            return;
        }
    }
    line.put(canvas, &dot, theme.dim);
    match (item.assessment_status, &item.ai_assessment_data) {
        (AssessmentStatus::Pending | AssessmentStatus::Running, _) => {
            let spinner = canvas.spinner();
            line.put(canvas, &format!("{spinner} assessing"), theme.accent);
        }
        (AssessmentStatus::Ready, Some(assessment)) => {
            let (glyph, ink) = confidence(assessment.confidence, canvas);
            line.put(canvas, &format!("{glyph} {}", assessment.confidence), theme.ink(ink));
        }
        (AssessmentStatus::Failed, _) => {
            line.put(canvas, &format!("{} no assessment", theme.glyphs.cross), theme.bad);
        }
        (AssessmentStatus::NotRequested | AssessmentStatus::Ready, _) => {
            line.put(canvas, "not assessed", theme.dim);
        }
    }
    if let Some(readers) = readers(item, state.my_id()) {
        line.put(canvas, &format!("{dot}{readers}"), theme.warn);
    }
}

/// A row that is written from left to right.
struct Line {
    x: u16,
    end: u16,
    y: u16,
}

impl Line {
    fn put(&mut self, canvas: &mut Canvas<'_>, text: &str, style: Style) {
        let room = self.end.saturating_sub(self.x);
        self.x += canvas.put(self.x, self.y, room, text, style);
    }
}

fn parked(state: &State, id: SessionId, selected: bool, canvas: &mut Canvas<'_>, card: Rect) {
    let Some(session) = state.queue.parked_item(id) else { return };
    let theme = canvas.theme;
    bar(selected, canvas, card);
    let style = if selected { theme.strong } else { theme.text };
    canvas.put(card.x + 2, card.y, card.width.saturating_sub(2), &session.title(), style);
    if card.height > 1 {
        let ago = canvas.ago(session.updated_at);
        let text = format!("session {}, parked {ago}", session.number);
        canvas.put(card.x + 2, card.y + 1, card.width.saturating_sub(2), &text, theme.dim);
    }
}
