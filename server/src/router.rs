//! From a request to the function that answers it.

mod row;
mod table;

use axum::Router;
use axum::extract::Request;
use axum::middleware::{self, Next};
use axum::response::Response;
use axum::routing::get;
use tierup_common::problem::Code;
use tower_http::catch_panic::CatchPanicLayer;

use crate::app::App;
use crate::error::{ApiError, finish};
use crate::extract::guard;
use crate::openapi;

pub(crate) use row::{Body, Gives, Row};
pub(crate) use table::table;

/// The service that answers every request.
pub fn router(app: App) -> Router {
    table()
        .into_iter()
        .fold(Router::new(), |router, row| {
            let guarded = middleware::from_fn_with_state((app.clone(), row.access), guard);
            router.route(row.route.0, row.methods.route_layer(guarded))
        })
        .route(openapi::PATH, get(openapi::document))
        .route(openapi::PAGE_PATH, get(openapi::page))
        .fallback(|| async { ApiError::new(Code::NotFound, "there is nothing at this path") })
        .method_not_allowed_fallback(|| async {
            ApiError::new(Code::MethodNotAllowed, "this path takes another method; see the Allow header")
        })
        .layer(CatchPanicLayer::custom(|_| {
            axum::response::IntoResponse::into_response(ApiError::internal(&"a handler panicked"))
        }))
        .layer(middleware::from_fn(identify))
        .with_state(app)
}

/// Names each request, in its answer and in the log.
async fn identify(request: Request, next: Next) -> Response {
    use tracing::Instrument;
    let id = request_id();
    let span = tracing::info_span!("request", id, method = %request.method(), path = request.uri().path());
    finish(next.run(request).instrument(span).await, &id)
}

fn request_id() -> String {
    let mut bytes = [0; 8];
    // Without randomness requests share a name, which is a pity but no harm.
    let _ = getrandom::fill(&mut bytes);
    format!("{:016x}", u64::from_be_bytes(bytes))
}
