//! What just happened, in a corner, for a moment.

use std::time::Duration;

use tierup_common::time::Timestamp;

/// Toasts on the screen at a time.
pub const SHOWN: usize = 3;
/// How long one stays.
const STAYS: Duration = Duration::from_secs(6);

/// What a toast means.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Tone {
    /// It worked.
    Good,
    /// Something arrived or changed.
    Info,
    /// It did not work, and nothing is lost.
    Bad,
}

/// Something that just happened.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Toast {
    /// What.
    pub text: String,
    /// What it means.
    pub tone: Tone,
    /// When it goes.
    pub until: Timestamp,
}

/// What just happened, the newest last.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Toasts(Vec<Toast>);

impl Toasts {
    /// Something happened.
    pub fn push(&mut self, tone: Tone, text: impl Into<String>, now: Timestamp) {
        let text = text.into();
        // Said twice is shown once, for longer.
        self.0.retain(|toast| toast.text != text);
        self.0.push(Toast { text, tone, until: now.plus(STAYS) });
        let surplus = self.0.len().saturating_sub(SHOWN);
        self.0.drain(..surplus);
    }

    /// Lets go of those whose time has come.
    pub fn expire(&mut self, now: Timestamp) {
        self.0.retain(|toast| toast.until > now);
    }

    /// When the next one goes.
    pub fn next(&self) -> Option<Timestamp> {
        self.0.iter().map(|toast| toast.until).min()
    }

    /// Those on the screen.
    pub fn shown(&self) -> &[Toast] {
        &self.0
    }
}
