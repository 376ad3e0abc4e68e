//! What the terminal sends.

use crossterm::event::Event;

/// An event of the user, or a reply of the terminal.
pub(super) enum TerminalInput {
    /// A key, a click, a paste, a new size or focus.
    Event(Event),
    /// The background, if it was asked for.
    Background {
        /// Whether it is light.
        is_light: bool,
    },
}
