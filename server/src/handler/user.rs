//! The caller, the members of their account, and tokens.

use axum::Json;
use axum::http::StatusCode;
use tierup_common::id::{TokenId, UserId};
use tierup_common::time::Timestamp;
use tierup_common::user::{ChangeUser, CreateToken, CreateUser, Me as Myself, NewToken, Token, User};

use crate::app::{App, Reply};
use crate::domain::{Refusal, user};
use crate::error::{ApiError, ApiResult};
use crate::extract::{Body, Me, Once, Path};
use crate::handler::Items;
use crate::password;
use crate::store::{Credential, NewUser};
use crate::token;

/// The caller.
pub async fn me(app: App, Me(caller): Me) -> ApiResult<Json<Myself>> {
    let me = app.store.read(caller.account, move |scope| {
        let user = scope.user(caller.id)?.ok_or(Refusal::NotFound)?;
        Ok(Myself { user, account_name: scope.account_name()? })
    });
    Ok(Json(me.await?))
}

/// Every member of the account.
pub async fn list(app: App, Me(caller): Me) -> ApiResult<Json<Items<User>>> {
    let users = app.store.read(caller.account, |scope| scope.users()).await?;
    Ok(Json(Items { items: users }))
}

/// Adds a member.
pub async fn create(
    app: App,
    Me(caller): Me,
    Once(key): Once,
    Body(request): Body<CreateUser>,
) -> ApiResult<Reply<User>> {
    let now = app.clock.now();
    let user = user::create(&request, UserId::new(now), &caller, now)?;
    let new = NewUser { user, password_hash: hash(request.password).await? };
    app.commit_once(&caller, key, StatusCode::CREATED, move |tx| {
        tx.insert_user(&new)?;
        Ok(new.user)
    })
    .await
}

async fn hash(password: Option<String>) -> ApiResult<Option<String>> {
    match password {
        Some(password) => Ok(Some(password::hash(password).await?)),
        None => Ok(None),
    }
}

/// Makes a token: the only answer that ever carries its secret, which is why it is never kept for a replay.
pub async fn create_token(
    app: App,
    Me(caller): Me,
    Path(id): Path<UserId>,
    Body(request): Body<CreateToken>,
) -> ApiResult<(StatusCode, Json<NewToken>)> {
    let now = app.clock.now();
    let made = token::make().map_err(|error| ApiError::internal(&error))?;
    let expires_at = request.expires_in_days.map(|days| expiry(now, days));
    let token = Credential {
        id: TokenId::new(now),
        user: id,
        hash: made.hash,
        name: request.name,
        created_at: now,
        expires_at,
    };
    let answer =
        NewToken { id: token.id, token: made.secret, name: token.name.clone(), created_at: now, expires_at };
    let inserted = app.store.commit(caller.account, move |tx| {
        let of = tx.user(id)?.ok_or(Refusal::NotFound)?;
        user::handles_tokens(&caller, &of)?;
        tx.insert_token(&token)
    });
    inserted.await?;
    Ok((StatusCode::CREATED, Json(answer)))
}

fn expiry(now: Timestamp, days: u32) -> Timestamp {
    now.plus(std::time::Duration::from_hours(24 * u64::from(days)))
}

/// Changes a member. One who is deactivated loses every token and stream at once.
pub async fn change(
    app: App,
    Me(caller): Me,
    Path(id): Path<UserId>,
    Body(request): Body<ChangeUser>,
) -> ApiResult<Json<User>> {
    let account = caller.account;
    let hash = hash(request.password.clone()).await?;
    let changed = app.store.commit(account, move |tx| {
        let user = tx.user(id)?.ok_or(Refusal::NotFound)?;
        let next = user::change(&request, &user, tx.has_other_owner(id)?, &caller)?;
        tx.update_user(&next, hash.as_deref())?;
        Ok((user, next))
    });
    let (before, user) = changed.await?;
    app.tokens.forget();
    if before.role != user.role || before.active != user.active {
        app.bell.end_user(account, id);
    }
    Ok(Json(user))
}

/// The tokens of a member, without their secrets.
pub async fn tokens(app: App, Me(caller): Me, Path(id): Path<UserId>) -> ApiResult<Json<Items<Token>>> {
    let now = app.clock.now();
    let tokens = app.store.read(caller.account, move |scope| {
        let of = scope.user(id)?.ok_or(Refusal::NotFound)?;
        user::handles_tokens(&caller, &of)?;
        scope.tokens(id, now)
    });
    Ok(Json(Items { items: tokens.await? }))
}

/// Ends a token: it is dead at once, and its streams end.
pub async fn delete_token(app: App, Me(caller): Me, Path(id): Path<TokenId>) -> ApiResult<StatusCode> {
    let account = caller.account;
    let deleted = app.store.commit(account, move |tx| {
        let of = tx.token_owner(id)?.ok_or(Refusal::NotFound)?;
        user::handles_tokens(&caller, &of)?;
        tx.delete_token(id)
    });
    deleted.await?;
    app.tokens.forget();
    app.bell.end_token(account, id);
    Ok(StatusCode::NO_CONTENT)
}
