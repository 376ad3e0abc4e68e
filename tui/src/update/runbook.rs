//! The runbook of the session that the user resolved last: drafted, edited in their editor, saved where they say.

use tierup_common::session::{Resolve, Session};

use crate::effect::{CallId, EditorTarget, Effect};
use crate::keymap::{Action, Context};
use crate::runbook_draft::{self, LatestEscalation};
use crate::state::State;
use crate::state::dialog::{Dialog, Form};
use crate::state::request::Request;
use crate::state::toast::ToastLevel;
use crate::update::outcomes::close_dialog;

/// Drafts the runbook of a session that was just resolved; returns how to write it, to follow a colon.
pub(super) fn offer(state: &mut State, session: &Session, request: &Resolve) -> Option<String> {
    let briefing = state.open_chat().filter(|chat| chat.id == session.item.id);
    let briefing = briefing.and_then(|chat| chat.briefing.as_ref());
    let latest = briefing
        .map(|briefing| LatestEscalation { item: &briefing.item, snapshot: briefing.snapshot.as_ref() });
    state.runbook_draft = runbook_draft::draft(&session.item, latest, &request.worked_step_ids);
    let key = state.settings.keymap.key_for(Context::Global, Action::WriteRunbook);
    (state.runbook_draft.is_some() && !key.is_empty()).then(|| format!("{key} writes a runbook"))
}

/// Opens the draft in the user's editor.
pub(super) fn edit(state: &State, effects: &mut Vec<Effect>) {
    if let Some(draft) = &state.runbook_draft {
        effects.push(Effect::OpenEditor(EditorTarget::Runbook, draft.markdown.clone()));
    }
}

/// Asks where to save the edited runbook. It is kept, so that closing the dialog loses nothing.
pub(super) fn apply_editor_result(state: &mut State, result: Result<String, String>) {
    match (result, &mut state.runbook_draft) {
        (Ok(text), _) if text.trim().is_empty() => {
            state.show_toast(ToastLevel::Info, "The runbook is empty: not saved");
        }
        (Ok(text), Some(draft)) => {
            draft.markdown = text + "\n";
            let path = format!("./{}", draft.file_name);
            state.open_dialog(Dialog::runbook(&path));
        }
        (Ok(_), None) => {}
        (Err(error), _) => state.show_toast(ToastLevel::Error, error),
    }
}

/// Saves the runbook, if its dialog is on top; returns whether it is.
pub(super) fn submit(state: &mut State, effects: &mut Vec<Effect>) -> bool {
    let Some(Form::Runbook { path }) = state.dialog().map(|dialog| &dialog.form) else { return false };
    let path = path.text();
    let markdown = state.runbook_draft.as_ref().map(|draft| draft.markdown.clone()).unwrap_or_default();
    let call_id = state.next_call_id();
    let Some(dialog) = state.top_dialog_mut().filter(|dialog| !dialog.request.is_pending()) else {
        return true;
    };
    if path.is_empty() {
        dialog.request = Request::Failed("A file name is required".into());
    } else {
        dialog.request = Request::Pending(call_id);
        effects.push(Effect::SaveRunbook { call_id, path, markdown });
    }
    true
}

/// The runbook was saved, as this path, or could not be.
pub(super) fn apply_saved(state: &mut State, call_id: CallId, result: Result<String, String>) {
    match result {
        Ok(path) => {
            state.runbook_draft = None;
            close_dialog(state, call_id);
            state.show_toast(ToastLevel::Success, format!("Saved {path}"));
        }
        Err(error) => {
            if let Some(dialog) = state.dialogs_mut().find(|dialog| dialog.request.awaits(call_id)) {
                dialog.request = Request::Failed(error);
                return;
            }
            state.show_toast(ToastLevel::Error, error);
        }
    }
}
