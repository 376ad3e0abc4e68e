//! The keys that edit text, in every place where one types.

use crokey::key;

use crate::keymap::action::{Action, EditAction};
use crate::keymap::binding::Row;

/// The keys of readline, and those that terminals send for them.
#[rustfmt::skip]
pub(super) const EDITING: &[Row] = &[
    (&[key!(ctrl-a)], Action::Edit(EditAction::LineStart), "", "To the beginning of the line"),
    (&[key!(ctrl-e)], Action::Edit(EditAction::LineEnd), "", "To the end of the line"),
    (&[key!(ctrl-b)], Action::Edit(EditAction::Left), "", "To the previous character"),
    (&[key!(ctrl-f)], Action::Edit(EditAction::Right), "", "To the next character"),
    (&[key!(alt-b), key!(ctrl-left)], Action::Edit(EditAction::WordLeft), "", "To the beginning of the word"),
    (&[key!(alt-f), key!(ctrl-right)], Action::Edit(EditAction::WordRight), "", "To the end of the word"),
    (&[key!(ctrl-h)], Action::Edit(EditAction::DeleteBack), "", "Delete the previous character"),
    (&[key!(ctrl-d)], Action::Edit(EditAction::DeleteForward), "", "Delete the next character"),
    (&[key!(ctrl-k)], Action::Edit(EditAction::KillToEnd), "", "Delete to the end of the line"),
    (&[key!(ctrl-u)], Action::Edit(EditAction::KillToStart), "", "Delete to the beginning of the line"),
    (&[key!(ctrl-w)], Action::Edit(EditAction::KillBlankWord), "", "Delete back to a blank"),
    (&[key!(alt-backspace)], Action::Edit(EditAction::KillWordBack), "", "Delete to the beginning of the word"),
    (&[key!(alt-d), key!(ctrl-delete)], Action::Edit(EditAction::KillWord), "", "Delete to the end of the word"),
    (&[key!(ctrl-y)], Action::Edit(EditAction::Yank), "", "Insert what was deleted last"),
    // Most terminals send for Ctrl-_ what is read as Ctrl-7, and for Ctrl-/ too.
    (&[key!(ctrl-'_'), key!(ctrl-7), key!(ctrl-'/')], Action::Edit(EditAction::Undo), "", "Undo"),
    (&[key!(alt-'_')], Action::Edit(EditAction::Redo), "", "Redo"),
];
