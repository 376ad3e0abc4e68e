//! Logging in and out.

use std::time::Duration;

use axum::Json;
use axum::http::StatusCode;
use tierup_common::id::{AccountId, TokenId};
use tierup_common::problem::Code;
use tierup_common::user::{LogIn, LoggedIn, User};

use crate::app::App;
use crate::error::{ApiError, ApiResult};
use crate::extract::{ClientIp, CurrentCaller, ValidJson};
use crate::store::TokenRecord;
use crate::{password, token};

/// How long a token from a log-in works.
const LOGIN_TOKEN_LIFETIME: Duration = Duration::from_hours(30 * 24);

/// Logs in. An unknown address, an inactive user and a wrong password are answered alike, after the same time.
pub async fn log_in(
    app: App,
    ClientIp(address): ClientIp,
    ValidJson(request): ValidJson<LogIn>,
) -> ApiResult<Json<LoggedIn>> {
    let begun = app.login_throttle.begin(&request.email, address, app.clock.uptime());
    let attempt = begun
        .map_err(|wait| ApiError::rate_limited(wait, "too many log-ins failed; wait, then try again"))?;
    let known = match verify_password(&app, request).await {
        Ok(known) => known,
        Err(error) => {
            attempt.cancel();
            return Err(error);
        }
    };
    let wrong = || ApiError::new(Code::InvalidCredentials, "email and password do not belong together");
    let Some((account, user, hash)) = known else {
        attempt.fail(app.clock.uptime());
        return Err(wrong());
    };
    attempt.succeed();
    let made = token::make().map_err(|error| ApiError::internal(&error))?;
    let (now, expires_at) = (app.clock.now(), app.clock.now().plus(LOGIN_TOKEN_LIFETIME));
    let token = TokenRecord {
        id: TokenId::new(now),
        user: user.id,
        hash: made.hash,
        name: "log-in".into(),
        created_at: now,
        expires_at: Some(expires_at),
    };
    // The password may have changed while it was tried.
    let user = app.commit_login(account, token, hash).await?.ok_or_else(wrong)?;
    Ok(Json(LoggedIn { token: made.secret, expires_at, user }))
}

/// Whose email address and password these are, if they belong together, and the hash that says so.
async fn verify_password(app: &App, request: LogIn) -> ApiResult<Option<(AccountId, User, String)>> {
    let LogIn { email, password } = request;
    let known = app.store.read_system(move |system| system.password_hash_by_email(&email)).await?;
    let is_right = password::is_right(password, known.as_ref().map(|(_, _, hash)| hash.clone())).await?;
    Ok(known.filter(|_| is_right))
}

/// Ends the token in use: it is dead at once, and its streams end.
pub async fn log_out(app: App, CurrentCaller(caller): CurrentCaller) -> ApiResult<StatusCode> {
    app.commit(&caller, |tx, caller| tx.delete_token(caller.token)).await?;
    Ok(StatusCode::NO_CONTENT)
}
