//! Users of an account and their tokens.

use tierup_common::id::{TokenId, UserId};
use tierup_common::time::Timestamp;
use tierup_common::user::{ChangeUser, CreateUser, Role, User};

use crate::domain::access;
use crate::domain::caller::Caller;
use crate::domain::decision::{Change, Decision, NewUser, Revocation, TokenRecord, UserUpdate};
use crate::domain::refusal::Refusal;

/// Adds a user to the caller's account.
pub fn create(
    request: &CreateUser,
    id: UserId,
    password_hash: Option<String>,
    caller: &Caller,
    now: Timestamp,
) -> Result<(User, Decision), Refusal> {
    access::ensure_can_manage(caller, request.role)?;
    let user = new_user(request, id, now);
    let change = Change::InsertUser(NewUser { user: user.clone(), password_hash });
    Ok((user, Decision::default().with_change(change)))
}

/// Adds a user with a token on behalf of the operator of the machine.
pub fn create_with_token(request: &CreateUser, token: TokenRecord, now: Timestamp) -> Decision {
    let user = new_user(request, token.user, now);
    Decision::default()
        .with_change(Change::InsertUser(NewUser { user, password_hash: None }))
        .with_change(Change::InsertToken(token))
}

fn new_user(request: &CreateUser, id: UserId, now: Timestamp) -> User {
    User {
        id,
        email: request.email.clone(),
        name: request.name.clone(),
        role: request.role,
        active: true,
        created_at: now,
    }
}

/// Changes a user. An account always keeps an active owner; `has_other_owner` says whether there is one besides `user`.
///
/// A deactivated user loses all tokens and streams. A new password ends all except those of the caller's token. A new
/// role ends all streams.
pub fn update(
    request: &ChangeUser,
    user: &User,
    has_other_owner: bool,
    password_hash: Option<String>,
    caller: &Caller,
) -> Result<(User, Decision), Refusal> {
    let next = User {
        name: request.name.clone().unwrap_or_else(|| user.name.clone()),
        role: request.role.unwrap_or(user.role),
        active: request.active.unwrap_or(user.active),
        ..user.clone()
    };
    let changes_rights = (next.role, next.active) != (user.role, user.active);
    if changes_rights || caller.id != user.id {
        access::ensure_can_manage(caller, user.role)?;
        access::ensure_can_manage(caller, next.role)?;
    }
    if is_active_owner(user) && !is_active_owner(&next) && !has_other_owner {
        let field = if next.active { "role" } else { "active" };
        let message = "this is the only owner of the account; make somebody else an owner first";
        return Err(Refusal::invalid_field(field, message));
    }
    let others = Revocation::AllExcept(caller.token);
    let update = UserUpdate {
        user: next.clone(),
        revoked_tokens: match &password_hash {
            _ if !next.active => Revocation::All,
            Some(_) => others,
            None => Revocation::None,
        },
        revoked_streams: match &password_hash {
            _ if changes_rights => Revocation::All,
            Some(_) if next.active => others,
            Some(_) => Revocation::All,
            None => Revocation::None,
        },
        password_hash,
    };
    Ok((next, Decision::default().with_change(Change::UpdateUser(update))))
}

/// Whether a user is an active owner.
pub fn is_active_owner(user: &User) -> bool {
    user.active && user.role == Role::Owner
}

/// Adds a token for a user.
pub fn create_token(user: &User, token: TokenRecord, caller: &Caller) -> Result<Decision, Refusal> {
    access::ensure_can_manage_tokens(caller, user)?;
    Ok(Decision::default().with_change(Change::InsertToken(token)))
}

/// Ends a token of a user.
pub fn delete_token(user: &User, token: TokenId, caller: &Caller) -> Result<Decision, Refusal> {
    access::ensure_can_manage_tokens(caller, user)?;
    Ok(Decision::default().with_change(Change::DeleteToken(token)))
}

/// Adds the token of a log-in, or of the operator of the machine.
pub fn issue_token(token: TokenRecord) -> Decision {
    Decision::default().with_change(Change::InsertToken(token))
}

/// Ends the caller's token.
pub fn log_out(caller: &Caller) -> Decision {
    Decision::default().with_change(Change::DeleteToken(caller.token))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::tests::{at, caller};

    fn user(who: &Caller) -> User {
        let (id, name, role) = (who.id, who.name.clone(), who.role);
        User { id, email: "x@acme.test".into(), name, role, active: true, created_at: at(0) }
    }

    fn update_of(request: &ChangeUser, who: &User, by: &Caller) -> UserUpdate {
        let hash = request.password.clone();
        let (_, decision) = update(request, who, true, hash, by).unwrap();
        let [Change::UpdateUser(update)] = &decision.changes[..] else { panic!("{decision:?}") };
        update.clone()
    }

    #[test]
    fn a_change_ends_the_tokens_and_streams_that_it_makes_invalid() {
        let owner = Caller { role: Role::Owner, ..caller("Ana Ruiz") };
        let sam = user(&caller("Sam Ortiz"));
        let revoked = |request: ChangeUser| {
            let update = update_of(&request, &sam, &owner);
            (update.revoked_tokens, update.revoked_streams)
        };
        let others = Revocation::AllExcept(owner.token);
        let (none, all) = (Revocation::None, Revocation::All);
        let unchanged = ChangeUser::default();
        assert_eq!(revoked(ChangeUser { name: Some("Sam".into()), ..unchanged.clone() }), (none, none));
        assert_eq!(revoked(ChangeUser { role: Some(Role::Viewer), ..unchanged.clone() }), (none, all));
        assert_eq!(
            revoked(ChangeUser { password: Some("hash".into()), ..unchanged.clone() }),
            (others, others)
        );
        assert_eq!(revoked(ChangeUser { active: Some(false), ..unchanged }), (all, all));
    }

    #[test]
    fn an_account_keeps_an_active_owner() {
        let ana = Caller { role: Role::Owner, ..caller("Ana Ruiz") };
        for request in [
            ChangeUser { role: Some(Role::Admin), ..ChangeUser::default() },
            ChangeUser { active: Some(false), ..ChangeUser::default() },
        ] {
            assert!(matches!(update(&request, &user(&ana), false, None, &ana), Err(Refusal::Invalid(_))));
            assert!(update(&request, &user(&ana), true, None, &ana).is_ok());
        }
    }
}
