//! Mails one user about a handoff: best effort, never in anybody's way.

use tierup_common::event::ReminderReason;
use tierup_common::id::{HandoffId, UserId};

use crate::app::App;
use crate::domain::Refusal;
use crate::mail::{Letter, MailError, compose};
use crate::store::{self, Finish, Leased};
use crate::worker::{again, end};

pub(super) async fn run(
    app: &App,
    leased: &Leased,
    id: HandoffId,
    to: UserId,
    reason: Option<ReminderReason>,
) -> store::Result<()> {
    let loaded = app.store.read(leased.account, move |scope| {
        let user = scope.user(to)?.ok_or(Refusal::NotFound)?;
        let handoff = scope.any_handoff(id)?;
        let asked = scope.user(handoff.item.handed_off_by)?.filter(|asked| asked.active);
        Ok((handoff, user, asked))
    });
    let (handoff, user, asked) = loaded.await?;
    let Some(from) = app.mailer.from().filter(|_| user.active) else {
        end(app, leased, Finish::Done).await;
        return Ok(());
    };
    let letter = Letter::of(&handoff, asked, reason, leased.asked_at, app.public_url.as_ref());
    let sent = match compose(&letter, from, &user) {
        Ok(message) => app.mailer.send(message).await,
        Err(error) => Err(error),
    };
    match sent {
        Ok(()) => {
            tracing::info!(
                handoff = handoff.item.number.0,
                message_id = letter.message_id(&user),
                "mail was sent"
            );
            end(app, leased, Finish::Done).await;
        }
        Err(MailError::Transient(why)) => again(app, leased, why).await,
        Err(MailError::Permanent(why)) => {
            tracing::warn!(%user.id, why, "a message was not sent");
            end(app, leased, Finish::Failed(why)).await;
        }
    }
    Ok(())
}
