//! Toasts: short messages in a corner, and their log.

use std::collections::VecDeque;
use std::time::Duration;

use tierup_common::id::{Seq, SessionId};
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
    /// Whether it is one line, which may be wider than other toasts.
    pub is_line: bool,
    /// When it disappears; none until the user does something.
    expires_at: Option<Timestamp>,
    /// The session that it is news of: newer news replaces it.
    about: Option<SessionId>,
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
    /// The event that it is about, if it is about one.
    pub event: Option<Seq>,
}

/// Visible toasts and the log, the newest last.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Toasts {
    visible: Vec<Toast>,
    log: VecDeque<LoggedToast>,
    /// The event that is being applied.
    pub current_event: Option<Seq>,
}

impl Toasts {
    /// Shows a toast.
    pub fn push(&mut self, level: ToastLevel, text: impl Into<String>, now: Timestamp) {
        let expires_at = Some(now.plus(TOAST_DURATION));
        self.show(Toast { text: text.into(), level, is_line: false, expires_at, about: None }, now);
    }

    /// Shows news of a session, in place of earlier news.
    pub fn push_about(&mut self, session: SessionId, level: ToastLevel, text: String, now: Timestamp) {
        self.dismiss_about(session);
        let expires_at = Some(now.plus(TOAST_DURATION));
        self.show(Toast { text, level, is_line: false, expires_at, about: Some(session) }, now);
    }

    /// Shows a toast to a user who may not be looking: it stays until they do something.
    pub fn push_until_input(&mut self, text: String, now: Timestamp) {
        self.show(Toast { text, level: ToastLevel::Info, is_line: true, expires_at: None, about: None }, now);
    }

    /// Hides the news of a session.
    pub fn dismiss_about(&mut self, session: SessionId) {
        self.visible.retain(|toast| toast.about != Some(session));
    }

    /// Hides the news of a session, except what was shown at this moment: the user may be there for other reasons.
    pub fn dismiss_earlier_about(&mut self, session: SessionId, now: Timestamp) {
        let newest = Some(now.plus(TOAST_DURATION));
        self.visible.retain(|toast| toast.about != Some(session) || toast.expires_at == newest);
    }

    /// The user did something: toasts that waited for that expire from now on.
    pub fn start_expiry(&mut self, now: Timestamp) {
        for toast in &mut self.visible {
            toast.expires_at.get_or_insert(now.plus(TOAST_DURATION));
        }
    }

    fn show(&mut self, toast: Toast, now: Timestamp) {
        let (text, level, event) = (toast.text.clone(), toast.level, self.current_event);
        self.log.push_back(LoggedToast { text, level, at: now, event });
        if self.log.len() > LOG_CAPACITY {
            self.log.pop_front();
        }
        // A repeated text is shown once, for longer.
        self.visible.retain(|other| other.text != toast.text);
        self.visible.push(toast);
        // What waits for the user gives way last.
        while self.visible.len() > MAX_VISIBLE {
            let oldest = self.visible.iter().position(|toast| toast.expires_at.is_some()).unwrap_or(0);
            self.visible.remove(oldest);
        }
    }

    /// Removes the toasts that have expired.
    pub fn expire(&mut self, now: Timestamp) {
        self.visible.retain(|toast| toast.expires_at.is_none_or(|at| at > now));
    }

    /// Keeps the remaining times when the clock was set back.
    pub fn shift_back(&mut self, by: Duration) {
        for toast in &mut self.visible {
            toast.expires_at = toast.expires_at.map(|at| at.minus(by));
        }
    }

    /// When the next toast expires.
    pub fn next_expiry(&self) -> Option<Timestamp> {
        self.visible.iter().filter_map(|toast| toast.expires_at).min()
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
