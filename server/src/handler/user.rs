//! The caller, the members of their account, and tokens.

use axum::Json;
use axum::http::StatusCode;
use tierup_common::id::{TokenId, UserId};
use tierup_common::problem::Code;
use tierup_common::time::Timestamp;
use tierup_common::user::{ChangeUser, CreateToken, CreateUser, Me as Myself, NewToken, Token, User};

use crate::app::{ApiReply, App};
use crate::domain::{Refusal, access, user};
use crate::error::{ApiError, ApiResult};
use crate::extract::{BearerToken, CurrentCaller, IdempotencyHeader, PathParams, ValidJson};
use crate::handler::Items;
use crate::password;
use crate::store::{NewUser, TokenRecord};
use crate::token;

/// The caller.
pub async fn me(app: App, CurrentCaller(caller): CurrentCaller) -> ApiResult<Json<Myself>> {
    let me = app.store.read(caller.account, move |scope| {
        let user = scope.user(caller.id)?.ok_or(Refusal::NotFound)?;
        Ok(Myself { user, account_name: scope.account_name()? })
    });
    Ok(Json(me.await?))
}

/// Every member of the account.
pub async fn list(app: App, CurrentCaller(caller): CurrentCaller) -> ApiResult<Json<Items<User>>> {
    let users = app.store.read(caller.account, |scope| scope.users()).await?;
    Ok(Json(Items { items: users }))
}

/// Adds a member.
pub async fn create(
    app: App,
    CurrentCaller(caller): CurrentCaller,
    IdempotencyHeader(key): IdempotencyHeader,
    ValidJson(request): ValidJson<CreateUser>,
) -> ApiResult<ApiReply<User>> {
    let now = app.clock.now();
    // Whoever may not add such a user is told so before a password is hashed, and asked again when it is decided.
    user::create(&request, UserId::new(now), &caller, now)?;
    let password_hash = hash_password(request.password.clone()).await?;
    app.commit_idempotent(&caller, key, StatusCode::CREATED, move |tx, caller| {
        let user = user::create(&request, UserId::new(now), caller, now)?;
        let new = NewUser { user, password_hash };
        tx.insert_user(&new)?;
        Ok(new.user)
    })
    .await
}

async fn hash_password(password: Option<String>) -> ApiResult<Option<String>> {
    match password {
        Some(password) => Ok(Some(password::hash(password).await?)),
        None => Ok(None),
    }
}

/// Makes a token. Only the answer ever carries its secret, and what is kept of the answer does not: asked for with a
/// key, the secret is derived, and derived again for a replay.
pub async fn create_token(
    app: App,
    CurrentCaller(caller): CurrentCaller,
    BearerToken(own): BearerToken,
    PathParams(user): PathParams<UserId>,
    IdempotencyHeader(key): IdempotencyHeader,
    ValidJson(request): ValidJson<CreateToken>,
) -> ApiResult<(StatusCode, Json<NewToken>)> {
    let (now, id) = (app.clock.now(), TokenId::new(app.clock.now()));
    let expires_at = request.expires_in_days.map(|days| expiry(now, days));
    let derive = |id| key.as_ref().map(|key| token::derive(&own, user, id, &key.key));
    let made = match derive(id) {
        Some(made) => made,
        None => token::make().map_err(|error| ApiError::internal(&error))?,
    };
    let name = request.name;
    let token = TokenRecord { id, user, hash: made.hash, name: name.clone(), created_at: now, expires_at };
    let reply = app.commit_idempotent(&caller, key.clone(), StatusCode::CREATED, move |tx, caller| {
        let of = tx.user(user)?.ok_or(Refusal::NotFound)?;
        access::ensure_can_manage_tokens(caller, &of)?;
        tx.insert_token(&token)?;
        Ok(NewToken { id, token: String::new(), name, created_at: now, expires_at })
    });
    let first = reply.await?.into_value()?;
    let made = derive(first.id).unwrap_or(made);
    let (id, hash) = (first.id, made.hash);
    if key.is_some() && !app.store.read(caller.account, move |scope| scope.has_token(id, &hash)).await? {
        return Err(ApiError::new(Code::IdempotencyKeyReused, TOKEN_NOT_REPLAYABLE));
    }
    Ok((StatusCode::CREATED, Json(NewToken { token: made.secret, ..first })))
}

/// Why a replay shows no token: it is not kept, and cannot be derived by anybody else.
const TOKEN_NOT_REPLAYABLE: &str = "this Idempotency-Key made a token that has ended since, or that only a request with the same bearer \
    token as the first can show again; make a new key";

fn expiry(now: Timestamp, days: u32) -> Timestamp {
    now.plus(std::time::Duration::from_hours(24 * u64::from(days)))
}

/// Changes a member. One who is deactivated loses every token and stream at once; one who has a new password too, but
/// for the token that changes it.
pub async fn update(
    app: App,
    CurrentCaller(caller): CurrentCaller,
    PathParams(id): PathParams<UserId>,
    ValidJson(request): ValidJson<ChangeUser>,
) -> ApiResult<Json<User>> {
    let hash = hash_password(request.password.clone()).await?;
    let changed = app.commit(&caller, move |tx, caller| {
        let user = tx.user(id)?.ok_or(Refusal::NotFound)?;
        let next = user::update(&request, &user, tx.has_other_owner(id)?, caller)?;
        tx.update_user(&user, &next, hash.as_deref(), caller.token)?;
        Ok(next)
    });
    Ok(Json(changed.await?))
}

/// The tokens of a member, without their secrets.
pub async fn tokens(
    app: App,
    CurrentCaller(caller): CurrentCaller,
    PathParams(id): PathParams<UserId>,
) -> ApiResult<Json<Items<Token>>> {
    let now = app.clock.now();
    let tokens = app.store.read(caller.account, move |scope| {
        let of = scope.user(id)?.ok_or(Refusal::NotFound)?;
        access::ensure_can_manage_tokens(&caller, &of)?;
        scope.tokens(id, now)
    });
    Ok(Json(Items { items: tokens.await? }))
}

/// Ends a token: it is dead at once, and its streams end.
pub async fn delete_token(
    app: App,
    CurrentCaller(caller): CurrentCaller,
    PathParams(id): PathParams<TokenId>,
) -> ApiResult<StatusCode> {
    let deleted = app.commit(&caller, move |tx, caller| {
        let of = tx.token_owner(id)?.ok_or(Refusal::NotFound)?;
        access::ensure_can_manage_tokens(caller, &of)?;
        tx.delete_token(id)
    });
    deleted.await?;
    Ok(StatusCode::NO_CONTENT)
}
