//! What is kept before anything is measured: handoffs that wait, made by the product's own rules and written by its
//! own store, many in a transaction.

use std::path::Path;
use std::time::Duration;

use tierup_common::handoff::Intent;
use tierup_common::id::{HandoffId, MessageId, SessionId, TokenId, UserId};
use tierup_common::limit;
use tierup_common::session::{CreateSession, HandOff, IntakeContent, IntakeType};
use tierup_common::user::Role;
use tierup_server::clock::Clock;
use tierup_server::domain::handoff::{NewName, Scene};
use tierup_server::domain::{Caller, Policy, handoff, session};
use tierup_server::store::{self, System};

use crate::process::Process;
use crate::world::{World, quiet};

/// What an engineer writes who hands off.
pub const NOTES: &str = "Six users on the third floor. Reinstalled the client and renewed the certificate, nothing \
    changed; the concentrator logs error 809 since the update.";
/// Handoffs of one transaction.
const PIECE: u32 = 2_000;

/// The problem of a handoff in one line.
pub fn title(number: u32) -> String {
    format!("VPN stops with error 809 after the update ({number})")
}

/// Makes a folder in which so many handoffs wait, and its search index.
pub async fn product(binary: &Path, folder: &Path, handoffs: u32) -> anyhow::Result<World> {
    let world = World::make(folder)?;
    let mut connection = store::existing(folder)?;
    for first in (0..handoffs).step_by(PIECE as usize) {
        store::visit(&mut connection, |system| {
            (first..handoffs.min(first + PIECE)).try_for_each(|number| hand_off(system, &world, number))
        })?;
    }
    drop(connection);
    let process = Process::product(binary, folder, &quiet()).await?;
    until_idle(&process).await?;
    process.end().await?;
    Ok(world)
}

/// Waits until a server has nothing to do of its own any more.
pub async fn until_idle(process: &Process) -> anyhow::Result<()> {
    let mut before = process.computed()?;
    loop {
        tokio::time::sleep(Duration::from_secs(1)).await;
        let now = process.computed()?;
        if now.saturating_sub(before) < Duration::from_millis(5) {
            return Ok(());
        }
        before = now;
    }
}

fn hand_off(system: &mut System<'_>, world: &World, number: u32) -> store::Result<()> {
    let now = Clock::system().now();
    let tx = &mut system.account(world.account);
    let users = tx.users()?;
    let user = &users[number as usize % users.len()];
    let caller = caller(world, user.id, &user.name);
    let request = CreateSession {
        intake_type: IntakeType::FreeText,
        intake_content: IntakeContent { text: NOTES.into() },
        problem_summary: Some(title(number)),
    };
    let id = SessionId::new(now);
    let name = session::NewName { id, number: tx.next_session_number()?, message_id: MessageId::new(now) };
    tx.apply(session::open(&request, name, &caller, now), now)?;
    let scene = Scene {
        session: tx.session(id)?,
        escalation: None,
        intake: NOTES.into(),
        branches: Vec::new(),
        messages: tx.last_messages(id, limit::SNAPSHOT_MESSAGES)?,
    };
    let request =
        HandOff { intent: Intent::Escalate, engineer_notes: NOTES.into(), priority: None, wake_at: None };
    let name = NewName { id: HandoffId::new(now), number: tx.next_handoff_number()? };
    tx.apply(handoff::hand_off(&scene, &request, name, &caller, now, POLICY)?, now)
}

const POLICY: Policy =
    Policy { assesses: false, announces: false, mails: false, remind_after: None, stale_after: None };

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
