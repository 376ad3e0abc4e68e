//! Headers that must not be repeated.

use axum::http::{HeaderMap, HeaderValue};
use tierup_common::problem::Code;

use crate::error::{ApiError, ApiResult};

/// The value of a header; fails if the header is repeated.
pub fn single_header<'h>(headers: &'h HeaderMap, name: &str) -> ApiResult<Option<&'h HeaderValue>> {
    let mut values = headers.get_all(name).iter();
    let value = values.next();
    if values.next().is_some() {
        return Err(ApiError::new(Code::BadRequest, format!("the {name} header is repeated")));
    }
    Ok(value)
}

/// The same as text; fails if it is not visible ASCII.
pub fn single_header_text<'h>(headers: &'h HeaderMap, name: &str) -> ApiResult<Option<&'h str>> {
    let text = single_header(headers, name)?.map(HeaderValue::to_str).transpose();
    text.map_err(|_| ApiError::new(Code::BadRequest, format!("the {name} header must be visible ASCII")))
}
