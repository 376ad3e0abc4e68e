//! Members of an account: who may add and change whom.

use tierup_common::id::UserId;
use tierup_common::time::Timestamp;
use tierup_common::user::{ChangeUser, CreateUser, Role, User};

use crate::domain::validation::Validator;
use crate::domain::{Caller, Refusal, access};

/// Adds a user to the caller's account.
pub fn create(request: &CreateUser, id: UserId, caller: &Caller, now: Timestamp) -> Result<User, Refusal> {
    access::ensure_can_manage(caller, request.role)?;
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
pub fn update(
    request: &ChangeUser,
    user: &User,
    has_other_owner: bool,
    caller: &Caller,
) -> Result<User, Refusal> {
    let changes_rights = request.role.is_some_and(|role| role != user.role)
        || request.active.is_some_and(|active| active != user.active);
    if changes_rights || caller.id != user.id {
        access::ensure_can_manage(caller, user.role)?;
        access::ensure_can_manage(caller, request.role.unwrap_or(user.role))?;
    }
    let next = User {
        name: request.name.clone().unwrap_or_else(|| user.name.clone()),
        role: request.role.unwrap_or(user.role),
        active: request.active.unwrap_or(user.active),
        ..user.clone()
    };
    let stays_owner = next.active && next.role == Role::Owner;
    if user.active && user.role == Role::Owner && !stays_owner && !has_other_owner {
        let mut check = Validator::default();
        let field = if next.active { "role" } else { "active" };
        check.add_error(field, "this is the account's only owner; make somebody else an owner first");
        check.finish()?;
    }
    Ok(next)
}
