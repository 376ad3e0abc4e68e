//! Why an action is unavailable.

/// Why something cannot be done.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Unavailable {
    /// The action has nothing to act on; there is no reason to show.
    NotApplicable,
    /// Not in this situation, which may change.
    NotNow(String),
    /// The user may not, or there is no connection.
    Blocked(String),
}

/// Whether something can be done, or why not.
pub type Availability = Result<(), Unavailable>;

pub(super) fn available_if(condition: bool) -> Availability {
    if condition { Ok(()) } else { Err(Unavailable::NotApplicable) }
}

pub(super) fn not_now(reason: impl Into<String>) -> Availability {
    Err(Unavailable::NotNow(reason.into()))
}

pub(super) fn refused(reason: impl Into<String>) -> Availability {
    Err(Unavailable::Blocked(reason.into()))
}
