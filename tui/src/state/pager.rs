//! A long text of a conversation, on a screen of its own.

use std::sync::Arc;

use tierup_common::session::Message;

use crate::state::wrap_cache::WrapCache;
use crate::text::SafeLine;

/// A message in full.
#[derive(Clone, Debug)]
pub struct Pager {
    /// The message.
    pub message: Message,
    /// The first visible row.
    pub scroll_offset: usize,
    wrap_cache: WrapCache,
}

impl Pager {
    /// A message from its beginning.
    pub fn new(message: Message) -> Self {
        let mut wrap_cache = WrapCache::default();
        wrap_cache.unfold(message.id);
        Self { message, scroll_offset: 0, wrap_cache }
    }

    /// The rows at a width in columns.
    pub fn rows(&self, width: usize) -> Arc<[SafeLine]> {
        self.wrap_cache.rows(&self.message, width)
    }
}
