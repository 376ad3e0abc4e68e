//! Where stories of a session begin: an escalation with its assessment, claimed by Priya.

use tierup_e2e::{Console, Engineer, Escalated, Model, Temper, World};

/// A world whose model always says this, and the model.
pub async fn world_that_says(said: &str) -> (World, Model) {
    let model = Model::with(Temper::Says(said.into())).await;
    (World::with(model.settings(10)).await, model)
}

/// Sam escalates, the assessment is there.
pub async fn escalated(world: &World, problem: &str) -> (Engineer, Escalated) {
    let sam = world.engineer("Sam Ortiz").await;
    let session = sam.opens(problem).await;
    sam.notes(&session, "nslookup says: no such host").await;
    let escalated = sam.hands_off(&session, "normal").await;
    sam.waits_for_assessment(&escalated).await;
    (sam, escalated)
}

/// Priya has claimed it and is in its session.
pub async fn picked_up(world: &World, problem: &str) -> Console {
    let mut priya = world.console("Priya Nair").await;
    priya.sees(problem).await;
    priya.press("p").await;
    priya.sees("active, yours").await;
    priya.sees("Suggested").await;
    priya
}
