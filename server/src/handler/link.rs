//! The page that links in mail lead to: it explains how to open the handoff. It contains only the number, so anybody may
//! see it.

use axum::extract::Path;
use axum::response::Html;
use tierup_common::id::Number;
use tierup_common::problem::Code;

use crate::error::{ApiError, ApiResult};
use crate::html::HANDOFF_LINK;

/// The path of the page.
pub const PATH: &str = "/handoffs/{number}";

/// Returns the page of a handoff.
pub async fn page(Path(number): Path<String>) -> ApiResult<Html<String>> {
    let number = number.parse().map(Number);
    let number = number.map_err(|_| ApiError::new(Code::NotFound, "no such path"))?;
    Ok(Html(HANDOFF_LINK.replace("{number}", &number.to_string())))
}
