//! The whole API on one screen: every path, method and role, and the function that answers.

use axum::Router;
use axum::extract::Request;
use axum::middleware::{self, Next};
use axum::response::Response;
use axum::routing::{MethodRouter, delete, get, patch, post, put};
use tierup_common::problem::Code;
use tierup_common::route::{self, Route};
use tierup_common::user::Role::{Admin, Engineer, Viewer};
use tower_http::catch_panic::CatchPanicLayer;

use crate::app::App;
use crate::error::{ApiError, finish};
use crate::extract::Access::{self, From, Public};
use crate::extract::guard;
use crate::handler::{auth, event, handoff, health, session, user};

type Line = (Route, Access, MethodRouter<App>);

#[rustfmt::skip]
fn table() -> Vec<Line> {
    vec![
        (route::LIVE,        Public,         get(health::live)),
        (route::READY,       Public,         get(health::ready)),
        (route::ME,          From(Viewer),   get(user::me)),
        (route::LOGIN,       Public,         post(auth::log_in)),
        (route::LOGOUT,      From(Viewer),   post(auth::log_out)),
        (route::USERS,       From(Viewer),   get(user::list)),
        (route::USERS,       From(Admin),    post(user::create)),
        (route::USER,        From(Admin),    patch(user::change)),
        (route::USER_TOKENS, From(Viewer),   get(user::tokens)),
        (route::USER_TOKENS, From(Viewer),   post(user::create_token)),
        (route::TOKEN,       From(Viewer),   delete(user::delete_token)),
        (route::SESSIONS,    From(Viewer),   get(session::list)),
        (route::SESSIONS,    From(Engineer), post(session::create)),
        (route::SESSION,     From(Viewer),   get(session::read)),
        (route::MESSAGES,    From(Engineer), post(session::say)),
        (route::BRANCH,      From(Engineer), put(session::put_branch)),
        (route::HAND_OFF,    From(Engineer), post(session::hand_off)),
        (route::RESUME,      From(Engineer), post(session::resume)),
        (route::RESOLVE,     From(Engineer), post(session::resolve)),
        (route::TIMELINE,    From(Viewer),   get(session::timeline)),
        (route::ESCALATIONS, From(Viewer),   get(handoff::queue)),
        (route::STREAM,      From(Viewer),   get(event::stream)),
        (route::HANDOFF,     From(Viewer),   get(handoff::read)),
        (route::CLAIM,       From(Engineer), post(handoff::claim)),
        (route::RELEASE,     From(Engineer), post(handoff::release)),
        (route::ASSIGN,      From(Engineer), post(handoff::assign)),
        (route::SEND_BACK,   From(Engineer), post(handoff::send_back)),
        (route::REASSESS,    From(Engineer), post(handoff::reassess)),
        (route::STEP,        From(Engineer), put(handoff::put_step)),
    ]
}

/// The service that answers every request.
pub fn router(app: App) -> Router {
    let guarded = |access, methods: MethodRouter<App>| {
        methods.route_layer(middleware::from_fn_with_state((app.clone(), access), guard))
    };
    table()
        .into_iter()
        .fold(Router::new(), |router, (route, access, methods)| {
            router.route(route.0, guarded(access, methods))
        })
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
