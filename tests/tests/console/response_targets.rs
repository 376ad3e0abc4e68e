//! The countdown of escalations that have a response target.

use std::time::Duration;

use tierup_e2e::World;
use tierup_server::config::Settings;

#[tokio::test]
async fn a_row_counts_down_and_says_when_it_is_late() {
    let respond_within = Some("urgent=20m".to_owned().into());
    let assessment_engine = Some("off".into());
    let settings = Settings { respond_within, assessment_engine, ..Settings::default() };
    let world = World::with_settings(settings).await;
    let sam = world.engineer("Sam Ortiz").await;
    sam.escalate_with_priority("VPN is down", "urgent").await;
    world.clock().advance(Duration::from_mins(6));
    let mut priya = world.console("Priya Nair").await;
    priya.sees("Sam Ortiz · 6m · due in 14m").await;
    priya.still_sees("Sam Ortiz, 6 minutes ago, URGENT, due in 14m").await;
    world.clock().advance(Duration::from_mins(20));
    let mut dana = world.console("Dana Wu").await;
    dana.sees("Sam Ortiz · 26m · late 6m").await;
    dana.press("p").await;
    dana.sees("#1 VPN is down ── active").await;
}
