//! The line on the border of what is read, after somebody else has claimed it. Nothing moves to make room for it.

use ratatui::layout::Rect;

use crate::availability::is_available;
use crate::keymap::{Action, BriefingAction, Context};
use crate::state::State;
use crate::state::briefing::Briefing;
use crate::text::{Safe, safe_format};
use crate::view::canvas::Canvas;
use crate::view::measure::display_width;

/// Columns at the right end of the border that have the number of rows below.
const BORDER_FOOTER_WIDTH: u16 = 12;

/// Paints who claimed the handoff and when, on the lower border of a panel, in the longest form that fits.
pub(super) fn paint(
    state: &State,
    briefing: &Briefing,
    context: Context,
    canvas: &mut Canvas<'_>,
    panel: Rect,
) {
    let Some((name, claimed_at)) = briefing.claim_while_reading(state.my_id()) else { return };
    let ago = canvas.time.format_ago(claimed_at);
    let long = safe_format!(" Claimed by {name} {ago} ");
    let next = Action::Briefing(BriefingAction::NextOpen);
    let key = state.settings.keymap.key_for(context, next);
    let has_next = !key.is_empty() && is_available(state, context, next);
    let hint =
        if has_next { safe_format!("{} {key} next ", canvas.theme.glyphs.dot) } else { Safe::default() };
    let columns = panel.width.saturating_sub(2 + BORDER_FOOTER_WIDTH);
    let forms = [safe_format!("{long}{hint}"), long];
    let fitting = forms.into_iter().find(|form| display_width(form) <= columns);
    let text = fitting.unwrap_or_else(|| safe_format!(" Claimed by {name} "));
    let y = panel.bottom().saturating_sub(1);
    canvas.put_text(panel.x + 1, y, columns, &text, canvas.theme.warn);
}
