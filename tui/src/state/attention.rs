//! Whether the user looks at the console, and what rings while they do not.

/// Attention.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Attention {
    /// Whether the terminal has the focus. One that never says so counts as looked at.
    pub focused: bool,
    /// What the window is called now.
    pub title: String,
    /// How many things would have rung since the connection was made, while missed events still come.
    pub missed: u32,
}

impl Default for Attention {
    fn default() -> Self {
        Self { focused: true, title: String::new(), missed: 0 }
    }
}
