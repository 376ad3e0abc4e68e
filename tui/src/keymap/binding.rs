//! One line of the keymap.

use std::borrow::Cow;

use crokey::KeyCombination;

use crate::keymap::action::Action;
use crate::keymap::action_name::action_name;
use crate::keymap::context::Context;

/// Keys, the action, its label in the footer (empty: not shown there) and its description.
pub(super) type Row = (&'static [KeyCombination], Action, &'static str, &'static str);

/// Keys and the action that they do in a context.
#[derive(Clone, Debug)]
pub struct Binding {
    /// Where the keys apply.
    pub context: Context,
    /// The keys; the first is displayed.
    pub keys: Vec<KeyCombination>,
    /// The action.
    pub action: Action,
    /// The label in the footer; empty if it is not shown there.
    pub hint_label: &'static str,
    /// The description in the help and the palette; code is between backticks.
    pub description: Cow<'static, str>,
}

impl Binding {
    /// The public name of the action in its context.
    pub fn action_name(&self) -> String {
        action_name(self.context, self.action)
    }
}
