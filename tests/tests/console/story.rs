//! The whole story of a session in one place: its conversation, its briefing, and what comes back after a question.

use std::time::Duration;

use serde_json::json;
use tierup_e2e::{ApiClient, Escalation, World};

const DAY: Duration = Duration::from_hours(24);

/// Sam escalates; Priya claims it and releases it.
async fn released_escalation(world: &World) -> (ApiClient, ApiClient, Escalation) {
    let (sam, priya) = (world.engineer("Sam Ortiz").await, world.engineer("Priya Nair").await);
    let vpn = sam.escalate("VPN is down").await;
    priya.claim(&vpn).await;
    priya.add_note(&vpn.session_id, "The gateway answers.").await;
    world.clock().advance(DAY);
    let path = format!("/handoffs/{}/release", vpn.handoff_id);
    priya.post(&path, json!({"reason": "My shift ends; look at the proxy."})).await.expect(200);
    (sam, priya, vpn)
}

#[tokio::test]
async fn the_conversation_has_claims_and_releases_in_their_place_and_dates_between_days() {
    let world = World::without_assessments().await;
    let (sam, _priya, vpn) = released_escalation(&world).await;
    let mut dana = world.console("Dana Wu").await;
    dana.sees("VPN is down").await;
    dana.press("<enter>v").await;
    dana.sees("09:30  Priya Nair released #1 to the queue").await;
    dana.sees("look at the proxy.").await;
    let screen = dana.screen().await;
    let row = |text: &str| {
        screen.lines().position(|line| line.contains(text)).unwrap_or_else(|| panic!("{text}\n{screen}"))
    };
    let order = [
        row("VPN is down   ").max(row("Sam Ortiz  ")),
        row("Sam Ortiz escalated as #1"),
        row("I am stuck."),
        row("Priya Nair claimed #1"),
        row("The gateway answers."),
        row(" Mon 23 Nov  "),
        row("Priya Nair released #1 to the queue"),
    ];
    assert!(order.is_sorted(), "{order:?}\n{screen}");

    // What happens now appears at once.
    dana.press("I take it.<enter>").await;
    dana.sees("Dana Wu  09:30").await;
    sam.post(&format!("/ai-sessions/{}/resume", vpn.session_id), json!({})).await.expect(200);
    dana.sees("Sam Ortiz took #1 back").await;
}

#[tokio::test]
async fn a_briefing_shows_what_was_said_and_done_since_the_handoff() {
    let world = World::without_assessments().await;
    let (sam, _priya, vpn) = released_escalation(&world).await;
    let mut dana = world.console("Dana Wu").await;
    dana.sees("VPN is down").await;
    dana.press("<enter>").await;
    dana.sees("Since the handoff  1 new message").await;
    dana.sees("The gateway answers.").await;
    dana.sees("Priya Nair released #1 to the queue").await;
    sam.add_note(&vpn.session_id, "It works from the office.").await;
    dana.sees("#1 ── 2 new ─").await;
    dana.sees("Since the handoff  2 new messages").await;
    dana.sees("It works from the office.").await;
    dana.press("<enter>").await;
    dana.sees("active, yours").await;
    dana.press("<alt-v>").await;
    dana.sees("Since the handoff  2 new messages").await;
}

#[tokio::test]
async fn an_answered_question_comes_back_to_whoever_asked() {
    let world = World::without_assessments().await;
    let sam = world.engineer("Sam Ortiz").await;
    let (vpn, printer) = (sam.escalate("VPN is down").await, sam.escalate("Printer jams").await);
    let mut priya = world.console("Priya Nair").await;
    priya.sees("Printer jams").await;
    let who = world.engineer("Priya Nair").await;
    who.claim(&printer).await;
    let path = format!("/handoffs/{}/send-back", vpn.handoff_id);
    who.post(&path, json!({"question": "Which build is it?"})).await.expect(200);
    priya.sees("2 Mine 1").await;
    sam.add_note(&vpn.session_id, "Build 4711.").await;

    sam.escalate_session(&vpn.session_id, "low").await;

    priya.sees("Sam Ortiz answered your question").await;
    priya.press("2").await;
    priya.sees("Printer jams").await;
    priya.still_sees("answers you").await;
    priya.still_sees("2 Mine 2").await;
    let screen = priya.screen().await;
    let row = |text: &str| screen.lines().position(|line| line.contains(text));
    assert!(row("low    VPN is down") < row("Printer jams"), "{screen}");
    priya.press("g<enter>").await;
    priya.sees("Priya Nair asked").await;
    priya.sees("“Which build is it?”").await;
    priya.sees("“Build 4711.”").await;
    priya.press("<enter>").await;
    priya.sees("active, yours").await;
    priya.press("<esc>").await;
    priya.does_not_see("answers you").await;
}

#[tokio::test]
async fn priority_and_summary_are_changed_in_a_dialog() {
    let world = World::without_assessments().await;
    let sam = world.engineer("Sam Ortiz").await;
    let vpn = sam.escalate("VPN is down").await;
    let mut dana = world.console("Dana Wu").await;
    dana.sees("VPN is down").await;
    let mut priya = world.console("Priya Nair").await;
    priya.sees("VPN is down").await;
    priya.press("!").await;
    priya.sees("Only who opened, escalated or claimed").await;
    priya.press("p").await;
    priya.sees("active, yours").await;
    priya.press("<alt-!>").await;
    priya.sees("Change the handoff").await;
    priya.press(" for all<tab><right><right><enter>").await;
    priya.sees("Changed #1: urgent").await;
    priya.sees("09:30  Priya Nair changed #1: urgent, was normal, and its summary").await;
    dana.sees("Priya Nair changed #1: urgent").await;
    assert_eq!(sam.handoff(&vpn).await["problem_summary"], "VPN is down for all");
}

#[tokio::test]
async fn a_session_is_resolved_as_a_duplicate() {
    let world = World::without_assessments().await;
    let sam = world.engineer("Sam Ortiz").await;
    let first = sam.escalate("VPN is down").await;
    let second = sam.escalate("No VPN").await;
    let mut priya = world.console("Priya Nair").await;
    priya.sees("No VPN").await;
    priya.press("jp").await;
    priya.sees("active, yours").await;
    priya.press("<alt-R>").await;
    priya.sees("Duplicate of").await;
    priya.press("<tab>one<enter>").await;
    priya.sees("Name the handoff by its number, like #12").await;
    priya.press("<backspace><backspace><backspace>#1<enter>").await;
    priya.sees("Resolve? This cannot be undone.").await;
    priya.press("y").await;
    priya.sees("#2 resolved").await;
    let session = sam.session(&second.session_id).await;
    assert_eq!(
        (&session["resolution"], &session["duplicate_of"]["number"]),
        (&json!("Duplicate of #1"), &json!(1))
    );
    let original = sam.session(&first.session_id).await;
    assert_eq!(original["duplicates"][0]["number"], 2);
}
