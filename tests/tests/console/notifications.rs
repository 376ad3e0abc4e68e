//! Which events notify the user, whom and when; the window title.

use std::time::Duration;

use serde_json::json;
use tierup::event::Event;
use tierup_e2e::World;
use tierup_server::config::Settings;

#[tokio::test]
async fn an_urgent_handoff_notifies_only_without_focus() {
    let world = World::new().await;
    let sam = world.engineer("Sam Ortiz").await;
    let mut priya = world.console("Priya Nair").await;
    priya.sees("live").await;
    sam.escalate_with_priority("Seen as it comes", "urgent").await;
    priya.sees("Seen as it comes").await;

    priya.send_event(Event::Focus(false)).await;
    sam.escalate_with_priority("It can wait", "high").await;
    priya.sees("It can wait").await;
    sam.escalate_with_priority("VPN is down", "urgent").await;
    priya.wait_for_host(|host| host.alerts.len() == 1).await;
    let alert = priya.host().await.alerts[0].clone();
    assert_eq!((alert.title.as_str(), alert.body.as_str()), ("Urgent, from Sam Ortiz", "#3 VPN is down"));

    priya.send_event(Event::Focus(true)).await;
    sam.escalate_with_priority("Seen again", "urgent").await;
    priya.sees("Seen again").await;
    assert_eq!(priya.host().await.alerts.len(), 1);
}

#[tokio::test]
async fn an_assignment_notifies_only_its_assignee() {
    let world = World::new().await;
    let (sam, ana) = (world.engineer("Sam Ortiz").await, world.owner());
    let (mut priya, mut dana) = (world.console("Priya Nair").await, world.console("Dana Wu").await);
    for console in [&mut priya, &mut dana] {
        console.sees("live").await;
        console.send_event(Event::Focus(false)).await;
    }
    let vpn = sam.escalate("VPN is down").await;
    ana.claim(&vpn).await;
    let me = world.engineer("Priya Nair").await.get("/me").await.expect(200);
    ana.post(&format!("/handoffs/{}/assign", vpn.handoff_id), json!({"user_id": me["id"]})).await.expect(200);
    priya.wait_for_host(|host| host.alerts.len() == 1).await;
    assert_eq!(priya.host().await.alerts[0].title, "Ana Ruiz assigned this to you");
    dana.press("<tab><tab>").await;
    dana.sees("parked").await;
    assert!(dana.host().await.alerts.is_empty());
}

#[tokio::test]
async fn a_reminder_notifies_without_focus() {
    let world =
        World::with_settings(Settings { unclaimed_reminder_minutes: Some(5), ..Settings::default() }).await;
    let sam = world.engineer("Sam Ortiz").await;
    let mut priya = world.console("Priya Nair").await;
    priya.sees("live").await;
    priya.send_event(Event::Focus(false)).await;
    sam.escalate("VPN is down").await;
    priya.sees("VPN is down").await;
    world.clock().advance(Duration::from_mins(6));
    priya.wait_for_host(|host| host.alerts.iter().any(|alert| alert.title == "Still waiting")).await;
}

#[tokio::test]
async fn the_window_title_counts_unread_handoffs() {
    let world = World::new().await;
    let sam = world.engineer("Sam Ortiz").await;
    let mut priya = world.console("Priya Nair").await;
    priya.wait_for_host(|host| host.titles.last().is_some_and(|title| title == "tierup · Acme")).await;
    sam.escalate("VPN is down").await;
    priya.wait_for_host(|host| host.titles.last().is_some_and(|title| title == "(1) tierup · Acme")).await;
    priya.press("<enter><esc>").await;
    priya.wait_for_host(|host| host.titles.last().is_some_and(|title| title == "tierup · Acme")).await;
}
