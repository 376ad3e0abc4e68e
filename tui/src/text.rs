//! Text on its way to the terminal: made safe, given meaning, wrapped into rows.
//!
//! Everything that people, models and servers wrote passes through here.

pub mod chat_markdown;
mod ellipsis;
pub mod find;
pub mod link;
pub mod login_input;
pub mod markdown;
pub mod safe;
mod span;
mod table;
pub mod wrap;

pub use ellipsis::ellipsize;
pub(crate) use safe::safe_format;
pub use safe::{Safe, SafeText};
pub use span::{SafeLine, SafeSpan, TextRole};
