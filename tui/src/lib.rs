//! The tierup console and command line.
mod availability;
pub mod cli;
#[cfg(feature = "demo")]
mod demo;
pub mod effect;
mod error;
pub mod event;
pub mod keymap;
pub mod local_zone;
pub mod post_mortem;
pub mod runbook_draft;
pub mod runtime;
pub mod settings;
pub mod state;
pub mod story;
pub mod text;
pub mod theme;
pub mod update;
pub mod view;
pub mod wake_time;
