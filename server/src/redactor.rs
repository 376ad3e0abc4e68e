//! Removes secrets from text before it leaves the server: to models, webhooks and mail servers.
//!
//! What a team reads itself (the API, its streams, the console) stays as it was written. Nothing here is logged.

mod pattern;
mod texts;

use std::borrow::Cow;
use std::ops::Range;
use std::sync::Arc;

use tierup_common::secrets;

use crate::metrics::{Destination, Metrics};

pub use pattern::{PatternError, PatternSettings, Patterns};
pub use texts::Texts;

/// Finds secrets by the built-in rules and by the patterns of the settings, and counts them.
pub struct Redactor {
    patterns: Patterns,
    metrics: Arc<Metrics>,
}

impl Redactor {
    /// Counts what it finds in `metrics`.
    pub(crate) const fn new(patterns: Patterns, metrics: Arc<Metrics>) -> Self {
        Self { patterns, metrics }
    }

    /// The text with typed marks in the place of secrets.
    pub(crate) fn redact<'t>(&self, text: &'t str, destination: Destination) -> Cow<'t, str> {
        let custom: Vec<Range<usize>> = self.patterns.matches(text);
        let redacted = secrets::redact(text, &custom);
        for kind in redacted.kinds {
            self.metrics.record_redaction(kind, destination);
        }
        redacted.text
    }

    /// Does so in each text of a value that leaves the server.
    pub(crate) fn redact_texts<T: Texts>(&self, mut value: T, destination: Destination) -> T {
        value.for_each_text(&mut |text| {
            if let Cow::Owned(redacted) = self.redact(text, destination) {
                *text = redacted;
            }
        });
        value
    }
}
