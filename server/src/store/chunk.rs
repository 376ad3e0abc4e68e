//! Chunks of long JSON lists: their size, and how they are continued.

use serde::Serialize;

/// The text of one chunk, in bytes: a chunk ends at the row that reaches it.
pub(super) const CHUNK_BYTES: usize = 64 * 1024;

/// Values as the continuation of a JSON list: each with a comma before it.
pub(super) fn json_list_items<T: Serialize>(values: &[T]) -> serde_json::Result<Vec<u8>> {
    let mut json = Vec::new();
    for value in values {
        json.push(b',');
        serde_json::to_writer(&mut json, value)?;
    }
    Ok(json)
}
