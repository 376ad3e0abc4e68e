//! The queue and its handoffs.

use axum::Json;
use axum::extract::RawQuery;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use schemars::JsonSchema;
use serde::Deserialize;
use tierup_common::assessment::Step;
use tierup_common::handoff::{
    Assign, ChangeHandoff, Priority, PutStep, QueueItem, QueuePage, QueueState, Release, SendBack,
};
use tierup_common::id::{AccountId, HandoffRef, MessageId, SessionId, StepId};
use tierup_common::search_query::SearchQuery;
use tierup_common::time::Timestamp;

use crate::app::{ApiReply, App};
use crate::auth::AuthorizedCaller;
use crate::domain::claim::Assignment;
use crate::domain::handoff::Handoff;
use crate::domain::session::Session;
use crate::domain::{Caller, Decision, Policy, assessment, change, claim, hand_off};
use crate::error::ApiResult;
use crate::extract::{CurrentCaller, IdempotencyHeader, PathPair, PathParams, ValidJson, parse_query};
use crate::handler::{PageSize, page_limit, parse_cursor, parse_search, search_sessions, truncate_page};
use crate::queue_cache::{CachedPage, PageKey};
use crate::store::{self, AccountScope, IdempotencyKey, QueueCursor, QueueQuery, RawHandoff};

/// The query of the queue.
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

/// Returns a page of the queue. Rendered pages are cached until something changes.
pub async fn queue(
    app: App,
    CurrentCaller(caller): CurrentCaller,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
) -> ApiResult<Response> {
    let query: QueueListQuery = parse_query(query.as_deref().unwrap_or_default())?;
    let search = parse_search(query.q.as_deref())?;
    // A search that asks for a status looks everywhere, unless the request says where.
    let default_state = if search.statuses.is_empty() { QueueState::Open } else { QueueState::All };
    let key = PageKey {
        user: caller.id,
        state: query.state.unwrap_or(default_state),
        priority: query.priority,
        limit: page_limit(query.limit),
        cursor: parse_cursor(query.cursor.as_deref())?,
    };
    let presence = app.events.presence_version(caller.account);
    let page = if search.is_empty() {
        match app.queue_cache.get(caller.account, &key, presence) {
            Ok(page) => page,
            Err(as_of) => {
                let page = render_page(&app, caller.account, key, search, None, presence).await?;
                app.queue_cache.insert(caller.account, key, as_of, page.clone());
                page
            }
        }
    } else {
        // Not cached: ages pass, and the index may change, while the account does not.
        let session_ids = search_sessions(&app, &caller, &search).await?;
        render_page(&app, caller.account, key, search, session_ids, presence).await?
    };
    let json = [(header::CONTENT_TYPE, "application/json")];
    Ok(not_modified_or(&headers, page.etag, (json, page.body)))
}

async fn render_page(
    app: &App,
    account: AccountId,
    key: PageKey,
    search: SearchQuery,
    session_ids: Option<Vec<SessionId>>,
    presence: u64,
) -> ApiResult<CachedPage> {
    let PageKey { user, state, priority, limit, cursor } = key;
    let (events, now) = (app.events.clone(), app.clock.now());
    let page = app.store.read(account, move |scope| {
        let conditions = scope.search_conditions(&search, user, now)?;
        let query = QueueQuery { state, priority, session_ids, conditions, limit, cursor };
        let mut items = scope.queue_page(&query, user)?;
        let next_cursor = truncate_page(&mut items, limit, text_size, |last| QueueCursor {
            priority: last.priority,
            id: last.id,
        });
        for item in &mut items {
            item.viewers = events.viewers(account, item.id);
        }
        let counts = scope.queue_counts(user)?;
        let page = QueuePage { items, next_cursor, counts, as_of_seq: scope.newest_seq()? };
        let body = serde_json::to_vec(&page)?;
        let etag = format!("\"{}-{:08x}\"", page.as_of_seq, crc32fast::hash(&body));
        Ok(CachedPage { presence_version: presence, etag, body: body.into() })
    });
    Ok(page.await?)
}

/// The text of a row, in bytes. The assessment is in it twice, as text and as data.
fn text_size(item: &QueueItem) -> usize {
    item.engineer_notes.len() + 2 * item.ai_assessment.as_ref().map_or(0, String::len)
}

/// Returns the answer with its `ETag`, or 304 if the client has it.
fn not_modified_or(headers: &HeaderMap, etag: String, answer: impl IntoResponse) -> Response {
    let candidates = headers.get_all(header::IF_NONE_MATCH).iter().filter_map(|value| value.to_str().ok());
    let is_known =
        candidates.flat_map(|value| value.split(',')).any(|candidate| etag_matches(candidate.trim(), &etag));
    let etag = [(header::ETAG, etag)];
    if is_known { (StatusCode::NOT_MODIFIED, etag).into_response() } else { (etag, answer).into_response() }
}

/// Returns a handoff with its snapshot.
pub async fn read(
    app: App,
    CurrentCaller(caller): CurrentCaller,
    headers: HeaderMap,
    PathParams(reference): PathParams<HandoffRef>,
) -> ApiResult<Response> {
    let account = caller.account;
    let handoff = app.store.read(account, move |scope| scope.visible_raw_handoff(reference, &caller));
    let handoff = app.with_viewers(account, handoff.await?);
    Ok(not_modified_or(&headers, format!("\"{}\"", handoff.item.version), Json(handoff)))
}

/// Weak comparison (RFC 9110, section 8.8.3.2).
fn etag_matches(candidate: &str, etag: &str) -> bool {
    candidate == "*" || candidate.strip_prefix("W/").unwrap_or(candidate) == etag
}

/// The input of a rule about a handoff.
struct DecisionContext<'t> {
    tx: &'t AccountScope<'t>,
    handoff: &'t Handoff,
    session: Session,
    caller: &'t Caller,
    now: Timestamp,
    policy: Policy,
}

/// Asks a rule about a handoff that the caller may see, applies the decision, and returns the handoff after it. The rule
/// must not change the stored assessment.
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
        let (handoff, assessment) = tx.visible_handoff_with_assessment(reference, caller)?;
        let session = tx.session(handoff.session_id)?;
        let park = tx.current_park(&session, &handoff)?;
        let decision = rule(DecisionContext { tx, handoff: &handoff, session, caller, now, policy })?;
        let decision = hand_off::resume_superseded_park(decision, park.as_ref(), caller.person(), now);
        let after = decision.updated_handoff(handoff.id).unwrap_or(handoff);
        tx.apply(decision, now)?;
        tx.raw_handoff(after, assessment)
    });
    Ok(reply.await?.map(|handoff| app.with_viewers(account, handoff)))
}

/// Changes the priority and the summary of a handoff.
pub async fn change(
    app: App,
    CurrentCaller(caller): CurrentCaller,
    PathParams(reference): PathParams<HandoffRef>,
    ValidJson(request): ValidJson<ChangeHandoff>,
) -> ApiResult<ApiReply<RawHandoff>> {
    let targets = app.respond_within;
    decide(app, caller, None, reference, StatusCode::OK, move |context| {
        let (handoff, session) = (context.handoff, &context.session);
        Ok(change::change(handoff, session, &request, context.caller, context.now, targets)?)
    })
    .await
}

/// Claims a handoff: exactly one caller wins.
pub async fn claim(
    app: App,
    CurrentCaller(caller): CurrentCaller,
    PathParams(reference): PathParams<HandoffRef>,
    IdempotencyHeader(key): IdempotencyHeader,
) -> ApiResult<ApiReply<RawHandoff>> {
    decide(app, caller, key, reference, StatusCode::OK, |context| {
        Ok(claim::claim(context.handoff, &context.session, context.caller, context.now, context.policy)?)
    })
    .await
}

/// Releases a claim.
pub async fn release(
    app: App,
    CurrentCaller(caller): CurrentCaller,
    PathParams(reference): PathParams<HandoffRef>,
    IdempotencyHeader(key): IdempotencyHeader,
    ValidJson(request): ValidJson<Release>,
) -> ApiResult<ApiReply<RawHandoff>> {
    decide(app, caller, key, reference, StatusCode::OK, move |context| {
        Ok(claim::release(
            context.handoff,
            &context.session,
            &request.reason,
            context.caller,
            context.now,
            context.policy,
        )?)
    })
    .await
}

/// Assigns a handoff to a user.
pub async fn assign(
    app: App,
    CurrentCaller(caller): CurrentCaller,
    PathParams(reference): PathParams<HandoffRef>,
    IdempotencyHeader(key): IdempotencyHeader,
    ValidJson(request): ValidJson<Assign>,
) -> ApiResult<ApiReply<RawHandoff>> {
    decide(app, caller, key, reference, StatusCode::OK, move |context| {
        let to = context.tx.user(request.user_id)?;
        let (note, message_id) = (request.note.as_deref(), MessageId::new(context.now));
        Ok(claim::assign(
            context.handoff,
            &context.session,
            Assignment { to: to.as_ref(), note, message_id },
            context.caller,
            context.now,
            context.policy,
        )?)
    })
    .await
}

/// Sends a handoff back with a question.
pub async fn send_back(
    app: App,
    CurrentCaller(caller): CurrentCaller,
    PathParams(reference): PathParams<HandoffRef>,
    IdempotencyHeader(key): IdempotencyHeader,
    ValidJson(request): ValidJson<SendBack>,
) -> ApiResult<ApiReply<RawHandoff>> {
    decide(app, caller, key, reference, StatusCode::OK, move |context| {
        let id = MessageId::new(context.now);
        let mentions = context.tx.mentioned_users(&request.question, context.caller.id)?;
        let decision = claim::send_back(
            context.handoff,
            &context.session,
            &request.question,
            id,
            context.caller,
            context.now,
        )?;
        Ok(decision.with_mentions(&mentions))
    })
    .await
}

/// Runs the assessment of a handoff again.
pub async fn reassess(
    app: App,
    CurrentCaller(caller): CurrentCaller,
    PathParams(reference): PathParams<HandoffRef>,
    IdempotencyHeader(key): IdempotencyHeader,
) -> ApiResult<ApiReply<RawHandoff>> {
    app.limits.check_question_rate(caller.id)?;
    decide(app, caller, key, reference, StatusCode::ACCEPTED, |context| {
        Ok(assessment::reassess(context.handoff, context.now, context.policy)?)
    })
    .await
}

/// Records or removes the outcome of a suggested step.
pub async fn put_step(
    app: App,
    CurrentCaller(caller): CurrentCaller,
    PathParams(PathPair(reference, step_id)): PathParams<PathPair<HandoffRef, StepId>>,
    ValidJson(request): ValidJson<PutStep>,
) -> ApiResult<Json<Step>> {
    let now = app.clock.now();
    let step = app.commit(&caller, move |tx, caller| {
        let handoff = tx.visible_handoff(reference, caller)?;
        let session = tx.session(handoff.session_id)?;
        let assessment = tx.assessment(handoff.id)?;
        let (step, decision) = assessment::record_step_outcome(
            &handoff,
            &session,
            assessment,
            step_id,
            request.outcome,
            caller,
            now,
        )?;
        tx.apply(decision, now)?;
        Ok(step)
    });
    Ok(Json(step.await?))
}
