//! Response targets: by when an escalation should be claimed, in the API, in metrics and in statistics.

#![expect(clippy::unwrap_used, reason = "tests may panic")]

use std::time::Duration;

use serde_json::Value;
use tierup_common::time::Timestamp;
use tierup_e2e::World;
use tierup_server::config::Settings;

async fn world_with_targets() -> World {
    let respond_within = Some("urgent=15m,high=1h".to_owned().into());
    World::with_settings(Settings { respond_within, ..Settings::default() }).await
}

fn row<'v>(rows: &'v Value, field: &str, value: &str) -> &'v Value {
    let rows = rows.as_array().unwrap();
    rows.iter().find(|row| row.pointer(field).and_then(Value::as_str) == Some(value)).unwrap()
}

#[tokio::test]
async fn an_escalation_says_by_when_it_is_due() {
    let world = world_with_targets().await;
    let (sam, dana) = (world.engineer("Sam Ortiz").await, world.engineer("Dana Wu").await);
    let mut stream = dana.subscribe("").await;
    let urgent = sam.escalate_with_priority("VPN is down", "urgent").await;
    sam.escalate("Mail is slow").await;
    let page = dana.get("/escalations").await.expect(200);
    let (created, due) = (&page["items"][0]["created_at"], &page["items"][0]["due_at"]);
    let at = |value: &Value| serde_json::from_value::<Timestamp>(value.clone()).unwrap();
    assert_eq!(at(due).since(at(created)), Duration::from_mins(15));
    assert!(page["items"][1].get("due_at").is_none(), "normal has no target");
    assert_eq!(stream.wait_for_event("handoff_created").await["due_at"], *due);
    // Whoever claims it and gives it back does not win time.
    dana.claim(&urgent).await;
    let path = format!("/handoffs/{}/release", urgent.number);
    dana.post(&path, serde_json::json!({"reason": "lunch"})).await.expect(200);
    assert_eq!(dana.handoff(&urgent).await["due_at"], *due);
}

#[tokio::test]
async fn metrics_and_statistics_tell_targets_met_from_missed() {
    let world = world_with_targets().await;
    let (sam, dana) = (world.engineer("Sam Ortiz").await, world.engineer("Dana Wu").await);
    let quick = sam.escalate_with_priority("VPN is down", "urgent").await;
    let slow = sam.escalate_with_priority("Mail is down", "urgent").await;
    let _waiting = sam.escalate_with_priority("Printer is down", "high").await;
    world.clock().advance(Duration::from_mins(5));
    dana.claim(&quick).await;
    world.clock().advance(Duration::from_mins(15));
    dana.claim(&slow).await;
    dana.resolve(&quick.session_id, "The certificate had expired.").await;
    let metrics = world.metrics().await;
    assert_eq!(metrics["tierup_responses_total{outcome=\"met\"}"], "1");
    assert_eq!(metrics["tierup_responses_total{outcome=\"missed\"}"], "1");
    assert_eq!(metrics["tierup_overdue"], "0");
    world.clock().advance(Duration::from_hours(1));
    assert_eq!(world.metrics().await["tierup_overdue"], "1");

    let report = sam.get("/stats").await.expect(200);
    assert_eq!(report["all"]["escalated"], 3);
    assert_eq!(report["all"]["missed"], 2, "the late claim, and what still waits");
    let urgent = row(&report["by_priority"], "/priority", "urgent");
    assert_eq!((&urgent["claimed"], &urgent["missed"]), (&Value::from(2), &Value::from(1)));
    assert_eq!(urgent["to_claim"]["p50_seconds"], 300);
    assert_eq!(urgent["to_claim"]["p95_seconds"], 1200);
    let dana = row(&report["by_person"], "/person/name", "Dana Wu");
    assert_eq!((&dana["claimed"], &dana["resolved"]), (&Value::from(2), &Value::from(1)));
    assert_eq!(dana["to_resolve"]["p50_seconds"], 1200);
    assert_eq!(
        report["arrivals_by_hour"].as_array().unwrap().iter().filter_map(Value::as_u64).sum::<u64>(),
        3
    );
}

#[tokio::test]
async fn statistics_cover_one_account_and_one_period() {
    let world = world_with_targets().await;
    let sam = world.engineer("Sam Ortiz").await;
    world.other_account_owner().escalate("VPN of the other team").await;
    let old = sam.escalate("Mail is slow").await;
    sam.claim(&old).await;
    world.clock().advance(Duration::from_hours(48));
    let since = world.clock().now().minus(Duration::from_hours(24));
    sam.escalate("VPN is down").await;
    let report = sam.get(&format!("/stats?since={since}&utc_offset_minutes=330")).await.expect(200);
    assert_eq!((&report["all"]["escalated"], &report["all"]["claimed"]), (&1.into(), &0.into()));
    assert_eq!(report["days"].as_array().unwrap().len(), 2);
    assert_eq!(sam.get("/stats").await.expect(200)["all"]["escalated"], 2);
    for query in ["since=2001-01-01T00:00:00Z", "utc_offset_minutes=900", "since=yesterday", "by=person"] {
        sam.get(&format!("/stats?{query}")).await.expect(400);
    }
}
