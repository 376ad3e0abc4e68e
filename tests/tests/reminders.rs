//! Reminders: unclaimed escalations, due parks, inactive claims.

use std::collections::HashSet;
use std::time::Duration;

use serde_json::json;
use tierup_e2e::{FakeMailServer, FakeModel, MailBehavior, ModelBehavior, TWO_STEP_ASSESSMENT, World};
use tierup_server::config::Settings;

/// A world with reminders after a quarter of an hour, and its mail server.
async fn world_with_reminders() -> (FakeMailServer, World) {
    let mail_server = FakeMailServer::start(MailBehavior::AcceptsAll).await;
    let settings = Settings {
        unclaimed_reminder_minutes: Some(15),
        mail_url: Some(mail_server.url().to_owned().into()),
        ..Settings::default()
    };
    (mail_server, World::with_settings(settings).await)
}

#[tokio::test]
async fn an_unclaimed_escalation_gets_one_reminder() {
    let (mut mail_server, world) = world_with_reminders().await;
    let (sam, priya) = (world.engineer("Sam Ortiz").await, world.engineer("Priya Nair").await);
    let claimed = sam.escalate("Printer jams").await;
    priya.claim(&claimed).await;
    let vpn = sam.escalate("VPN is down").await;
    mail_server.wait_for_emails(4).await;
    let mut stream = priya.subscribe("").await;

    world.clock().advance(Duration::from_mins(15));

    let reminder = stream.wait_for_event("handoff_reminder").await;
    assert_eq!((&reminder["number"], &reminder["reason"]), (&json!(vpn.number), &json!("unclaimed")));
    let emails = mail_server.wait_for_emails(6).await;
    assert!(emails[4..].iter().all(|letter| letter.subject == "still waiting: VPN is down"));
    world.clock().advance(Duration::from_hours(9));
    sam.open_session("the next thing").await;
    let events = stream.collect_until("session_created").await;
    assert!(events.iter().all(|frame| frame.name != "handoff_reminder"), "{events:?}");
}

#[tokio::test]
async fn a_due_park_notifies_only_its_owner() {
    let world = World::new().await;
    let (sam, priya) = (world.engineer("Sam Ortiz").await, world.engineer("Priya Nair").await);
    let session = sam.open_session("VPN is down").await;
    let park = json!({"intent": "park", "engineer_notes": "", "wake_at": "2026-11-22T11:30:00Z"});
    sam.post(&format!("/ai-sessions/{session}/handoff"), park).await.expect(201);
    let (mut sams, mut priya_events) = (sam.subscribe("").await, priya.subscribe("").await);

    world.clock().advance(Duration::from_hours(2));

    assert_eq!(sams.wait_for_event("handoff_reminder").await["reason"], "wake");
    sam.open_session("the next thing").await;
    let events = priya_events.collect_until("session_created").await;
    assert!(events.iter().all(|frame| frame.name != "handoff_reminder"), "{events:?}");
    let past = json!({"intent": "park", "engineer_notes": "", "wake_at": "2026-11-22T11:00:00Z"});
    let session = sam.open_session("another").await;
    let refused = sam.post(&format!("/ai-sessions/{session}/handoff"), past).await;
    assert_eq!((refused.status, refused.problem_code()), (422, "invalid"));
}

#[tokio::test]
async fn an_inactive_claim_is_warned_about_then_released() {
    let world = World::with_settings(Settings { stale_claim_hours: Some(8), ..Settings::default() }).await;
    let (sam, priya) = (world.engineer("Sam Ortiz").await, world.engineer("Priya Nair").await);
    let vpn = sam.escalate("VPN is down").await;
    sam.wait_for_assessment(&vpn).await;
    priya.claim(&vpn).await;
    let (mut priya_events, mut sams) = (priya.subscribe("").await, sam.subscribe("").await);

    world.clock().advance(Duration::from_hours(6));
    assert_eq!(priya_events.wait_for_event("handoff_reminder").await["reason"], "stale_claim");
    // Activity keeps the claim and restarts its timer.
    priya.add_note(&vpn.session_id, "Still on it.").await;
    world.clock().advance(Duration::from_hours(2));
    assert_eq!(priya.handoff(&vpn).await["status"], "claimed");
    world.clock().advance(Duration::from_hours(4));
    assert_eq!(priya_events.wait_for_event("handoff_reminder").await["reason"], "stale_claim");
    world.clock().advance(Duration::from_hours(2));

    let released = sams.wait_for_event("handoff_released").await;
    assert_eq!(released["by"]["name"], "tierup");
    assert!(released["reason"].as_str().unwrap().contains("8 hours"));
    assert_eq!(priya.handoff(&vpn).await["status"], "open");
    assert_eq!(priya.queue_summaries().await, ["VPN is down"]);
}

#[tokio::test]
async fn working_on_steps_keeps_the_claim() {
    let model = FakeModel::start(ModelBehavior::Answers(TWO_STEP_ASSESSMENT.into())).await;
    let world =
        World::with_settings(Settings { stale_claim_hours: Some(8), ..model.server_settings(10) }).await;
    let (sam, priya) = (world.engineer("Sam Ortiz").await, world.engineer("Priya Nair").await);
    let vpn = sam.escalate("VPN is down").await;
    let handoff = sam.wait_for_assessment(&vpn).await;
    let step = handoff["ai_assessment_data"]["suggested_steps"][0]["id"].as_str().expect("a step");
    priya.claim(&vpn).await;
    let before = priya.session(&vpn.session_id).await;
    world.clock().advance(Duration::from_hours(5));
    let path = format!("/handoffs/{}/steps/{step}", vpn.handoff_id);
    priya.put(&path, json!({"outcome": "failed"})).await.expect(200);
    let after = priya.session(&vpn.session_id).await;
    assert_ne!(before["updated_at"], after["updated_at"]);
    let mut priya_events = priya.subscribe("").await;
    world.clock().advance(Duration::from_hours(3));
    // Eight hours after the claim and three after the step: no reminder.
    sam.open_session("the next thing").await;
    let events = priya_events.collect_until("session_created").await;
    assert!(events.iter().all(|frame| frame.name != "handoff_reminder"), "{events:?}");
    world.clock().advance(Duration::from_hours(3));
    assert_eq!(priya_events.wait_for_event("handoff_reminder").await["reason"], "stale_claim");
}

#[tokio::test]
async fn reminders_follow_the_settings_after_a_restart() {
    let mut world =
        World::with_settings(Settings { unclaimed_reminder_minutes: Some(15), ..Settings::default() }).await;
    let (sam, priya) = (world.engineer("Sam Ortiz").await, world.engineer("Priya Nair").await);
    let first = sam.escalate("VPN is down").await;

    // Turned off: scheduled reminders do not fire.
    world.restart_with_settings(Settings::default()).await;
    let mut stream = priya.subscribe("").await;
    world.clock().advance(Duration::from_hours(1));
    sam.wait_for_assessment(&sam.escalate("Printer jams").await).await;
    let events = stream.collect_until("handoff_assessment_ready").await;
    assert!(events.iter().all(|frame| frame.name != "handoff_reminder"), "{events:?}");

    // Turned on: existing escalations get one reminder, and existing claims are checked.
    let claimed = sam.escalate("No network").await;
    priya.claim(&claimed).await;
    world.clock().advance(Duration::from_hours(9));
    let on =
        Settings { unclaimed_reminder_minutes: Some(15), stale_claim_hours: Some(8), ..Settings::default() };
    for round in ["the first time", "again"] {
        world.restart_with_settings(on.clone()).await;
        let mut stream = priya.subscribe(&format!("?handoff_id={}&last_event_id=0", first.handoff_id)).await;
        stream.wait_for_event("handoff_reminder").await;
        let mut stream =
            priya.subscribe(&format!("?handoff_id={}&last_event_id=0", claimed.handoff_id)).await;
        assert_eq!(stream.wait_for_event("handoff_reminder").await["reason"], "stale_claim", "{round}");
        let timeline = sam.get(&format!("/ai-sessions/{}/timeline", first.session_id)).await.expect(200);
        let timeline_events = timeline["items"].as_array().expect("items").iter();
        assert_eq!(timeline_events.filter(|event| event["type"] == "handoff_reminder").count(), 1, "{round}");
    }
}

#[tokio::test]
async fn a_reminder_after_a_release_is_a_new_mail() {
    let (mut mail_server, world) = world_with_reminders().await;
    let (sam, priya) = (world.engineer("Sam Ortiz").await, world.engineer("Priya Nair").await);
    let vpn = sam.escalate("VPN is down").await;
    mail_server.wait_for_emails(2).await;
    world.clock().advance(Duration::from_mins(15));
    mail_server.wait_for_emails(4).await;
    priya.claim(&vpn).await;
    priya.post(&format!("/handoffs/{}/release", vpn.handoff_id), json!({"reason": ""})).await.expect(200);
    world.clock().advance(Duration::from_mins(15));
    let emails = mail_server.wait_for_emails(6).await;
    let ids: HashSet<_> = emails.iter().map(|letter| &letter.message_id).collect();
    assert_eq!(ids.len(), 6, "{ids:?}");
}
