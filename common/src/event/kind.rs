//! The kinds of events: which streams carry each, and whether it is a milestone.

use crate::string_enum::string_enum;

string_enum! {
    /// The kind of an event: its `type` on the wire and in the database, and the SSE `event:` name.
    pub enum Kind {
        /// See [`EventBody::HandoffCreated`](crate::event::EventBody::HandoffCreated).
        HandoffCreated = "handoff_created",
        /// See [`EventBody::HandoffChanged`](crate::event::EventBody::HandoffChanged).
        HandoffChanged = "handoff_changed",
        /// See [`EventBody::HandoffAssessmentReady`](crate::event::EventBody::HandoffAssessmentReady).
        HandoffAssessmentReady = "handoff_assessment_ready",
        /// See [`EventBody::HandoffAssessmentFailed`](crate::event::EventBody::HandoffAssessmentFailed).
        HandoffAssessmentFailed = "handoff_assessment_failed",
        /// See [`EventBody::HandoffClaimed`](crate::event::EventBody::HandoffClaimed).
        HandoffClaimed = "handoff_claimed",
        /// See [`EventBody::HandoffReleased`](crate::event::EventBody::HandoffReleased).
        HandoffReleased = "handoff_released",
        /// See [`EventBody::HandoffAssigned`](crate::event::EventBody::HandoffAssigned).
        HandoffAssigned = "handoff_assigned",
        /// See [`EventBody::HandoffSentBack`](crate::event::EventBody::HandoffSentBack).
        HandoffSentBack = "handoff_sent_back",
        /// See [`EventBody::HandoffWithdrawn`](crate::event::EventBody::HandoffWithdrawn).
        HandoffWithdrawn = "handoff_withdrawn",
        /// See [`EventBody::HandoffStepUpdated`](crate::event::EventBody::HandoffStepUpdated).
        HandoffStepUpdated = "handoff_step_updated",
        /// See [`EventBody::HandoffReminder`](crate::event::EventBody::HandoffReminder).
        HandoffReminder = "handoff_reminder",
        /// See [`EventBody::HandoffResolved`](crate::event::EventBody::HandoffResolved).
        HandoffResolved = "handoff_resolved",
        /// See [`EventBody::SessionCreated`](crate::event::EventBody::SessionCreated).
        SessionCreated = "session_created",
        /// See [`EventBody::SessionUpdated`](crate::event::EventBody::SessionUpdated).
        SessionUpdated = "session_updated",
        /// See [`EventBody::SessionResolved`](crate::event::EventBody::SessionResolved).
        SessionResolved = "session_resolved",
        /// See [`EventBody::MessageAdded`](crate::event::EventBody::MessageAdded).
        MessageAdded = "message_added",
    }
}

/// Which streams of an account carry an event.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Audience {
    /// Every stream.
    Team,
    /// Streams of its session, and the team's streams of the users whom it concerns.
    Session,
}

impl Kind {
    /// Which streams of the account carry events of this kind.
    pub const fn audience(self) -> Audience {
        match self {
            Self::MessageAdded => Audience::Session,
            Self::HandoffCreated
            | Self::HandoffChanged
            | Self::HandoffAssessmentReady
            | Self::HandoffAssessmentFailed
            | Self::HandoffClaimed
            | Self::HandoffReleased
            | Self::HandoffAssigned
            | Self::HandoffSentBack
            | Self::HandoffWithdrawn
            | Self::HandoffStepUpdated
            | Self::HandoffReminder
            | Self::HandoffResolved
            | Self::SessionCreated
            | Self::SessionUpdated
            | Self::SessionResolved => Audience::Team,
        }
    }

    /// Whether the timeline of a session keeps the event for good; other events are deleted after the retention period.
    /// Reminders are kept, too: they prevent a second reminder about the same wait.
    pub const fn is_milestone(self) -> bool {
        match self {
            Self::HandoffCreated
            | Self::HandoffChanged
            | Self::HandoffClaimed
            | Self::HandoffReleased
            | Self::HandoffAssigned
            | Self::HandoffSentBack
            | Self::HandoffWithdrawn
            | Self::HandoffStepUpdated
            | Self::HandoffReminder
            | Self::HandoffResolved
            | Self::SessionCreated
            | Self::SessionResolved => true,
            Self::HandoffAssessmentReady
            | Self::HandoffAssessmentFailed
            | Self::SessionUpdated
            | Self::MessageAdded => false,
        }
    }
}
