//! Serde's errors as problems: with the field, without its value.

use tierup_common::problem::{Code, FieldError};
use tierup_common::redact;

use crate::error::ApiError;

pub(super) fn unreadable_error(source: &str, path: &str, error: &dyn std::fmt::Display) -> ApiError {
    let field = if is_root_path(path) { source.to_owned() } else { format!("{source}, {path}") };
    ApiError::new(Code::BadRequest, format!("{field}: {}", redact_value(&error.to_string())))
}

/// What is wrong, without a value of the wrong type: a password may be it, and answers are logged by those who ask.
fn redact_value(error: &str) -> String {
    if !error.starts_with("invalid ") {
        return error.to_owned();
    }
    match error.rsplit_once(" at line ") {
        Some((error, place)) => format!("{} at line {place}", redact::redact_message(error)),
        None => redact::redact_message(error),
    }
}

/// The same, with the field that is to blame as a rule's breach has it.
pub(super) fn field_error(source: &str, path: &str, error: &dyn std::fmt::Display) -> ApiError {
    let mut answer = unreadable_error(source, path, error);
    let error = redact_value(&error.to_string());
    // Where in the text it stands is of no use to who looks at the field.
    let message = error.split_once(" at line ").map_or(error.as_str(), |(message, _)| message);
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
    answer.problem.errors.extend(field.map(|field| FieldError { field, message: message.to_owned() }));
    answer
}

fn is_root_path(path: &str) -> bool {
    path == "." || path == "?"
}
