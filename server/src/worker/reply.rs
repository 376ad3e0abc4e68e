//! Answers a message of a session.

use tierup_common::id::{MessageId, SessionId};
use tierup_common::limit;
use tierup_common::session::MessageRole;

use crate::app::App;
use crate::assess::{EngineContext, EngineError};
use crate::domain::briefing::Briefing;
use crate::domain::message;
use crate::events::TextKey;
use crate::store::{self, JobResult, LeasedJob};

pub(super) async fn run(
    app: &App,
    leased: &LeasedJob,
    id: SessionId,
    to_seq: u32,
    message_id: MessageId,
) -> store::Result<()> {
    let briefing = app.store.read(leased.account, move |scope| {
        let session = scope.session(id)?;
        let mut messages = scope.last_messages(id, limit::SNAPSHOT_MESSAGES)?;
        // What was said after the question is not what the answer is to.
        messages.retain(|message| message.seq <= to_seq);
        Ok(Briefing {
            title: session.title,
            intake: scope.intake(id)?,
            notes: String::new(),
            branches: scope.branches(id)?,
            messages,
        })
    });
    let briefing = briefing.await?;
    let library = EngineContext { account: leased.account, store: &app.store, search: &app.search };
    let writing = app.events.start_text(leased.account, TextKey::Message(id, message_id));
    let mut write = |more: &str| writing.append(more);
    let (role, text) = match app.engine.reply(&briefing, library, &mut write).await {
        Ok(text) => (MessageRole::Assistant, text),
        Err(EngineError(why)) => (MessageRole::System, format!("The assistant could not answer. {why}")),
    };
    let now = app.clock.now();
    let (account, leased) = (leased.account, leased.clone());
    let written = app.store.commit(account, move |tx| {
        if !tx.finish_job(&leased, &JobResult::Done)? {
            return Ok(());
        }
        let session = tx.session(id)?;
        tx.apply(message::post_reply(&session, role, message_id, text, now), now)
    });
    written.await
}
