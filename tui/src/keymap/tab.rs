//! The three lists of the first screen.

/// Which list is shown.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum Tab {
    /// Handoffs that wait, and those that others work on.
    #[default]
    Queue,
    /// What the user works on.
    Mine,
    /// Sessions that the user has parked.
    Parked,
}

impl Tab {
    /// The tabs, from left to right.
    pub const ALL: [Self; 3] = [Self::Queue, Self::Mine, Self::Parked];

    /// The next tab to the right, around the end.
    #[must_use]
    pub const fn next(self) -> Self {
        match self {
            Self::Queue => Self::Mine,
            Self::Mine => Self::Parked,
            Self::Parked => Self::Queue,
        }
    }
}
