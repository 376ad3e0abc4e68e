//! The state of a request to the server: idle, pending or failed.

use crate::effect::CallId;

/// Where a request stands.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub enum Request {
    /// Not made, or answered.
    #[default]
    Idle,
    /// Under way.
    Pending(CallId),
    /// Failed, for this reason: one line for the user.
    Failed(String),
}

impl Request {
    /// Whether it is under way.
    pub const fn is_pending(&self) -> bool {
        matches!(self, Self::Pending(_))
    }

    /// Whether it is under way with this call.
    pub fn awaits(&self, call_id: CallId) -> bool {
        *self == Self::Pending(call_id)
    }

    /// Why it failed.
    pub fn error(&self) -> Option<&str> {
        if let Self::Failed(error) = self { Some(error) } else { None }
    }

    /// Forgets a failure.
    pub fn clear_error(&mut self) {
        if matches!(self, Self::Failed(_)) {
            *self = Self::Idle;
        }
    }
}
