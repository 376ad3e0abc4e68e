//! The ceiling: a server that does only the unavoidable work. The distance to it is the cost of the product's accounts,
//! rules, roles, snapshots, history and jobs.

mod broadcast;
mod database;

use std::path::Path;
use std::sync::{Arc, OnceLock};

use axum::extract::{self, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::serve::ListenerExt;
use axum::{Json, Router};
use bytes::Bytes;
use serde::Deserialize;
use tierup_common::id::HandoffId;
use tokio::net::TcpListener;

use crate::ceiling::broadcast::Broadcaster;
use crate::ceiling::database::{PageReader, RowWriter};

pub use database::seed;

/// Creates a row.
pub const CREATE_PATH: &str = "/rows";
/// The queue, read and serialized per request.
pub const PAGE_PATH: &str = "/page";
/// The queue, serialized once.
pub const CACHED_PAGE_PATH: &str = "/page/cached";
/// The event stream.
pub const STREAM_PATH: &str = "/stream";

/// Claims a row.
pub fn claim_path(id: &str) -> String {
    format!("/rows/{id}/claim")
}

#[derive(Clone)]
struct CeilingState {
    writer: RowWriter,
    reader: PageReader,
    broadcaster: Arc<Broadcaster>,
    cached_page: Arc<OnceLock<Bytes>>,
}

/// The fields of a session that the ceiling stores.
#[derive(Deserialize)]
struct NewRow {
    problem_summary: String,
    intake_content: Intake,
}

#[derive(Deserialize)]
struct Intake {
    text: String,
}

/// Serves a folder until the process ends.
pub async fn serve(folder: &Path) -> anyhow::Result<()> {
    let broadcaster = Arc::new(Broadcaster::default());
    let publisher = Arc::clone(&broadcaster);
    let ceiling = CeilingState {
        writer: RowWriter::start(database::open_database(folder)?, move |events| publisher.publish(&events))?,
        reader: PageReader::start(folder)?,
        broadcaster,
        cached_page: Arc::default(),
    };
    let router = Router::new()
        .route(CREATE_PATH, post(create_row))
        .route("/rows/{id}/claim", post(claim_row))
        .route(PAGE_PATH, get(get_page))
        .route(CACHED_PAGE_PATH, get(get_cached_page))
        .route(STREAM_PATH, get(open_stream))
        .with_state(ceiling);
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    println!("{{\"listening\":\"http://{}\"}}", listener.local_addr()?);
    let listener = listener.tap_io(|stream| {
        // If this fails, the measurement shows it.
        let _ = stream.set_nodelay(true);
    });
    axum::serve(listener, router).await?;
    Ok(())
}

async fn create_row(State(ceiling): State<CeilingState>, Json(row): Json<NewRow>) -> Response {
    match ceiling.writer.create(row.problem_summary, row.intake_content.text).await {
        Ok(id) => (StatusCode::CREATED, json_response(format!("{{\"id\":\"{id}\"}}"))).into_response(),
        Err(error) => (StatusCode::INTERNAL_SERVER_ERROR, error.to_string()).into_response(),
    }
}

async fn claim_row(
    State(ceiling): State<CeilingState>,
    extract::Path(id): extract::Path<String>,
) -> Response {
    let Ok(id) = id.parse::<HandoffId>() else { return StatusCode::NOT_FOUND.into_response() };
    match ceiling.writer.claim(id).await {
        Ok(true) => json_response(format!("{{\"id\":\"{id}\"}}")).into_response(),
        Ok(false) => StatusCode::CONFLICT.into_response(),
        Err(error) => (StatusCode::INTERNAL_SERVER_ERROR, error.to_string()).into_response(),
    }
}

async fn get_page(State(ceiling): State<CeilingState>) -> Response {
    match ceiling.reader.read_page().await {
        Ok(page) => json_response(page).into_response(),
        Err(error) => (StatusCode::INTERNAL_SERVER_ERROR, error.to_string()).into_response(),
    }
}

async fn get_cached_page(State(ceiling): State<CeilingState>) -> Response {
    if ceiling.cached_page.get().is_none()
        && let Ok(page) = ceiling.reader.read_page().await
    {
        let _ = ceiling.cached_page.set(page.into());
    }
    json_response(ceiling.cached_page.get().cloned().unwrap_or_default()).into_response()
}

async fn open_stream(State(ceiling): State<CeilingState>) -> Response {
    ([(header::CONTENT_TYPE, "text/event-stream")], axum::body::Body::new(ceiling.broadcaster.subscribe()))
        .into_response()
}

fn json_response<B>(body: B) -> ([(header::HeaderName, &'static str); 1], B) {
    ([(header::CONTENT_TYPE, "application/json")], body)
}
