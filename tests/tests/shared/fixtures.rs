//! Starting points for tests of a session: an assessed escalation, claimed by Priya.

use tierup_e2e::{ApiClient, Console, Escalation, FakeModel, HoldingProxy, ModelBehavior, World};

/// A world whose model always answers this, and the model.
pub async fn world_with_assessment(assessment: &str) -> (World, FakeModel) {
    let model = FakeModel::start(ModelBehavior::Answers(assessment.into())).await;
    (World::with_settings(model.server_settings(10)).await, model)
}

/// Sam escalates; the assessment is ready.
pub async fn escalate_and_assess(world: &World, problem: &str) -> (ApiClient, Escalation) {
    let sam = world.engineer("Sam Ortiz").await;
    let session = sam.open_session(problem).await;
    sam.add_note(&session, "nslookup says: no such host").await;
    let escalated = sam.escalate_session(&session, "normal").await;
    sam.wait_for_assessment(&escalated).await;
    (sam, escalated)
}

/// Priya claims it and opens its session.
pub async fn open_claimed_session(world: &World, problem: &str) -> Console {
    let mut priya = world.console("Priya Nair").await;
    priya.sees(problem).await;
    priya.press("p").await;
    priya.sees("active, yours").await;
    priya.sees("Suggested").await;
    priya
}

/// A console whose claims come too late: they reach the server once the proxy is released.
pub async fn console_with_late_claims(
    world: &World,
    who: &ApiClient,
    (columns, rows): (u16, u16),
) -> (Console, HoldingProxy) {
    let proxy = HoldingProxy::start(&world.url(), "/claim HTTP").await;
    let folder = world.folder().join(format!("late {columns}x{rows}"));
    let console = Console::open(proxy.url(), who.token(), &folder, columns, rows);
    (console, proxy)
}

/// Presses a key that claims a handoff, which somebody else claims before the request arrives.
pub async fn lose_claim(
    console: &mut Console,
    proxy: &HoldingProxy,
    keys: &str,
    winner: &ApiClient,
    handoff: &Escalation,
) {
    proxy.hold();
    console.press(keys).await;
    console.allow_pending(usize::MAX);
    console.sees("claiming").await;
    winner.claim(handoff).await;
    proxy.release();
    console.sees("Already claimed by").await;
    console.allow_pending(0);
}
