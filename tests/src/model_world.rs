//! A world with a model that gives scripted answers.

use serde_json::Value;
use tierup_server::config::Settings;

use crate::{ApiClient, Escalation, FakeModel, ModelBehavior, ScriptedAnswer, TWO_STEP_TEXT, World};

/// A server whose model gives these answers in turn.
pub async fn world_with_answers(answers: Vec<ScriptedAnswer>) -> (World, FakeModel) {
    world_with_model(ModelBehavior::Scripted(answers), Settings::default()).await
}

/// A server with these settings and a model, which has 60 seconds unless the settings say otherwise.
pub async fn world_with_model(behavior: ModelBehavior, settings: Settings) -> (World, FakeModel) {
    let model = FakeModel::start(behavior).await;
    (World::with_settings(settings.or_else(model.server_settings(60))).await, model)
}

/// Escalates a problem.
pub async fn escalate(world: &World) -> (ApiClient, Escalation) {
    let sam = world.engineer("Sam Ortiz").await;
    let vpn = sam.escalate("VPN is down").await;
    (sam, vpn)
}

/// Escalates a problem; returns the handoff once its assessment has ended.
pub async fn assess(world: &World) -> Value {
    let (sam, vpn) = escalate(world).await;
    sam.wait_for_assessment(&vpn).await
}

/// The assessment is that of [`TWO_STEP_ASSESSMENT`](crate::TWO_STEP_ASSESSMENT), and nothing is missing.
#[track_caller]
pub fn assert_whole(handoff: &Value, temper: &str) {
    let data = &handoff["ai_assessment_data"];
    assert_eq!(handoff["assessment_status"], "ready", "{temper}: {handoff:#}");
    assert_eq!(data["likely_cause"], "DNS", "{temper}: {data:#}");
    assert_eq!(data["suggested_steps"].as_array().expect("steps").len(), 2, "{temper}: {data:#}");
    assert!(data["is_cut_off"].as_bool() != Some(true), "{temper}: {data:#}");
    assert_eq!(handoff["ai_assessment"], TWO_STEP_TEXT, "{temper}");
}
