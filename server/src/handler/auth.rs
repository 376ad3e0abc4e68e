//! Logging in and out.

use std::time::Duration;

use axum::Json;
use axum::http::StatusCode;
use tierup_common::id::{AccountId, TokenId};
use tierup_common::problem::Code;
use tierup_common::user::{LogIn, LoggedIn, User};

use crate::app::App;
use crate::domain::{TokenRecord, user};
use crate::error::{ApiError, ApiResult};
use crate::extract::{ClientIp, CurrentCaller, ValidJson};
use crate::{password, token};

/// The lifetime of a token from a login.
const LOGIN_TOKEN_LIFETIME: Duration = Duration::from_hours(30 * 24);

/// A user whose password was verified.
struct VerifiedUser {
    account: AccountId,
    user: User,
    password_hash: String,
}

/// Logs in. An unknown address, an inactive user and a wrong password get the same answer after the same time.
pub async fn log_in(
    app: App,
    ClientIp(address): ClientIp,
    ValidJson(request): ValidJson<LogIn>,
) -> ApiResult<Json<LoggedIn>> {
    let attempt = app.login_throttle.begin(&request.email, address, app.clock.uptime());
    let attempt = attempt
        .map_err(|wait| ApiError::rate_limited(wait, "too many failed logins; wait, then try again"))?;
    let verified = match verify_password(&app, request).await {
        Ok(verified) => verified,
        Err(error) => {
            attempt.cancel();
            return Err(error);
        }
    };
    let Some(verified) = verified else {
        attempt.fail(app.clock.uptime());
        return Err(invalid_credentials());
    };
    attempt.succeed();
    let token = token::generate().map_err(|error| ApiError::internal(&error))?;
    let now = app.clock.now();
    let expires_at = now.plus(LOGIN_TOKEN_LIFETIME);
    let record = TokenRecord {
        id: TokenId::new(now),
        user: verified.user.id,
        hash: token.hash,
        name: "log-in".into(),
        created_at: now,
        expires_at: Some(expires_at),
    };
    // The password may have changed since it was verified.
    let user = app.commit_login(verified.account, record, verified.password_hash).await?;
    let user = user.ok_or_else(invalid_credentials)?;
    Ok(Json(LoggedIn { token: token.secret, expires_at, user }))
}

fn invalid_credentials() -> ApiError {
    ApiError::new(Code::InvalidCredentials, "wrong email or password")
}

/// The user with these credentials. A password is always hashed, so that the time does not tell whether there is one.
async fn verify_password(app: &App, request: LogIn) -> ApiResult<Option<VerifiedUser>> {
    let LogIn { email, password } = request;
    let found = app.store.read_system(move |system| system.password_hash_by_email(&email)).await?;
    let is_right = password::verify(password, found.as_ref().map(|(_, _, hash)| hash.clone())).await?;
    let verified = found.map(|(account, user, password_hash)| VerifiedUser { account, user, password_hash });
    Ok(verified.filter(|_| is_right))
}

/// Ends the token of the request and its streams.
pub async fn log_out(app: App, CurrentCaller(caller): CurrentCaller) -> ApiResult<StatusCode> {
    let now = app.clock.now();
    app.commit(&caller, move |tx, caller| tx.apply(user::log_out(caller), now)).await?;
    Ok(StatusCode::NO_CONTENT)
}
