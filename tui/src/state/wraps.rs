//! Messages broken into rows: remembered, because a message is painted far more often than it changes.

use std::cell::RefCell;
use std::collections::HashMap;
use std::sync::Arc;

use tierup_common::id::MessageId;
use tierup_common::session::Message;

use crate::text::{Row, markdown};

/// Messages remembered at a time: many screens of them.
const REMEMBERED: usize = 512;

/// The rows of messages at one width. What is asked for at another width forgets the rest.
#[derive(Clone, Debug, Default)]
pub struct Wraps(RefCell<Known>);

#[derive(Clone, Debug, Default)]
struct Known {
    width: usize,
    rows: HashMap<MessageId, Arc<[Row]>>,
}

impl PartialEq for Wraps {
    /// What is remembered makes no difference.
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Wraps {
    /// The rows of a message, so many columns wide. What a message says never changes.
    pub fn rows(&self, message: &Message, width: usize) -> Arc<[Row]> {
        let mut known = self.0.borrow_mut();
        if known.width != width || known.rows.len() >= REMEMBERED {
            known.rows.clear();
            known.width = width;
        }
        let rows =
            known.rows.entry(message.id).or_insert_with(|| markdown::rows(&message.content, width).into());
        Arc::clone(rows)
    }
}
