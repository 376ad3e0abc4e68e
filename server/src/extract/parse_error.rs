//! Serde's errors as problems: with the field and without its value, which may be a password.

use std::fmt::Display;

use tierup_common::problem::{Code, FieldError};
use tierup_common::redact;

use crate::error::ApiError;

/// A part of the request (`body`, `query`) that cannot be parsed; `path` is where in it.
pub(super) fn unreadable_error(source: &str, path: &str, error: &dyn Display) -> ApiError {
    let (message, position) = redact_error(error);
    let field = if is_root_path(path) { source.to_owned() } else { format!("{source}, {path}") };
    let position = position.map(|position| format!(" at line {position}")).unwrap_or_default();
    ApiError::new(Code::BadRequest, format!("{field}: {message}{position}"))
}

/// The same, with the field as in a failed validation.
pub(super) fn field_error(source: &str, path: &str, error: &dyn Display) -> ApiError {
    let mut problem = unreadable_error(source, path, error);
    let (message, _) = redact_error(error);
    let path = Some(path).filter(|path| !is_root_path(path));
    let missing = ["missing field `", "unknown field `"].iter().find_map(|begin| message.strip_prefix(begin));
    let missing = missing.and_then(|rest| rest.split('`').next());
    let field = match (path, missing) {
        (Some(path), Some(name)) if path != name && !path.ends_with(&format!(".{name}")) => {
            Some(format!("{path}.{name}"))
        }
        (Some(path), _) => Some(path.to_owned()),
        (None, name) => name.map(str::to_owned),
    };
    problem.problem.errors.extend(field.map(|field| FieldError { field, message: message.clone() }));
    problem
}

/// The message without values of the wrong type, and the position in the JSON if there is one.
fn redact_error(error: &dyn Display) -> (String, Option<String>) {
    let text = error.to_string();
    let (message, position) = redact::split_json_position(&text);
    let message =
        if message.starts_with("invalid ") { redact::redact_message(message) } else { message.to_owned() };
    (message, position.map(str::to_owned))
}

fn is_root_path(path: &str) -> bool {
    path == "." || path == "?"
}
