//! Sessions with their messages and branches, handoffs and timelines.

use std::num::NonZeroU32;

use axum::Json;
use axum::http::StatusCode;
use axum::response::Response;
use schemars::JsonSchema;
use serde::Deserialize;
use tierup_common::handoff::Intent;
use tierup_common::id::{BranchId, HandoffId, HandoffRef, MessageId, Number, SessionId};
use tierup_common::limit;
use tierup_common::session::{
    Branch, CreateMessage, CreateSession, HandOff, Message, MessageKind, MessagePage, PutBranch, Resolve,
    SessionItem, SessionPage, SessionStatus,
};

use crate::app::{ApiReply, App};
use crate::auth::AuthorizedCaller;
use crate::domain::branch::{self, branch_text_bytes};
use crate::domain::hand_off::{self, NewHandoffIds};
use crate::domain::message::{self, NewSessionIds};
use crate::domain::resolve::Original;
use crate::domain::session::{Session, SessionState};
use crate::domain::{Caller, Refusal, resolve, resume};
use crate::error::ApiResult;
use crate::extract::{CurrentCaller, IdempotencyHeader, PathPair, PathParams, QueryParams, ValidJson};
use crate::handler::{PageSize, page_limit, parse_cursor, parse_search, search_sessions, stream_json};
use crate::store::{
    self, AccountScope, PostedMessage, RawHandoff, SearchConditions, SessionCursor, SessionExport,
    SessionQuery, StoreError, StoredAssessment,
};

/// Opens a session.
pub async fn create(
    app: App,
    CurrentCaller(caller): CurrentCaller,
    IdempotencyHeader(key): IdempotencyHeader,
    ValidJson(request): ValidJson<CreateSession>,
) -> ApiResult<Response> {
    let now = app.clock.now();
    let (id, message_id) = (SessionId::new(now), MessageId::new(now));
    let reply = app.commit_idempotent(&caller, key, StatusCode::CREATED, move |tx, caller| {
        let ids = NewSessionIds { id, number: tx.next_session_number()?, message_id };
        let mentions = tx.mentioned_users(&request.intake_content.text, caller.id)?;
        tx.apply(message::open_session(&request, ids, caller, now).with_mentions(&mentions), now)?;
        tx.session_export(id, caller, None)
    });
    Ok(reply.await?.into_response_with(|session| stream_session(&app, &caller, session)))
}

/// The query of a list of sessions.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SessionListQuery {
    status: Option<SessionStatus>,
    mine: Option<bool>,
    q: Option<String>,
    /// Only the session with this number.
    number: Option<NonZeroU32>,
    limit: Option<PageSize>,
    #[schemars(extend("format" = "uuid"))]
    cursor: Option<String>,
}

/// Returns a page of sessions, newest first.
pub async fn list(
    app: App,
    CurrentCaller(caller): CurrentCaller,
    QueryParams(query): QueryParams<SessionListQuery>,
) -> ApiResult<Json<SessionPage>> {
    let limit = page_limit(query.limit);
    let search = parse_search(query.q.as_deref())?;
    let now = app.clock.now();
    let mut query = SessionQuery {
        status: query.status,
        participant: (query.mine == Some(true)).then_some(caller.id),
        session_ids: search_sessions(&app, &caller, &search).await?,
        conditions: SearchConditions::default(),
        number: query.number.map(|number| Number(number.get())),
        limit,
        cursor: parse_cursor(query.cursor.as_deref())?.map(SessionCursor),
    };
    let page = app.store.read(caller.account, move |scope| {
        query.conditions = scope.search_conditions(&search, caller.id, now)?;
        let sessions = scope.sessions(&query)?;
        let (mut items, mut text): (Vec<SessionItem>, _) = (Vec::new(), 0);
        for session in sessions {
            // A single session may have as much text as a page.
            if items.len() == limit as usize || text >= limit::MAX_PAGE_BYTES {
                let next_cursor = items.last().map(|last| last.id.to_string());
                return Ok(SessionPage { items, next_cursor });
            }
            let item = scope.session_item(session, &caller)?;
            text += text_size(&item);
            items.push(item);
        }
        Ok(SessionPage { items, next_cursor: None })
    });
    Ok(Json(page.await?))
}

/// The text of a row, in bytes.
fn text_size(item: &SessionItem) -> usize {
    let branches: u64 = item.branch_map.iter().map(branch_text_bytes).sum();
    let branches = usize::try_from(branches).unwrap_or(usize::MAX);
    item.intake_content.text.len() + item.resolution.as_ref().map_or(0, String::len) + branches
}

/// The query of a session.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SessionReadQuery {
    /// The number of messages, the newest ones; all if absent.
    last: Option<PageSize>,
}

/// Returns a session with its messages.
pub async fn read(
    app: App,
    CurrentCaller(caller): CurrentCaller,
    PathParams(id): PathParams<SessionId>,
    QueryParams(query): QueryParams<SessionReadQuery>,
) -> ApiResult<Response> {
    let (reader, newest) = (caller.clone(), query.last.map(|last| last.0));
    let session =
        app.store.read(caller.account, move |scope| scope.session_export(id, &reader, newest)).await?;
    Ok(stream_session(&app, &caller, session))
}

/// Sends a session in chunks, while the caller may read it.
fn stream_session(app: &App, caller: &AuthorizedCaller, session: SessionExport) -> Response {
    let (app, caller) = (app.clone(), caller.clone());
    stream_json(session.head, session.next_cursor, SessionExport::JSON_SUFFIX, move |cursor| {
        app.clone().continue_read(caller.clone(), move |scope| scope.next_chunk(cursor))
    })
}

/// The query of a page of messages.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MessagesQuery {
    /// Only messages before the one with this `seq`; the newest ones if absent.
    before: Option<NonZeroU32>,
    limit: Option<PageSize>,
}

/// Returns a page of messages, oldest first. Pages go from the newest to the oldest.
pub async fn messages(
    app: App,
    CurrentCaller(caller): CurrentCaller,
    PathParams(id): PathParams<SessionId>,
    QueryParams(query): QueryParams<MessagesQuery>,
) -> ApiResult<Json<MessagePage>> {
    let (before, limit) = (query.before.map(NonZeroU32::get), page_limit(query.limit));
    let page = app.store.read(caller.account, move |scope| {
        scope.session(id)?;
        let items = scope.messages_before(id, before, limit)?;
        let next_before = items.first().map(|first| first.seq).filter(|seq| *seq > 1);
        Ok(MessagePage { items, next_before })
    });
    Ok(Json(page.await?))
}

/// Adds a message to a session.
pub async fn post_message(
    app: App,
    CurrentCaller(caller): CurrentCaller,
    PathParams(id): PathParams<SessionId>,
    IdempotencyHeader(key): IdempotencyHeader,
    ValidJson(request): ValidJson<CreateMessage>,
) -> ApiResult<ApiReply<PostedMessage>> {
    if request.kind == MessageKind::Ask {
        app.limits.check_question_rate(caller.id)?;
    }
    let (now, policy) = (app.clock.now(), app.policy());
    let (message_id, reply_id) = (MessageId::new(now), MessageId::new(now));
    app.commit_idempotent(&caller, key, StatusCode::CREATED, move |tx, caller| {
        let session = tx.session(id)?;
        let (message, decision) =
            message::post_message(&session, &request, message_id, reply_id, caller, now, policy)?;
        let mentions = tx.mentioned_users(&message.content, caller.id)?;
        tx.apply(decision.with_mentions(&mentions), now)?;
        Ok(PostedMessage { message: Message { mentions, ..message }, session: id })
    })
    .await
}

/// Adds or updates a branch.
pub async fn put_branch(
    app: App,
    CurrentCaller(caller): CurrentCaller,
    PathParams(PathPair(id, branch_id)): PathParams<PathPair<SessionId, BranchId>>,
    ValidJson(request): ValidJson<PutBranch>,
) -> ApiResult<(StatusCode, Json<Branch>)> {
    let now = app.clock.now();
    let put = app.commit(&caller, move |tx, caller| {
        let session = tx.session(id)?;
        let branches = tx.branches(id)?;
        let is_new = branches.iter().all(|branch| branch.id != branch_id);
        let (branch, decision) = branch::put_branch(&session, &branches, branch_id, &request, caller, now)?;
        tx.apply(decision, now)?;
        Ok((is_new, branch))
    });
    let (is_new, branch) = put.await?;
    Ok((if is_new { StatusCode::CREATED } else { StatusCode::OK }, Json(branch)))
}

/// Parks or escalates a session. The answer does not wait for assessment or mail.
pub async fn hand_off(
    app: App,
    CurrentCaller(caller): CurrentCaller,
    PathParams(id): PathParams<SessionId>,
    IdempotencyHeader(key): IdempotencyHeader,
    ValidJson(request): ValidJson<HandOff>,
) -> ApiResult<ApiReply<RawHandoff>> {
    let (now, policy) = (app.clock.now(), app.policy());
    let handoff_id = HandoffId::new(now);
    app.commit_idempotent(&caller, key, StatusCode::CREATED, move |tx, caller| {
        let context = tx.handoff_context(tx.session(id)?)?;
        let ids = NewHandoffIds { id: handoff_id, number: tx.next_handoff_number()? };
        let (handoff, decision) = hand_off::hand_off(&context, &request, ids, caller, now, policy)?;
        tx.apply(decision, now)?;
        tx.raw_handoff(handoff, StoredAssessment::default())
    })
    .await
}

/// Takes back a session that was parked, or escalated and not claimed.
pub async fn resume(
    app: App,
    CurrentCaller(caller): CurrentCaller,
    PathParams(id): PathParams<SessionId>,
    IdempotencyHeader(key): IdempotencyHeader,
) -> ApiResult<Response> {
    let now = app.clock.now();
    let reply = app.commit_idempotent(&caller, key, StatusCode::OK, move |tx, caller| {
        let session = tx.session(id)?;
        let current = session.state.current_handoff().map(|id| tx.handoff(id)).transpose()?;
        let escalation = session.latest_escalation.map(|id| tx.handoff(id)).transpose()?;
        let decision = resume::resume(&session, current.as_ref(), escalation.as_ref(), caller, now)?;
        tx.apply(decision, now)?;
        Ok(tx.session_export(id, caller, None)?.with_branches_of(waiting_handoff(&session)))
    });
    Ok(reply.await?.into_response_with(|session| stream_session(&app, &caller, session)))
}

/// Resolves a session.
pub async fn resolve(
    app: App,
    CurrentCaller(caller): CurrentCaller,
    PathParams(id): PathParams<SessionId>,
    IdempotencyHeader(key): IdempotencyHeader,
    ValidJson(request): ValidJson<Resolve>,
) -> ApiResult<Response> {
    let now = app.clock.now();
    let reply = app.commit_idempotent(&caller, key, StatusCode::OK, move |tx, caller| {
        let session = tx.session(id)?;
        let assessment = match session.latest_escalation {
            Some(handoff) => tx.assessment(handoff)?.map(|assessment| (handoff, assessment)),
            None => None,
        };
        let ids: std::collections::BTreeSet<_> =
            session.state.current_handoff().into_iter().chain(session.latest_escalation).collect();
        let handoffs = ids.into_iter().map(|id| tx.handoff(id)).collect::<Result<Vec<_>, _>>()?;
        let original = request.duplicate_of.map(|handoff| find_original(tx, handoff, caller)).transpose()?;
        let decision =
            resolve::resolve(&session, &handoffs, assessment, original.as_ref(), &request, caller, now)?;
        tx.apply(decision, now)?;
        Ok(tx.session_export(id, caller, None)?.with_branches_of(waiting_handoff(&session)))
    });
    Ok(reply.await?.into_response_with(|session| stream_session(&app, &caller, session)))
}

/// The escalation that a duplicate names, with its session.
fn find_original(scope: &AccountScope<'_>, handoff: HandoffRef, caller: &Caller) -> store::Result<Original> {
    let unknown = || {
        Refusal::invalid_field(
            "duplicate_of",
            format!("there is no handoff {handoff}; name one by its number"),
        )
    };
    let handoff = match scope.visible_handoff(handoff, caller) {
        Ok(handoff) if handoff.intent == Intent::Escalate => handoff,
        Ok(_) | Err(StoreError::Refused(Refusal::NotFound)) => return Err(unknown().into()),
        Err(error) => return Err(error),
    };
    Ok(Original { session: scope.session(handoff.session_id)?, handoff })
}

/// The current handoff of a session that waits: its branches have not changed since.
fn waiting_handoff(session: &Session) -> Option<HandoffId> {
    match session.state {
        SessionState::Paused(handoff) | SessionState::Escalated(handoff) => Some(handoff),
        SessionState::Active { .. } | SessionState::Resolved(_) => None,
    }
}
