//! Seeds data folders: open handoffs, made by the product's own rules and written through its own store, many per
//! transaction.

use std::path::Path;
use std::time::Duration;

use tierup_common::handoff::Intent;
use tierup_common::id::{HandoffId, MessageId, SessionId, TokenId, UserId};
use tierup_common::session::{CreateSession, HandOff, IntakeContent, IntakeType};
use tierup_common::user::Role;
use tierup_server::clock::Clock;
use tierup_server::domain::hand_off::{self, NewHandoffIds};
use tierup_server::domain::message::{self, NewSessionIds};
use tierup_server::domain::{Caller, Policy, RespondWithin};
use tierup_server::store::{self, SystemTx};

use crate::server_process::ServerProcess;
use crate::world::{World, quiet};

/// The notes of each handoff.
pub const NOTES: &str = "Six users on the third floor. Reinstalled the client and renewed the certificate, nothing \
    changed; the concentrator logs error 809 since the update.";
/// Handoffs per transaction.
const BATCH_SIZE: u32 = 2_000;

/// The title of a handoff.
pub fn title(number: u32) -> String {
    format!("VPN stops with error 809 after the update ({number})")
}

/// Creates a folder with this many open handoffs, and its search index.
pub async fn seed_product(binary: &Path, folder: &Path, handoffs: u32) -> anyhow::Result<World> {
    let world = World::make(folder)?;
    let mut connection = store::open_existing(folder)?;
    for first in (0..handoffs).step_by(BATCH_SIZE as usize) {
        store::with_transaction(&mut connection, |system| {
            (first..handoffs.min(first + BATCH_SIZE))
                .try_for_each(|number| seed_handoff(system, &world, number))
        })?;
    }
    drop(connection);
    let process = ServerProcess::start_product(binary, folder, &quiet()).await?;
    wait_until_idle(&process).await?;
    process.stop().await?;
    Ok(world)
}

/// Waits until a server is idle.
pub async fn wait_until_idle(process: &ServerProcess) -> anyhow::Result<()> {
    let mut before = process.cpu_time()?;
    loop {
        tokio::time::sleep(Duration::from_secs(1)).await;
        let now = process.cpu_time()?;
        if now.saturating_sub(before) < Duration::from_millis(5) {
            return Ok(());
        }
        before = now;
    }
}

fn seed_handoff(system: &mut SystemTx<'_>, world: &World, number: u32) -> store::Result<()> {
    let now = Clock::system().now();
    let tx = &mut system.account_tx(world.account);
    let users = tx.users()?;
    let user = &users[number as usize % users.len()];
    let caller = caller(world, user.id, &user.name);
    let request = CreateSession {
        intake_type: IntakeType::FreeText,
        intake_content: IntakeContent { text: NOTES.into() },
        problem_summary: Some(title(number)),
    };
    let id = SessionId::new(now);
    let ids = NewSessionIds { id, number: tx.next_session_number()?, message_id: MessageId::new(now) };
    tx.apply(message::open_session(&request, ids, &caller, now), now)?;
    let context = tx.handoff_context(tx.session(id)?)?;
    let request =
        HandOff { intent: Intent::Escalate, engineer_notes: NOTES.into(), priority: None, wake_at: None };
    let ids = NewHandoffIds { id: HandoffId::new(now), number: tx.next_handoff_number()? };
    let (_, decision) = hand_off::hand_off(&context, &request, ids, &caller, now, POLICY)?;
    tx.apply(decision, now)
}

const POLICY: Policy = Policy {
    assessment_enabled: false,
    announcements_enabled: false,
    mail_enabled: false,
    remind_after: None,
    stale_claim_after: None,
    respond_within: RespondWithin::NONE,
};

fn caller(world: &World, id: UserId, name: &str) -> Caller {
    Caller {
        account: world.account,
        id,
        name: name.into(),
        role: Role::Engineer,
        token: TokenId::new(Clock::system().now()),
        expires_at: None,
    }
}
