//! Users of an account, their roles and their tokens.

use serde::{Deserialize, Serialize};

use crate::id::{TokenId, UserId};
use crate::string_enum::string_enum;
use crate::time::Timestamp;

string_enum! {
    /// What a user may do. Each role includes the roles before it. See [`crate::permission`] for the finer rules.
    pub enum Role {
        /// Reads the queue, handoffs, sessions and events. Gets no mail.
        Viewer = "viewer",
        /// Opens, hands off, claims, releases and resolves.
        Engineer = "engineer",
        /// Also manages viewers and engineers with their tokens, and decides about anybody's claim.
        Admin = "admin",
        /// Also manages admins and owners.
        Owner = "owner",
    }
}

/// A user as others see them, as the author of a message or the claimer of a handoff.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Person {
    /// The id.
    pub id: UserId,
    /// The name, one line.
    pub name: String,
}

impl Person {
    /// The server, for changes that it makes by itself. The id is all zeros.
    pub fn server() -> Self {
        Self { id: UserId::from_bytes([0; 16]), name: "tierup".into() }
    }
}

/// A user of an account.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct User {
    /// The id.
    pub id: UserId,
    /// The email address, unique on the whole server; one line.
    pub email: String,
    /// The name, one line.
    pub name: String,
    /// The role.
    pub role: Role,
    /// Whether they may do anything. An inactive user gets no mail.
    pub active: bool,
    /// When the user was added.
    pub created_at: Timestamp,
}

/// `GET /me`: the caller and their account.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Me {
    /// The caller.
    #[serde(flatten)]
    pub user: User,
    /// The name of the account.
    pub account_name: String,
}

/// A new token: the only answer with its secret.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct NewToken {
    /// The id, for lists and revocation.
    pub id: TokenId,
    /// The secret, `tup_…`.
    pub token: String,
    /// What the token is for.
    pub name: String,
    /// When the token was made.
    pub created_at: Timestamp,
    /// When the token expires; null if never.
    pub expires_at: Option<Timestamp>,
}

/// A token as lists show it: without its secret.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Token {
    /// The id, for lists and revocation.
    pub id: TokenId,
    /// What the token is for.
    pub name: String,
    /// When the token was made.
    pub created_at: Timestamp,
    /// When the token expires; null if never.
    pub expires_at: Option<Timestamp>,
}

/// `POST /auth/login`.
#[derive(Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct LogIn {
    /// The user's email address.
    #[cfg_attr(feature = "schema", schemars(length(max = crate::limit::MAX_EMAIL_BYTES), regex(pattern = crate::schema::SINGLE_LINE)))]
    pub email: String,
    /// Their password.
    #[cfg_attr(feature = "schema", schemars(length(max = crate::limit::MAX_PASSWORD_BYTES), regex(pattern = crate::schema::TEXT)))]
    pub password: String,
}

/// The answer to a login.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct LoggedIn {
    /// A new token, `tup_…`.
    pub token: String,
    /// When the token expires.
    pub expires_at: Timestamp,
    /// The user who logged in.
    pub user: User,
}

/// `PATCH /users/{user_id}`: absent fields stay as they are.
#[derive(Clone, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct ChangeUser {
    /// The name, one line.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(length(max = crate::limit::MAX_NAME_CHARS), regex(pattern = crate::schema::NON_EMPTY_LINE)))]
    pub name: Option<String>,
    /// The role.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<Role>,
    /// Whether they may do anything. `false` ends their tokens and streams.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub active: Option<bool>,
    /// A new password. It ends all tokens and streams of the user, except those of the token in use.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(length(min = 8, max = crate::limit::MAX_PASSWORD_BYTES), regex(pattern = crate::schema::TEXT)))]
    pub password: Option<String>,
}

/// `POST /users`.
#[derive(Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct CreateUser {
    /// The email address, unique on the whole server.
    #[cfg_attr(feature = "schema", schemars(email, length(max = crate::limit::MAX_EMAIL_BYTES)))]
    pub email: String,
    /// The name, one line.
    #[cfg_attr(feature = "schema", schemars(length(max = crate::limit::MAX_NAME_CHARS), regex(pattern = crate::schema::NON_EMPTY_LINE)))]
    pub name: String,
    /// The role.
    pub role: Role,
    /// A password for logins by email; without one, only tokens work.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(length(min = 8, max = crate::limit::MAX_PASSWORD_BYTES), regex(pattern = crate::schema::TEXT)))]
    pub password: Option<String>,
}

/// `POST /users/{id}/tokens`.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct CreateToken {
    /// What the token is for.
    #[cfg_attr(feature = "schema", schemars(length(max = crate::limit::MAX_NAME_CHARS), regex(pattern = crate::schema::NON_EMPTY_LINE)))]
    pub name: String,
    /// Days until the token expires; never if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(range(min = 1, max = 3653)))]
    pub expires_in_days: Option<u32>,
}
