//! What stands out in a message of a conversation: the mark of the user, the matches of the search, and the fold.

use ratatui::layout::Rect;
use tierup_common::session::Message;

use crate::keymap::{Action, Context, SessionAction};
use crate::state::State;
use crate::state::chat::Chat;
use crate::state::paint_output::ClickTarget;
use crate::state::search::SearchPlace;
use crate::state::wrap_cache::WrappedMessage;
use crate::text::{Safe, safe_format};
use crate::view::canvas::Canvas;
use crate::view::document::fold_hint;
use crate::view::search::Matches;

/// What stands out in a message.
#[derive(Default)]
pub(super) struct EntryMarks {
    /// Whether the user has marked it.
    pub(super) is_marked: bool,
    matches: Matches,
    fold: Option<Fold>,
}

/// The row that stands for the hidden ones.
struct Fold {
    /// The `seq` of the message.
    seq: u32,
    /// The index of the row, and how wide it is.
    row: usize,
    width: usize,
    /// Which key opens it.
    hint: Safe<'static>,
}

impl EntryMarks {
    /// Those of a message that was wrapped to `width` columns.
    pub(super) fn new(
        state: &State,
        chat: &Chat,
        message: &Message,
        wrapped: &WrappedMessage,
        width: u16,
    ) -> Self {
        let search = state.search_in(SearchPlace::Session(chat.id));
        let mut matches = Matches::find(search, wrapped.rows.iter(), width);
        let hit = search.and_then(|search| search.hit).filter(|hit| hit.seq == message.seq);
        matches.current = hit.map(|hit| hit.index_in_message);
        let keymap = &state.settings.keymap;
        let key = keymap.key_for(state.context(), Action::Pager);
        let in_conversation = || {
            let (leave, open) = (
                keymap.key_for(Context::Session, Action::Session(SessionAction::Conversation)),
                keymap.key_for(Context::Conversation, Action::Pager),
            );
            if open.is_empty() { Safe::default() } else { safe_format!("{leave} {open}") }
        };
        let key = if key.is_empty() { in_conversation() } else { key };
        let fold = wrapped.fold_row.map(|row| Fold {
            seq: message.seq,
            row,
            width: wrapped.rows[row].width(),
            hint: fold_hint(&key),
        });
        Self { is_marked: chat.marked_seq == Some(message.seq), matches, fold }
    }

    /// Paints them over the rows of the body, which are in `area` from the row `top` on.
    pub(super) fn paint(&self, top: usize, canvas: &mut Canvas<'_>, area: Rect) {
        self.matches.highlight(top, canvas, area);
        let Some(fold) = &self.fold else { return };
        let offset = fold.row.checked_sub(top).and_then(|offset| u16::try_from(offset).ok());
        let Some(offset) = offset.filter(|offset| *offset < area.height) else { return };
        let row = Rect { y: area.y + offset, height: 1, ..area };
        let x = row.x + u16::try_from(fold.width).unwrap_or(0);
        canvas.put_text(x, row.y, row.right().saturating_sub(x), &fold.hint, canvas.theme.dim);
        canvas.output.add_click_target(row, ClickTarget::Fold(fold.seq));
        canvas.output.visible_folds.push(fold.seq);
    }
}
