//! The HTML pages that this server serves, as templates.
//!
//! A page's one inline `<style>` is allowed by its hash (`security_headers.rs`), so a template never writes into it.

/// How to open one handoff; `{number}` stands for its number.
pub(crate) const HANDOFF_LINK: &str = include_str!("html/handoff_link.html");
/// The reference of the API, a minijinja template.
pub(crate) const API_REFERENCE: &str = include_str!("html/api_reference.html");
/// All of them.
pub(crate) const ALL: [&str; 2] = [HANDOFF_LINK, API_REFERENCE];
