//! Toasts: short messages in a corner, and their log.

use std::collections::VecDeque;
use std::time::Duration;

use tierup_common::time::Timestamp;

/// Toasts on the screen at a time.
pub const MAX_VISIBLE: usize = 3;
/// How long a toast is visible.
const TOAST_DURATION: Duration = Duration::from_secs(6);
/// Toasts in the log, at most.
const LOG_CAPACITY: usize = 500;

/// The meaning of a toast.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ToastLevel {
    /// It worked.
    Success,
    /// Something arrived or changed.
    Info,
    /// It did not work.
    Error,
}

/// A toast.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Toast {
    /// Its text.
    pub text: String,
    /// Its level.
    pub level: ToastLevel,
    /// When it disappears.
    pub expires_at: Timestamp,
}

/// A toast in the log.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LoggedToast {
    /// Its text.
    pub text: String,
    /// Its level.
    pub level: ToastLevel,
    /// When it was shown.
    pub at: Timestamp,
}

/// Visible toasts and the log, the newest last.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Toasts {
    visible: Vec<Toast>,
    log: VecDeque<LoggedToast>,
}

impl Toasts {
    /// Shows a toast.
    pub fn push(&mut self, level: ToastLevel, text: impl Into<String>, now: Timestamp) {
        let text = text.into();
        self.log.push_back(LoggedToast { text: text.clone(), level, at: now });
        if self.log.len() > LOG_CAPACITY {
            self.log.pop_front();
        }
        // A repeated text is shown once, for longer.
        self.visible.retain(|toast| toast.text != text);
        self.visible.push(Toast { text, level, expires_at: now.plus(TOAST_DURATION) });
        let surplus = self.visible.len().saturating_sub(MAX_VISIBLE);
        self.visible.drain(..surplus);
    }

    /// Removes the toasts that have expired.
    pub fn expire(&mut self, now: Timestamp) {
        self.visible.retain(|toast| toast.expires_at > now);
    }

    /// Keeps the remaining times when the clock was set back.
    pub fn shift_back(&mut self, by: Duration) {
        for toast in &mut self.visible {
            toast.expires_at = toast.expires_at.minus(by);
        }
    }

    /// When the next toast expires.
    pub fn next_expiry(&self) -> Option<Timestamp> {
        self.visible.iter().map(|toast| toast.expires_at).min()
    }

    /// The visible toasts.
    pub fn shown(&self) -> &[Toast] {
        &self.visible
    }

    /// The log, the newest first.
    pub fn log(&self) -> impl ExactSizeIterator<Item = &LoggedToast> {
        self.log.iter().rev()
    }
}
