//! Claims of others: the popup of a lost one, the line in what is read, and the selection in the list.

use crate::fixtures::{console_with_late_claims, lose_claim};
use tierup_e2e::World;

#[tokio::test]
async fn a_lost_claim_opens_the_popup_and_leads_to_the_next() {
    let world = World::without_assessments().await;
    let (sam, dana) = (world.engineer("Sam Ortiz").await, world.engineer("Dana Wu").await);
    let first = sam.escalate_with_priority("first", "high").await;
    sam.escalate("second").await;
    let who = world.engineer("Priya Nair").await;
    let (mut priya, proxy) = console_with_late_claims(&world, &who, (120, 36)).await;
    priya.sees("second").await;
    priya.press("<enter>").await;
    priya.sees("start here").await;
    lose_claim(&mut priya, &proxy, "<enter>", &dana, &first).await;
    priya.still_sees("Already claimed by Dana Wu just now.").await;
    priya.sees("claimed by Dana Wu").await;
    priya.press("n").await;
    priya.sees("╭ #2 ").await;
    priya.press("<esc>").await;
    priya.sees("1 open").await;
}

#[tokio::test]
async fn a_claim_while_one_reads_is_a_line_and_reading_goes_on() {
    let world = World::without_assessments().await;
    let (sam, dana) = (world.engineer("Sam Ortiz").await, world.engineer("Dana Wu").await);
    let first = sam.escalate_with_priority("first", "high").await;
    sam.escalate("second").await;
    for (columns, rows) in [(120, 36), (80, 24), (60, 20)] {
        let mut priya = world.console_with_size("Priya Nair", columns, rows).await;
        priya.sees("▌high     first").await;
        priya.press("<enter>").await;
        priya.sees("start here").await;
        dana.claim(&first).await;
        priya.sees(" Claimed by Dana Wu just now · n next ").await;
        priya.does_not_see("Already claimed").await;
        priya.press("n").await;
        priya.sees("╭ #2 ").await;
        priya.press("<esc>").await;
        priya.sees("▌normal   second").await;
        let reason = serde_json::json!({"reason": "Lunch"});
        dana.post(&format!("/handoffs/{}/release", first.handoff_id), reason).await.expect(200);
    }
}

#[tokio::test]
async fn the_selection_is_on_what_waits_and_rows_above_the_fold_are_counted() {
    let world = World::without_assessments().await;
    let (sam, dana) = (world.engineer("Sam Ortiz").await, world.engineer("Dana Wu").await);
    let mut urgent = Vec::new();
    for number in 1..=2 {
        urgent.push(sam.escalate_with_priority(&format!("burning {number}"), "urgent").await);
    }
    let mut normal = Vec::new();
    for number in 1..=30 {
        normal.push(sam.escalate(&format!("problem {number}")).await);
    }
    let mut priya = world.console_with_size("Priya Nair", 80, 24).await;
    priya.sees("▌URGENT   burning 1").await;
    priya.press("Gk").await;
    priya.sees("▲ 2 urgent").await;
    priya.still_sees("▌normal   problem 29").await;
    // A colleague takes the selected row: its neighbour is selected, at the same place.
    let before = priya.screen().await.lines().position(|line| line.contains("▌normal"));
    dana.claim(&normal[28]).await;
    priya.sees("▌normal   problem 30").await;
    assert_eq!(priya.screen().await.lines().position(|line| line.contains("▌normal")), before);
    priya.press("<enter>").await;
    priya.sees("start here").await;
    dana.claim(&urgent[0]).await;
    priya.press("<esc>").await;
    priya.sees("▌URGENT   burning 2").await;
}
