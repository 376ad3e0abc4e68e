//! Lists that the server sends in pages, as one.

use serde::de::DeserializeOwned;
use tierup_common::handoff::{QueueItem, QueuePage};
use tierup_common::limit;
use tierup_common::session::{SessionItem, SessionPage};

use crate::error::CliError;
use crate::runtime::api::ApiClient;
use crate::runtime::api::requests::ApiRequest;

/// A page of a list.
pub(super) trait Page: DeserializeOwned {
    type Item;

    fn items(&mut self) -> &mut Vec<Self::Item>;
    fn next_cursor(&self) -> Option<&str>;
    /// Adds the next page.
    fn append(&mut self, next: Self);
}

/// Fetches pages until there are no more, or `limit` items are there. `request` makes the request for a page of a size
/// that begins at a cursor.
pub(super) async fn fetch_all<P: Page>(
    api: &ApiClient,
    limit: usize,
    request: impl Fn(usize, Option<&str>) -> ApiRequest<P>,
) -> Result<P, CliError> {
    let size = |known: usize| limit.saturating_sub(known).clamp(1, limit::MAX_PAGE_ITEMS as usize);
    let mut list = api.send(request(size(0), None)).await?;
    while list.items().len() < limit {
        let known = list.items().len();
        let Some(cursor) = list.next_cursor() else { break };
        list.append(api.send(request(size(known), Some(cursor))).await?);
        // A server that sends empty pages would never end.
        if list.items().len() == known {
            break;
        }
    }
    list.items().truncate(limit);
    Ok(list)
}

impl Page for QueuePage {
    type Item = QueueItem;

    fn items(&mut self) -> &mut Vec<QueueItem> {
        &mut self.items
    }

    fn next_cursor(&self) -> Option<&str> {
        self.next_cursor.as_deref()
    }

    fn append(&mut self, next: Self) {
        self.items.extend(next.items);
        self.next_cursor = next.next_cursor;
        // `as_of_seq` stays: the list as a whole is as old as its first page.
        self.counts = next.counts;
    }
}

impl Page for SessionPage {
    type Item = SessionItem;

    fn items(&mut self) -> &mut Vec<SessionItem> {
        &mut self.items
    }

    fn next_cursor(&self) -> Option<&str> {
        self.next_cursor.as_deref()
    }

    fn append(&mut self, next: Self) {
        self.items.extend(next.items);
        self.next_cursor = next.next_cursor;
    }
}
