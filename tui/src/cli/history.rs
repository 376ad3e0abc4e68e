//! A session with everything that happened to it, from several pages.

use tierup_common::event::Kind;
use tierup_common::limit;
use tierup_common::session::Session;
use tierup_common::timeline::TimelineEntry;

use crate::cli::context::CommandContext;
use crate::cli::reference::SessionRef;
use crate::error::CliError;
use crate::runtime::api::requests;

/// Events that are fetched of one session, at most.
const MAX_EVENTS: usize = 20_000;

/// A session, with its events besides its messages, oldest first.
pub(super) struct History {
    pub(super) session: Session,
    pub(super) events: Vec<TimelineEntry>,
}

/// Fetches a session with all of its messages and events.
pub(super) async fn fetch(context: &CommandContext, reference: SessionRef) -> Result<History, CliError> {
    let session = context.fetch_session(reference).await?;
    // The session has the messages, also those whose events the log no longer has.
    let kinds: Vec<Kind> = Kind::ALL.iter().copied().filter(|kind| *kind != Kind::MessageAdded).collect();
    let (mut pages, mut before, mut count) = (Vec::new(), None, 0);
    while count < MAX_EVENTS {
        let request = requests::timeline_page(session.item.id, &kinds, limit::MAX_PAGE_ITEMS, before);
        let page = context.api.send(request).await?;
        count += page.items.len();
        let is_last = page.items.is_empty() || page.next_before.is_none();
        before = page.next_before;
        pages.push(page.items);
        if is_last {
            break;
        }
    }
    Ok(History { session, events: pages.into_iter().rev().flatten().collect() })
}
