//! The settings that the rules depend on: they decide which jobs follow from a decision.

use std::time::Duration;

use crate::domain::respond_within::RespondWithin;

/// The settings that the rules depend on.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Policy {
    /// Whether there is an assessment engine.
    pub assessment_enabled: bool,
    /// Whether new handoffs are announced.
    pub announcements_enabled: bool,
    /// Whether the server can send mail.
    pub mail_enabled: bool,
    /// How long an escalation may wait before a reminder; `None` for no reminders.
    pub remind_after: Option<Duration>,
    /// By when escalations should be claimed.
    pub respond_within: RespondWithin,
    /// How long a claim may be idle before it is released; `None` for ever.
    pub stale_claim_after: Option<Duration>,
}
