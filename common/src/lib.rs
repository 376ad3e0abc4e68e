//! What the tierup server and its clients agree upon: ids, states, wire types, problems and paths.
//!
//! Nothing here does IO, reads a clock or knows who is calling. A type in this crate is on the wire as it
//! stands: a field added here is a field added to the HTTP contract (docs/API.md).

pub mod assessment;
pub mod encoding;
pub mod event;
pub mod handoff;
pub mod id;
pub mod limit;
#[cfg(feature = "log")]
pub mod log;
pub mod object;
pub mod permission;
pub mod problem;
pub mod redact;
pub mod route;
#[cfg(feature = "schema")]
mod schema;
pub mod session;
#[cfg(feature = "sql")]
mod sql;
pub mod string_enum;
pub mod time;
pub mod trim;
pub mod user;
