//! The log-in: three fields, over whatever is there.

use tierup_common::time::Timestamp;
use tierup_common::trim::bare;

use crate::effect::{Secret, Ticket};
use crate::state::composer::Composer;

/// A log-in being filled in.
#[derive(Clone, Debug)]
pub struct LogIn {
    /// Why it is asked for.
    pub why: Why,
    /// When it opened by itself; nothing if the user asked for it, or begins with it.
    pub came_at: Option<Timestamp>,
    /// The server's address.
    pub server: Composer,
    /// The email address; empty to come with a token.
    pub email: Composer,
    /// The password, or the token.
    pub secret: Secret,
    /// Which of them has the keys.
    pub focus: Field,
    /// The request under way, once it is done.
    pub sending: Option<Ticket>,
    /// Why it could not be done.
    pub error: Option<String>,
    /// The address of which it was said that others can read what is sent there.
    pub warned_of: Option<String>,
}

/// Why a log-in is asked for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Why {
    /// Nobody has logged in on this machine.
    First,
    /// The token in use works no more; in the server's words.
    Ended(String),
    /// The user wants to.
    Asked,
}

/// A field of the log-in.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Field {
    /// The server's address.
    Server,
    /// The email address.
    Email,
    /// The password, or the token.
    Secret,
}

impl Field {
    /// From top to bottom.
    pub const ALL: [Self; 3] = [Self::Server, Self::Email, Self::Secret];

    /// The field so many further down, around the end.
    #[must_use]
    pub fn step(self, by: usize) -> Self {
        let place = Self::ALL.iter().position(|field| *field == self).unwrap_or(0);
        Self::ALL[(place + by) % Self::ALL.len()]
    }
}

impl LogIn {
    /// A log-in to a server that may be known, by somebody who may be known.
    pub fn new(why: Why, server: Option<&str>, email: Option<&str>) -> Self {
        let focus = match (server, email) {
            (None, _) => Field::Server,
            (Some(_), None) => Field::Email,
            (Some(_), Some(_)) => Field::Secret,
        };
        Self {
            why,
            came_at: None,
            server: Composer::with(server.unwrap_or_default()),
            email: Composer::with(email.unwrap_or_default()),
            secret: Secret::default(),
            focus,
            sending: None,
            error: None,
            warned_of: None,
        }
    }

    /// The email address; none to come with a token.
    pub fn address(&self) -> Option<String> {
        let email = bare(&self.email.text()).to_owned();
        (!email.is_empty()).then_some(email)
    }

    /// What the last field asks for.
    pub fn secret_is(&self) -> &'static str {
        if self.email.is_blank() { "Token" } else { "Password" }
    }
}
