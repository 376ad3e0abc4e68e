//! Members of an account: who may add and change whom.

use tierup_common::id::UserId;
use tierup_common::time::Timestamp;
use tierup_common::user::{CreateUser, Role, User};

use crate::domain::{Caller, Refusal, access};

/// Adds a user to the caller's account.
pub fn create(request: &CreateUser, id: UserId, caller: &Caller, now: Timestamp) -> Result<User, Refusal> {
    manages(caller, request.role)?;
    Ok(User {
        id,
        email: request.email.clone(),
        name: request.name.clone(),
        role: request.role,
        active: true,
        created_at: now,
    })
}

/// Admins manage viewers and engineers; only owners manage admins and owners.
pub fn manages(caller: &Caller, role: Role) -> Result<(), Refusal> {
    let least = if role >= Role::Admin { Role::Owner } else { Role::Admin };
    if caller.role >= least {
        return Ok(());
    }
    Err(Refusal::Forbidden(format!("this needs the role {least}; yours is {}", caller.role)))
}

/// Tokens are their user's own business, and that of whoever manages the user.
pub fn handles_tokens(caller: &Caller, of: &User) -> Result<(), Refusal> {
    if caller.id == of.id {
        return Ok(());
    }
    if !access::is_admin(caller) {
        return Err(Refusal::Forbidden("only admins handle other people's tokens".into()));
    }
    manages(caller, of.role)
}
