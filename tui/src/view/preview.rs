//! The preview: what the selected row is about, without opening it.

use ratatui::layout::Rect;

use crate::keymap::{Action, Context, ListVerb};
use crate::state::State;
use crate::text::{Ink, Piece, safe};
use crate::view::briefing::assessment_title;
use crate::view::canvas::Canvas;
use crate::view::sheet::Sheet;

pub(super) fn paint(state: &State, canvas: &mut Canvas<'_>, area: Rect) {
    let inner = canvas.panel(area, "Preview", false);
    let Some(item) = state.queue.selected() else { return };
    let mut sheet = Sheet::new(inner.width);
    let title = [
        Piece::new(format!("#{}  ", item.number), Ink::Dim),
        Piece::new(safe::line(&item.problem_summary), Ink::Strong),
    ];
    sheet.pieces(&title, "");
    sheet.byline(item, canvas);
    sheet.notes(&item.engineer_notes);
    if let Some(snapshot) = state.queue.snapshot(item.id) {
        sheet.tried(&snapshot.branch_map, canvas);
    }
    sheet.gap();
    let (title, turns) = assessment_title(item, canvas);
    if turns {
        sheet.turning(&title, Ink::Accent);
    }
    sheet.assessment(item, state.queue.growing.get(&item.id).map(String::as_str), None, canvas);
    sheet.paint(0, canvas, inner);
    if sheet.len() > usize::from(inner.height) {
        let open = state.settings.keymap.key_for(Context::Queue, Action::List(ListVerb::Open));
        let more = format!("{} {open} shows all", canvas.theme.glyphs.more);
        canvas.foot_of_panel(area, &more);
    }
}
