//! What rings again: escalations that nobody claims, parks that wake, claims that stand still.

use std::time::Duration;

use serde_json::json;
use tierup_e2e::{Manner, PostOffice, World};
use tierup_server::config::Settings;

#[tokio::test]
async fn an_escalation_that_nobody_claims_rings_again_once() {
    let mut office = PostOffice::open(Manner::Well).await;
    let settings = Settings {
        unclaimed_reminder_minutes: Some(15),
        mail_url: Some(office.url().to_owned().into()),
        ..Settings::default()
    };
    let world = World::with(settings).await;
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
