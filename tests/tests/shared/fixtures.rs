//! Starting points for tests of a session: an assessed escalation, claimed by Priya.

use tierup_e2e::{ApiClient, Console, Escalation, FakeModel, ModelBehavior, World};

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
