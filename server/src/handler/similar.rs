//! Similar resolved sessions and runbooks.

use axum::Json;
use schemars::JsonSchema;
use serde::Deserialize;
use tierup_common::id::{Number, SessionId};
use tierup_common::limit;
use tierup_common::problem::Code;
use tierup_common::session;
use tierup_common::similar::SimilarSource;

use crate::app::App;
use crate::assess::{EngineContext, find_similar};
use crate::domain::Refusal;
use crate::domain::briefing::Briefing;
use crate::error::{ApiError, ApiResult};
use crate::extract::{CurrentCaller, QueryParams};
use crate::handler::Items;
use crate::store::{self, AccountScope, SessionQuery};

/// The most sources of an answer.
const MAX_ITEMS: usize = 10;

/// The query of similar problems: a text or a session.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SimilarQuery {
    /// A problem in words.
    #[schemars(length(max = limit::MAX_SIMILAR_QUERY_CHARS))]
    q: Option<String>,
    /// The id or the number of a session.
    session: Option<String>,
}

/// What similar problems are searched for.
enum Subject {
    Text(String),
    Session(SessionRef),
}

/// A session by its id or its number.
#[derive(Clone, Copy)]
enum SessionRef {
    Id(SessionId),
    Number(Number),
}

/// Returns the resolved sessions and runbooks that are similar to a text or a session, best first.
pub async fn list(
    app: App,
    CurrentCaller(caller): CurrentCaller,
    QueryParams(query): QueryParams<SimilarQuery>,
) -> ApiResult<Json<Items<SimilarSource>>> {
    let subject = parse_subject(query)?;
    let _permit = app.limits.begin_similar_search()?;
    let (briefing, itself) = match subject {
        Subject::Text(text) => (text_briefing(text), None),
        Subject::Session(session) => {
            let read = app.store.read(caller.account, move |scope| {
                let session = find_session(scope, session)?;
                let id = session.id;
                Ok((scope.session_briefing(session)?, Some(id)))
            });
            read.await?
        }
    };
    let context = EngineContext {
        account: caller.account,
        store: &app.store,
        search: &app.search,
        redactor: &app.redactor,
    };
    let mut items = find_similar(&briefing, context).await?;
    // A resolved session is most similar to itself.
    items.retain(|item| match item {
        SimilarSource::Session { session_id, .. } => Some(*session_id) != itself,
        SimilarSource::Runbook { .. } => true,
    });
    items.truncate(MAX_ITEMS);
    Ok(Json(Items { items }))
}

fn parse_subject(query: SimilarQuery) -> ApiResult<Subject> {
    let refuse = |detail: String| Err(ApiError::new(Code::BadRequest, detail));
    match (query.q, query.session) {
        (Some(text), None) if text.trim().is_empty() => refuse("query, q: must not be blank".into()),
        (Some(text), None) if text.chars().count() > limit::MAX_SIMILAR_QUERY_CHARS => {
            refuse(format!("query, q: must have at most {} characters", limit::MAX_SIMILAR_QUERY_CHARS))
        }
        (Some(text), None) => Ok(Subject::Text(text)),
        (None, Some(session)) => match (session.parse(), session.parse()) {
            (Ok(number), _) => Ok(Subject::Session(SessionRef::Number(Number(number)))),
            (_, Ok(id)) => Ok(Subject::Session(SessionRef::Id(id))),
            (Err(_), Err(_)) => refuse("query, session: must be the id or the number of a session".into()),
        },
        (None, None) | (Some(_), Some(_)) => refuse("query: pass either q or session".into()),
    }
}

fn text_briefing(text: String) -> Briefing {
    Briefing { title: session::title(None, &text), intake: text, ..Briefing::default() }
}

fn find_session(
    scope: &AccountScope<'_>,
    session: SessionRef,
) -> store::Result<crate::domain::session::Session> {
    match session {
        SessionRef::Id(id) => scope.session(id),
        SessionRef::Number(number) => {
            let query = SessionQuery { number: Some(number), limit: 1, ..SessionQuery::default() };
            Ok(scope.sessions(&query)?.pop().ok_or(Refusal::NotFound)?)
        }
    }
}
