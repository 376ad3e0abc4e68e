//! The whole API on one screen: every path, method and role, what it takes and gives, and the function that answers.

use tierup_common::assessment::Step;
use tierup_common::handoff::{Assign, Handoff, PutStep, QueuePage, Release, SendBack};
use tierup_common::limit;
use tierup_common::problem::Code::{
    AssessmentRunning, EmailTaken, Forbidden, HandoffAlreadyClaimed, HandoffClosed, Internal,
    InvalidCredentials, NotAParticipant, SessionFull, SessionNotActive, Unavailable,
};
use tierup_common::route;
use tierup_common::session::{
    Branch, CreateMessage, CreateSession, HandOff, Message, MessagePage, PutBranch, Resolve, Session,
    SessionPage,
};
use tierup_common::user::Role::{Admin, Engineer, Viewer};
use tierup_common::user::{ChangeUser, CreateToken, CreateUser, LogIn, LoggedIn, Me, NewToken, Token, User};

use crate::extract::Access::{From, Public};
use crate::handler::{Items, Timeline, auth, event, handoff, health, session, user};
use crate::metrics;
use crate::openapi;
use crate::router::row::{Gives, Row, delete, get, patch, post, put};

/// Every route there is.
#[rustfmt::skip]
pub(crate) fn table() -> Vec<Row> {
    vec![
        get(route::LIVE, Public, health::live, "Whether the process serves").gives_other(200, Gives::Nothing),
        get(route::READY, Public, health::ready, "Whether the database answers and the writer lives").gives_other(200, Gives::Nothing).refuses(&[Unavailable]),
        get(route::METRICS, Public, health::metrics, "What the server counts and times, for Prometheus").gives_other(200, Gives::Text(metrics::CONTENT_TYPE)).refuses(&[Internal, Unavailable]),
        get(route::OPENAPI, Public, openapi::document, "This description, as OpenAPI 3.1").gives_other(200, Gives::Text("application/json")),
        get(route::DOCS, Public, openapi::page, "The same to read").gives_other(200, Gives::Text("text/html; charset=utf-8")),

        post(route::LOGIN, Public, auth::log_in, "Log in by email and password").takes::<LogIn>().at_most(limit::LOG_IN).gives::<LoggedIn>(200).refuses(&[InvalidCredentials]),
        post(route::LOGOUT, From(Viewer), auth::log_out, "End the token in use, and its streams").gives_other(204, Gives::Nothing),
        get(route::ME, From(Viewer), user::me, "Who am I?").gives::<Me>(200),

        get(route::USERS, From(Viewer), user::list, "Every member of the account").gives::<Items<User>>(200),
        post(route::USERS, From(Admin), user::create, "Add a member").takes::<CreateUser>().gives::<User>(201).refuses(&[EmailTaken]),
        patch(route::USER, From(Admin), user::change, "Change a member; deactivating, or a new password, ends their tokens and streams").takes::<ChangeUser>().gives::<User>(200),
        get(route::USER_TOKENS, From(Viewer), user::tokens, "The tokens of a member, without their secrets").gives::<Items<Token>>(200).refuses(&[Forbidden]),
        post(route::USER_TOKENS, From(Viewer), user::create_token, "Make a token; the only answer that shows it").takes::<CreateToken>().gives::<NewToken>(201).refuses(&[Forbidden]),
        delete(route::TOKEN, From(Viewer), user::delete_token, "End a token, and its streams").gives_other(204, Gives::Nothing).refuses(&[Forbidden]),

        get(route::SESSIONS, From(Viewer), session::list, "A page of sessions, the newest first").asks::<session::ListQuery>().gives::<SessionPage>(200),
        post(route::SESSIONS, From(Engineer), session::create, "Open a session").takes::<CreateSession>().gives::<Session>(201),
        get(route::SESSION, From(Viewer), session::read, "A session with all that was said in it").asks::<session::ReadQuery>().gives::<Session>(200),
        get(route::MESSAGES, From(Viewer), session::messages, "A page of messages, the newest first, each page in order").asks::<session::MessagesQuery>().gives::<MessagePage>(200),
        post(route::MESSAGES, From(Engineer), session::say, "Say something; after an ask the assistant answers").takes::<CreateMessage>().gives::<Message>(201).refuses(&[NotAParticipant, SessionNotActive, SessionFull]),
        put(route::BRANCH, From(Engineer), session::put_branch, "Note a hypothesis, or what became of it").takes::<PutBranch>().gives::<Branch>(200).gives::<Branch>(201).refuses(&[NotAParticipant, SessionNotActive, SessionFull]),
        post(route::HAND_OFF, From(Engineer), session::hand_off, "Park or escalate; waits for neither assessment nor mail").takes::<HandOff>().gives::<Handoff>(201).refuses(&[NotAParticipant, SessionNotActive]),
        post(route::RESUME, From(Engineer), session::resume, "Take back what was parked, or escalated and not claimed").gives::<Session>(200).refuses(&[SessionNotActive, HandoffAlreadyClaimed]),
        post(route::RESOLVE, From(Engineer), session::resolve, "End a session, and its handoffs with it").takes::<Resolve>().gives::<Session>(200).refuses(&[NotAParticipant, SessionNotActive]),
        get(route::TIMELINE, From(Viewer), session::timeline, "What happened in a session, in order").gives::<Timeline>(200),

        get(route::ESCALATIONS, From(Viewer), handoff::queue, "A page of the queue: by priority, then the oldest first").asks::<handoff::ListQuery>().gives::<QueuePage>(200).gives_other(304, Gives::Nothing),
        get(route::STREAM, From(Viewer), event::stream, "Events as they happen, and those that were missed").asks::<event::StreamQuery>().gives_other(200, Gives::Events),
        get(route::HANDOFF, From(Viewer), handoff::read, "A handoff with what was handed over").gives::<Handoff>(200).gives_other(304, Gives::Nothing),
        post(route::CLAIM, From(Engineer), handoff::claim, "Claim it: exactly one caller wins").gives::<Handoff>(200).refuses(&[HandoffAlreadyClaimed, HandoffClosed]),
        post(route::RELEASE, From(Engineer), handoff::release, "Put it back in the queue").takes::<Release>().gives::<Handoff>(200).refuses(&[HandoffClosed]),
        post(route::ASSIGN, From(Engineer), handoff::assign, "Pass it to a named person").takes::<Assign>().gives::<Handoff>(200).refuses(&[HandoffClosed]),
        post(route::SEND_BACK, From(Engineer), handoff::send_back, "Return it to whoever handed it off, with a question").takes::<SendBack>().gives::<Handoff>(200).refuses(&[HandoffClosed, SessionFull]),
        post(route::REASSESS, From(Engineer), handoff::reassess, "Run its assessment again, one at a time").gives::<Handoff>(202).refuses(&[AssessmentRunning, HandoffClosed]),
        put(route::STEP, From(Engineer), handoff::put_step, "Note what came of a suggested step").takes::<PutStep>().gives::<Step>(200).refuses(&[NotAParticipant]),
    ]
}
