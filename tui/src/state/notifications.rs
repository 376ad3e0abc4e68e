//! Notifications while the terminal does not have the focus.

use crate::text::Safe;

/// The focus, the window's title and missed notifications.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NotificationState {
    /// Whether the terminal has the focus; true for a terminal that does not report it.
    pub is_focused: bool,
    /// The title of the window.
    pub window_title: Safe<'static>,
    /// The number of notifications that missed events would have shown, while they are still arriving.
    pub missed_count: u32,
}

impl Default for NotificationState {
    fn default() -> Self {
        Self { is_focused: true, window_title: Safe::default(), missed_count: 0 }
    }
}
