//! Holds the invariants of ARCHITECTURE.md by reading the source, and holds the documents to the source.

#![expect(clippy::unwrap_used, reason = "tests may panic")]

mod absences;
mod documents;
mod files;
mod imports;
mod layers;
mod snippets;
mod source;
