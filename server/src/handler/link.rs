//! Where the links in mail lead: a page that says how to open the handoff. It knows nothing of it, so anybody may see it.

use axum::extract::Path;
use axum::response::Html;
use tierup_common::id::Number;
use tierup_common::problem::Code;

use crate::error::{ApiError, ApiResult};
use crate::html::HANDOFF_LINK;

/// The page's path; mail links to it.
pub const PATH: &str = "/handoffs/{number}";

/// How to open one handoff.
pub async fn page(Path(number): Path<String>) -> ApiResult<Html<String>> {
    let number = number.parse().map(Number);
    let number = number.map_err(|_| ApiError::new(Code::NotFound, "no such path"))?;
    Ok(Html(HANDOFF_LINK.replace("{number}", &number.to_string())))
}
