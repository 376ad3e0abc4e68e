//! The guard in front of every route: authenticates the caller, checks role and rate limits, and buffers the body.
//! Only then do the handler's extractors run.

use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderMap, Method, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use tierup_common::route;
use tierup_common::user::Role;

use crate::app::App;
use crate::auth::AuthorizedCaller;
use crate::error::ApiResult;
use crate::extract::{buffer_body, single_header_text};
use crate::route_spec::Access;

/// The state of a route's guard.
#[derive(Clone)]
pub(super) struct GuardState {
    pub(super) app: App,
    pub(super) access: Access,
    pub(super) takes_body: bool,
    pub(super) max_body_bytes: usize,
}

/// Passes a request on to its handler or rejects it. The response carries the matched path, for logs and metrics.
pub(super) async fn guard(
    State(guard): State<GuardState>,
    matched: MatchedPath,
    request: Request,
    next: Next,
) -> Response {
    let mut response = admit(&guard, &matched, request, next).await.into_response();
    response.extensions_mut().insert(matched);
    response
}

async fn admit(
    guard: &GuardState,
    matched: &MatchedPath,
    request: Request,
    next: Next,
) -> ApiResult<Response> {
    let GuardState { app, access, takes_body, max_body_bytes } = guard;
    let (mut parts, body) = request.into_parts();
    let mut in_flight = None;
    if let Access::AtLeast(role) = *access {
        let caller = authenticate(app, &parts.headers, role).await?;
        app.limits.check_request_rate(caller.id)?;
        // A stream stays open as long as its user likes; its own limit is checked where it is opened.
        if matched.as_str() != route::STREAM.0 {
            in_flight = Some(app.limits.begin_request(caller.id)?);
        }
        parts.extensions.insert(caller);
    }
    if matches!(parts.method, Method::POST | Method::PUT | Method::PATCH) {
        buffer_body(&mut parts, body, &app.clock, *max_body_bytes, *takes_body).await?;
        if let Access::AtLeast(role) = *access {
            // The caller's token may have been revoked while the body arrived.
            let caller = authenticate(app, &parts.headers, role).await?;
            parts.extensions.insert(caller);
        }
    }
    let response = next.run(Request::from_parts(parts, axum::body::Body::empty())).await;
    Ok(match in_flight {
        Some(in_flight) => in_flight.hold_until_sent(response),
        None => response,
    })
}

async fn authenticate(app: &App, headers: &HeaderMap, required_role: Role) -> ApiResult<AuthorizedCaller> {
    let authorization = single_header_text(headers, header::AUTHORIZATION.as_str())?;
    app.authenticator.authenticate(&app.store, &app.clock, authorization, required_role).await
}
