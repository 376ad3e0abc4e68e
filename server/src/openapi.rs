//! The description of the API (OpenAPI 3.1), made from the table of routes and the types themselves: what it says is
//! what the server does.

mod document_builder;
mod page;

use std::sync::LazyLock;

use axum::http::header;
use axum::response::{Html, IntoResponse};
use serde_json::Value;

static DOCUMENT: LazyLock<Value> = LazyLock::new(document_builder::build_document);
static DOCUMENT_JSON: LazyLock<String> = LazyLock::new(|| format!("{:#}\n", *DOCUMENT));
static PAGE_HTML: LazyLock<String> = LazyLock::new(|| page::render(&DOCUMENT));

/// The description, as it is served and as it stands in docs/openapi.json.
pub fn document_json() -> &'static str {
    &DOCUMENT_JSON
}

pub(crate) use page::PAGE_TEMPLATE as TEMPLATE;

pub(crate) async fn document() -> impl IntoResponse {
    ([(header::CONTENT_TYPE, "application/json")], document_json())
}

pub(crate) async fn page() -> Html<&'static str> {
    Html(&PAGE_HTML)
}
