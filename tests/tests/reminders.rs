//! What rings again: escalations that nobody claims, parks that wake, claims that stand still.

use std::collections::HashSet;
use std::time::Duration;

use serde_json::json;
use tierup_e2e::{Manner, Model, PostOffice, Temper, World};
use tierup_server::config::Settings;

const STEPS: &str = "**Likely cause:** DNS\n**Steps**\n1. Flush it\n**Confidence:** low";

/// A world in which an escalation rings again after a quarter of an hour, and its post office.
async fn world_that_reminds() -> (PostOffice, World) {
    let office = PostOffice::open(Manner::Well).await;
    let settings = Settings {
        unclaimed_reminder_minutes: Some(15),
        mail_url: Some(office.url().to_owned().into()),
        ..Settings::default()
    };
    (office, World::with(settings).await)
}

#[tokio::test]
async fn an_escalation_that_nobody_claims_rings_again_once() {
    let (mut office, world) = world_that_reminds().await;
    let (sam, priya) = (world.engineer("Sam Ortiz").await, world.engineer("Priya Nair").await);
    let claimed = sam.escalates("Printer jams").await;
    priya.claims(&claimed).await;
    let vpn = sam.escalates("VPN is down").await;
    office.receives(4).await;
    let mut stream = priya.listens("").await;

    world.clock().advance(Duration::from_mins(15));

    let rings = stream.hears("handoff_reminder").await;
    assert_eq!((&rings["number"], &rings["reason"]), (&json!(vpn.number), &json!("unclaimed")));
    let letters = office.receives(6).await;
    assert!(letters[4..].iter().all(|letter| letter.subject == "still waiting: VPN is down"));
    world.clock().advance(Duration::from_hours(9));
    sam.opens("the next thing").await;
    let heard = stream.hears_all_until("session_created").await;
    assert!(heard.iter().all(|frame| frame.name != "handoff_reminder"), "{heard:?}");
}

#[tokio::test]
async fn a_park_wakes_for_its_owner_alone() {
    let world = World::new().await;
    let (sam, priya) = (world.engineer("Sam Ortiz").await, world.engineer("Priya Nair").await);
    let session = sam.opens("VPN is down").await;
    let park = json!({"intent": "park", "engineer_notes": "", "wake_at": "2026-11-22T11:30:00Z"});
    sam.post(&format!("/ai-sessions/{session}/handoff"), park).await.expect(201);
    let (mut sams, mut priyas) = (sam.listens("").await, priya.listens("").await);

    world.clock().advance(Duration::from_hours(2));

    assert_eq!(sams.hears("handoff_reminder").await["reason"], "wake");
    sam.opens("the next thing").await;
    let heard = priyas.hears_all_until("session_created").await;
    assert!(heard.iter().all(|frame| frame.name != "handoff_reminder"), "{heard:?}");
    let past = json!({"intent": "park", "engineer_notes": "", "wake_at": "2026-11-22T11:00:00Z"});
    let session = sam.opens("another").await;
    let refused = sam.post(&format!("/ai-sessions/{session}/handoff"), past).await;
    assert_eq!((refused.status, refused.problem()), (422, "invalid"));
}

#[tokio::test]
async fn a_claim_that_stands_still_is_warned_and_then_goes_back_to_the_queue() {
    let world = World::with(Settings { stale_claim_hours: Some(8), ..Settings::default() }).await;
    let (sam, priya) = (world.engineer("Sam Ortiz").await, world.engineer("Priya Nair").await);
    let vpn = sam.escalates("VPN is down").await;
    sam.waits_for_assessment(&vpn).await;
    priya.claims(&vpn).await;
    let (mut priyas, mut sams) = (priya.listens("").await, sam.listens("").await);

    world.clock().advance(Duration::from_hours(6));
    assert_eq!(priyas.hears("handoff_reminder").await["reason"], "stale_claim");
    // She does something: the claim stays hers, and is looked at anew.
    priya.notes(&vpn.session, "Still on it.").await;
    world.clock().advance(Duration::from_hours(2));
    assert_eq!(priya.handoff(&vpn).await["status"], "claimed");
    world.clock().advance(Duration::from_hours(4));
    assert_eq!(priyas.hears("handoff_reminder").await["reason"], "stale_claim");
    world.clock().advance(Duration::from_hours(2));

    let released = sams.hears("handoff_released").await;
    assert_eq!(released["by"]["name"], "tierup");
    assert!(released["reason"].as_str().unwrap().contains("8 hours"));
    assert_eq!(priya.handoff(&vpn).await["status"], "open");
    assert_eq!(priya.queue().await, ["VPN is down"]);
}

#[tokio::test]
async fn whoever_tries_steps_keeps_their_claim() {
    let model = Model::with(Temper::Says(STEPS.into())).await;
    let world = World::with(Settings { stale_claim_hours: Some(8), ..model.settings(10) }).await;
    let (sam, priya) = (world.engineer("Sam Ortiz").await, world.engineer("Priya Nair").await);
    let vpn = sam.escalates("VPN is down").await;
    let handoff = sam.waits_for_assessment(&vpn).await;
    let step = handoff["ai_assessment_data"]["suggested_steps"][0]["id"].as_str().expect("a step");
    priya.claims(&vpn).await;
    let before = priya.session(&vpn.session).await;
    world.clock().advance(Duration::from_hours(5));
    let path = format!("/handoffs/{}/steps/{step}", vpn.handoff);
    priya.put(&path, json!({"outcome": "failed"})).await.expect(200);
    let after = priya.session(&vpn.session).await;
    assert_ne!(before["updated_at"], after["updated_at"]);
    let mut hers = priya.listens("").await;
    world.clock().advance(Duration::from_hours(3));
    // Eight hours after the claim, and three after the step: nothing rings.
    sam.opens("the next thing").await;
    let heard = hers.hears_all_until("session_created").await;
    assert!(heard.iter().all(|frame| frame.name != "handoff_reminder"), "{heard:?}");
    world.clock().advance(Duration::from_hours(3));
    assert_eq!(hers.hears("handoff_reminder").await["reason"], "stale_claim");
}

#[tokio::test]
async fn what_rings_is_what_the_settings_want_after_a_restart() {
    let mut world =
        World::with(Settings { unclaimed_reminder_minutes: Some(15), ..Settings::default() }).await;
    let (sam, priya) = (world.engineer("Sam Ortiz").await, world.engineer("Priya Nair").await);
    let first = sam.escalates("VPN is down").await;

    // Turned off: what was asked for does not ring.
    world.restarts_with(Settings::default()).await;
    let mut stream = priya.listens("").await;
    world.clock().advance(Duration::from_hours(1));
    sam.waits_for_assessment(&sam.escalates("Printer jams").await).await;
    let heard = stream.hears_all_until("handoff_assessment_ready").await;
    assert!(heard.iter().all(|frame| frame.name != "handoff_reminder"), "{heard:?}");

    // Turned on: what stands already rings, once, and a claim that stands already is looked at.
    let claimed = sam.escalates("No network").await;
    priya.claims(&claimed).await;
    world.clock().advance(Duration::from_hours(9));
    let on =
        Settings { unclaimed_reminder_minutes: Some(15), stale_claim_hours: Some(8), ..Settings::default() };
    for round in ["the first time", "again"] {
        world.restarts_with(on.clone()).await;
        let mut stream = priya.listens(&format!("?handoff_id={}&last_event_id=0", first.handoff)).await;
        stream.hears("handoff_reminder").await;
        let mut stream = priya.listens(&format!("?handoff_id={}&last_event_id=0", claimed.handoff)).await;
        assert_eq!(stream.hears("handoff_reminder").await["reason"], "stale_claim", "{round}");
        let timeline = sam.get(&format!("/ai-sessions/{}/timeline", first.session)).await.expect(200);
        let rings = timeline["items"].as_array().expect("items").iter();
        assert_eq!(rings.filter(|event| event["type"] == "handoff_reminder").count(), 1, "{round}");
    }
}

#[tokio::test]
async fn what_rings_again_after_a_release_is_another_letter() {
    let (mut office, world) = world_that_reminds().await;
    let (sam, priya) = (world.engineer("Sam Ortiz").await, world.engineer("Priya Nair").await);
    let vpn = sam.escalates("VPN is down").await;
    office.receives(2).await;
    world.clock().advance(Duration::from_mins(15));
    office.receives(4).await;
    priya.claims(&vpn).await;
    priya.post(&format!("/handoffs/{}/release", vpn.handoff), json!({"reason": ""})).await.expect(200);
    world.clock().advance(Duration::from_mins(15));
    let letters = office.receives(6).await;
    let ids: HashSet<_> = letters.iter().map(|letter| &letter.id).collect();
    assert_eq!(ids.len(), 6, "{ids:?}");
}
