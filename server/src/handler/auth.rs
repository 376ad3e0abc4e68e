//! Logging in and out.

use std::time::Duration;

use axum::Json;
use axum::http::StatusCode;
use tierup_common::id::{AccountId, TokenId};
use tierup_common::problem::Code;
use tierup_common::user::{LogIn, LoggedIn, User};

use crate::app::App;
use crate::error::{ApiError, ApiResult};
use crate::extract::{Body, Me, Peer};
use crate::store::Credential;
use crate::{password, token};

/// How long a token from a log-in works.
const SESSION: Duration = Duration::from_hours(30 * 24);

/// Logs in. An unknown address, an inactive user and a wrong password are answered alike, after the same time.
pub async fn log_in(app: App, Peer(address): Peer, Body(request): Body<LogIn>) -> ApiResult<Json<LoggedIn>> {
    let begun = app.attempts.begin(&request.email, address, app.clock.uptime());
    let attempt = begun
        .map_err(|wait| ApiError::rate_limited(wait, "too many log-ins failed; wait, then try again"))?;
    let known = match try_out(&app, request).await {
        Ok(known) => known,
        Err(error) => {
            attempt.untried();
            return Err(error);
        }
    };
    let wrong = || ApiError::new(Code::InvalidCredentials, "email and password do not belong together");
    let Some((account, user, hash)) = known else {
        attempt.failed(app.clock.uptime());
        return Err(wrong());
    };
    attempt.succeeded();
    let made = token::make().map_err(|error| ApiError::internal(&error))?;
    let (now, expires_at) = (app.clock.now(), app.clock.now().plus(SESSION));
    let token = Credential {
        id: TokenId::new(now),
        user: user.id,
        hash: made.hash,
        name: "log-in".into(),
        created_at: now,
        expires_at: Some(expires_at),
    };
    // The password may have changed while it was tried.
    let user = app.commit_log_in(account, token, hash).await?.ok_or_else(wrong)?;
    Ok(Json(LoggedIn { token: made.secret, expires_at, user }))
}

/// Whose email address and password these are, if they belong together, and the hash that says so.
async fn try_out(app: &App, request: LogIn) -> ApiResult<Option<(AccountId, User, String)>> {
    let LogIn { email, password } = request;
    let known = app.store.read_system(move |system| system.password_of(&email)).await?;
    let is_right = password::is_right(password, known.as_ref().map(|(_, _, hash)| hash.clone())).await?;
    Ok(known.filter(|_| is_right))
}

/// Ends the token in use: it is dead at once, and its streams end.
pub async fn log_out(app: App, Me(caller): Me) -> ApiResult<StatusCode> {
    app.commit(&caller, |tx, caller| tx.delete_token(caller.token)).await?;
    Ok(StatusCode::NO_CONTENT)
}
