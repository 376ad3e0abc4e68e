//! Handoffs: the queue, and what is done to one of them.

use axum::Json;
use axum::extract::RawQuery;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use schemars::JsonSchema;
use serde::Deserialize;
use tierup_common::assessment::Step;
use tierup_common::handoff::{
    Assign, Priority, PutStep, QueueItem, QueuePage, QueueState, Release, SendBack,
};
use tierup_common::id::{AccountId, HandoffRef, MessageId, SessionId, StepId};
use tierup_common::time::Timestamp;

use crate::app::{ApiReply, App};
use crate::auth::AuthorizedCaller;
use crate::domain::session::Session;
use crate::domain::{self, Caller, Decision, Policy, assessment, claim};
use crate::error::ApiResult;
use crate::extract::{CurrentCaller, IdempotencyHeader, PathPair, PathParams, ValidJson, parse_query};
use crate::handler::{PageSize, has_search_text, page_limit, parse_cursor, search_sessions, truncate_page};
use crate::queue_cache::{CachedPage, PageKey};
use crate::store::{self, AccountScope, IdempotencyKey, QueueCursor, QueueQuery, RawHandoff};

/// What the queue may be narrowed to.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct QueueListQuery {
    state: Option<QueueState>,
    priority: Option<Priority>,
    q: Option<String>,
    limit: Option<PageSize>,
    #[schemars(regex(pattern = r"^(low|normal|high|urgent)-[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$"))]
    cursor: Option<String>,
}

/// A page of the queue: by priority, then the oldest first. What was sent before is sent again as it was until
/// something changes.
pub async fn queue(
    app: App,
    CurrentCaller(caller): CurrentCaller,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
) -> ApiResult<Response> {
    let query: QueueListQuery = parse_query(query.as_deref().unwrap_or_default())?;
    let asked = PageKey {
        user: caller.id,
        state: query.state.unwrap_or(QueueState::Open),
        priority: query.priority,
        limit: page_limit(query.limit),
        cursor: parse_cursor(query.cursor.as_deref())?,
    };
    let presence = app.events.presence_version(caller.account);
    let page = if has_search_text(query.q.as_deref()) {
        // What a search finds changes without the account, as the index takes it in: it is not kept.
        let among = search_sessions(&app, &caller, query.q).await?;
        render_page(&app, caller.account, asked, among, presence).await?
    } else {
        match app.queue_cache.get(caller.account, &asked, presence) {
            Ok(page) => page,
            Err(as_of) => {
                let page = render_page(&app, caller.account, asked, None, presence).await?;
                app.queue_cache.insert(caller.account, asked, as_of, page.clone());
                page
            }
        }
    };
    let json = [(header::CONTENT_TYPE, "application/json")];
    Ok(not_modified_or(&headers, page.etag, (json, page.body)))
}

async fn render_page(
    app: &App,
    account: AccountId,
    key: PageKey,
    session_ids: Option<Vec<SessionId>>,
    presence: u64,
) -> ApiResult<CachedPage> {
    let PageKey { user, state, priority, limit, cursor } = key;
    let query = QueueQuery { state, priority, session_ids, limit, cursor };
    let bell = app.events.clone();
    let page = app.store.read(account, move |scope| {
        let mut items = scope.queue_page(&query, user)?;
        let next_cursor = truncate_page(&mut items, limit, text_size, |last| QueueCursor {
            priority: last.priority,
            id: last.id,
        });
        for item in &mut items {
            item.viewers = bell.viewers(account, item.id);
        }
        let counts = scope.queue_counts(user)?;
        let page = QueuePage { items, next_cursor, counts, as_of_seq: scope.newest_seq()? };
        let body = serde_json::to_vec(&page)?;
        let etag = format!("\"{}-{:08x}\"", page.as_of_seq, crc32fast::hash(&body));
        Ok(CachedPage { presence_version: presence, etag, body: body.into() })
    });
    Ok(page.await?)
}

/// How much text a row of the queue holds; what its assessment says is in it twice, as text and as data.
fn text_size(item: &QueueItem) -> usize {
    item.engineer_notes.len() + 2 * item.ai_assessment.as_ref().map_or(0, String::len)
}

/// The answer with its `ETag`, or that the client has it already.
fn not_modified_or(headers: &HeaderMap, etag: String, answer: impl IntoResponse) -> Response {
    let known = headers.get_all(header::IF_NONE_MATCH).iter().filter_map(|value| value.to_str().ok());
    let is_known = known.flat_map(|value| value.split(',')).any(|known| etag_matches(known.trim(), &etag));
    let etag = [(header::ETAG, etag)];
    if is_known { (StatusCode::NOT_MODIFIED, etag).into_response() } else { (etag, answer).into_response() }
}

/// One handoff with what was handed over.
pub async fn read(
    app: App,
    CurrentCaller(caller): CurrentCaller,
    headers: HeaderMap,
    PathParams(reference): PathParams<HandoffRef>,
) -> ApiResult<Response> {
    let account = caller.account;
    let whole = app.store.read(account, move |scope| scope.visible_raw_handoff(reference, &caller));
    let handoff = app.with_viewers(account, whole.await?);
    Ok(not_modified_or(&headers, format!("\"{}\"", handoff.item.version), Json(handoff)))
}

/// The weak comparison of RFC 9110, section 8.8.3.2.
fn etag_matches(candidate: &str, etag: &str) -> bool {
    candidate == "*" || candidate.strip_prefix("W/").unwrap_or(candidate) == etag
}

/// What a rule looks at when it decides about a handoff.
struct DecisionContext<'t> {
    tx: &'t AccountScope<'t>,
    handoff: &'t domain::handoff::Handoff,
    session: Session,
    caller: &'t Caller,
    now: Timestamp,
    policy: Policy,
}

/// Asks a rule about one handoff that the caller may see, carries out what it decides, and answers with the handoff
/// as it is then. The rule leaves what is kept of the assessment as it is.
async fn decide(
    app: App,
    caller: AuthorizedCaller,
    key: Option<IdempotencyKey>,
    reference: HandoffRef,
    status: StatusCode,
    rule: impl FnOnce(DecisionContext<'_>) -> store::Result<Decision> + Send + 'static,
) -> ApiResult<ApiReply<RawHandoff>> {
    let (now, policy) = (app.clock.now(), app.policy());
    let account = caller.account;
    let reply = app.commit_idempotent(&caller, key, status, move |tx, caller| {
        let (handoff, kept) = tx.visible_handoff_with_assessment(reference, caller)?;
        let session = tx.session(handoff.session_id)?;
        let park = tx.current_park(&session, &handoff)?;
        let decision = rule(DecisionContext { tx, handoff: &handoff, session, caller, now, policy })?;
        let decision = domain::handoff::resume_overtaken_park(decision, park.as_ref(), caller.person(), now);
        let after = decision.handoff_after(handoff.id).unwrap_or(handoff);
        tx.apply(decision, now)?;
        tx.raw_handoff(after, kept)
    });
    Ok(reply.await?.map(|handoff| app.with_viewers(account, handoff)))
}

/// Claims it: exactly one caller wins.
pub async fn claim(
    app: App,
    CurrentCaller(caller): CurrentCaller,
    PathParams(reference): PathParams<HandoffRef>,
    IdempotencyHeader(key): IdempotencyHeader,
) -> ApiResult<ApiReply<RawHandoff>> {
    decide(app, caller, key, reference, StatusCode::OK, |it| {
        Ok(claim::claim(it.handoff, &it.session, it.caller, it.now, it.policy)?)
    })
    .await
}

/// Puts it back in the queue.
pub async fn release(
    app: App,
    CurrentCaller(caller): CurrentCaller,
    PathParams(reference): PathParams<HandoffRef>,
    IdempotencyHeader(key): IdempotencyHeader,
    ValidJson(request): ValidJson<Release>,
) -> ApiResult<ApiReply<RawHandoff>> {
    decide(app, caller, key, reference, StatusCode::OK, move |it| {
        Ok(claim::release(it.handoff, &it.session, &request.reason, it.caller, it.now, it.policy)?)
    })
    .await
}

/// Passes it to a named person.
pub async fn assign(
    app: App,
    CurrentCaller(caller): CurrentCaller,
    PathParams(reference): PathParams<HandoffRef>,
    IdempotencyHeader(key): IdempotencyHeader,
    ValidJson(request): ValidJson<Assign>,
) -> ApiResult<ApiReply<RawHandoff>> {
    decide(app, caller, key, reference, StatusCode::OK, move |it| {
        let to = it.tx.user(request.user_id)?;
        Ok(claim::assign(it.handoff, &it.session, to.as_ref(), it.caller, it.now, it.policy)?)
    })
    .await
}

/// Returns it to whoever handed it off, with a question.
pub async fn send_back(
    app: App,
    CurrentCaller(caller): CurrentCaller,
    PathParams(reference): PathParams<HandoffRef>,
    IdempotencyHeader(key): IdempotencyHeader,
    ValidJson(request): ValidJson<SendBack>,
) -> ApiResult<ApiReply<RawHandoff>> {
    decide(app, caller, key, reference, StatusCode::OK, move |it| {
        let id = MessageId::new(it.now);
        Ok(claim::send_back(it.handoff, &it.session, &request.question, id, it.caller, it.now)?)
    })
    .await
}

/// Runs the assessment again.
pub async fn reassess(
    app: App,
    CurrentCaller(caller): CurrentCaller,
    PathParams(reference): PathParams<HandoffRef>,
    IdempotencyHeader(key): IdempotencyHeader,
) -> ApiResult<ApiReply<RawHandoff>> {
    app.limits.check_question_rate(caller.id)?;
    decide(app, caller, key, reference, StatusCode::ACCEPTED, |it| {
        Ok(assessment::reassess(it.handoff, it.now, it.policy)?)
    })
    .await
}

/// Notes what came of one suggested step.
pub async fn put_step(
    app: App,
    CurrentCaller(caller): CurrentCaller,
    PathParams(PathPair(reference, step)): PathParams<PathPair<HandoffRef, StepId>>,
    ValidJson(request): ValidJson<PutStep>,
) -> ApiResult<Json<Step>> {
    let now = app.clock.now();
    let put = app.commit(&caller, move |tx, caller| {
        let handoff = tx.visible_handoff(reference, caller)?;
        let session = tx.session(handoff.session_id)?;
        let assessment = tx.assessment(handoff.id)?;
        let (step, decision) = assessment::record_step_outcome(
            &handoff,
            &session,
            assessment,
            step,
            request.outcome,
            caller,
            now,
        )?;
        tx.apply(decision, now)?;
        Ok(step)
    });
    Ok(Json(put.await?))
}
