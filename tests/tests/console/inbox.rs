//! What concerns a user reaches them wherever they are in the console, and also what happened while it was closed.
//!
//! Mutants seen to fail: read marks that are not stored; a position that is not stored when the console ends.
#![expect(clippy::unwrap_used, reason = "tests may panic")]

use std::time::Duration;

use serde_json::json;
use tierup::event::Event;
use tierup_e2e::{ApiClient, Console, World};

use crate::screen_snapshot::{TERMINAL_SIZES, assert_screen_snapshot, open_console};

/// The `@` name of a user.
async fn mention_of(user: &ApiClient) -> String {
    let me = user.get("/me").await.expect(200);
    format!("@{}", me["email"].as_str().and_then(|email| email.split('@').next()).unwrap())
}

/// The title of the window, once the console is idle.
async fn window_title(console: &Console) -> String {
    console.host().await.titles.last().unwrap().clone()
}

async fn screen_line_with(console: &Console, text: &str) -> String {
    let screen = console.screen().await;
    screen.lines().find(|line| line.contains(text)).unwrap_or_default().to_owned()
}

#[tokio::test]
async fn a_message_in_a_claimed_session_is_noticed_from_anywhere() {
    let world = World::without_assessments().await;
    let (sam, dana) = (world.engineer("Sam Ortiz").await, world.engineer("Dana Wu").await);
    let vpn = sam.escalate("VPN is down").await;
    let mut priya = world.console("Priya Nair").await;
    priya.sees("VPN is down").await;
    priya.press("p").await;
    priya.sees("active, yours").await;
    priya.press("<esc><esc>").await;
    priya.sees("No open escalations").await;
    sam.escalate("Printer jams").await;
    priya.sees("Printer jams").await;
    // She reads another case.
    priya.press("<enter>").await;
    priya.sees("start here").await;
    sam.add_note(&vpn.session_id, "STOP, do not kill it").await;
    priya.sees("Sam Ortiz in #1: STOP, do not kill it").await;
    priya.sees("Mine 1 ●1").await;
    assert_eq!(window_title(&priya).await, "(1) tierup · Acme");
    priya.press("<esc>n").await;
    priya.sees("your claims and sessions").await;
    assert!(screen_line_with(&priya, "▌normal").await.contains("●1"));
    priya.press("<enter>").await;
    priya.sees("#1 VPN is down ── active, yours").await;
    priya.no_longer_sees("in #1: STOP, do not kill it").await;
    priya.still_sees("STOP, do not kill it").await;
    assert_eq!(window_title(&priya).await, "tierup · Acme");

    // In a session of others, she is mentioned.
    let printer = dana.escalate("Scanner is offline").await;
    sam.claim(&printer).await;
    priya.send_event(Event::Focus(false)).await;
    let name = mention_of(&world.engineer("Priya Nair").await).await;
    sam.add_note(&printer.session_id, &format!("{name} have you seen this?")).await;
    priya
        .wait_for_host(|host| host.alerts.iter().any(|alert| alert.title == "Sam Ortiz mentioned you"))
        .await;
    priya.send_event(Event::Focus(true)).await;
    priya.still_sees("Mine 2 ●1").await;
    priya.press("<esc><esc>n<enter>").await;
    priya.sees("#3 Scanner is offline ──").await;
    priya.no_longer_sees("Mine 2").await;
}

#[tokio::test]
async fn who_escalated_hears_what_becomes_of_it() {
    let world = World::without_assessments().await;
    let (sam, dana) = (world.engineer("Sam Ortiz").await, world.engineer("Dana Wu").await);
    let mut console = world.console("Sam Ortiz").await;
    console.sees("No open escalations").await;
    let vpn = sam.escalate("VPN is down").await;
    console.sees("Mine 1").await;
    console.press("2").await;
    console.sees("waiting · not claimed").await;
    dana.claim(&vpn).await;
    console.sees("waiting · Dana Wu has it").await;
    console.sees("Dana Wu claimed #1 VPN is down").await;
    let reason = json!({"reason": "Needs somebody from the network team"});
    dana.post(&format!("/handoffs/{}/release", vpn.handoff_id), reason).await.expect(200);
    console.sees("Dana Wu released #1 to the queue: Needs").await;
    dana.claim(&vpn).await;
    console.sees("●3").await;
    console.press("<enter>").await;
    console.sees("VPN is down ── active").await;
    dana.resolve(&vpn.session_id, "It was off").await;
    console.sees("Dana Wu resolved #1: It was off").await;
    console.press("<esc><esc>").await;
    console.sees("No claims or open sessions").await;
}

#[tokio::test]
async fn a_console_that_starts_again_says_what_was_missed() {
    let world = World::without_assessments().await;
    let sam = world.engineer("Sam Ortiz").await;
    let vpn = sam.escalate("VPN is down").await;
    let mut priya = world.console("Priya Nair").await;
    priya.sees("VPN is down").await;
    priya.press("p").await;
    priya.sees("active, yours").await;
    sam.add_note(&vpn.session_id, "Seen at once").await;
    priya.sees("Seen at once").await;
    priya.press("<esc><esc>").await;
    priya.sees("No open escalations").await;
    priya.press("q").await;
    priya.wait_for_exit().await;

    world.clock().advance(Duration::from_hours(3));
    sam.add_note(&vpn.session_id, "Did you restart it?").await;
    sam.escalate_with_priority("Mail is down", "urgent").await;
    sam.escalate("Printer jams").await;
    for visit in 0..2 {
        let mut priya = world.console("Priya Nair").await;
        if visit == 0 {
            priya.sees("since 09:30: 2 new, 1 urgent, 1 message for you").await;
            assert_screen_snapshot("queue_after_an_absence", &priya).await;
        }
        priya.sees("Mine 1 ●1").await;
        priya.press("L").await;
        priya.sees("Sam Ortiz in #1: Did you restart it?").await;
        priya.sees("Sam Ortiz in #1: Seen at once").await;
        priya.sees("Urgent: #2 Mail is down, from Sam Ortiz").await;
        if visit == 0 {
            priya.press("<esc>q").await;
        } else {
            priya.press("<esc>n<enter>").await;
            priya.sees("VPN is down ── active, yours").await;
            priya.press("<esc><esc>").await;
            priya.sees("your claims and sessions").await;
            priya.press("q").await;
        }
        priya.wait_for_exit().await;
    }
    let mut priya = world.console("Priya Nair").await;
    priya.sees("2 open").await;
    priya.does_not_see("Mine 1 ●").await;
    priya.does_not_see("since").await;
}

#[tokio::test]
async fn a_session_stays_read_while_an_older_one_is_unread() {
    let world = World::without_assessments().await;
    let (sam, priya) = (world.engineer("Sam Ortiz").await, world.engineer("Priya Nair").await);
    let mut sessions = Vec::new();
    for problem in ["VPN is down", "Mail is slow"] {
        let escalated = sam.escalate(problem).await;
        priya.claim(&escalated).await;
        sessions.push(escalated.session_id);
    }
    let mut console = world.console("Priya Nair").await;
    console.sees("Mine 2").await;
    for session in &sessions {
        sam.add_note(session, "Are you there?").await;
    }
    console.sees("Mine 2 ●2").await;
    console.press("nn<enter>").await;
    console.sees("#2 Mail is slow ── active, yours").await;
    console.still_sees("Mine 2 ●1").await;
    console.press("<esc><esc>q").await;
    console.wait_for_exit().await;
    let mut console = world.console("Priya Nair").await;
    console.sees("Mine 2 ●1").await;
    console.press("n").await;
    console.sees("▌normal   VPN is down").await;
}

#[tokio::test]
async fn a_woken_park_is_marked_until_it_is_looked_at() {
    let world = World::without_assessments().await;
    let sam = world.engineer("Sam Ortiz").await;
    let mut console = world.console("Sam Ortiz").await;
    console.sees("No open escalations").await;
    let session = sam.open_session("Order a new switch").await;
    let body = json!({"intent": "park", "engineer_notes": "later", "wake_at": "2026-11-22T11:30:00.000Z"});
    sam.post(&format!("/ai-sessions/{session}/handoff"), body).await.expect(201);
    console.sees("Parked 1").await;
    world.clock().advance(Duration::from_hours(3));
    console.sees("Parked 1 ●1").await;
    console.press("n").await;
    console.sees("▌ Order a new switch").await;
    console.press("<enter>").await;
    console.sees("parked, yours").await;
    console.press("<esc><esc>").await;
    console.sees("visible only to you").await;
    console.does_not_see("Parked 1 ●").await;
}

#[tokio::test]
async fn rows_with_news() {
    for size in TERMINAL_SIZES {
        let world = World::without_assessments().await;
        let (sam, priya) = (world.engineer("Sam Ortiz").await, world.engineer("Priya Nair").await);
        let dana = world.engineer("Dana Wu").await;
        let name = mention_of(&priya).await;
        let mut console = open_console(&world, size).await;
        let vpn = sam.escalate("VPN won't connect after Windows update").await;
        priya.claim(&vpn).await;
        let own = priya.escalate_with_priority("Core switch drops packets", "high").await;
        dana.claim(&own).await;
        sam.add_note(&vpn.session_id, "STOP, do not kill it").await;
        sam.add_note(&vpn.session_id, "The backup is still running.").await;
        console.sees("backup is still running").await;
        console.press("L").await;
        console.sees("STOP, do not kill it").await;
        assert_screen_snapshot("log_with_news", &console).await;
        let door = sam.open_session("Door controller is offline").await;
        sam.add_note(&door, &format!("{name}, look")).await;
        sam.add_note(&door, "Did you change the VLAN?").await;
        console.press("<esc>2").await;
        console.sees("for you  Door controller").await;
        assert_screen_snapshot("mine_with_news", &console).await;
    }
}
