//! The log-in form.

use tierup_common::time::Timestamp;
use tierup_common::trim::trim_value;

use crate::effect::Secret;
use crate::state::composer::Composer;
use crate::state::request::Request;

/// A server on this machine, with its default port.
pub const SUGGESTED_SERVER: &str = "http://127.0.0.1:7890";

/// A log-in form.
#[derive(Clone, Debug)]
pub struct LogInForm {
    /// Why it is open.
    pub reason: LogInReason,
    /// When it opened, if it opened by itself.
    pub opened_at: Option<Timestamp>,
    /// The server's address.
    pub server_url: Composer,
    /// Whether that address is only a suggestion: whatever is typed replaces it.
    pub is_server_suggested: bool,
    /// The email address; empty for a log-in with a token.
    pub email: Composer,
    /// The password, or the token.
    pub secret: Secret,
    /// The field that has the keys.
    pub focus: LogInField,
    /// The log-in, once it is submitted.
    pub request: Request,
    /// The address for which the user was warned about an unencrypted connection.
    pub warned_server: Option<String>,
}

/// Why the log-in form is open.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum LogInReason {
    /// No one has logged in on this machine yet.
    FirstRun,
    /// The token is no longer valid, for the reason that the server gives.
    TokenExpired(String),
    /// The user opened it.
    Requested,
}

/// A field of the log-in form.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum LogInField {
    /// The server's address.
    Server,
    /// The email address.
    Email,
    /// The password, or the token.
    Secret,
}

impl LogInField {
    /// The fields, from top to bottom.
    pub const ALL: [Self; 3] = [Self::Server, Self::Email, Self::Secret];

    /// The field that is `count` further down, around the end.
    #[must_use]
    pub fn next_by(self, count: usize) -> Self {
        let place = Self::ALL.iter().position(|field| *field == self).unwrap_or(0);
        Self::ALL[(place + count) % Self::ALL.len()]
    }
}

impl LogInForm {
    /// A form with the server and the email address, as far as they are known.
    pub fn new(reason: LogInReason, server: Option<&str>, email: Option<&str>) -> Self {
        let focus = match (server, email) {
            (None, _) => LogInField::Server,
            (Some(_), None) => LogInField::Email,
            (Some(_), Some(_)) => LogInField::Secret,
        };
        Self {
            reason,
            opened_at: None,
            server_url: Composer::with_text(server.unwrap_or(SUGGESTED_SERVER)),
            is_server_suggested: server.is_none(),
            email: Composer::with_text(email.unwrap_or_default()),
            secret: Secret::default(),
            focus,
            request: Request::Idle,
            warned_server: None,
        }
    }

    /// Removes an address that is only suggested, before another is typed.
    pub fn drop_suggested_server(&mut self) {
        if std::mem::take(&mut self.is_server_suggested) {
            self.server_url = Composer::default();
        }
    }

    /// The email address; none for a log-in with a token.
    pub fn entered_email(&self) -> Option<String> {
        let email = trim_value(&self.email.text()).to_owned();
        (!email.is_empty()).then_some(email)
    }

    /// The field that has the keys; none if it is the last one, or while the form is submitted.
    pub fn focused_text_mut(&mut self) -> Option<&mut Composer> {
        match self.focus {
            _ if self.request.is_pending() => None,
            LogInField::Server => Some(&mut self.server_url),
            LogInField::Email => Some(&mut self.email),
            LogInField::Secret => None,
        }
    }

    /// The label of the last field.
    pub fn secret_label(&self) -> &'static str {
        if self.email.is_blank() { "Token" } else { "Password" }
    }
}
