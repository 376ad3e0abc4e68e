//! The tabs of the list, which have keys of their own.

/// A list of the queue screen.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum Tab {
    /// Open escalations, and those that others work on.
    #[default]
    Queue,
    /// The user's claims and open sessions.
    Mine,
    /// Sessions that the user parked.
    Parked,
    /// What is over: resolved, sent back or taken back.
    History,
}

impl Tab {
    /// The tabs, from left to right.
    pub const ALL: [Self; 4] = [Self::Queue, Self::Mine, Self::Parked, Self::History];

    /// The next tab to the right, around the end.
    #[must_use]
    pub const fn next(self) -> Self {
        match self {
            Self::Queue => Self::Mine,
            Self::Mine => Self::Parked,
            Self::Parked => Self::History,
            Self::History => Self::Queue,
        }
    }
}
