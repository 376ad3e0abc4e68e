//! Writes the assistant's reply to a message.

use tierup_common::id::{MessageId, SessionId};
use tierup_common::session::MessageRole;

use crate::app::App;
use crate::assess::{EngineContext, EngineError};
use crate::domain::message;
use crate::events::DeltaTarget;
use crate::store::{self, JobResult, LeasedJob};
use crate::worker::engine_run::run_engine;

pub(super) async fn run(
    app: &App,
    leased: &LeasedJob,
    id: SessionId,
    to_seq: u32,
    message_id: MessageId,
) -> store::Result<()> {
    let briefing = app.store.read(leased.account, move |scope| {
        let mut briefing = scope.session_briefing(scope.session(id)?)?;
        // Later messages are not part of the question.
        briefing.messages.retain(|message| message.seq <= to_seq);
        Ok(briefing)
    });
    let briefing = briefing.await?;
    let context = EngineContext {
        account: leased.account,
        store: &app.store,
        search: &app.search,
        redactor: &app.redactor,
    };
    let writer = app.events.start_delta_writer(leased.account, DeltaTarget::Message(id, message_id));
    let mut sink = |text: &str| writer.append(text);
    let (role, text) =
        match run_engine(app, leased.account, app.engine.reply(&briefing, context, &mut sink)).await {
            Ok(text) => (MessageRole::Assistant, text),
            Err(EngineError(reason)) => {
                (MessageRole::System, format!("The assistant could not answer. {reason}"))
            }
        };
    let now = app.clock.now();
    let (account, leased) = (leased.account, leased.clone());
    let commit = app.store.commit(account, move |tx| {
        if !tx.finish_job(&leased, &JobResult::Done)? {
            return Ok(());
        }
        let session = tx.session(id)?;
        tx.apply(message::post_reply(&session, role, message_id, text, now), now)
    });
    commit.await
}
