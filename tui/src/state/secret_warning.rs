//! The question before a text that looks like it holds a secret is sent.

use tierup_common::secrets::SecretKind;
use tierup_common::time::Timestamp;

use crate::keymap::{Action, Context};

/// A text that looks like it holds a secret. It stays where it was typed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SecretWarning {
    /// What it looks like.
    pub kind: SecretKind,
    /// The secret as it was typed.
    pub secret: String,
    /// The whole text.
    pub text: String,
    /// Where it is sent from.
    pub context: Context,
    /// The action that sends it.
    pub action: Action,
    /// When the question opened: the key that sends may be pressed twice.
    pub opened_at: Timestamp,
}
