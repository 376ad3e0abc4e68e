//! The tierup server: sessions, handoffs and events of a support team, held by one process in one folder.
//!
//! [`Server::start`] starts one; the binary, the demo and the tests all come in by it. The rooms, from the bottom up:
//! `domain` (the rules, pure), `store` (SQLite), `bell` (what is new), `search`, `assess` and `mail` (what slow work
//! needs), `worker` (slow work), `handler` and `router` (the API).

pub mod admin;
pub mod app;
pub mod assess;
mod auth;
pub mod bell;
mod browser;
pub mod clock;
pub mod config;
pub mod domain;
mod error;
mod extract;
mod handler;
mod limits;
pub mod log;
mod mail;
mod metrics;
pub mod openapi;
mod outgoing;
mod pages;
mod password;
mod router;
pub mod search;
mod serve;
mod server;
pub mod store;
pub mod supervise;
mod token;
pub mod webhook;
mod worker;

pub use router::{Door, doors};
pub use server::{Server, StartError};
