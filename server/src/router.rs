//! Builds the router: the table's routes behind their guards, request ids, logging and metrics.

mod guard;
mod table;

use axum::extract::{MatchedPath, Request, State};
use axum::middleware::{self, Next};
use axum::response::Response;
use axum::routing::get;
use axum::{Extension, Router};
use tierup_common::problem::Code;
use tierup_common::route;
use tower_http::catch_panic::CatchPanicLayer;
use tracing::Instrument;

use crate::app::App;
use crate::clock::Stopwatch;
use crate::error::{ApiError, finish_response};
use crate::extract::require_single_host;
use crate::handler::link;
use crate::openapi::ApiDescription;
use crate::route_spec::{RequestBody, RouteAccess, RouteSpec};
use crate::router::guard::{GuardState, guard};
use crate::router::table::route_table;

/// Who may call each route of the table.
pub fn route_access() -> Vec<RouteAccess> {
    route_table().iter().map(RouteSpec::access_rule).collect()
}

/// The description of every route of the table.
pub fn api_description() -> ApiDescription {
    ApiDescription::new(route_table)
}

/// The service for all requests.
pub fn router(app: App) -> Router {
    route_table()
        .into_iter()
        .fold(Router::new(), |router, row| {
            let takes_body = !matches!(row.body, RequestBody::None);
            let gate = GuardState {
                app: app.clone(),
                access: row.access,
                takes_body,
                max_body_bytes: row.max_body_bytes,
            };
            let guarded = middleware::from_fn_with_state(gate, guard);
            router.route(row.route.0, row.method_router.route_layer(guarded))
        })
        .route(link::PATH, get(link::page))
        .fallback(|| async { ApiError::new(Code::NotFound, "no such path") })
        .method_not_allowed_fallback(|| async {
            ApiError::new(Code::MethodNotAllowed, "this path has no such method; see the Allow header")
        })
        .layer(Extension(api_description()))
        .layer(CatchPanicLayer::custom(|_| {
            axum::response::IntoResponse::into_response(ApiError::internal(&"a handler panicked"))
        }))
        .layer(middleware::from_fn(require_single_host))
        .layer(middleware::from_fn_with_state(app.clone(), trace_request))
        .with_state(app)
}

/// The longest method or path in the log, in bytes: all of ours are shorter.
const MAX_LOGGED_BYTES: usize = 256;

/// Gives each request an id, in the response and in the log, and records metrics.
async fn trace_request(State(app): State<App>, request: Request, next: Next) -> Response {
    let (id, started) = (new_request_id(), Stopwatch::start());
    let method = request.method().clone();
    let (method_text, path) = (truncate_for_log(method.as_str()), truncate_for_log(request.uri().path()));
    let span = tracing::info_span!("request", id, method = method_text, path);
    let response = next.run(request).instrument(span.clone()).await;
    let (status, duration) = (response.status(), started.elapsed());
    let template = response.extensions().get::<MatchedPath>().map(MatchedPath::as_str);
    let route = route::ALL.iter().copied().find(|known| Some(known.0) == template);
    app.metrics.record_response(&method, route, status, duration);
    let problem = response.extensions().get::<ApiError>().and_then(|error| error.problem.code());
    if route == Some(route::CLAIM) && problem == Some(Code::HandoffAlreadyClaimed) {
        app.metrics.record_lost_claim();
    }
    let status = status.as_u16();
    tracing::debug!(parent: &span, status, took_ms = duration.as_secs_f64() * 1000.0, "answered");
    finish_response(response, &id)
}

fn truncate_for_log(text: &str) -> &str {
    &text[..text.floor_char_boundary(MAX_LOGGED_BYTES)]
}

/// An id for a request.
pub(crate) fn new_request_id() -> String {
    let mut bytes = [0; 8];
    // Without randomness, requests share an id; nothing depends on it.
    let _ = getrandom::fill(&mut bytes);
    format!("{:016x}", u64::from_be_bytes(bytes))
}
