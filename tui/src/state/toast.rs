//! What just happened, in a corner, for a moment; and what was told there before.

use std::collections::VecDeque;
use std::time::Duration;

use tierup_common::time::Timestamp;

/// Toasts on the screen at a time.
pub const SHOWN: usize = 3;
/// How long one stays.
const STAYS: Duration = Duration::from_secs(6);
/// What was told and is kept, at most.
const LOGGED: usize = 500;

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

/// What was told in the corner.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Told {
    /// What.
    pub text: String,
    /// What it meant.
    pub tone: Tone,
    /// When.
    pub at: Timestamp,
}

/// What just happened, the newest last.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Toasts {
    shown: Vec<Toast>,
    log: VecDeque<Told>,
}

impl Toasts {
    /// Something happened.
    pub fn push(&mut self, tone: Tone, text: impl Into<String>, now: Timestamp) {
        let text = text.into();
        self.log.push_back(Told { text: text.clone(), tone, at: now });
        if self.log.len() > LOGGED {
            self.log.pop_front();
        }
        // Said twice is shown once, for longer.
        self.shown.retain(|toast| toast.text != text);
        self.shown.push(Toast { text, tone, until: now.plus(STAYS) });
        let surplus = self.shown.len().saturating_sub(SHOWN);
        self.shown.drain(..surplus);
    }

    /// Lets go of those whose time has come.
    pub fn expire(&mut self, now: Timestamp) {
        self.shown.retain(|toast| toast.until > now);
    }

    /// The clock was set back by so much: they stay as long as they would have.
    pub fn rewind(&mut self, by: Duration) {
        for toast in &mut self.shown {
            toast.until = toast.until.minus(by);
        }
    }

    /// When the next one goes.
    pub fn next(&self) -> Option<Timestamp> {
        self.shown.iter().map(|toast| toast.until).min()
    }

    /// Those on the screen.
    pub fn shown(&self) -> &[Toast] {
        &self.shown
    }

    /// What was told, the newest first.
    pub fn log(&self) -> impl ExactSizeIterator<Item = &Told> {
        self.log.iter().rev()
    }
}
