//! The list: cards of two rows, with air between them while there is room.

use ratatui::layout::Rect;
use ratatui::style::Style;
use tierup_common::assessment::AssessmentStatus;
use tierup_common::handoff::{HandoffStatus, Priority, QueueItem};
use tierup_common::id::{HandoffId, SessionId};
use tierup_common::session::{SessionItem, SessionStatus};

use crate::state::State;
use crate::state::painted::Target;
use crate::state::queue::{Mine, Sort, Tab};
use crate::text::safe;
use crate::view::canvas::Canvas;
use crate::view::sheet::{columns, readers};
use crate::view::{confidence, empty};

/// Columns of the dot between two parts of a row, with the air around it.
const GAP: u16 = 3;
/// Columns of the priority.
const PRIORITY: u16 = 8;

pub(super) fn paint(state: &State, canvas: &mut Canvas<'_>, area: Rect) {
    let (count, place) = match state.queue.tab {
        Tab::Queue => (state.queue.queue.len(), state.queue.queue.place()),
        Tab::Mine => (state.queue.mine.len(), state.queue.mine.place()),
        Tab::Parked => (state.queue.parked.len(), state.queue.parked.place()),
    };
    let title = title(state, count, area.width.saturating_sub(6));
    let inner = canvas.panel(area, &title, state.layers.is_empty());
    // The bar of the selected row stands right at the border.
    let inner = Rect { x: inner.x - 1, width: inner.width + 1, ..inner };
    let Some(place) = place else { return empty::paint(state, canvas, inner) };
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
        Tab::Queue => {
            let list = &state.queue.queue;
            for (id, card) in list.ids().skip(list.top(shown)).take(shown).zip(cards) {
                handoff(state, id, list.selected() == Some(id), canvas, card);
            }
        }
        Tab::Mine => {
            let list = &state.queue.mine;
            for (row, card) in list.ids().skip(list.top(shown)).take(shown).zip(cards) {
                let selected = list.selected() == Some(row);
                match row {
                    Mine::Handoff(id) => handoff(state, id, selected, canvas, card),
                    Mine::Session(id) => session(state, id, selected, canvas, card),
                }
            }
        }
        Tab::Parked => {
            let list = &state.queue.parked;
            for (id, card) in list.ids().skip(list.top(shown)).take(shown).zip(cards) {
                session(state, id, list.selected() == Some(id), canvas, card);
            }
        }
    }
    canvas.foot_of_panel(area, &format!("{} of {count}", place + 1));
    let top = match state.queue.tab {
        Tab::Queue => state.queue.queue.top(shown),
        Tab::Mine => state.queue.mine.top(shown),
        Tab::Parked => state.queue.parked.top(shown),
    };
    canvas.thumb(area, inner, top, whole, count);
}

/// What the list is, how it is sorted and what is held back: in full, or as short as the room asks for.
fn title(state: &State, count: usize, room: u16) -> String {
    let (name, about) = match state.queue.tab {
        Tab::Queue => {
            let (open, unread) = (state.queue.counts.open(), state.unread());
            let unread = if unread > 0 { format!(", {unread} unread") } else { String::new() };
            ("Escalations", format!("{open} open{unread}"))
        }
        Tab::Mine => ("Mine", "what you work on".into()),
        Tab::Parked => ("Parked", "only you see these".into()),
    };
    if state.queue.as_of.is_none() {
        return name.into();
    }
    let mut parts = vec![about];
    if state.queue.load.as_ref().is_some_and(|load| load.failed.is_some()) {
        parts.push("incomplete".into());
    }
    match state.queue.sort {
        Sort::Priority => {}
        Sort::Age => parts.push("the oldest first".into()),
        Sort::Updated => parts.push("the last changed first".into()),
    }
    let filter = &state.queue.filter;
    if filter.is_on() {
        parts.push(format!("/{}: {count}", safe::line(filter.text())));
    }
    let long = format!("{name} ── {}", parts.join(" ── "));
    let short = parts.join(", ");
    let last = parts.pop().unwrap_or_default();
    let mut forms = [long, short, last].into_iter();
    let last = forms.next_back().unwrap_or_default();
    forms.find(|form| columns(form) <= room).unwrap_or(last)
}

fn handoff(state: &State, id: HandoffId, selected: bool, canvas: &mut Canvas<'_>, card: Rect) {
    let Some(item) = state.queue.item(id) else { return };
    canvas.painted.target(card, Target::Handoff(id));
    let theme = canvas.theme;
    let is_taken = item.status == HandoffStatus::Claimed && item.claimed_by != state.my_id();
    let fade = if is_taken { theme.dim } else { Style::new() };
    bar(selected, canvas, card);
    let (word, style) = match item.priority {
        // What somebody works on calls nobody.
        priority if is_taken => (priority.word(), theme.dim),
        Priority::Urgent => ("URGENT", theme.urgent),
        Priority::High => ("high", theme.high),
        Priority::Normal => ("normal", theme.dim),
        Priority::Low => ("low", theme.dim),
    };
    let x = card.x + 1;
    canvas.put(x, card.y, PRIORITY, word, style);
    let (text_x, end) = (x + PRIORITY + 1, card.right());
    let text_width = end.saturating_sub(text_x + 2);
    let title_style = if selected { theme.strong } else { theme.text };
    let title = safe::line(&item.problem_summary);
    let found = state.queue.filter.places(&title);
    canvas.put_found(text_x, card.y, text_width, &title, title_style.patch(fade), &found);
    if state.is_unread(item) {
        canvas.put(end - 1, card.y, 1, theme.glyphs.unread, theme.accent);
    }
    if card.height > 1 {
        second_row(state, item, canvas, Rect { x: text_x, y: card.y + 1, width: end - text_x, height: 1 });
    }
    if selected {
        canvas.select(card);
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
    // The number is what commands take: at the end, so that it takes nothing from what is read first.
    let number = format!("#{}", item.number);
    let end = canvas.put_right(area.right(), area.y, area.width, &number, theme.dim).saturating_sub(1);
    let mut line = Line { x: area.x, end, y: area.y };
    let ago = canvas.ago_short(item.created_at);
    line.put(canvas, &item.handed_off_by_name, theme.dim);
    line.then(canvas, &ago, theme.dim);
    if state.is_claiming(item.id) {
        let spinner = canvas.spinner();
        return line.then(canvas, &format!("{spinner} claiming"), theme.accent);
    }
    if item.status == HandoffStatus::Claimed {
        if item.claimed_by == state.my_id() {
            line.then(canvas, "yours", theme.good);
            if is_put_aside(state, item) {
                line.then(canvas, "parked", theme.text);
            }
        } else {
            let claimer = item.claimed_by_name.as_deref().unwrap_or("somebody");
            return line.then(canvas, &format!("claimed by {claimer}"), theme.dim);
        }
    }
    if state.is_reassessing(item.id) {
        let spinner = canvas.spinner();
        return line.then(canvas, &format!("{spinner} asking for it again"), theme.accent);
    }
    let readers = readers(item, state.my_id());
    match (item.assessment_status, &item.ai_assessment_data) {
        (AssessmentStatus::Pending | AssessmentStatus::Running, _) => {
            let spinner = canvas.spinner();
            line.then(canvas, &format!("{spinner} assessing"), theme.accent);
        }
        (AssessmentStatus::Ready, Some(assessment)) => {
            let about = readers.as_deref().map_or(0, |readers| columns(readers) + GAP);
            let room = line.end.saturating_sub(line.x + GAP + about);
            let (text, ink) = confidence::short(assessment.confidence, canvas, room);
            line.then(canvas, &text, theme.ink(ink));
        }
        (AssessmentStatus::Failed, _) => {
            line.then(canvas, &format!("{} no assessment", theme.glyphs.cross), theme.bad);
        }
        (AssessmentStatus::NotRequested | AssessmentStatus::Ready, _) => {
            line.then(canvas, "not assessed", theme.dim);
        }
    }
    if let Some(readers) = readers {
        line.then(canvas, &readers, theme.warn);
    }
}

/// A claim of the user's whose session they parked.
fn is_put_aside(state: &State, item: &QueueItem) -> bool {
    let session = state.queue.session(item.session_id);
    session.is_some_and(|session| session.status == SessionStatus::Paused)
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

    /// What follows, behind a dot.
    fn then(&mut self, canvas: &mut Canvas<'_>, text: &str, style: Style) {
        let (dot, dim) = (canvas.theme.glyphs.dot, canvas.theme.dim);
        self.put(canvas, &format!(" {dot} "), dim);
        self.put(canvas, text, style);
    }
}

/// A session of the user's own, parked or being worked on. Among handoffs its title stands below theirs.
fn session(state: &State, id: SessionId, selected: bool, canvas: &mut Canvas<'_>, card: Rect) {
    let Some(session) = state.queue.session(id) else { return };
    canvas.painted.target(card, Target::Session(id));
    let theme = canvas.theme;
    bar(selected, canvas, card);
    let x = match state.queue.tab {
        Tab::Parked => card.x + 2,
        Tab::Queue | Tab::Mine => {
            canvas.put(card.x + 1, card.y, PRIORITY, "own", theme.dim);
            card.x + 2 + PRIORITY
        }
    };
    let style = if selected { theme.strong } else { theme.text };
    let title = safe::line(&session.title());
    let found = state.queue.filter.places(&title);
    canvas.put_found(x, card.y, card.right().saturating_sub(x), &title, style, &found);
    if card.height > 1 {
        let area = Rect { x, y: card.y + 1, width: card.right().saturating_sub(x), height: 1 };
        below_session(state, session, canvas, area);
    }
    if selected {
        canvas.select(card);
    }
}

fn below_session(state: &State, session: &SessionItem, canvas: &mut Canvas<'_>, area: Rect) {
    let theme = canvas.theme;
    let number = format!("s{}", session.number);
    let end = canvas.put_right(area.right(), area.y, area.width, &number, theme.dim).saturating_sub(1);
    let mut line = Line { x: area.x, end, y: area.y };
    let is_parked = session.status == SessionStatus::Paused;
    let item = session.handoff_id.filter(|_| is_parked).and_then(|id| state.queue.put_aside(id));
    if let Some(at) = item.and_then(|item| item.wake_at) {
        let wakes = canvas.wakes(at);
        line.put(canvas, &wakes, theme.text);
    } else {
        let ago = canvas.ago_short(session.updated_at);
        let what = if is_parked { "parked" } else { "last changed" };
        line.put(canvas, &format!("{what} {ago}"), theme.dim);
    }
    if state.is_taking_back(session.id) {
        let spinner = canvas.spinner();
        return line.then(canvas, &format!("{spinner} taking it back"), theme.accent);
    }
    let notes = item.map(|item| item.engineer_notes.trim()).unwrap_or_default();
    if let Some(first) = notes.lines().next() {
        line.then(canvas, first, theme.dim);
    }
}
