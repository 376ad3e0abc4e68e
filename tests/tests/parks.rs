//! Parks are private, resumed by their owner, and end when something overtakes them.

#![expect(clippy::unwrap_used, reason = "tests may panic")]

use std::time::Duration;

use serde_json::{Value, json};
use tierup_common::user::Role;
use tierup_e2e::{ApiClient, Escalation, World};
use tierup_server::admin;
use tierup_server::config::Settings;

/// Sam escalates; Priya claims and parks.
async fn claim_and_park(world: &World) -> (ApiClient, ApiClient, Escalation, String) {
    let (sam, priya) = (world.engineer("Sam Ortiz").await, world.engineer("Priya Nair").await);
    let vpn = sam.escalate("VPN is down").await;
    sam.wait_for_assessment(&vpn).await;
    priya.claim(&vpn).await;
    let park = priya.park(&vpn.session_id).await;
    (sam, priya, vpn, park)
}

async fn handoff_status(who: &ApiClient, handoff: &str) -> Value {
    who.get(&format!("/handoffs/{handoff}")).await.expect(200)["status"].clone()
}

fn assert_database_is_sound(world: &World) {
    let found = admin::check(&world.data_dir()).unwrap();
    assert!(found.is_sound(), "{:?}", found.problems);
}

#[tokio::test]
async fn releasing_the_claim_ends_the_park() {
    let world = World::new().await;
    let lee = world.user("Lee Chan", Role::Admin).await;
    let dana = world.engineer("Dana Wu").await.get("/me").await.expect(200)["id"].clone();
    for (verb, body, stands) in [
        ("release", json!({"reason": "on leave"}), "escalated"),
        ("assign", json!({"user_id": dana}), "active"),
        ("send-back", json!({"question": "Which build?"}), "active"),
    ] {
        let (_, priya, vpn, park) = claim_and_park(&world).await;
        let mut priya_events = priya.subscribe(&format!("?session_id={}", vpn.session_id)).await;
        lee.post(&format!("/handoffs/{}/{verb}", vpn.handoff_id), body).await.expect(200);
        assert_eq!(handoff_status(&priya, &park).await, "resumed", "{verb}");
        assert_eq!(lee.session(&vpn.session_id).await["status"], stands, "{verb}");
        assert_eq!(
            priya_events.wait_for_event("session_updated").await["handoff_id"],
            park.as_str(),
            "{verb}"
        );
        assert_database_is_sound(&world);
    }
    let (_, priya, vpn, park) = claim_and_park(&world).await;
    lee.resolve(&vpn.session_id, "Rebooted.").await;
    assert_eq!(handoff_status(&priya, &park).await, "resumed");
    assert_database_is_sound(&world);
}

#[tokio::test]
async fn an_automatic_release_ends_the_park() {
    let world = World::with_settings(Settings { stale_claim_hours: Some(8), ..Settings::default() }).await;
    let (sam, priya, vpn, park) = claim_and_park(&world).await;
    let mut team = sam.subscribe("").await;
    let mut priya_events = priya.subscribe("").await;
    world.clock().advance(Duration::from_hours(6));
    priya_events.wait_for_event("handoff_reminder").await;
    world.clock().advance(Duration::from_hours(2));
    team.wait_for_event("handoff_released").await;
    assert_eq!(handoff_status(&priya, &park).await, "resumed");
    assert_eq!(sam.session(&vpn.session_id).await["status"], "escalated");
    assert_database_is_sound(&world);
}

#[tokio::test]
async fn the_opener_sees_who_has_a_session_but_not_that_it_is_parked() {
    let world = World::new().await;
    let (sam, priya, vpn, _) = claim_and_park(&world).await;
    let resume = format!("/ai-sessions/{}/resume", vpn.session_id);
    let refused = sam.post(&resume, json!({})).await;
    assert_eq!((refused.status, refused.problem_code()), (409, "handoff-already-claimed"));
    assert_eq!(refused.body["claimed_by_name"], "Priya Nair");
    priya.post(&resume, json!({})).await.expect(200);

    let session = priya.open_session("Private").await;
    priya.park(&session).await;
    let refused = sam.post(&format!("/ai-sessions/{session}/resume"), json!({})).await;
    assert_eq!((refused.status, refused.problem_code()), (403, "forbidden"));
    let detail = refused.body["detail"].as_str().unwrap();
    assert!(detail.contains("is parked") && !detail.contains("Priya"), "{detail}");
}

#[tokio::test]
async fn an_admin_cannot_park_for_others() {
    let world = World::new().await;
    let lee = world.user("Lee Chan", Role::Admin).await;
    let sam = world.engineer("Sam Ortiz").await;
    let session = sam.open_session("VPN is down").await;
    let park = json!({"intent": "park", "engineer_notes": ""});
    let refused = lee.post(&format!("/ai-sessions/{session}/handoff"), park).await;
    assert_eq!((refused.status, refused.problem_code()), (403, "forbidden"));
    assert!(refused.body["detail"].as_str().unwrap().contains("only the opener or the assignee can park"));
    sam.park(&session).await;
    let own = lee.open_session("Printer jams").await;
    lee.park(&own).await;
}

#[tokio::test]
async fn an_active_session_cannot_be_resumed() {
    let world = World::new().await;
    let sam = world.engineer("Sam Ortiz").await;
    let session = sam.open_session("VPN is down").await;
    let refused = sam.post(&format!("/ai-sessions/{session}/resume"), json!({})).await;
    assert_eq!((refused.status, refused.problem_code()), (409, "session-not-active"));
    let detail = "only a parked or escalated session can be taken back; this one is active";
    assert_eq!(refused.body["detail"], detail);
}
