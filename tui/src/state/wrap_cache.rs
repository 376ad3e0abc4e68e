//! Messages wrapped into rows, cached because messages are painted often and never change.

use std::cell::RefCell;
use std::collections::HashMap;
use std::sync::Arc;

use tierup_common::id::MessageId;
use tierup_common::session::Message;

use crate::text::{SafeLine, markdown};

/// Cached messages, at most.
const CAPACITY: usize = 512;

/// The rows of messages at one width. Another width clears the cache.
#[derive(Clone, Debug, Default)]
pub struct WrapCache(RefCell<CachedRows>);

#[derive(Clone, Debug, Default)]
struct CachedRows {
    width: usize,
    rows: HashMap<MessageId, Arc<[SafeLine]>>,
}

impl PartialEq for WrapCache {
    /// Caches do not affect equality.
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl WrapCache {
    /// The rows of a message at a width in columns.
    pub fn rows(&self, message: &Message, width: usize) -> Arc<[SafeLine]> {
        let mut known = self.0.borrow_mut();
        if known.width != width || known.rows.len() >= CAPACITY {
            known.rows.clear();
            known.width = width;
        }
        let rows =
            known.rows.entry(message.id).or_insert_with(|| markdown::render(&message.content, width).into());
        Arc::clone(rows)
    }
}
