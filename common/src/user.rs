//! Who may do what.

use serde::{Deserialize, Serialize};

use crate::id::{TokenId, UserId};
use crate::time::Timestamp;
use crate::word::words;

words! {
    /// What a user may do; each role may do all that the one before it may.
    pub enum Role {
        /// Reads the queue, handoffs, sessions and events; nothing else, and gets no mail.
        Viewer = "viewer",
        /// Opens sessions, hands off, claims, releases, resolves.
        Engineer = "engineer",
        /// Also manages users and tokens of the account, and releases anybody's claim.
        Admin = "admin",
        /// Also changes admins.
        Owner = "owner",
    }
}

/// Somebody, as others see them: who claimed, who is reading, who wrote.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Person {
    /// The user.
    pub id: UserId,
    /// Their name, one line.
    pub name: String,
}

/// A member of the account.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct User {
    /// The user.
    pub id: UserId,
    /// Unique on the whole server; one line.
    pub email: String,
    /// One line.
    pub name: String,
    /// What they may do.
    pub role: Role,
    /// An inactive user can do nothing and gets no mail.
    pub active: bool,
    /// When they were added.
    pub created_at: Timestamp,
}

/// `GET /me`: the caller, and the account that everything they see belongs to.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Me {
    /// The caller.
    #[serde(flatten)]
    pub user: User,
    /// The name of the account.
    pub account_name: String,
}

/// A token just made: the only answer that ever carries its secret.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct NewToken {
    /// Its name in lists and revocations.
    pub id: TokenId,
    /// The secret, `tup_…`.
    pub token: String,
    /// What it is for, in the words of whoever made it.
    pub name: String,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it stops working; never, if absent.
    pub expires_at: Option<Timestamp>,
}

/// `POST /users`.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CreateUser {
    /// Unique on the whole server.
    pub email: String,
    /// One line.
    pub name: String,
    /// What they may do.
    pub role: Role,
    /// For log-in by email; without it, only tokens work.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub password: Option<String>,
}

/// `POST /users/{id}/tokens`.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CreateToken {
    /// What it is for.
    pub name: String,
    /// Days until it stops working; never, if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_in_days: Option<u32>,
}
