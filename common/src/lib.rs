//! What the tierup server and its clients share: ids, statuses, wire types, permissions, problems and paths.
//!
//! Nothing here does IO or reads a clock. The types are the wire format: a new field changes the HTTP API
//! (docs/API.md).

pub mod assessment;
pub mod encoding;
pub mod engine;
pub mod event;
pub mod handoff;
pub mod id;
pub mod limit;
#[cfg(feature = "log")]
pub mod log;
pub mod mention;
pub mod object;
pub mod permission;
pub mod problem;
pub mod redact;
pub mod response_target;
pub mod route;
#[cfg(feature = "schema")]
mod schema;
pub mod search_query;
pub mod secrets;
pub mod session;
pub mod similar;
#[cfg(feature = "sql")]
mod sql;
pub mod stats;
pub mod string_enum;
pub mod text;
pub mod time;
pub mod timeline;
pub mod trim;
pub mod user;
