//! The timeline of a session: its events, each with its place in the conversation.

use serde::{Deserialize, Serialize};

use crate::event::Event;
use crate::id::Seq;

/// An event of a session, and its place in the conversation.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct TimelineEntry {
    /// The event.
    #[serde(flatten)]
    pub event: Event,
    /// The `seq` of the last message before the event; 0 if there was none. Only in pages.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after_message: Option<u32>,
}

/// The events of a session, oldest first: all of them, or one page.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Timeline {
    /// The events.
    pub items: Vec<TimelineEntry>,
    /// Pass this as `before` to get the previous page. Absent on the first page, and without pages.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_before: Option<Seq>,
}
