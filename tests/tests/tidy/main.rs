//! Checks the invariants of ARCHITECTURE.md by reading the source, and that the documents match the source.

#![expect(clippy::unwrap_used, reason = "tests may panic")]

mod absences;
mod documents;
mod files;
mod imports;
mod layers;
mod snippets;
mod source;
