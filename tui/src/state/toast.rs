//! What just happened, in a corner, for a moment; and what was told there before.

use std::collections::VecDeque;
use std::time::Duration;

use tierup_common::time::Timestamp;

/// Toasts on the screen at a time.
pub const MAX_VISIBLE: usize = 3;
/// How long one stays.
const TOAST_DURATION: Duration = Duration::from_secs(6);
/// What was told and is kept, at most.
const LOG_CAPACITY: usize = 500;

/// What a toast means.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ToastLevel {
    /// It worked.
    Success,
    /// Something arrived or changed.
    Info,
    /// It did not work, and nothing is lost.
    Error,
}

/// Something that just happened.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Toast {
    /// What.
    pub text: String,
    /// What it means.
    pub level: ToastLevel,
    /// When it goes.
    pub expires_at: Timestamp,
}

/// What was told in the corner.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LoggedToast {
    /// What.
    pub text: String,
    /// What it meant.
    pub level: ToastLevel,
    /// When.
    pub at: Timestamp,
}

/// What just happened, the newest last.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Toasts {
    visible: Vec<Toast>,
    log: VecDeque<LoggedToast>,
}

impl Toasts {
    /// Something happened.
    pub fn push(&mut self, level: ToastLevel, text: impl Into<String>, now: Timestamp) {
        let text = text.into();
        self.log.push_back(LoggedToast { text: text.clone(), level, at: now });
        if self.log.len() > LOG_CAPACITY {
            self.log.pop_front();
        }
        // Said twice is shown once, for longer.
        self.visible.retain(|toast| toast.text != text);
        self.visible.push(Toast { text, level, expires_at: now.plus(TOAST_DURATION) });
        let surplus = self.visible.len().saturating_sub(MAX_VISIBLE);
        self.visible.drain(..surplus);
    }

    /// Lets go of those whose time has come.
    pub fn expire(&mut self, now: Timestamp) {
        self.visible.retain(|toast| toast.expires_at > now);
    }

    /// The clock was set back by so much: they stay as long as they would have.
    pub fn shift_back(&mut self, by: Duration) {
        for toast in &mut self.visible {
            toast.expires_at = toast.expires_at.minus(by);
        }
    }

    /// When the next one goes.
    pub fn next_expiry(&self) -> Option<Timestamp> {
        self.visible.iter().map(|toast| toast.expires_at).min()
    }

    /// Those on the screen.
    pub fn shown(&self) -> &[Toast] {
        &self.visible
    }

    /// What was told, the newest first.
    pub fn log(&self) -> impl ExactSizeIterator<Item = &LoggedToast> {
        self.log.iter().rev()
    }
}
