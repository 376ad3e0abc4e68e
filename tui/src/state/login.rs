//! The log-in: three fields, over whatever is there.

use tierup_common::time::Timestamp;
use tierup_common::trim::trim_value;

use crate::effect::Secret;
use crate::state::composer::Composer;
use crate::state::request::Request;

/// A log-in being filled in.
#[derive(Clone, Debug)]
pub struct LogInForm {
    /// Why it is asked for.
    pub reason: LogInReason,
    /// When it opened by itself; nothing if the user asked for it, or begins with it.
    pub opened_at: Option<Timestamp>,
    /// The server's address.
    pub server_url: Composer,
    /// The email address; empty to come with a token.
    pub email: Composer,
    /// The password, or the token.
    pub secret: Secret,
    /// Which of them has the keys.
    pub focus: LogInField,
    /// The log-in, once it is submitted.
    pub request: Request,
    /// The address of which it was said that others can read what is sent there.
    pub warned_server: Option<String>,
}

/// Why a log-in is asked for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum LogInReason {
    /// Nobody has logged in on this machine.
    FirstRun,
    /// The token in use works no more; in the server's words.
    TokenExpired(String),
    /// The user wants to.
    Requested,
}

/// A field of the log-in.
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
    /// From top to bottom.
    pub const ALL: [Self; 3] = [Self::Server, Self::Email, Self::Secret];

    /// The field so many further down, around the end.
    #[must_use]
    pub fn next_by(self, count: usize) -> Self {
        let place = Self::ALL.iter().position(|field| *field == self).unwrap_or(0);
        Self::ALL[(place + count) % Self::ALL.len()]
    }
}

impl LogInForm {
    /// A log-in to a server that may be known, by somebody who may be known.
    pub fn new(reason: LogInReason, server: Option<&str>, email: Option<&str>) -> Self {
        let focus = match (server, email) {
            (None, _) => LogInField::Server,
            (Some(_), None) => LogInField::Email,
            (Some(_), Some(_)) => LogInField::Secret,
        };
        Self {
            reason,
            opened_at: None,
            server_url: Composer::with_text(server.unwrap_or_default()),
            email: Composer::with_text(email.unwrap_or_default()),
            secret: Secret::default(),
            focus,
            request: Request::Idle,
            warned_server: None,
        }
    }

    /// The email address; none to come with a token.
    pub fn entered_email(&self) -> Option<String> {
        let email = trim_value(&self.email.text()).to_owned();
        (!email.is_empty()).then_some(email)
    }

    /// What the last field asks for.
    pub fn secret_label(&self) -> &'static str {
        if self.email.is_blank() { "Token" } else { "Password" }
    }
}
