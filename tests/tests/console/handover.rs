//! The end of a shift: several handoffs are marked and passed on with a note.

use tierup_common::user::Role;
use tierup_e2e::World;

#[tokio::test]
async fn marked_handoffs_are_passed_on_together_with_a_note() {
    let world = World::without_assessments().await;
    let (sam, dana) = (world.engineer("Sam Ortiz").await, world.engineer("Dana Wu").await);
    let priya_api = world.engineer("Priya Nair").await;
    let mut mine = Vec::new();
    for problem in ["VPN is down", "Mail is slow", "Printer jams"] {
        let escalated = sam.escalate(problem).await;
        priya_api.claim(&escalated).await;
        mine.push(escalated);
    }
    let mut priya = world.console("Priya Nair").await;
    priya.sees("Mine 3").await;
    priya.press("2").await;
    priya.sees("▌normal   VPN is down").await;
    priya.press(" ").await;
    priya.sees("1 marked").await;
    priya.press(" ").await;
    priya.sees("2 marked").await;
    priya.still_sees("normal  ✓VPN is down").await;
    priya.press("a").await;
    priya.sees("Dana Wu").await;
    priya.press("dana<tab>The vendor calls at 9.<enter>").await;
    priya.sees("Assign 2 handoffs to Dana Wu? You will no longer own them.").await;
    priya.press("y").await;
    priya.sees("Assigned 2 handoffs to Dana Wu").await;
    for (handoff, owner) in mine.iter().zip(["Dana Wu", "Dana Wu", "Priya Nair"]) {
        assert_eq!(dana.handoff(handoff).await["claimed_by_name"], owner);
    }
    let session = dana.session(&mine[0].session_id).await;
    let last = session["conversation_messages"].as_array().and_then(|messages| messages.last()).cloned();
    let last = last.unwrap_or_default();
    assert_eq!(
        (&last["content"], &last["author_name"]),
        (&"The vendor calls at 9.".into(), &"Priya Nair".into())
    );
    priya.sees("Mine 1").await;
    // Marks are removed before a filter is.
    priya.press(" ").await;
    priya.sees("1 marked").await;
    priya.press("<esc>").await;
    priya.no_longer_sees("1 marked").await;
}

#[tokio::test]
async fn an_admin_assigns_what_waits_and_an_engineer_does_not() {
    let world = World::without_assessments().await;
    let sam = world.engineer("Sam Ortiz").await;
    let dana = world.engineer("Dana Wu").await;
    let vpn = sam.escalate("VPN is down").await;
    let mut priya = world.console("Priya Nair").await;
    priya.sees("1 open").await;
    priya.press(" ").await;
    priya.sees("Not claimed yet: claim it first").await;
    world.user("Amy Lead", Role::Admin).await;
    let mut amy = world.console("Amy Lead").await;
    amy.sees("1 open").await;
    amy.press("a").await;
    amy.sees("Dana Wu").await;
    amy.press("dana<enter>").await;
    amy.sees("Assign to Dana Wu? They will own it.").await;
    amy.press("y").await;
    amy.sees("Assigned #1 to Dana Wu").await;
    assert_eq!(dana.handoff(&vpn).await["claimed_by_name"], "Dana Wu");
}
