//! Sessions: opening, talking, trying, handing off, taking back, resolving.

use std::num::NonZeroU32;

use axum::Json;
use axum::http::StatusCode;
use axum::response::Response;
use schemars::JsonSchema;
use serde::Deserialize;
use tierup_common::id::{BranchId, HandoffId, MessageId, Number, Seq, SessionId};
use tierup_common::limit;
use tierup_common::session::{
    Branch, CreateMessage, CreateSession, HandOff, MessageKind, MessagePage, PutBranch, Resolve, SessionItem,
    SessionPage, SessionStatus,
};

use crate::app::{App, Reply};
use crate::auth::Admitted;
use crate::domain::handoff::Scene;
use crate::domain::{Refusal, handoff, session};
use crate::error::ApiResult;
use crate::extract::{Body, Both, Me, Once, Path, Query};
use crate::handler::{Rows, found, in_pieces, page_limit, read_cursor};
use crate::store::{Kept, Outgoing, Said, SessionCursor, SessionQuery, WholeHandoff};

/// Opens a session.
pub async fn create(
    app: App,
    Me(caller): Me,
    Once(key): Once,
    Body(request): Body<CreateSession>,
) -> ApiResult<Response> {
    let now = app.clock.now();
    let (id, message_id) = (SessionId::new(now), MessageId::new(now));
    let reply = app.commit_once(&caller, key, StatusCode::CREATED, move |tx, caller| {
        let name = session::NewName { id, number: tx.next_session_number()?, message_id };
        tx.apply(session::open(&request, name, caller, now), now)?;
        tx.outgoing(id, caller, None)
    });
    Ok(reply.await?.sent(|session| send(&app, &caller, session)))
}

/// What a list of sessions may be narrowed to.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ListQuery {
    status: Option<SessionStatus>,
    mine: Option<bool>,
    q: Option<String>,
    /// The one with this number.
    number: Option<NonZeroU32>,
    limit: Option<Rows>,
    #[schemars(extend("format" = "uuid"))]
    cursor: Option<String>,
}

/// A page of sessions, the newest first.
pub async fn list(app: App, Me(caller): Me, Query(query): Query<ListQuery>) -> ApiResult<Json<SessionPage>> {
    let limit = page_limit(query.limit);
    let query = SessionQuery {
        status: query.status,
        mine: (query.mine == Some(true)).then_some(caller.id),
        among: found(&app, &caller, query.q).await?,
        number: query.number.map(|number| Number(number.get())),
        limit,
        cursor: read_cursor(query.cursor.as_deref())?.map(SessionCursor),
    };
    let page = app.store.read(caller.account, move |scope| {
        let sessions = scope.sessions(&query)?;
        let (mut items, mut text): (Vec<SessionItem>, _) = (Vec::new(), 0);
        for session in sessions {
            // What a session says of itself may be as much as a page has.
            if items.len() == limit as usize || text >= limit::PAGE_TEXT {
                let next_cursor = items.last().map(|last| last.id.to_string());
                return Ok(SessionPage { items, next_cursor });
            }
            let item = scope.session_item(session, &caller)?;
            text += weight(&item);
            items.push(item);
        }
        Ok(SessionPage { items, next_cursor: None })
    });
    Ok(Json(page.await?))
}

/// How much text a row of the list holds.
fn weight(item: &SessionItem) -> usize {
    let tried: u64 = item.branch_map.iter().map(session::branch_bytes).sum();
    let tried = usize::try_from(tried).unwrap_or(usize::MAX);
    item.intake_content.text.len() + item.resolution.as_ref().map_or(0, String::len) + tried
}

/// How much of a session is read.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ReadQuery {
    /// Only so many messages, the newest; all, if nothing is said.
    last: Option<Rows>,
}

/// One session with all that was said in it, or with the end of that.
pub async fn read(
    app: App,
    Me(caller): Me,
    Path(id): Path<SessionId>,
    Query(query): Query<ReadQuery>,
) -> ApiResult<Response> {
    let (reader, newest) = (caller.clone(), query.last.map(|last| last.0));
    let session = app.store.read(caller.account, move |scope| scope.outgoing(id, &reader, newest)).await?;
    Ok(send(&app, &caller, session))
}

/// Sends a session, a piece at a time, for as long as its reader may read.
fn send(app: &App, caller: &Admitted, session: Outgoing) -> Response {
    let (app, caller) = (app.clone(), caller.clone());
    in_pieces(session.head, session.next, Outgoing::END, move |place| {
        app.clone().read_on(caller.clone(), move |scope| scope.next_piece(place))
    })
}

/// Which messages of a session are read.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MessagesQuery {
    /// Those before this one, by its `seq`; the newest, if nothing is said.
    before: Option<NonZeroU32>,
    limit: Option<Rows>,
}

/// A page of messages: the newest page first, each in order.
pub async fn messages(
    app: App,
    Me(caller): Me,
    Path(id): Path<SessionId>,
    Query(query): Query<MessagesQuery>,
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

/// Says something in a session.
pub async fn say(
    app: App,
    Me(caller): Me,
    Path(id): Path<SessionId>,
    Once(key): Once,
    Body(request): Body<CreateMessage>,
) -> ApiResult<Reply<Said>> {
    if request.kind == MessageKind::Ask {
        app.limits.question(caller.id)?;
    }
    let (now, policy) = (app.clock.now(), app.policy());
    let (message_id, reply_id) = (MessageId::new(now), MessageId::new(now));
    app.commit_once(&caller, key, StatusCode::CREATED, move |tx, caller| {
        let session = tx.session(id)?;
        let (message, decision) =
            session::say(&session, &request, message_id, reply_id, caller, now, policy)?;
        tx.apply(decision, now)?;
        Ok(Said { message, session: id })
    })
    .await
}

/// Notes a hypothesis or what became of it.
pub async fn put_branch(
    app: App,
    Me(caller): Me,
    Path(Both(id, branch_id)): Path<Both<SessionId, BranchId>>,
    Body(request): Body<PutBranch>,
) -> ApiResult<(StatusCode, Json<Branch>)> {
    let now = app.clock.now();
    let put = app.commit(&caller, move |tx, caller| {
        let session = tx.session(id)?;
        let branches = tx.branches(id)?;
        let is_new = branches.iter().all(|branch| branch.id != branch_id);
        let (branch, decision) = session::put_branch(&session, &branches, branch_id, &request, caller, now)?;
        tx.apply(decision, now)?;
        Ok((is_new, branch))
    });
    let (is_new, branch) = put.await?;
    Ok((if is_new { StatusCode::CREATED } else { StatusCode::OK }, Json(branch)))
}

/// Parks or escalates. The answer waits for neither assessment nor mail.
pub async fn hand_off(
    app: App,
    Me(caller): Me,
    Path(id): Path<SessionId>,
    Once(key): Once,
    Body(request): Body<HandOff>,
) -> ApiResult<Reply<WholeHandoff>> {
    let (now, policy) = (app.clock.now(), app.policy());
    let handoff_id = HandoffId::new(now);
    app.commit_once(&caller, key, StatusCode::CREATED, move |tx, caller| {
        let session = tx.session(id)?;
        let scene = Scene {
            escalation: session.escalation.map(|id| tx.handoff(id)).transpose()?,
            intake: tx.intake(id)?,
            branches: tx.branches(id)?,
            messages: tx.last_messages(id, limit::SNAPSHOT_MESSAGES)?,
            session,
        };
        let name = handoff::NewName { id: handoff_id, number: tx.next_handoff_number()? };
        let decision = handoff::hand_off(&scene, &request, name, caller, now, policy)?;
        // Whatever is handed off is opened under this id.
        let opened = decision.handoff_after(handoff_id).ok_or(Refusal::NotFound)?;
        tx.apply(decision, now)?;
        tx.whole(opened, Kept::default())
    })
    .await
}

/// Takes back what was parked, or escalated and not claimed.
pub async fn resume(
    app: App,
    Me(caller): Me,
    Path(id): Path<SessionId>,
    Once(key): Once,
) -> ApiResult<Response> {
    let now = app.clock.now();
    let reply = app.commit_once(&caller, key, StatusCode::OK, move |tx, caller| {
        let session = tx.session(id)?;
        let standing = session.standing.map(|id| tx.handoff(id)).transpose()?;
        let escalation = session.escalation.map(|id| tx.handoff(id)).transpose()?;
        let decision = session::resume(&session, standing.as_ref(), escalation.as_ref(), caller, now)?;
        tx.apply(decision, now)?;
        Ok(tx.outgoing(id, caller, None)?.tried_as_in(handed_off(&session)))
    });
    Ok(reply.await?.sent(|session| send(&app, &caller, session)))
}

/// Ends a session.
pub async fn resolve(
    app: App,
    Me(caller): Me,
    Path(id): Path<SessionId>,
    Once(key): Once,
    Body(request): Body<Resolve>,
) -> ApiResult<Response> {
    let now = app.clock.now();
    let reply = app.commit_once(&caller, key, StatusCode::OK, move |tx, caller| {
        let session = tx.session(id)?;
        let assessment = match session.escalation {
            Some(handoff) => tx.assessment(handoff)?.map(|assessment| (handoff, assessment)),
            None => None,
        };
        let ids: std::collections::BTreeSet<_> =
            session.standing.into_iter().chain(session.escalation).collect();
        let standing = ids.into_iter().map(|id| tx.handoff(id)).collect::<Result<Vec<_>, _>>()?;
        tx.apply(session::resolve(&session, &standing, assessment, &request, caller, now)?, now)?;
        Ok(tx.outgoing(id, caller, None)?.tried_as_in(handed_off(&session)))
    });
    Ok(reply.await?.sent(|session| send(&app, &caller, session)))
}

/// The handoff that a session waits in, if it does: nothing is tried meanwhile.
fn handed_off(session: &session::Session) -> Option<HandoffId> {
    match session.status {
        SessionStatus::Paused | SessionStatus::Escalated => session.standing,
        SessionStatus::Active | SessionStatus::Resolved => None,
    }
}

/// What happened in a session, in order; sent a piece at a time.
pub async fn timeline(app: App, Me(caller): Me, Path(id): Path<SessionId>) -> ApiResult<Response> {
    let user = caller.id;
    let first = app.store.read(caller.account, move |scope| {
        scope.session(id)?;
        let up_to = scope.newest_seq()?;
        Ok((up_to, scope.timeline(id, user, Seq(0), up_to)?))
    });
    let (up_to, (events, next)) = first.await?;
    let mut head = br#"{"items":["#.to_vec();
    // The first event of the list has no comma before it.
    head.extend_from_slice(events.get(1..).unwrap_or_default());
    Ok(in_pieces(head, next, b"]}", move |after| {
        app.clone().read_on(caller.clone(), move |scope| scope.timeline(id, user, after, up_to))
    }))
}
