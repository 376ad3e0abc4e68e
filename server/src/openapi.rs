//! The description of the API (OpenAPI 3.1), generated from the table of routes and the wire types.

mod document_builder;
mod page;

use std::sync::{Arc, LazyLock};

use axum::Extension;
use axum::http::header;
use axum::response::{Html, IntoResponse};

use crate::route_spec::RouteSpec;

/// The description as JSON and as a page, generated when it is first asked for. Clones share it.
#[derive(Clone)]
pub struct ApiDescription(Arc<LazyLock<Rendered, Box<dyn FnOnce() -> Rendered + Send>>>);

struct Rendered {
    json: String,
    html: String,
}

impl ApiDescription {
    /// Describes the routes of this table.
    pub(crate) fn new(routes: fn() -> Vec<RouteSpec>) -> Self {
        let render = move || {
            let document = document_builder::build_document(&routes());
            Rendered { json: format!("{document:#}\n"), html: page::render(&document) }
        };
        Self(Arc::new(LazyLock::new(Box::new(render))))
    }

    /// The document, as it is served and as `docs/openapi.json` has it.
    pub fn json(&self) -> &str {
        &self.0.json
    }
}

pub(crate) async fn document(Extension(api): Extension<ApiDescription>) -> impl IntoResponse {
    ([(header::CONTENT_TYPE, "application/json")], api.json().to_owned())
}

pub(crate) async fn page(Extension(api): Extension<ApiDescription>) -> Html<String> {
    Html(api.0.html.clone())
}
