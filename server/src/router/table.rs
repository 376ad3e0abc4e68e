//! The whole API on one screen: method, path, role, handler, request, response and problems of every route.

use tierup_common::assessment::Step;
use tierup_common::engine::EngineStatus;
use tierup_common::event::EventPage;
use tierup_common::handoff::{Assign, ChangeHandoff, Handoff, PutStep, QueuePage, Release, SendBack};
use tierup_common::limit;
use tierup_common::problem::Code::{
    AssessmentRunning, EmailTaken, Forbidden, HandoffAlreadyClaimed, HandoffClosed, Internal,
    InvalidCredentials, NotAParticipant, NotFound, SessionFull, SessionNotActive, Unavailable,
};
use tierup_common::route;
use tierup_common::session::{
    Branch, CreateMessage, CreateSession, HandOff, Message, MessagePage, PutBranch, Resolve, Session,
    SessionPage,
};
use tierup_common::similar::SimilarSource;
use tierup_common::stats::StatsReport;
use tierup_common::timeline::Timeline;
use tierup_common::user::Role::{Admin, Engineer, Viewer};
use tierup_common::user::{ChangeUser, CreateToken, CreateUser, LogIn, LoggedIn, Me, NewToken, Token, User};

use crate::handler::{Items, auth, engine, event, handoff, health, session, similar, stats, timeline, user};
use crate::metrics;
use crate::openapi;
use crate::route_spec::Access::{AtLeast, Public};
use crate::route_spec::{ResponseBody, RouteSpec, delete, get, patch, post, put};

/// Every route there is.
#[rustfmt::skip]
pub(crate) fn route_table() -> Vec<RouteSpec> {
    vec![
        get(route::LIVE, Public, health::live, "Check that the server is up").with_response(200, ResponseBody::Empty),
        get(route::READY, Public, health::ready, "Check that the database responds and accepts writes").with_response(200, ResponseBody::Empty).with_problems(&[Unavailable]),
        get(route::METRICS, Public, health::metrics, "Get metrics in the format of Prometheus").with_response(200, ResponseBody::Text(metrics::CONTENT_TYPE)).with_problems(&[Internal, Unavailable]),
        get(route::OPENAPI, Public, openapi::document, "Get this description, as OpenAPI 3.1").with_response(200, ResponseBody::Text("application/json")),
        get(route::DOCS, Public, openapi::page, "Get this description as a page").with_response(200, ResponseBody::Text("text/html; charset=utf-8")),

        post(route::LOGIN, Public, auth::log_in, "Log in with email and password").with_body::<LogIn>().with_max_body_bytes(limit::MAX_LOGIN_BODY_BYTES).with_json_response::<LoggedIn>(200).with_problems(&[InvalidCredentials]),
        post(route::LOGOUT, AtLeast(Viewer), auth::log_out, "Revoke the token in use, and end its streams").with_response(204, ResponseBody::Empty),
        get(route::ME, AtLeast(Viewer), user::me, "Get the caller").with_json_response::<Me>(200),

        get(route::USERS, AtLeast(Viewer), user::list, "List all users of the account").with_json_response::<Items<User>>(200),
        post(route::USERS, AtLeast(Admin), user::create, "Add a user").with_body::<CreateUser>().with_idempotency_key().with_json_response::<User>(201).with_problems(&[EmailTaken]),
        patch(route::USER, AtLeast(Admin), user::update, "Change a user; deactivating, or a new password, revokes their tokens and ends their streams").with_body::<ChangeUser>().with_json_response::<User>(200),
        get(route::USER_TOKENS, AtLeast(Viewer), user::tokens, "List a user's tokens, without their secrets").with_json_response::<Items<Token>>(200).with_problems(&[Forbidden]),
        post(route::USER_TOKENS, AtLeast(Viewer), user::create_token, "Create a token; only this response shows it").with_body::<CreateToken>().with_idempotency_key().with_json_response::<NewToken>(201).with_problems(&[Forbidden]),
        delete(route::TOKEN, AtLeast(Viewer), user::delete_token, "Revoke a token, and end its streams").with_response(204, ResponseBody::Empty).with_problems(&[Forbidden]),

        get(route::SESSIONS, AtLeast(Viewer), session::list, "List sessions, newest first").with_query::<session::SessionListQuery>().with_json_response::<SessionPage>(200),
        post(route::SESSIONS, AtLeast(Engineer), session::create, "Create a session").with_body::<CreateSession>().with_idempotency_key().with_json_response::<Session>(201),
        get(route::SESSION, AtLeast(Viewer), session::read, "Get a session with its messages").with_query::<session::SessionReadQuery>().with_json_response::<Session>(200),
        get(route::MESSAGES, AtLeast(Viewer), session::messages, "List messages: newest page first, each page in order").with_query::<session::MessagesQuery>().with_json_response::<MessagePage>(200),
        post(route::MESSAGES, AtLeast(Engineer), session::post_message, "Post a message; the assistant replies to a question").with_body::<CreateMessage>().with_idempotency_key().with_json_response::<Message>(201).with_problems(&[NotAParticipant, SessionNotActive, SessionFull]),
        put(route::BRANCH, AtLeast(Engineer), session::put_branch, "Create or update a hypothesis").with_body::<PutBranch>().with_json_response::<Branch>(200).with_json_response::<Branch>(201).with_problems(&[NotAParticipant, SessionNotActive, SessionFull]),
        post(route::HAND_OFF, AtLeast(Engineer), session::hand_off, "Park or escalate a session; does not wait for the assessment or mail").with_body::<HandOff>().with_idempotency_key().with_json_response::<Handoff>(201).with_problems(&[NotAParticipant, SessionNotActive]),
        post(route::RESUME, AtLeast(Engineer), session::resume, "Resume a session that is parked, or escalated and unclaimed").with_idempotency_key().with_json_response::<Session>(200).with_problems(&[SessionNotActive, HandoffAlreadyClaimed]),
        post(route::RESOLVE, AtLeast(Engineer), session::resolve, "Resolve a session and its handoffs").with_body::<Resolve>().with_idempotency_key().with_json_response::<Session>(200).with_problems(&[NotAParticipant, SessionNotActive]),
        get(route::TIMELINE, AtLeast(Viewer), timeline::list, "List the events of a session, in order").with_query::<timeline::TimelineQuery>().with_json_response::<Timeline>(200),
        get(route::SIMILAR, AtLeast(Viewer), similar::list, "List the resolved sessions and runbooks that are similar to a text or a session").with_query::<similar::SimilarQuery>().with_json_response::<Items<SimilarSource>>(200).with_problems(&[NotFound]),

        get(route::ESCALATIONS, AtLeast(Viewer), handoff::queue, "List the queue: by priority, then oldest first").with_query::<handoff::QueueListQuery>().with_json_response::<QueuePage>(200).with_response(304, ResponseBody::Empty).with_etag("the version of the page"),
        get(route::STATS, AtLeast(Viewer), stats::report, "Get statistics of escalations: how many, and how long until they were claimed and resolved").with_query::<stats::StatsQuery>().with_json_response::<StatsReport>(200),
        get(route::STREAM, AtLeast(Viewer), event::stream, "Stream events as they happen, and those that were missed").with_query::<event::StreamQuery>().with_response(200, ResponseBody::Events).with_problems(&[NotFound]),
        get(route::EVENTS, AtLeast(Viewer), event::list, "List events: newest page first, each page in order").with_query::<event::EventsQuery>().with_json_response::<EventPage>(200),
        get(route::HANDOFF, AtLeast(Viewer), handoff::read, "Get a handoff with its snapshot").with_json_response::<Handoff>(200).with_response(304, ResponseBody::Empty).with_etag("its version"),
        patch(route::HANDOFF, AtLeast(Engineer), handoff::change, "Change the priority or the summary of a handoff").with_body::<ChangeHandoff>().with_json_response::<Handoff>(200).with_problems(&[HandoffClosed]),
        post(route::CLAIM, AtLeast(Engineer), handoff::claim, "Claim a handoff; exactly one caller wins").with_idempotency_key().with_json_response::<Handoff>(200).with_problems(&[HandoffAlreadyClaimed, HandoffClosed]),
        post(route::RELEASE, AtLeast(Engineer), handoff::release, "Return a handoff to the queue").with_body::<Release>().with_idempotency_key().with_json_response::<Handoff>(200).with_problems(&[HandoffClosed]),
        post(route::ASSIGN, AtLeast(Engineer), handoff::assign, "Assign a handoff to a user, with a note").with_body::<Assign>().with_idempotency_key().with_json_response::<Handoff>(200).with_problems(&[HandoffClosed, SessionFull]),
        post(route::SEND_BACK, AtLeast(Engineer), handoff::send_back, "Send a handoff back to its sender, with a question").with_body::<SendBack>().with_idempotency_key().with_json_response::<Handoff>(200).with_problems(&[HandoffClosed, SessionFull]),
        post(route::REASSESS, AtLeast(Engineer), handoff::reassess, "Run the assessment of a handoff again").with_idempotency_key().with_json_response::<Handoff>(202).with_problems(&[AssessmentRunning, HandoffClosed]),
        get(route::ENGINE, AtLeast(Admin), engine::status, "Get the assessment engine: what its calls cost, and why the last one failed").with_json_response::<EngineStatus>(200),
        put(route::STEP, AtLeast(Engineer), handoff::put_step, "Record the outcome of a suggested step").with_body::<PutStep>().with_json_response::<Step>(200).with_problems(&[NotAParticipant]),
    ]
}
