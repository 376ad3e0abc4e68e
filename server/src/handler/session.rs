//! Sessions: opening, talking, trying, handing off, taking back, resolving.

use std::num::NonZeroU32;

use axum::Json;
use axum::http::StatusCode;
use schemars::JsonSchema;
use serde::Deserialize;
use tierup_common::id::{BranchId, HandoffId, MessageId, Number, SessionId};
use tierup_common::limit;
use tierup_common::session::{
    Branch, CreateMessage, CreateSession, HandOff, Message, MessageKind, PutBranch, Resolve, Session,
    SessionPage, SessionStatus,
};

use crate::app::{App, Reply};
use crate::domain::handoff::Scene;
use crate::domain::{Refusal, handoff, session};
use crate::error::ApiResult;
use crate::extract::{Body, Both, Me, Once, Path, Query};
use crate::handler::{Items, Rows, Timeline, cut, found, page_limit, read_cursor};
use crate::store::{Kept, SessionCursor, SessionQuery, WholeHandoff};

/// Opens a session.
pub async fn create(
    app: App,
    Me(caller): Me,
    Once(key): Once,
    Body(request): Body<CreateSession>,
) -> ApiResult<Reply<Session>> {
    let now = app.clock.now();
    let (id, message_id) = (SessionId::new(now), MessageId::new(now));
    app.commit_once(&caller, key, StatusCode::CREATED, move |tx, caller| {
        let name = session::NewName { id, number: tx.next_session_number()?, message_id };
        tx.apply(session::open(&request, name, caller, now), now)?;
        tx.whole_session(id, caller)
    })
    .await
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
        let mut sessions = scope.sessions(&query)?;
        let next_cursor = cut(&mut sessions, limit, |last| last.id);
        let items = sessions.into_iter().map(|session| scope.session_item(session, &caller));
        Ok(SessionPage { items: items.collect::<Result<_, _>>()?, next_cursor })
    });
    Ok(Json(page.await?))
}

/// One session with all that was said in it.
pub async fn read(app: App, Me(caller): Me, Path(id): Path<SessionId>) -> ApiResult<Json<Session>> {
    let whole = app.store.read(caller.account, move |scope| scope.whole_session(id, &caller));
    Ok(Json(whole.await?))
}

/// Says something in a session.
pub async fn say(
    app: App,
    Me(caller): Me,
    Path(id): Path<SessionId>,
    Once(key): Once,
    Body(request): Body<CreateMessage>,
) -> ApiResult<Reply<Message>> {
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
        Ok(message)
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
) -> ApiResult<Reply<Session>> {
    let now = app.clock.now();
    app.commit_once(&caller, key, StatusCode::OK, move |tx, caller| {
        let session = tx.session(id)?;
        let standing = session.standing.map(|id| tx.handoff(id)).transpose()?;
        let escalation = session.escalation.map(|id| tx.handoff(id)).transpose()?;
        let decision = session::resume(&session, standing.as_ref(), escalation.as_ref(), caller, now)?;
        tx.apply(decision, now)?;
        tx.whole_session(id, caller)
    })
    .await
}

/// Ends a session.
pub async fn resolve(
    app: App,
    Me(caller): Me,
    Path(id): Path<SessionId>,
    Once(key): Once,
    Body(request): Body<Resolve>,
) -> ApiResult<Reply<Session>> {
    let now = app.clock.now();
    app.commit_once(&caller, key, StatusCode::OK, move |tx, caller| {
        let session = tx.session(id)?;
        let assessment = match session.escalation {
            Some(handoff) => tx.assessment(handoff)?.map(|assessment| (handoff, assessment)),
            None => None,
        };
        let ids: std::collections::BTreeSet<_> =
            session.standing.into_iter().chain(session.escalation).collect();
        let standing = ids.into_iter().map(|id| tx.handoff(id)).collect::<Result<Vec<_>, _>>()?;
        tx.apply(session::resolve(&session, &standing, assessment, &request, caller, now)?, now)?;
        tx.whole_session(id, caller)
    })
    .await
}

/// What happened in a session, in order.
pub async fn timeline(app: App, Me(caller): Me, Path(id): Path<SessionId>) -> ApiResult<Json<Timeline>> {
    let events = app.store.read(caller.account, move |scope| {
        scope.session(id)?;
        scope.timeline(id, caller.id)
    });
    Ok(Json(Items { items: events.await? }))
}
