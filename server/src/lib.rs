//! The tierup server: holds the sessions, handoffs and events of a support team in one process and one folder.
//!
//! [`Server::start`] starts one, for the binary, the demo and the tests alike. The layers, from the bottom up: `domain`
//! (the rules, pure), `store` (SQLite), `events` (the event hub and its streams), `search`, `assess`, `mail` and
//! `webhook`, `worker` (background jobs), `handler` and `router` (the API).

pub mod admin;
pub mod app;
pub mod assess;
mod auth;
pub mod clock;
pub mod config;
mod delivery;
pub mod domain;
mod error;
pub mod events;
mod extract;
mod handler;
mod html;
mod http_client;
mod limits;
pub mod log;
mod mail;
mod metrics;
mod openapi;
mod password;
pub mod progress;
mod queue_cache;
pub mod redactor;
mod route_spec;
mod router;
pub mod search;
mod security_headers;
mod serve;
mod server;
pub mod store;
pub mod supervisor;
mod token;
mod webhook;
mod worker;

pub use openapi::ApiDescription;
pub use route_spec::RouteAccess;
pub use router::{api_description, route_access};
pub use server::{Server, StartError};
