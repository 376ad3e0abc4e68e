//! Members of an account: who may add and change whom.

use tierup_common::id::UserId;
use tierup_common::time::Timestamp;
use tierup_common::user::{ChangeUser, CreateUser, Role, User};

use crate::domain::valid::Check;
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

/// A user as a request wants them. `other_owners` says whether the account has another active owner: it never has
/// none.
pub fn change(
    request: &ChangeUser,
    user: &User,
    other_owners: bool,
    caller: &Caller,
) -> Result<User, Refusal> {
    let changes_rights = request.role.is_some_and(|role| role != user.role)
        || request.active.is_some_and(|active| active != user.active);
    if changes_rights || caller.id != user.id {
        manages(caller, user.role)?;
        manages(caller, request.role.unwrap_or(user.role))?;
    }
    let next = User {
        name: request.name.clone().unwrap_or_else(|| user.name.clone()),
        role: request.role.unwrap_or(user.role),
        active: request.active.unwrap_or(user.active),
        ..user.clone()
    };
    let stays_owner = next.active && next.role == Role::Owner;
    if user.active && user.role == Role::Owner && !stays_owner && !other_owners {
        let mut check = Check::default();
        let field = if next.active { "role" } else { "active" };
        check.fail(field, "this is the account's only owner; make somebody else an owner first");
        check.done()?;
    }
    Ok(next)
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
