//! Asks before a text that looks like it holds a secret is sent: once for each text.

use tierup_common::secrets;

use crate::keymap::{Action, Context};
use crate::state::State;
use crate::state::layer::Layer;
use crate::state::secret_warning::SecretWarning;

/// Whether a text may be sent. If the user must be asked, opens the question; its answer runs `action` again.
pub(super) fn may_send(state: &mut State, text: &str, context: Context, action: Action) -> bool {
    if state.outbox.is_confirmed(text) {
        return true;
    }
    let Some(secret) = secrets::find_secrets(text).into_iter().next() else { return true };
    state.layers.push(Layer::SecretWarning(Box::new(SecretWarning {
        kind: secret.kind,
        secret: text[secret.range].to_owned(),
        text: text.to_owned(),
        context,
        action,
        opened_at: state.now,
    })));
    false
}
