//! Mails one user about a handoff.

use tierup_common::event::ReminderReason;
use tierup_common::id::{HandoffId, UserId};

use crate::app::App;
use crate::delivery::DeliveryError;
use crate::domain::Refusal;
use crate::mail::{HandoffMail, compose};
use crate::metrics::Destination;
use crate::store::{self, JobResult, LeasedJob};
use crate::worker::outcome::{finish_delivery, finish_job};

pub(super) async fn run(
    app: &App,
    leased: &LeasedJob,
    id: HandoffId,
    to: UserId,
    reason: Option<ReminderReason>,
) -> store::Result<()> {
    let loaded = app.store.read(leased.account, move |scope| {
        let user = scope.user(to)?.ok_or(Refusal::NotFound)?;
        let handoff = scope.wire_handoff(id)?;
        let reply_to = scope.user(handoff.item.handed_off_by)?.filter(|user| user.active);
        Ok((handoff, user, reply_to))
    });
    let (handoff, user, reply_to) = loaded.await?;
    let Some(from) = app.mailer.sender().filter(|_| user.active) else {
        finish_job(app, leased, JobResult::Done).await;
        return Ok(());
    };
    let mail = HandoffMail::new(&handoff, reply_to, reason, leased.enqueued_at, app.public_url.as_ref());
    let (mail, user) = app.redactor.redact_texts((mail, user), Destination::Mail);
    let delivered = match compose(&mail, from, &user) {
        Ok(message) => app.mailer.send(message).await,
        Err(error) => Err(error),
    };
    match &delivered {
        Ok(()) => {
            let (handoff, message_id) = (handoff.item.number.0, mail.message_id(&user));
            tracing::info!(handoff, message_id, "mail was sent");
        }
        Err(DeliveryError::Permanent(reason)) => tracing::warn!(%user.id, reason, "mail could not be sent"),
        Err(DeliveryError::Transient(_)) => {}
    }
    finish_delivery(app, leased, delivered).await;
    Ok(())
}
