//! From a request to the function that answers it.

mod row;
mod table;

use std::time::Instant;

use axum::Router;
use axum::extract::{MatchedPath, Request, State};
use axum::middleware::{self, Next};
use axum::response::Response;
use axum::routing::get;
use tierup_common::problem::Code;
use tierup_common::route;
use tower_http::catch_panic::CatchPanicLayer;
use tracing::Instrument;

use crate::app::App;
use crate::error::{ApiError, finish};
use crate::extract::{Gate, guard, one_host};
use crate::handler::link;

pub use row::Door;
pub(crate) use row::{Body, Gives, Row};
pub(crate) use table::table;

/// Every route of the table, and who may come in.
pub fn doors() -> Vec<Door> {
    table().iter().map(Row::door).collect()
}

/// The service that answers every request.
pub fn router(app: App) -> Router {
    table()
        .into_iter()
        .fold(Router::new(), |router, row| {
            let takes_body = !matches!(row.body, Body::None);
            let gate = Gate { app: app.clone(), access: row.access, takes_body, most: row.most };
            let guarded = middleware::from_fn_with_state(gate, guard);
            router.route(row.route.0, row.methods.route_layer(guarded))
        })
        .route(link::PATH, get(link::page))
        .fallback(|| async { ApiError::new(Code::NotFound, "there is nothing at this path") })
        .method_not_allowed_fallback(|| async {
            ApiError::new(Code::MethodNotAllowed, "this path takes another method; see the Allow header")
        })
        .layer(CatchPanicLayer::custom(|_| {
            axum::response::IntoResponse::into_response(ApiError::internal(&"a handler panicked"))
        }))
        .layer(middleware::from_fn(one_host))
        .layer(middleware::from_fn_with_state(app.clone(), identify))
        .with_state(app)
}

/// A caller's own words in the log, in bytes, at most: every path of ours is shorter.
const LOGGED: usize = 256;

/// Names each request, in its answer and in the log, and counts it.
async fn identify(State(app): State<App>, request: Request, next: Next) -> Response {
    let (id, began) = (request_id(), Instant::now());
    let method = request.method().clone();
    let (said, path) = (cut(method.as_str()), cut(request.uri().path()));
    let span = tracing::info_span!("request", id, method = %said, path);
    let response = next.run(request).instrument(span.clone()).await;
    let (status, took) = (response.status(), began.elapsed());
    let template = response.extensions().get::<MatchedPath>().map(MatchedPath::as_str);
    let route = route::ALL.iter().copied().find(|known| Some(known.0) == template);
    app.metrics.answered(&method, route, status, took);
    let problem = response.extensions().get::<ApiError>().and_then(|error| error.problem.code());
    if route == Some(route::CLAIM) && problem == Some(Code::HandoffAlreadyClaimed) {
        app.metrics.lost_claim();
    }
    let status = status.as_u16();
    tracing::debug!(parent: &span, status, took_ms = took.as_secs_f64() * 1000.0, "answered");
    finish(response, &id)
}

fn cut(text: &str) -> &str {
    &text[..text.floor_char_boundary(LOGGED)]
}

/// A name for a request.
pub(crate) fn request_id() -> String {
    let mut bytes = [0; 8];
    // Without randomness requests share a name, which is a pity but no harm.
    let _ = getrandom::fill(&mut bytes);
    format!("{:016x}", u64::from_be_bytes(bytes))
}
