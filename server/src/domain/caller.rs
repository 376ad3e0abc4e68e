//! The caller: the user who makes a request, and the token in use.

use tierup_common::id::{AccountId, TokenId, UserId};
use tierup_common::permission::Actor;
use tierup_common::time::Timestamp;
use tierup_common::user::{Person, Role};

/// The user of a request, as their token says.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Caller {
    /// The account; the caller sees nothing of others.
    pub account: AccountId,
    /// The user.
    pub id: UserId,
    /// The user's name.
    pub name: String,
    /// The user's role.
    pub role: Role,
    /// The token of the request.
    pub token: TokenId,
    /// When that token expires.
    pub expires_at: Option<Timestamp>,
}

impl Caller {
    /// The caller as others see them.
    pub fn person(&self) -> Person {
        Person { id: self.id, name: self.name.clone() }
    }

    /// The caller as the rules of [`tierup_common::permission`] see them.
    pub const fn actor(&self) -> Actor {
        Actor { id: self.id, role: self.role }
    }
}
