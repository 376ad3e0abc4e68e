//! The ceiling: a server with nothing but what the work needs. What the product adds to it (accounts, rules, roles,
//! snapshots, history, jobs) is measured as the distance to it.

mod fan;
mod rows;

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

use crate::ceiling::fan::Fan;
use crate::ceiling::rows::{Reader, Writer};

pub use rows::seed;

/// Where rows are made.
pub const CREATE: &str = "/rows";
/// Where the queue is, read and serialised for each request.
pub const PAGE: &str = "/page";
/// Where the queue is, serialised once.
pub const CACHED_PAGE: &str = "/page/cached";
/// Where the stream is.
pub const STREAM: &str = "/stream";

/// Where a row is claimed.
pub fn claim(id: &str) -> String {
    format!("/rows/{id}/claim")
}

#[derive(Clone)]
struct Ceiling {
    writer: Writer,
    reader: Reader,
    fan: Arc<Fan>,
    page: Arc<OnceLock<Bytes>>,
}

/// What a row is made of: what the product's clients send.
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
    let fan = Arc::new(Fan::default());
    let rung = Arc::clone(&fan);
    let ceiling = Ceiling {
        writer: Writer::start(rows::open(folder)?, move |events| rung.publish(&events))?,
        reader: Reader::start(folder)?,
        fan,
        page: Arc::default(),
    };
    let router = Router::new()
        .route(CREATE, post(create))
        .route("/rows/{id}/claim", post(take))
        .route(PAGE, get(page))
        .route(CACHED_PAGE, get(cached_page))
        .route(STREAM, get(stream))
        .with_state(ceiling);
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    println!("{{\"listening\":\"http://{}\"}}", listener.local_addr()?);
    let listener = listener.tap_io(|stream| {
        // Without it the measurement below is slow, and says so.
        let _ = stream.set_nodelay(true);
    });
    axum::serve(listener, router).await?;
    Ok(())
}

async fn create(State(ceiling): State<Ceiling>, Json(row): Json<NewRow>) -> Response {
    match ceiling.writer.create(row.problem_summary, row.intake_content.text).await {
        Ok(id) => (StatusCode::CREATED, json(format!("{{\"id\":\"{id}\"}}"))).into_response(),
        Err(error) => (StatusCode::INTERNAL_SERVER_ERROR, error.to_string()).into_response(),
    }
}

async fn take(State(ceiling): State<Ceiling>, extract::Path(id): extract::Path<String>) -> Response {
    let Ok(id) = id.parse::<HandoffId>() else { return StatusCode::NOT_FOUND.into_response() };
    match ceiling.writer.claim(id).await {
        Ok(true) => json(format!("{{\"id\":\"{id}\"}}")).into_response(),
        Ok(false) => StatusCode::CONFLICT.into_response(),
        Err(error) => (StatusCode::INTERNAL_SERVER_ERROR, error.to_string()).into_response(),
    }
}

async fn page(State(ceiling): State<Ceiling>) -> Response {
    match ceiling.reader.page().await {
        Ok(page) => json(page).into_response(),
        Err(error) => (StatusCode::INTERNAL_SERVER_ERROR, error.to_string()).into_response(),
    }
}

async fn cached_page(State(ceiling): State<Ceiling>) -> Response {
    if ceiling.page.get().is_none()
        && let Ok(page) = ceiling.reader.page().await
    {
        let _ = ceiling.page.set(page.into());
    }
    json(ceiling.page.get().cloned().unwrap_or_default()).into_response()
}

async fn stream(State(ceiling): State<Ceiling>) -> Response {
    ([(header::CONTENT_TYPE, "text/event-stream")], axum::body::Body::new(ceiling.fan.open())).into_response()
}

fn json<B>(body: B) -> ([(header::HeaderName, &'static str); 1], B) {
    ([(header::CONTENT_TYPE, "application/json")], body)
}
