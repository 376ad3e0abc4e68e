//! Who may do what.

use serde::{Deserialize, Serialize};

use crate::id::{TokenId, UserId};
use crate::string_enum::string_enum;
use crate::time::Timestamp;

string_enum! {
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
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Person {
    /// The user.
    pub id: UserId,
    /// Their name, one line.
    pub name: String,
}

impl Person {
    /// The server itself, where it does by itself what otherwise a person does: the id is all zeros.
    pub fn server() -> Self {
        Self { id: UserId::from_bytes([0; 16]), name: "tierup".into() }
    }
}

/// A member of the account.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
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
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Me {
    /// The caller.
    #[serde(flatten)]
    pub user: User,
    /// The name of the account.
    pub account_name: String,
}

/// A token just made: the only answer that ever carries its secret.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
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

/// A token as lists show it: without its secret, which only its user has.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Token {
    /// Its name in lists and revocations.
    pub id: TokenId,
    /// What it is for.
    pub name: String,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it stops working; never, if absent.
    pub expires_at: Option<Timestamp>,
}

/// `POST /auth/login`.
#[derive(Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct LogIn {
    /// The user's email address.
    #[cfg_attr(feature = "schema", schemars(length(max = crate::limit::EMAIL), regex(pattern = crate::schema::SINGLE_LINE)))]
    pub email: String,
    /// Their password.
    #[cfg_attr(feature = "schema", schemars(length(max = crate::limit::PASSWORD), regex(pattern = crate::schema::TEXT)))]
    pub password: String,
}

/// What a log-in gives.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct LoggedIn {
    /// A token for this log-in, `tup_…`.
    pub token: String,
    /// When it stops working.
    pub expires_at: Timestamp,
    /// Who logged in.
    pub user: User,
}

/// `PATCH /users/{user_id}`: what is not named stays as it is.
#[derive(Clone, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct ChangeUser {
    /// One line.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(length(max = crate::limit::NAME), regex(pattern = crate::schema::NON_EMPTY_LINE)))]
    pub name: Option<String>,
    /// What they may do.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<Role>,
    /// Whether they may do anything. Deactivating ends their tokens and streams.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub active: Option<bool>,
    /// A new password: it ends the user's tokens but the one in use, and their streams.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(length(min = 8, max = crate::limit::PASSWORD), regex(pattern = crate::schema::TEXT)))]
    pub password: Option<String>,
}

/// `POST /users`.
#[derive(Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct CreateUser {
    /// Unique on the whole server.
    #[cfg_attr(feature = "schema", schemars(email, length(max = crate::limit::EMAIL)))]
    pub email: String,
    /// One line.
    #[cfg_attr(feature = "schema", schemars(length(max = crate::limit::NAME), regex(pattern = crate::schema::NON_EMPTY_LINE)))]
    pub name: String,
    /// What they may do.
    pub role: Role,
    /// For log-in by email; without it, only tokens work.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(length(min = 8, max = crate::limit::PASSWORD), regex(pattern = crate::schema::TEXT)))]
    pub password: Option<String>,
}

/// `POST /users/{id}/tokens`.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct CreateToken {
    /// What it is for.
    #[cfg_attr(feature = "schema", schemars(length(max = crate::limit::NAME), regex(pattern = crate::schema::NON_EMPTY_LINE)))]
    pub name: String,
    /// Days until it stops working; never, if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(range(min = 1, max = 3653)))]
    pub expires_in_days: Option<u32>,
}
