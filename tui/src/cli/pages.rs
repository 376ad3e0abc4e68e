//! Lists that the server sends in pages, as one.

use serde::de::DeserializeOwned;
use tierup_common::handoff::QueuePage;
use tierup_common::limit;
use tierup_common::session::SessionPage;

use crate::error::CliError;
use crate::runtime::api::ApiClient;
use crate::runtime::api::requests::ApiRequest;

/// A page of a list.
pub(super) trait Page: DeserializeOwned {
    fn len(&self) -> usize;
    fn next_cursor(&self) -> Option<&str>;
    /// Both pages as one; `self` is the earlier one.
    fn append(self, next: Self) -> Self;
    fn truncate(&mut self, limit: usize);
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
    while list.len() < limit {
        let Some(cursor) = list.next_cursor() else { break };
        let page = api.send(request(size(list.len()), Some(cursor))).await?;
        // A server that sends empty pages would never end.
        let is_last = page.len() == 0;
        list = list.append(page);
        if is_last {
            break;
        }
    }
    list.truncate(limit);
    Ok(list)
}

impl Page for QueuePage {
    fn len(&self) -> usize {
        self.items.len()
    }

    fn next_cursor(&self) -> Option<&str> {
        self.next_cursor.as_deref()
    }

    fn append(mut self, next: Self) -> Self {
        self.items.extend(next.items);
        // The list as a whole is as old as its first page.
        Self {
            items: self.items,
            next_cursor: next.next_cursor,
            counts: next.counts,
            as_of_seq: self.as_of_seq,
        }
    }

    fn truncate(&mut self, limit: usize) {
        self.items.truncate(limit);
    }
}

impl Page for SessionPage {
    fn len(&self) -> usize {
        self.items.len()
    }

    fn next_cursor(&self) -> Option<&str> {
        self.next_cursor.as_deref()
    }

    fn append(mut self, next: Self) -> Self {
        self.items.extend(next.items);
        Self { items: self.items, next_cursor: next.next_cursor }
    }

    fn truncate(&mut self, limit: usize) {
        self.items.truncate(limit);
    }
}
