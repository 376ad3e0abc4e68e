//! Whether the user looks at the console, and what rings while they do not.

use crate::text::Safe;

/// Attention.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NotificationState {
    /// Whether the terminal has the focus. One that never says so counts as looked at.
    pub is_focused: bool,
    /// What the window is called now.
    pub window_title: Safe<'static>,
    /// How many things would have rung since the connection was made, while missed events still come.
    pub missed_count: u32,
}

impl Default for NotificationState {
    fn default() -> Self {
        Self { is_focused: true, window_title: Safe::default(), missed_count: 0 }
    }
}
