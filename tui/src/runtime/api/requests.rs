//! Every request to the server that this program makes: method, path, query, body, and the type of the answer. The
//! console's [`Call`](crate::effect::Call)s and the commands share them.

use std::fmt::Display;
use std::marker::PhantomData;

use reqwest::Method;
use serde::{Deserialize, Serialize};
use tierup_common::assessment::{Outcome, Step};
use tierup_common::engine::EngineStatus;
use tierup_common::event::{EventPage, Kind};
use tierup_common::handoff::{
    Assign, ChangeHandoff, Handoff, PutStep, QueuePage, QueueState, Release, SendBack,
};
use tierup_common::id::{BranchId, HandoffRef, Number, Seq, SessionId, StepId, UserId};
use tierup_common::limit;
use tierup_common::route::{self, Route};
use tierup_common::session::{
    Branch, CreateMessage, CreateSession, HandOff, Message, MessagePage, PutBranch, Resolve, Session,
    SessionPage, SessionStatus,
};
use tierup_common::similar::SimilarSource;
use tierup_common::stats::StatsReport;
use tierup_common::time::Timestamp;
use tierup_common::timeline::Timeline;
use tierup_common::user::{CreateToken, CreateUser, LogIn, LoggedIn, Me, NewToken, User};

use crate::story::CONVERSATION_KINDS;

/// Messages that the console fetches with a session: the ones shown first, and a few screens more.
const NEWEST_MESSAGES: u32 = 50;
/// The caller's own sessions that the console lists.
const OWN_SESSIONS: u32 = 200;
/// Sessions of one page of the history: a few screens.
const HISTORY_PAGE: usize = 50;

/// The kinds of events that can be in a user's inbox.
const INBOX_EVENTS: &[Kind] = &[
    Kind::HandoffCreated,
    Kind::HandoffClaimed,
    Kind::HandoffReleased,
    Kind::HandoffAssigned,
    Kind::HandoffSentBack,
    Kind::HandoffWithdrawn,
    Kind::HandoffReminder,
    Kind::HandoffResolved,
    Kind::MessageAdded,
];

/// A request that is answered with a `T`.
#[derive(Clone, Debug)]
pub struct ApiRequest<T> {
    pub(super) method: Method,
    pub(super) path: String,
    pub(super) query: Vec<(&'static str, String)>,
    /// JSON.
    pub(super) body: Option<Vec<u8>>,
    response: PhantomData<fn() -> T>,
}

/// A list in one piece.
#[derive(Debug, Serialize, Deserialize)]
pub struct ItemList<T> {
    /// Everything there is.
    pub items: Vec<T>,
}

impl<T> ApiRequest<T> {
    /// A request without query and body.
    pub const fn new(method: Method, path: String) -> Self {
        Self { method, path, query: Vec::new(), body: None, response: PhantomData }
    }

    fn get(route: Route, parameters: &[&(dyn Display + Sync)]) -> Self {
        Self::new(Method::GET, route.path(parameters))
    }

    fn post(route: Route, parameters: &[&(dyn Display + Sync)]) -> Self {
        Self::new(Method::POST, route.path(parameters))
    }

    fn put(route: Route, parameters: &[&(dyn Display + Sync)]) -> Self {
        Self::new(Method::PUT, route.path(parameters))
    }

    /// The same with a parameter, if it has a value.
    #[must_use]
    pub fn query(mut self, name: &'static str, value: Option<impl Display>) -> Self {
        self.query.extend(value.map(|value| (name, value.to_string())));
        self
    }

    /// The same with a body of JSON.
    #[must_use]
    pub fn json(mut self, body: &impl Serialize) -> Self {
        // The types of the wire always serialize; the server would refuse an empty body.
        self.body = Some(serde_json::to_vec(body).unwrap_or_default());
        self
    }

    /// Whether it changes something, and so must not be done twice.
    pub(super) fn is_mutation(&self) -> bool {
        self.method != Method::GET
    }
}

/// The caller.
pub fn me() -> ApiRequest<Me> {
    ApiRequest::get(route::ME, &[])
}

/// The assessment engine, for admins.
pub fn engine_status() -> ApiRequest<EngineStatus> {
    ApiRequest::get(route::ENGINE, &[])
}

/// A token for an email address and a password. It needs none itself.
pub fn log_in(credentials: &LogIn) -> ApiRequest<LoggedIn> {
    ApiRequest::post(route::LOGIN, &[]).json(credentials)
}

/// Ends the token in use.
pub fn log_out() -> ApiRequest<()> {
    ApiRequest::post(route::LOGOUT, &[])
}

/// Statistics of escalations since this time, with days and hours at this offset.
pub fn stats(since: Timestamp, utc_offset_minutes: i32) -> ApiRequest<StatsReport> {
    ApiRequest::get(route::STATS, &[])
        .query("since", Some(since))
        .query("utc_offset_minutes", Some(utc_offset_minutes))
}

/// The members of the account.
pub fn users() -> ApiRequest<ItemList<User>> {
    ApiRequest::get(route::USERS, &[])
}

/// What happened in a session, in order.
pub fn timeline(session: SessionId) -> ApiRequest<ItemList<serde_json::Value>> {
    ApiRequest::get(route::TIMELINE, &[&session])
}

/// Adds a member.
pub fn create_user(user: &CreateUser) -> ApiRequest<User> {
    ApiRequest::post(route::USERS, &[]).json(user)
}

/// Creates a token of a member.
pub fn create_token(user: UserId, token: &CreateToken) -> ApiRequest<NewToken> {
    ApiRequest::post(route::USER_TOKENS, &[&user]).json(token)
}

/// A page of the queue, as long as the server allows; from the beginning without a cursor.
pub fn queue(state: QueueState, cursor: Option<&str>) -> ApiRequest<QueuePage> {
    queue_page(state, limit::MAX_PAGE_ITEMS as usize, cursor)
}

/// A page of the queue of at most `limit` handoffs.
pub fn queue_page(state: QueueState, limit: usize, cursor: Option<&str>) -> ApiRequest<QueuePage> {
    ApiRequest::get(route::ESCALATIONS, &[])
        .query("state", Some(state.as_str()))
        .query("limit", Some(limit))
        .query("cursor", cursor)
}

/// A page of at most `limit` sessions, the newest change first.
pub fn session_page(limit: usize, cursor: Option<&str>) -> ApiRequest<SessionPage> {
    ApiRequest::get(route::SESSIONS, &[]).query("limit", Some(limit)).query("cursor", cursor)
}

/// The caller's own sessions with this status.
pub fn own_sessions(status: SessionStatus) -> ApiRequest<SessionPage> {
    session_page(OWN_SESSIONS as usize, None).query("status", Some(status.as_str())).query("mine", Some(true))
}

/// A page of the sessions that match a search, the newest first.
pub fn history(query: &str, cursor: Option<&str>) -> ApiRequest<SessionPage> {
    session_page(HISTORY_PAGE, cursor).query("q", Some(query))
}

/// The session with this number, alone on a page.
pub fn sessions_by_number(number: Number) -> ApiRequest<SessionPage> {
    ApiRequest::get(route::SESSIONS, &[]).query("number", Some(number))
}

/// A page of the events that can be in a user's inbox: the newest ones, or those before an event, after another.
pub fn inbox_events(after: Option<Seq>, before: Option<Seq>) -> ApiRequest<EventPage> {
    let types: Vec<&str> = INBOX_EVENTS.iter().map(|kind| kind.as_str()).collect();
    ApiRequest::get(route::EVENTS, &[])
        .query("types", Some(types.join(",")))
        .query("after", after)
        .query("before", before)
        .query("limit", Some(limit::MAX_PAGE_ITEMS))
}

/// A handoff with its snapshot.
pub fn handoff(handoff: impl Into<HandoffRef>) -> ApiRequest<Handoff> {
    ApiRequest::get(route::HANDOFF, &[&handoff.into()])
}

/// A session with all of its messages.
pub fn session(session: SessionId) -> ApiRequest<Session> {
    ApiRequest::get(route::SESSION, &[&session])
}

/// A session with its newest messages.
pub fn session_with_newest_messages(id: SessionId) -> ApiRequest<Session> {
    session(id).query("last", Some(NEWEST_MESSAGES))
}

/// What is similar to a problem in words.
pub fn similar_to_text(text: &str) -> ApiRequest<ItemList<SimilarSource>> {
    ApiRequest::get(route::SIMILAR, &[]).query("q", Some(text))
}

/// What is similar to a session.
pub fn similar_to_session(session: SessionId) -> ApiRequest<ItemList<SimilarSource>> {
    ApiRequest::get(route::SIMILAR, &[]).query("session", Some(session))
}

/// The newest messages of a session.
pub fn newest_messages(session: SessionId) -> ApiRequest<MessagePage> {
    ApiRequest::get(route::MESSAGES, &[&session]).query("limit", Some(NEWEST_MESSAGES))
}

/// The page of messages before the one with this `seq`.
pub fn messages_before(session: SessionId, seq: u32) -> ApiRequest<MessagePage> {
    ApiRequest::get(route::MESSAGES, &[&session])
        .query("before", Some(seq))
        .query("limit", Some(limit::MAX_PAGE_ITEMS))
}

/// A page of what happened in a session besides its messages: the newest events before one of them.
pub fn conversation_events(session: SessionId, before: Option<Seq>) -> ApiRequest<Timeline> {
    timeline_page(session, CONVERSATION_KINDS, limit::MAX_PAGE_ITEMS, before)
}

/// A page of the events of a session of these kinds: the newest ones before one of them.
pub fn timeline_page(
    session: SessionId,
    kinds: &[Kind],
    limit: u32,
    before: Option<Seq>,
) -> ApiRequest<Timeline> {
    let types: Vec<&str> = kinds.iter().map(|kind| kind.as_str()).collect();
    ApiRequest::get(route::TIMELINE, &[&session])
        .query("types", Some(types.join(",")))
        .query("limit", Some(limit))
        .query("before", before)
}

/// Changes the priority and the summary of a handoff.
pub fn change_handoff(handoff: impl Into<HandoffRef>, body: &ChangeHandoff) -> ApiRequest<Handoff> {
    ApiRequest::new(Method::PATCH, route::HANDOFF.path(&[&handoff.into()])).json(body)
}

/// Claims a handoff.
pub fn claim(handoff: impl Into<HandoffRef>) -> ApiRequest<Handoff> {
    ApiRequest::post(route::CLAIM, &[&handoff.into()])
}

/// Puts a claimed handoff back in the queue.
pub fn release(handoff: impl Into<HandoffRef>, reason: String) -> ApiRequest<Handoff> {
    ApiRequest::post(route::RELEASE, &[&handoff.into()]).json(&Release { reason })
}

/// Runs the assessment of a handoff again.
pub fn reassess(handoff: impl Into<HandoffRef>) -> ApiRequest<Handoff> {
    ApiRequest::post(route::REASSESS, &[&handoff.into()])
}

/// Assigns a handoff to a member.
pub fn assign(handoff: impl Into<HandoffRef>, body: &Assign) -> ApiRequest<Handoff> {
    ApiRequest::post(route::ASSIGN, &[&handoff.into()]).json(body)
}

/// Returns a handoff to its opener.
pub fn send_back(handoff: impl Into<HandoffRef>, question: String) -> ApiRequest<Handoff> {
    ApiRequest::post(route::SEND_BACK, &[&handoff.into()]).json(&SendBack { question })
}

/// Records the outcome of a suggested step; `None` clears it.
pub fn put_step(handoff: impl Into<HandoffRef>, step: StepId, outcome: Option<Outcome>) -> ApiRequest<Step> {
    ApiRequest::put(route::STEP, &[&handoff.into(), &step]).json(&PutStep { outcome })
}

/// Adds or changes a branch of a session's map.
pub fn put_branch(session: SessionId, branch: BranchId, body: &PutBranch) -> ApiRequest<Branch> {
    ApiRequest::put(route::BRANCH, &[&session, &branch]).json(body)
}

/// Opens a session.
pub fn create_session(body: &CreateSession) -> ApiRequest<Session> {
    ApiRequest::post(route::SESSIONS, &[]).json(body)
}

/// Adds a message to a session.
pub fn create_message(session: SessionId, body: &CreateMessage) -> ApiRequest<Message> {
    ApiRequest::post(route::MESSAGES, &[&session]).json(body)
}

/// Parks or escalates a session.
pub fn hand_off(session: SessionId, body: &HandOff) -> ApiRequest<Handoff> {
    ApiRequest::post(route::HAND_OFF, &[&session]).json(body)
}

/// Takes back a session that is parked, or escalated and not claimed.
pub fn resume(session: SessionId) -> ApiRequest<Session> {
    ApiRequest::post(route::RESUME, &[&session])
}

/// Resolves a session.
pub fn resolve(session: SessionId, body: &Resolve) -> ApiRequest<Session> {
    ApiRequest::post(route::RESOLVE, &[&session]).json(body)
}
