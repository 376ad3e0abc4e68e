//! What is over: the tab of the past, searches by field, and opening anything by its number.

use std::time::Duration;

use serde_json::json;
use tierup_e2e::World;

/// A printer that Dana solved, a mail problem that she sent back, and a VPN that waits.
async fn world_with_a_past() -> World {
    let world = World::without_assessments().await;
    let (sam, dana) = (world.engineer("Sam Ortiz").await, world.engineer("Dana Wu").await);
    let printer = sam.escalate_with_priority("Printer on floor 3 jams", "urgent").await;
    dana.claim(&printer).await;
    dana.resolve(&printer.session_id, "The fuser was worn out. Ask for the service contract.").await;
    world.clock().advance(Duration::from_hours(2));
    let mail = sam.escalate("Mail bounces").await;
    let path = format!("/handoffs/{}/send-back", mail.number);
    dana.post(&path, json!({"question": "Which address?"})).await.expect(200);
    let alone = sam.open_session("Laptop is loud").await;
    sam.resolve(&alone, "Dust in the fan.").await;
    sam.escalate("VPN drops every hour").await;
    world
}

#[tokio::test]
async fn the_history_shows_what_is_over_and_how_it_ended() {
    let world = world_with_a_past().await;
    let mut priya = world.console("Priya Nair").await;
    priya.sees("1 open").await;
    priya.press("4").await;
    priya.sees("▌resolved Laptop is loud").await;
    priya.still_sees("returned Mail bounces").await;
    priya.still_sees("resolved Printer on floor 3 jams").await;
    priya.still_sees("Dana Wu · 2h · The fuser was worn out.").await;
    priya.does_not_see("VPN drops").await;
    priya.press("jj").await;
    // The preview has how it ended, and where it came from.
    priya.sees("resolved 2 hours ago by Dana Wu").await;
    priya.still_sees("opened by Sam Ortiz, escalated as #1 urgent").await;
    priya.press("<enter>").await;
    priya.sees("session 1 Printer on floor 3 jams ── resolved, with Dana Wu").await;
    priya.press("<esc><esc>").await;
    priya.sees("▌resolved Printer on floor 3 jams").await;
}

#[tokio::test]
async fn the_history_is_searched_by_fields_and_words() {
    let world = world_with_a_past().await;
    let mut priya = world.console("Priya Nair").await;
    priya.sees("1 open").await;
    priya.press("4/fuser").await;
    priya.sees("/fuser: 1").await;
    priya.still_sees("▌resolved Printer on floor 3 jams").await;
    for (typed, found, row) in [
        ("by:dana status:resolved", "/by:dana status:resolved: 1", "resolved Printer"),
        ("\"in the fan\"", "/\"in the fan\": 1", "resolved Laptop"),
        ("status:open", "/status:open: 1", "waiting  VPN drops"),
        ("older:1h", "/older:1h: 1", "resolved Printer"),
    ] {
        priya.press("<esc>/").await;
        priya.paste(typed).await;
        priya.sees(found).await;
        priya.still_sees(row).await;
    }
    priya.press("<esc>/older:soon").await;
    priya.sees("older: \"soon\" is not an age").await;
    priya.press("<esc>/nothing of the kind").await;
    priya.sees("No matches for “nothing of the kind”").await;
}

#[tokio::test]
async fn what_ends_appears_in_the_history_while_it_is_read() {
    let world = World::without_assessments().await;
    let sam = world.engineer("Sam Ortiz").await;
    let vpn = sam.escalate("VPN drops every hour").await;
    let mut priya = world.console("Priya Nair").await;
    priya.sees("1 open").await;
    priya.press("4").await;
    priya.sees("Nothing has ended yet").await;
    sam.resolve(&vpn.session_id, "The lifetime of the session was 3600 seconds.").await;
    priya.sees("▌resolved VPN drops every hour").await;
}

#[tokio::test]
async fn the_queue_is_filtered_by_fields() {
    let world = World::without_assessments().await;
    let (sam, dana) = (world.engineer("Sam Ortiz").await, world.engineer("Dana Wu").await);
    sam.escalate_with_priority("VPN is down", "urgent").await;
    world.clock().advance(Duration::from_hours(1));
    let mail = dana.escalate("Mail is slow").await;
    dana.escalate("Screen flickers").await;
    let mut priya = world.console("Priya Nair").await;
    priya.sees("3 open, 3 unread").await;
    for (typed, found) in [
        ("from:dana", "/from:dana: 2"),
        ("priority:urgent", "/priority:urgent: 1"),
        ("older:30m", "/older:30m: 1"),
        ("from:dana \"is slow\"", "/from:dana \"is slow\": 1"),
        ("is:mine", "/is:mine: 0"),
        ("is:unread", "/is:unread: 3"),
    ] {
        priya.press("<esc>/").await;
        priya.paste(typed).await;
        priya.sees(found).await;
    }
    // What is read leaves the filter; what passes the age joins it.
    priya.press("<enter><enter>").await;
    priya.sees("start here").await;
    priya.press("<esc>").await;
    priya.sees("/is:unread: 2").await;
    priya.press("<esc>/older:90m<enter>").await;
    priya.sees("/older:90m: 0").await;
    world.clock().advance(Duration::from_mins(45));
    let _ = mail;
}

#[tokio::test]
async fn anything_is_opened_by_its_number() {
    let world = world_with_a_past().await;
    let mut priya = world.console("Priya Nair").await;
    priya.sees("1 open").await;
    priya.press(":open 1<enter>").await;
    priya.sees("Printer on floor 3 jams").await;
    priya.press("<esc><esc>:open s3<enter>").await;
    priya.sees("Laptop is loud").await;
    priya.press("<esc><esc>:open 4<enter>").await;
    priya.sees("VPN drops every hour").await;
    priya.press("<esc><esc>:open 99<enter>").await;
    priya.sees("There is no session 99").await;
    priya.press(":open #99<enter>").await;
    priya.sees("There is no handoff #99").await;
}
