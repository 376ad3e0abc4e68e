//! The caller, the users of their account, and tokens.

use std::time::Duration;

use axum::Json;
use axum::http::StatusCode;
use tierup_common::id::{TokenId, UserId};
use tierup_common::problem::Code;
use tierup_common::time::Timestamp;
use tierup_common::user::{ChangeUser, CreateToken, CreateUser, Me, NewToken, Token, User};

use crate::app::{ApiReply, App};
use crate::domain::{Refusal, TokenRecord, access, user};
use crate::error::{ApiError, ApiResult};
use crate::extract::{BearerToken, CurrentCaller, IdempotencyHeader, PathParams, ValidJson};
use crate::handler::Items;
use crate::password;
use crate::token;

/// Returns the caller.
pub async fn me(app: App, CurrentCaller(caller): CurrentCaller) -> ApiResult<Json<Me>> {
    let me = app.store.read(caller.account, move |scope| {
        let user = scope.user(caller.id)?.ok_or(Refusal::NotFound)?;
        Ok(Me { user, account_name: scope.account_name()? })
    });
    Ok(Json(me.await?))
}

/// Lists the users of the account.
pub async fn list(app: App, CurrentCaller(caller): CurrentCaller) -> ApiResult<Json<Items<User>>> {
    let users = app.store.read(caller.account, |scope| scope.users()).await?;
    Ok(Json(Items { items: users }))
}

/// Adds a user.
pub async fn create(
    app: App,
    CurrentCaller(caller): CurrentCaller,
    IdempotencyHeader(key): IdempotencyHeader,
    ValidJson(request): ValidJson<CreateUser>,
) -> ApiResult<ApiReply<User>> {
    let now = app.clock.now();
    // Hashing is expensive: refuse before it. The rule is asked again in the transaction.
    access::ensure_can_manage(&caller, request.role)?;
    let password_hash = hash_password(request.password.clone()).await?;
    app.commit_idempotent(&caller, key, StatusCode::CREATED, move |tx, caller| {
        let (user, decision) = user::create(&request, UserId::new(now), password_hash, caller, now)?;
        tx.apply(decision, now)?;
        Ok(user)
    })
    .await
}

async fn hash_password(password: Option<String>) -> ApiResult<Option<String>> {
    match password {
        Some(password) => Ok(Some(password::hash(password).await?)),
        None => Ok(None),
    }
}

/// Makes a token. Only the answer has its secret, and the stored answer does not: with an idempotency key the secret is
/// derived, and derived again for a replay.
pub async fn create_token(
    app: App,
    CurrentCaller(caller): CurrentCaller,
    BearerToken(caller_token): BearerToken,
    PathParams(user_id): PathParams<UserId>,
    IdempotencyHeader(key): IdempotencyHeader,
    ValidJson(request): ValidJson<CreateToken>,
) -> ApiResult<(StatusCode, Json<NewToken>)> {
    let now = app.clock.now();
    let id = TokenId::new(now);
    let derive = |id| key.as_ref().map(|key| token::derive(&caller_token, user_id, id, &key.key));
    let token = match derive(id) {
        Some(token) => token,
        None => token::generate().map_err(|error| ApiError::internal(&error))?,
    };
    let name = request.name;
    let expires_at = request.expires_in_days.map(|days| expiry(now, days));
    let record =
        TokenRecord { id, user: user_id, hash: token.hash, name: name.clone(), created_at: now, expires_at };
    let reply = app.commit_idempotent(&caller, key.clone(), StatusCode::CREATED, move |tx, caller| {
        let user = tx.user(user_id)?.ok_or(Refusal::NotFound)?;
        tx.apply(user::create_token(&user, record, caller)?, now)?;
        Ok(NewToken { id, token: String::new(), name, created_at: now, expires_at })
    });
    let answer = reply.await?.into_value()?;
    let token = derive(answer.id).unwrap_or(token);
    let (id, hash) = (answer.id, token.hash);
    if key.is_some() && !app.store.read(caller.account, move |scope| scope.has_token(id, &hash)).await? {
        return Err(ApiError::new(Code::IdempotencyKeyReused, TOKEN_NOT_REPLAYABLE));
    }
    Ok((StatusCode::CREATED, Json(NewToken { token: token.secret, ..answer })))
}

/// The secret is not stored, and only the bearer token of the first request can derive it again.
const TOKEN_NOT_REPLAYABLE: &str = "the token of this Idempotency-Key has ended, or only the same bearer token as in the first \
    request can show it again; use a new key";

fn expiry(now: Timestamp, days: u32) -> Timestamp {
    now.plus(Duration::from_hours(24 * u64::from(days)))
}

/// Changes a user.
pub async fn update(
    app: App,
    CurrentCaller(caller): CurrentCaller,
    PathParams(id): PathParams<UserId>,
    ValidJson(request): ValidJson<ChangeUser>,
) -> ApiResult<Json<User>> {
    let now = app.clock.now();
    let password_hash = hash_password(request.password.clone()).await?;
    let updated = app.commit(&caller, move |tx, caller| {
        let user = tx.user(id)?.ok_or(Refusal::NotFound)?;
        let (user, decision) = user::update(&request, &user, tx.has_other_owner(id)?, password_hash, caller)?;
        tx.apply(decision, now)?;
        Ok(user)
    });
    Ok(Json(updated.await?))
}

/// Lists the tokens of a user, without their secrets.
pub async fn tokens(
    app: App,
    CurrentCaller(caller): CurrentCaller,
    PathParams(id): PathParams<UserId>,
) -> ApiResult<Json<Items<Token>>> {
    let now = app.clock.now();
    let tokens = app.store.read(caller.account, move |scope| {
        let user = scope.user(id)?.ok_or(Refusal::NotFound)?;
        access::ensure_can_manage_tokens(&caller, &user)?;
        scope.tokens(id, now)
    });
    Ok(Json(Items { items: tokens.await? }))
}

/// Ends a token and its streams.
pub async fn delete_token(
    app: App,
    CurrentCaller(caller): CurrentCaller,
    PathParams(id): PathParams<TokenId>,
) -> ApiResult<StatusCode> {
    let now = app.clock.now();
    let deleted = app.commit(&caller, move |tx, caller| {
        let user = tx.token_owner(id)?.ok_or(Refusal::NotFound)?;
        tx.apply(user::delete_token(&user, id, caller)?, now)
    });
    deleted.await?;
    Ok(StatusCode::NO_CONTENT)
}
